"""Curves: what is read, how axes are divided, and that what is drawn is where the values are."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from tests import paths  # noqa: F401
from curves import (
    COLOURS,
    draw,
    label_of,
    nice_ticks,
    panels_of,
    read_log,
    running_mean,
    series_of,
    span_of,
    stage_starts,
)


class Curves(unittest.TestCase):
    def test_log_is_read_up_to_an_interruption(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.jsonl"
            path.write_text(
                '{"step": 1, "loss": 2}\n{"note": 1}\n{"step": 2, "mask": {"ap": 0.5}, "bad": NaN}\n{"step": 3, "lo'
            )
            rows = read_log(path)
            self.assertEqual([r["step"] for r in rows], [1, 2])
            series = series_of(rows)
            self.assertEqual(
                {k: v.tolist() for k, v in series.items()},
                {"loss": [[1, 2]], "mask ap": [[2, 0.5]]},
            )
            path.write_text("")
            with self.assertRaisesRegex(ValueError, "no line"):
                read_log(path)

    def test_ticks_are_round_and_inside(self):
        for low, high in ((0, 1), (0.13, 0.19), (-3, 12000), (1e-6, 8e-4), (99.9, 100.1)):
            ticks = nice_ticks(low, high)
            self.assertTrue(2 <= len(ticks) <= 7)
            self.assertTrue(low - 1e-9 <= ticks[0] and ticks[-1] <= high + 1e-9)
            labels = [label_of(t, ticks[1] - ticks[0]) for t in ticks]
            self.assertEqual(len(set(labels)), len(labels))
            for label, tick in zip(labels, ticks):
                self.assertAlmostEqual(float(label), tick, delta=0.02 * (ticks[1] - ticks[0]))

    def test_groups_and_stages(self):
        rows = [
            {"step": s, "stage": s // 30, "entropy": 1.0, "rate": 1e-3, "iou": 0.5, "ms": 3}
            for s in range(0, 60, 10)
        ]
        rows.append({"step": 60, "mask": {"ap": 0.2}, "boxAp": 0.3})
        self.assertEqual(
            [(t, sorted(g)) for t, g in panels_of(series_of(rows))],
            [
                ("losses", ["entropy"]),
                ("IoU of masks in training", ["iou"]),
                ("learning rate", ["rate"]),
                ("average precision", ["boxAp", "mask ap"]),
            ],
        )
        self.assertEqual(stage_starts(rows), [30])

    def test_running_mean_of_a_line_is_the_line(self):
        np.testing.assert_allclose(running_mean(np.arange(50.0))[10:-10], np.arange(50.0)[10:-10])
        np.testing.assert_allclose(running_mean(np.ones(3)), 1)

    def test_spans_hold_constant_values(self):
        low, high = span_of(np.full(5, 0.3))
        self.assertTrue(low < 0.3 < high)
        low, high = span_of(np.zeros(5))
        self.assertTrue(low <= 0 < high)

    def test_rising_curve_is_drawn_rising(self):
        picture = draw([{"step": s, "loss": s * 0.01} for s in range(0, 101, 5)])
        strong = (picture == np.array(COLOURS[0])).all(2)
        columns = np.flatnonzero(strong.any(0))
        middle = [
            np.flatnonzero(strong[:, c]).mean()
            for c in (columns[len(columns) // 3], columns[2 * len(columns) // 3])
        ]
        self.assertGreater(middle[0], middle[1])
        with self.assertRaisesRegex(ValueError, "no figures"):
            draw([{"step": 1}])


if __name__ == "__main__":
    unittest.main()
