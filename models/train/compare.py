"""Is one evaluation better than another on the same photos? Paired bootstrap over photos (Efron and
Tibshirani, 1993).

    python compare.py BEFORE AFTER [--samples 1000] [--seed 0]

Both are folders that evaluate.py wrote (or their matches.npz). Photos are drawn with replacement,
as many as there are, the same ones for both; the difference AFTER - BEFORE of average precision is
computed anew in each sample.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from precision import average_precision

ORDER = "mask", "box", "boundary"
INTERVAL = 2.5, 97.5  # percent
BLOCK = 100  # samples at a time, for the memory's sake


def read_matches(path):
    path = Path(path)
    with np.load(path / "matches.npz" if path.is_dir() else path) as file:
        return {name: file[name] for name in file.files}


def of_kind(table, kind):
    return {
        name[len(kind) + 1 :]: array for name, array in table.items() if name.startswith(f"{kind}_")
    }


def drawn(photos, samples, seed):
    """[samples, photos]: how often each photo is taken."""
    return np.random.default_rng(seed).multinomial(photos, np.full(photos, 1 / photos), samples)


def sampled_precision(table, weights):
    return np.concatenate(
        [average_precision(table, weights[i : i + BLOCK]) for i in range(0, len(weights), BLOCK)]
    )


def compare(before, after, samples=1000, seed=0):
    """Tables of read_matches -> per kind: AP of both on all photos, their difference, its mean,
    interval and share above 0 over samples.
    """
    if list(before["photos"]) != list(after["photos"]):
        raise ValueError("the two evaluations are not of the same photos")
    photos = len(before["photos"])
    whole = np.ones((1, photos), int)
    weights = drawn(photos, samples, seed)
    report = {"photos": photos, "samples": samples, "seed": seed}
    for kind in ORDER:
        tables = of_kind(before, kind), of_kind(after, kind)
        first, second = (float(average_precision(table, whole)[0]) for table in tables)
        differences = sampled_precision(tables[1], weights) - sampled_precision(tables[0], weights)
        differences = differences[np.isfinite(differences)]
        low, high = np.percentile(differences, INTERVAL)
        report[kind] = {
            "before": first,
            "after": second,
            "difference": second - first,
            "mean": float(differences.mean()),
            "low": float(low),
            "high": float(high),
            "above_zero": float((differences > 0).mean()),
        }
    return report


def text_table(report):
    lines = [
        f"{report['photos']} photos, {report['samples']} samples of them with replacement, seed {report['seed']}",
        "             before    after     diff.     mean   95 % interval     > 0",
    ]
    for kind in ORDER:
        r = report[kind]
        lines.append(
            f"{kind + ' AP':<12}{r['before']:7.4f}  {r['after']:7.4f}  {r['difference']:+8.4f} {r['mean']:+8.4f}   "
            f"{r['low']:+.4f} {r['high']:+.4f}  {r['above_zero']:6.1%}"
        )
    return "\n".join(lines)


def main():
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("before")
    made.add_argument("after")
    made.add_argument("--samples", type=int, default=1000)
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--out", type=Path, help="JSON file")
    a = made.parse_args()
    report = compare(read_matches(a.before), read_matches(a.after), a.samples, a.seed)
    print(text_table(report))
    if a.out:
        a.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
