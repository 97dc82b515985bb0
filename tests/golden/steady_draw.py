"""Random cases whose answer does not hang on rounding, so that tests may ask for equality."""


class NearTie(Exception):
    """The drawn case depends on rounding."""


def need(condition):
    if not condition:
        raise NearTie


def first_steady(name, make, attempts=200):
    """(number of the first attempt that is not near a tie, what `make(attempt)` gives for it)."""
    for attempt in range(attempts):
        try:
            return attempt, make(attempt)
        except NearTie:
            continue
    raise SystemExit(f"{name}: every draw was near a tie")
