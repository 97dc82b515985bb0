"""Curves of a training run as a picture: python curves.py RUN/log.jsonl [OUT.png]

The log has a JSON object per line with `step` and any figures; rows of evaluations carry `maskAp`
and the like. Each group of figures gets a
panel of its own: raw values pale, their running mean strong; evaluations as dots. Stages are told
apart by vertical lines.
"""

import argparse
import json
import math
from pathlib import Path

import cv2
import numpy as np

PANEL, LEFT, RIGHT, TOP, BOTTOM, GAP = (560, 300), 74, 18, 34, 40, 14
BACKGROUND, INK, FAINT, GRID = (
    (255, 255, 255),
    (60, 60, 60),
    (150, 150, 150),
    (232, 232, 232),
)  # BGR
COLOURS = (
    (176, 114, 31),
    (14, 127, 255),
    (44, 140, 44),
    (40, 39, 214),
    (189, 103, 148),
    (75, 86, 140),
    (180, 119, 227),
    (127, 127, 127),
)
NOT_FIGURES = {"step", "stage", "ms", "time", "seconds", "photos", "objects"}
LOSSES, AGREEMENT, RATE, PRECISION = (
    "losses",
    "IoU of masks in training",
    "learning rate",
    "average precision",
)
SMOOTHING = 15  # rows
LEGEND_ROOM = 0.3  # of the height, above curves that go straight across
FONT = cv2.FONT_HERSHEY_SIMPLEX


def read_log(path):
    """The rows that have a step. A last line cut off by an interruption is left out."""
    rows = []
    for line in Path(path).read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(row, dict) and "step" in row:
            rows.append(row)
    if not rows:
        raise ValueError(f"{path}: no line with a step")
    return rows


def flat(row, prefix=""):
    """Nested figures as one level: {"mask": {"ap": 1}} -> {"mask ap": 1}."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name} ")
        elif (
            isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        ):
            yield prefix + name, float(value)


def series_of(rows):
    """{name: [n, 2] of step and value}"""
    found = {}
    for row in rows:
        for name, value in flat(row):
            if name not in NOT_FIGURES:
                found.setdefault(name, []).append((row["step"], value))
    return {name: np.array(points) for name, points in found.items()}


def panels_of(series):
    """[(title, {name: points})]: losses, learning rates, agreement (IoU), precision; in this order,
    none empty.
    """
    groups = {LOSSES: {}, AGREEMENT: {}, RATE: {}, PRECISION: {}}
    for name, points in series.items():
        low = name.lower()
        precision = (
            low.startswith(("ap", "mask ", "box ", "boundary "))
            or low.endswith("ap")
            or " ap" in low
            or "ap5" in low
            or "ap7" in low
        )
        title = (
            PRECISION
            if precision
            else RATE if "rate" in low or low == "lr" else AGREEMENT if "iou" in low else LOSSES
        )
        groups[title][name] = points
    return [(title, group) for title, group in groups.items() if group]


def nice_ticks(low, high, most=6):
    """Round numbers from `low` to `high`, at most about `most`."""
    raw = (high - low) / max(most - 1, 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def label_of(value, step):
    if value and (abs(value) >= 1e5 or step < 1e-4):
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
    places = max(0, math.ceil(-math.log10(step) - 1e-9))
    if abs(round(step * 10**places) - step * 10**places) > 1e-6:  # a step of 0.25
        places += 1
    return f"{value:.{places}f}"


def figure(value):
    """A value for the legend: four places, or two digits of a small one."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 1e-3 else f"{value:.1e}"


def span_of(values, share=0.06):
    """Limits of an axis. Far outliers, as the first steps of a run have, do not flatten the
    rest.
    """
    low, high = (
        np.percentile(values, (0.5, 99)) if len(values) > 60 else (values.min(), values.max())
    )
    if high - low < 1e-12:
        low, high = low - max(abs(low), 1e-6) * 0.5, high + max(abs(high), 1e-6) * 0.5
    margin = (high - low) * share
    return (0.0 if 0 <= low < 0.25 * high else low - margin), high + margin


