"""Simulated clicks and the numbers made of them, against slow definitions."""

import unittest

import numpy as np

from tests import paths  # noqa: F401
from click_prompts import box_of, depth, first_click, iou, next_click


def slow_depth(region):
    """Distance of every pixel's centre to the nearest centre outside the region, in whose frame
      everything is
    outside."""
    framed = np.pad(region, 1)
    outside = np.argwhere(~framed)
    found = np.zeros(framed.shape)
    for row, column in np.argwhere(framed):
        found[row, column] = np.sqrt(((outside - (row, column)) ** 2).sum(1).min())
    return found[1:-1, 1:-1]


def slow_click(truth, answer, clicked):
    """The definition: in the error region, missed or wrong, that is deepest anywhere, the first
      deepest pixel in
    reading order."""
    missed, wrong = (slow_depth(region) * ~clicked for region in (truth & ~answer, answer & ~truth))
    side, belongs = (missed, True) if missed.max() >= wrong.max() else (wrong, False)
    if side.max() == 0:
        return None
    row, column = np.unravel_index(side.argmax(), side.shape)
    return column + 0.5, row + 0.5, belongs


def random_regions(rng, height, width):
    """Blobs, and sometimes nothing, everything or single pixels."""
    kind = rng.integers(5)
    if kind == 0:
        return np.full((height, width), bool(rng.integers(2)))
    if kind == 1:
        return rng.random((height, width)) < 0.1
    rows, columns = np.mgrid[:height, :width]
    region = np.zeros((height, width), bool)
    for _ in range(3):
        y, x, radius = (
            rng.uniform(0, height),
            rng.uniform(0, width),
            rng.uniform(0.5, 1 + max(height, width) / 2),
        )
        region |= (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    return region


class Clicks(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(0)

    def shapes(self, count):
        for _ in range(count):
            yield tuple(self.rng.integers(1, 24, 2))

    def test_depth_equals_the_slow_one(self):
        for shape in [(1, 1), (1, 9), (7, 1), *self.shapes(30)]:
            region = random_regions(self.rng, *shape)
            np.testing.assert_allclose(depth(region), slow_depth(region), atol=2e-3)

    def test_next_click_equals_the_slow_one(self):
        for shape in [(1, 1), (1, 9), (7, 1), *self.shapes(60)]:
            truth, answer = random_regions(self.rng, *shape), random_regions(self.rng, *shape)
            clicked = self.rng.random(shape) < 0.1
            got, wanted = next_click(truth, answer, clicked), slow_click(truth, answer, clicked)
            if got is None or wanted is None:
                self.assertEqual(got, wanted)
                continue
            # Two pixels may be equally deep but for rounding: the depths must agree, and so must
            # what they are for.
            missed, wrong = (
                slow_depth(region) * ~clicked for region in (truth & ~answer, answer & ~truth)
            )
            deepest = [
                side[int(y), int(x)]
                for side, (x, y, _) in ((missed if c[2] else wrong, c) for c in (got, wanted))
            ]
            self.assertAlmostEqual(*deepest, places=2)

    def test_first_click_is_the_deepest_pixel(self):
        truth = np.zeros((9, 12), bool)
        truth[2:7, 3:10] = True
        x, y = first_click(truth)
        self.assertEqual((y, slow_depth(truth)[int(y), int(x)]), (4.5, 3.0))
        self.assertIsNone(first_click(np.zeros((4, 4), bool)))

    def test_training_clicks_lie_in_the_error_and_tell_its_side(self):
        for shape in self.shapes(60):
            truth, answer = random_regions(self.rng, *shape), random_regions(self.rng, *shape)
            click = next_click(truth, answer, rng=self.rng)
            if click is None:
                self.assertTrue((truth == answer).all())
                continue
            x, y, belongs = click
            self.assertEqual(
                (truth[int(y), int(x)], answer[int(y), int(x)]), (belongs, not belongs)
            )

    def test_pixels_clicked_before_are_left_out(self):
        truth, answer = np.ones((5, 5), bool), np.zeros((5, 5), bool)
        clicked = np.zeros((5, 5), bool)
        for _ in range(25):
            x, y, _ = next_click(truth, answer, clicked)
            self.assertFalse(clicked[int(y), int(x)])
            clicked[int(y), int(x)] = True
        self.assertIsNone(next_click(truth, answer, clicked))

    def test_boxes_hold_the_object_and_careless_ones_stay_in_the_picture(self):
        truth = np.zeros((20, 30), bool)
        truth[4:9, 7:21] = True
        self.assertEqual(box_of(truth).tolist(), [7, 4, 21, 9])
        for _ in range(200):
            x0, y0, x1, y1 = box_of(truth, self.rng)
            self.assertTrue(0 <= x0 < x1 <= 30 and 0 <= y0 < y1 <= 20)

    def test_iou_of_empty_masks_is_one(self):
        empty, full = np.zeros((3, 3), bool), np.ones((3, 3), bool)
        self.assertEqual((iou(empty, empty), iou(empty, full), iou(full, full)), (1.0, 0.0, 1.0))


if __name__ == "__main__":
    unittest.main()
