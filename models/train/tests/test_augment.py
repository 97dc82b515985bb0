"""Masks stay where their pixels are, whatever is done to a picture."""

import unittest

import numpy as np

from tests import paths  # noqa: F401
from augment import Layer, Placement, compose, hide, warp
from coco import Object, Picture, tight
from samples import outline_band, sample_layer


def drawn_picture(rng, height=120, width=150, count=3):
    """Discs, each in a colour of its own, that do not meet: what is on the picture says what the
    masks must be.
    """
    image = np.zeros((height, width, 3), np.uint8)
    objects = []
    y, x = np.mgrid[:height, :width]
    for k in range(count):
        cx, cy, radius = 25 + 48 * k, rng.uniform(30, 90), rng.uniform(12, 20)
        disc = ((x - cx) ** 2 + (y - cy) ** 2 < radius**2).astype(np.uint8)
        image[disc > 0] = (0, 0, 0)
        image[disc > 0, k % 3] = 255
        left, top, mask = tight(disc)
        objects.append(
            Object(k, False, left, top, mask, (left, top, *mask.shape[::-1]), float(mask.sum()))
        )
    return Picture("drawn", image, objects)


class Compose(unittest.TestCase):
    def check(self, **options):
        for seed in range(12):
            rng = np.random.default_rng(seed)
            canvas = compose(lambda r: drawn_picture(r), 96, rng, tones=False, **options)
            cover = np.zeros(canvas.image.shape[:2], int)
            for layer in canvas.layers:
                height, width = layer.mask.shape
                part = canvas.image[
                    layer.y : layer.y + height, layer.x : layer.x + width, layer.category % 3
                ]
                on = layer.mask >= 250
                self.assertGreater(on.sum(), 0)
                self.assertGreaterEqual(
                    int(np.quantile(part[on], 0.1)), 200, (seed, layer.category)
                )
                cover[layer.y : layer.y + height, layer.x : layer.x + width] += layer.mask >= 128
            coloured = (canvas.image.max(2) > 200) & (canvas.image.min(2) < 60)
            self.assertLess((coloured & (cover == 0)).sum(), 0.25 * max(1, coloured.sum()) + 40)
            self.assertLessEqual(cover.max(initial=0), 2)

    def test_single_turned(self):
        self.check(mosaic=0.0, plain=0.0, turn=0.2)

    def test_mosaic(self):
        self.check(mosaic=1.0, turn=0.0)

    def test_same_generator_same_picture(self):
        made = [
            compose(drawn_picture, 64, np.random.default_rng(5), pasted=1.0, turn=0.1, strong=True)
            for _ in range(2)
        ]
        np.testing.assert_array_equal(made[0].image, made[1].image)
        self.assertEqual(len(made[0].layers), len(made[1].layers))


class Warp(unittest.TestCase):
    def test_identity(self):
        rng = np.random.default_rng(1)
        image = rng.integers(0, 256, (37, 53, 3), np.uint8)
        np.testing.assert_array_equal(
            warp(image, Placement(np.eye(2), np.zeros(2)), (0, 0, 53, 37)), image
        )

    def test_window_and_origin(self):
        rng = np.random.default_rng(2)
        image = rng.integers(0, 256, (40, 40), np.uint8)
        shifted = Placement(np.eye(2), np.array([5.0, -3.0]))
        # A crop that begins at (10, 8) of the photo begins at (15, 5) of the made picture.
        np.testing.assert_array_equal(
            warp(image[8:, 10:], shifted, (15, 5, 35, 25), (10, 8)), image[8:28, 10:30]
        )

    def test_halved_is_block_mean(self):
        rng = np.random.default_rng(3)
        image = rng.integers(0, 256, (32, 48), np.uint8)
        means = image.reshape(16, 2, 24, 2).mean((1, 3))
        np.testing.assert_allclose(
            warp(image, Placement(np.eye(2) * 0.5, np.zeros(2)), (0, 0, 24, 16)), means, atol=0.75
        )


class Hide(unittest.TestCase):
    def test_random_against_whole_planes(self):
        rng = np.random.default_rng(4)
        for _ in range(40):
            layers = [
                Layer(
                    0,
                    *map(int, rng.integers(0, 20, 2)),
                    (rng.random(tuple(rng.integers(1, 15, 2))) > 0.3).astype(np.uint8) * 255
                )
                for _ in range(3)
            ]
            planes = []
            for layer in layers:
                plane = np.zeros((40, 40), np.uint8)
                plane[
                    layer.y : layer.y + layer.mask.shape[0], layer.x : layer.x + layer.mask.shape[1]
                ] = layer.mask
                planes.append(plane)
            over, under = layers[2], layers[:2]
            before = [int((p >= 128).sum()) for p in planes[:2]]
            expected = [np.minimum(p, 255 - planes[2]) for p in planes[:2]]
            kept = hide(under, over)
            for layer, plane, count in zip(under, expected, before):
                meets = (plane >= 128).sum() < count
                dropped = meets and (plane >= 128).sum() < 0.25 * count
                self.assertEqual(any(layer is k for k in kept), not dropped)
                np.testing.assert_array_equal(
                    layer.mask,
                    plane[
                        layer.y : layer.y + layer.mask.shape[0],
                        layer.x : layer.x + layer.mask.shape[1],
                    ],
                )


class Sampling(unittest.TestCase):
    def test_bilinear_at_pixel_centres(self):
        rng = np.random.default_rng(6)
        layer = Layer(0, 7, 4, rng.integers(0, 256, (9, 11), np.uint8))
        xs, ys = 7 + np.arange(11) + 0.5, 4 + np.arange(9) + 0.5
        np.testing.assert_allclose(
            sample_layer(layer.mask, layer, xs, ys), layer.mask / 255, atol=1e-6
        )
        self.assertEqual(
            float(sample_layer(layer.mask, layer, np.array([2.0]), np.array([8.0]))[0, 0]), 0.0
        )

    def test_band_is_near_the_outline(self):
        mask = np.zeros((60, 60), np.uint8)
        mask[10:50, 15:45] = 255
        band = outline_band(Layer(0, 0, 0, mask))
        radius = max(1, round(0.03 * np.hypot(60, 60)))
        self.assertTrue((band[10:50, 15] == 255).all())
        self.assertEqual(int(band[30, 30]), 0)
        self.assertEqual(int(band[30, 15 + radius + 1]), 0)
        self.assertEqual(int(band[30, 15 - radius]), 255)


if __name__ == "__main__":
    unittest.main()