def running_mean(values, width=SMOOTHING):
    """Mean over the `width` rows around each; fewer at the ends."""
    total = np.concatenate([[0], np.cumsum(values)])
    at = np.arange(len(values))
    first, last = np.maximum(at - width // 2, 0), np.minimum(at + width // 2 + 1, len(values))
    return (total[last] - total[first]) / (last - first)


class Panel:
    """One plot: `image` is the whole picture, (x, y) the upper left corner of the plot's own
    rectangle.
    """

    def __init__(self, image, x, y, steps, values):
        self.image, self.x, self.y, self.steps, self.values = image, x, y, steps, values
        self.width, self.height = PANEL

    def at(self, points):
        """[n, 2] of step and value -> pixels with 4 fractional bits, as cv2 takes them."""
        u = (points[:, 0] - self.steps[0]) / max(self.steps[1] - self.steps[0], 1e-12)
        v = (points[:, 1] - self.values[0]) / (self.values[1] - self.values[0])
        places = np.stack(
            [self.x + u * self.width, self.y + (1 - np.clip(v, -0.02, 1.02)) * self.height], 1
        )
        return np.round(places * 16).astype(np.int32)

    def text(self, text, x, y, scale=0.42, colour=INK, anchor="left"):
        width = cv2.getTextSize(text, FONT, scale, 1)[0][0]
        shift = {"left": 0, "middle": width // 2, "right": width}[anchor]
        cv2.putText(self.image, text, (int(x) - shift, int(y)), FONT, scale, colour, 1, cv2.LINE_AA)

    def axes(self, title, stages):
        x2, y2 = self.x + self.width, self.y + self.height
        for axis, limits in enumerate((self.steps, self.values)):
            ticks = nice_ticks(*limits)
            step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
            for tick in ticks:
                point = [tick, self.values[0]] if axis == 0 else [self.steps[0], tick]
                px, py = (self.at(np.array([point], float))[0] / 16).round().astype(int)
                if axis == 0:
                    cv2.line(self.image, (px, self.y), (px, y2 + 4), GRID, 1)
                    self.text(label_of(tick, step), px, y2 + 19, anchor="middle")
                else:
                    cv2.line(self.image, (self.x - 4, py), (x2, py), GRID, 1)
                    self.text(label_of(tick, step), self.x - 8, py + 4, anchor="right")
        for step in stages:
            px = int(self.at(np.array([[step, self.values[0]]], float))[0, 0] / 16)
            cv2.line(self.image, (px, self.y), (px, y2), FAINT, 1)
        cv2.rectangle(self.image, (self.x, self.y), (x2, y2), FAINT, 1)
        self.text(title, self.x, self.y - 10, 0.5)
        self.text("step", x2, y2 + 34, 0.42, FAINT, "right")

    def curve(self, points, colour, dots, smooth):
        line = lambda p, c, w: cv2.polylines(
            self.image, [self.at(p).reshape(-1, 1, 2)], False, c, w, cv2.LINE_AA, 4
        )
        if dots:
            line(points, colour, 1)
            for px, py in self.at(points):
                cv2.circle(self.image, (int(px), int(py)), 3 * 16, colour, -1, cv2.LINE_AA, 4)
            return
        if smooth and len(points) > 2 * SMOOTHING:
            line(points, tuple(int(255 - (255 - c) * 0.28) for c in colour), 1)
            points = np.stack([points[:, 0], running_mean(points[:, 1])], 1)
        line(points, colour, 2)

    def legend(self, entries):
        """entries: [(text, colour)], in the corner with the fewest drawn pixels."""
        width = 34 + max(cv2.getTextSize(text, FONT, 0.42, 1)[0][0] for text, _ in entries)
        height = 10 + 17 * len(entries)
        xs, ys = (self.x + 8, self.x + self.width - width - 8), (
            self.y + 8,
            self.y + self.height - height - 8,
        )
        drawn = lambda x, y: int(
            (np.ptp(self.image[y : y + height, x : x + width].astype(int), 2) > 20).sum()
        )
        x, y = min(((x, y) for y in ys for x in reversed(xs)), key=lambda corner: drawn(*corner))
        box = self.image[y : y + height, x : x + width]
        box[:] = (box * 0.15 + 255 * 0.85).astype(np.uint8)
        cv2.rectangle(self.image, (x, y), (x + width, y + height), GRID, 1)
        for index, (text, colour) in enumerate(entries):
            line = y + 15 + 17 * index
            cv2.line(self.image, (x + 7, line - 4), (x + 21, line - 4), colour, 2, cv2.LINE_AA)
            self.text(text, x + 27, line)


def stage_starts(rows):
    """Steps at which a stage after the first begins."""
    starts, last = [], None
    for row in rows:
        stage = row.get("stage", last)
        if last is not None and stage != last:
            starts.append(row["step"])
        last = stage
    return starts


def draw(rows, title=""):
    """Rows of the log -> picture [H, W, 3] BGR; two panels beside each other. ValueError where no
    row has a figure.
    """
    groups, stages = panels_of(series_of(rows)), stage_starts(rows)
    if not groups:
        raise ValueError("the log has no figures")
    columns = min(2, len(groups))
    lines = math.ceil(len(groups) / columns)
    cell = PANEL[0] + LEFT + RIGHT, PANEL[1] + TOP + BOTTOM + GAP
    head = 34 if title else 0
    image = np.full((lines * cell[1] + head, columns * cell[0], 3), BACKGROUND, np.uint8)
    steps = 0, max(1, max(row["step"] for row in rows))
    if title:
        cv2.putText(image, title, (LEFT, 24), FONT, 0.6, INK, 1, cv2.LINE_AA)
    for index, (name, group) in enumerate(groups):
        values = np.concatenate([points[:, 1] for points in group.values()])
        low, high = span_of(values)
        high += (high - low) * LEGEND_ROOM * (name == PRECISION)
        panel = Panel(
            image,
            index % columns * cell[0] + LEFT,
            index // columns * cell[1] + TOP + head,
            steps,
            (low, high),
        )
        panel.axes(name, stages)
        entries = []
        for number, (curve, points) in enumerate(group.items()):
            colour = COLOURS[number % len(COLOURS)]
            panel.curve(points, colour, name == PRECISION, name != RATE)
            entries.append((f"{curve} {figure(points[-1, 1])}", colour))
        panel.legend(entries)
    return image


def main():
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("log", type=Path)
    made.add_argument("out", type=Path, nargs="?", help="default: curves.png beside the log")
    made.add_argument("--title", default="")
    a = made.parse_args()
    out = a.out or a.log.with_name("curves.png")
    if not cv2.imwrite(str(out), draw(read_log(a.log), a.title)):
        raise OSError(f"{out}: cannot be written")
    print(out)


if __name__ == "__main__":
    main()
