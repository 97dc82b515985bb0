"""The protocol of evaluate_click.py with an oracle in place of a network, and its geometry."""

import unittest

import numpy as np

from tests import paths  # noqa: F401
from evaluate_click import (
    CLICKS,
    Session,
    chosen_token,
    click_on,
    clicks_to,
    content_size,
    enlarged,
    network_input,
    summary,
)


class Oracle:
    """Answers with squares around the clicks that belong, on the low-resolution grid; remembers
    what it was asked.
    """

    def __init__(self, radius=6):
        self.radius, self.asked = radius, []

    def encode(self, planes):
        return planes

    def decode(self, embedding, points, labels, mask, has):
        self.asked.append((points.copy(), labels.copy(), mask.copy(), has))
        plane = np.full((256, 256), -8.0, np.float32)
        for belongs, value in ((1, 8.0), (0, -8.0)):
            for (x, y), label in zip(points[0] / 4, labels[0]):
                if label == belongs:
                    plane[
                        max(0, int(y) - self.radius) : int(y) + self.radius,
                        max(0, int(x) - self.radius) : int(x) + self.radius,
                    ] = value
        return np.full((1, 4), 0.5, np.float32), np.repeat(plane[None, None], 4, 1)


class Protocol(unittest.TestCase):
    def setUp(self):
        self.image = np.zeros((120, 160, 3), np.uint8)
        self.truth = np.zeros((120, 160), bool)
        self.truth[30:90, 40:120] = True

    def test_every_click_helps_the_oracle_and_the_earlier_answer_is_handed_in(self):
        oracle = Oracle(radius=14)
        values = click_on(Session(oracle, self.image), self.truth)
        self.assertEqual(len(values), CLICKS)
        self.assertGreater(values[4], values[0])
        self.assertEqual([has for *_, has in oracle.asked][:3], [0.0, 1.0, 1.0])
        points, labels, _, _ = oracle.asked[0]
        # The middle of the object in pixels of 1024 (scale 6.4), then the padding that stands for
        # no box.
        self.assertEqual(labels.tolist(), [[1.0, -1.0]])
        self.assertTrue((np.abs(points[0, 0] - np.array([80, 60]) * 6.4) <= 20.5 * 6.4).all())
        self.assertEqual(points[0, 1].tolist(), [0.0, 0.0])

    def test_clicking_stops_at_the_last_threshold(self):
        class Perfect(Oracle):
            def decode(self, embedding, points, labels, mask, has):
                self.asked.append(1)
                plane = np.full((256, 256), -8.0, np.float32)
                plane[48:144, 64:192] = 8
                return np.zeros((1, 4), np.float32), np.repeat(plane[None, None], 4, 1)

        perfect = Perfect()
        values = click_on(Session(perfect, self.image), self.truth)
        self.assertEqual((len(perfect.asked), len(values)), (1, CLICKS))
        self.assertEqual(values, [1.0] * CLICKS)

    def test_number_of_clicks(self):
        self.assertEqual(
            [clicks_to([0.5, 0.8, 0.86, 0.84], t) for t in (0.8, 0.85, 0.9)], [2, 3, 4]
        )
        rows = [
            {"values": [0.5, 0.8, 1.0, 1.0, 1.0], "box": 0.4},
            {"values": [0.9] * 5, "box": 0.6},
        ]
        figures = summary(rows)
        self.assertEqual(
            (figures["iou1"], figures["iou3"], figures["iouBox"], figures["noc85"]),
            (0.7, 0.95, 0.5, 2.0),
        )

    def test_choice_of_the_mask(self):
        predicted = np.array([0.9, 0.2, 0.5, 0.4])
        self.assertEqual([chosen_token(predicted, points) for points in (1, 2, 3, 5)], [2, 2, 0, 0])


class Geometry(unittest.TestCase):
    def test_content_fills_the_longer_side(self):
        self.assertEqual(
            [content_size(480, 640), content_size(3, 1), content_size(1, 2000)],
            [(768, 1024), (1024, 341), (1, 1024)],
        )

    def test_picture_is_in_the_upper_left_and_the_rest_is_zero(self):
        planes = network_input(np.full((50, 100, 3), 255, np.uint8))
        self.assertEqual(planes.shape, (1, 3, 1024, 1024))
        self.assertTrue((planes[0, :, :512] > 2).all() and not planes[0, :, 512:].any())

    def test_enlarging_equals_bilinear_sampling_at_pixel_centres(self):
        rng = np.random.default_rng(0)
        logits = rng.standard_normal((256, 256)).astype(np.float32)
        for height, width in ((37, 90), (300, 200), (640, 480), (5, 1)):
            rows, columns = content_size(height, width)
            got = enlarged(logits, height, width)
            self.assertEqual(got.shape, (height, width))
            for _ in range(50):
                y, x = rng.integers(height), rng.integers(width)
                v = min(max((y + 0.5) * rows / height / 4 - 0.5, 0), 255)
                u = min(max((x + 0.5) * columns / width / 4 - 0.5, 0), 255)
                i, j = min(int(v), 254), min(int(u), 254)
                a, b = v - i, u - j
                wanted = (
                    (1 - a) * (1 - b) * logits[i, j]
                    + (1 - a) * b * logits[i, j + 1]
                    + a * (1 - b) * logits[i + 1, j]
                    + a * b * logits[i + 1, j + 1]
                )
                # OpenCV samples at 32 places per cell.
                self.assertLess(abs(got[y, x] - wanted), 0.2)


if __name__ == "__main__":
    unittest.main()
