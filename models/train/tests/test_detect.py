"""Detections against an implementation that goes pixel by pixel."""

import math
import unittest

import numpy as np

from tests import paths  # noqa: F401
from detect import Fit, Options, decode, letterbox, suppress, taps


def iou(a, b):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def slow_logit(coefficients, prototypes, fit, row, column):
    """Mask logit at the centre of one source pixel."""
    count, height, width = prototypes.shape
    y = min(max((row + 0.5) * fit.scale_y / 4 - 0.5, 0), height - 1)
    x = min(max((column + 0.5) * fit.scale_x / 4 - 0.5, 0), width - 1)
    total = 0.0
    for r, wy in ((int(y), 1 - y % 1), (min(int(y) + 1, height - 1), y % 1)):
        for c, wx in ((int(x), 1 - x % 1), (min(int(x) + 1, width - 1), x % 1)):
            total += (
                wy
                * wx
                * sum(float(coefficients[p]) * float(prototypes[p, r, c]) for p in range(count))
            )
    return total


def slow_decode(output0, output1, fit, options):
    """[(score, class, box, set of (row, column))], best first."""
    classes = output0.shape[1] - 4 - output1.shape[1]
    found = []
    for anchor in range(output0.shape[2]):
        cx, cy, w, h, *rest = (float(v) for v in output0[0, :, anchor])
        answers = range(classes) if options.every_class else [int(np.argmax(rest[:classes]))]
        found += [
            (rest[c], c, (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), rest[classes:])
            for c in answers
            if rest[c] > options.score
        ]
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if len(kept) < options.most and all(
            k[1] != f[1] or iou(k[2], f[2]) <= options.iou for k in kept
        ):
            kept.append(f)
    results = []
    for score, category, box, coefficients in kept:
        x1, y1, x2, y2 = (v / s for v, s in zip(box, (fit.scale_x, fit.scale_y) * 2))
        pixels = {
            (r, c)
            for r in range(fit.height)
            for c in range(fit.width)
            if y1 <= r < y2 and x1 <= c < x2 and slow_logit(coefficients, output1[0], fit, r, c) > 0
        }
        if pixels:
            results.append(
                (
                    score,
                    category,
                    (max(x1, 0), max(y1, 0), min(x2, fit.width), min(y2, fit.height)),
                    pixels,
                )
            )
    return results


def random_outputs(rng, side=(32, 64), classes=3, count=4, anchors=40):
    boxes = np.stack(
        [
            rng.uniform(-5, side[1] + 5, anchors),
            rng.uniform(-5, side[0] + 5, anchors),
            rng.uniform(1, side[1], anchors),
            rng.uniform(1, side[0], anchors),
        ]
    )
    boxes[:, anchors // 2 :] = boxes[:, : anchors - anchors // 2] + rng.normal(
        0, 1, (4, anchors - anchors // 2)
    )
    boxes[2:] = np.maximum(boxes[2:], 1)
    rows = np.concatenate(
        [boxes, rng.uniform(0, 1, (classes, anchors)) ** 3, rng.normal(0, 1, (count, anchors))]
    )
    return rows[None].astype(np.float32), rng.normal(
        0, 1, (1, count, side[0] // 4, side[1] // 4)
    ).astype(np.float32)


class Decode(unittest.TestCase):
    def test_random_outputs_equal_the_slow_implementation(self):
        rng = np.random.default_rng(1)
        for options in (Options(), Options(0.3, 0.5, 7), Options(every_class=False), Options(0.99)):
            for width, height in ((17, 9), (64, 32), (40, 3)):
                fit = letterbox(np.zeros((height, width, 3), np.uint8), (32, 64))[1]
                outputs = random_outputs(rng)
                got, want = decode(*outputs, fit, options), slow_decode(*outputs, fit, options)
                self.assertEqual(
                    [(g.category, len(want) > 0) for g in got], [(w[1], True) for w in want]
                )
                for g, w in zip(got, want):
                    self.assertAlmostEqual(g.score, w[0], 6)
                    np.testing.assert_allclose(g.box, w[2], atol=1e-4)
                    rows, columns = np.nonzero(g.mask)
                    self.assertEqual(
                        set(zip((rows + g.y).tolist(), (columns + g.x).tolist())), w[3]
                    )

    def test_no_scores_above_the_threshold_is_no_detection(self):
        output0, output1 = random_outputs(np.random.default_rng(0))
        output0[:, 4:7] = 0
        self.assertEqual(decode(output0, output1, Fit(10, 10, 1, 1), Options()), [])

    def test_equal_boxes_of_two_classes_both_stay(self):
        boxes = np.array([[0, 0, 9, 9]] * 3, float)
        self.assertEqual(
            suppress(boxes, np.array([0.5, 0.9, 0.9]), np.array([0, 1, 0]), 0.65, 100).tolist(),
            [1, 2],
        )


class Letterbox(unittest.TestCase):
    def test_content_is_upper_left_and_the_rest_is_filled(self):
        planes, fit = letterbox(np.full((50, 101, 3), 255, np.uint8), (64, 64))
        self.assertEqual((planes.shape, planes.dtype), ((1, 3, 64, 64), np.float32))
        content = round(50 * 64 / 101)
        self.assertTrue((planes[:, :, :content] == 1).all())
        np.testing.assert_allclose(planes[:, :, content:], 114 / 255, rtol=1e-6)
        self.assertEqual((fit.scale_x, fit.scale_y), (64 / 101, content / 50))

    def test_one_pixel_pictures_keep_a_pixel(self):
        for shape in ((1, 1, 3), (1, 1000, 3), (1000, 1, 3)):
            planes, fit = letterbox(np.zeros(shape, np.uint8), (32, 32))
            self.assertTrue(
                math.isfinite(fit.scale_x * fit.scale_y) and fit.scale_x * fit.scale_y > 0
            )

    def test_taps_sum_to_one(self):
        for cells in (1, 2, 26):
            np.testing.assert_allclose(taps(3, 90, 0.83, cells).sum(1), 1, rtol=1e-6)


if __name__ == "__main__":
    unittest.main()
