"""Pictures of a microscope, turned and scaled: the masks go with them, and the same seed makes the
same picture.
"""

import unittest

import numpy as np

from tests import paths  # noqa: F401
import microscopy
from augment import warp
from coco import Object, Picture


def ellipse(height, width):
    y, x = np.mgrid[:height, :width] + 0.5
    return ((2 * x / width - 1) ** 2 + (2 * y / height - 1) ** 2 <= 1).astype(np.uint8)


def picture(height=90, width=120):
    """Three bright ellipses on black; their masks."""
    image, objects = np.zeros((height, width, 3), np.uint8), []
    for x, y, w, h in ((5, 8, 30, 20), (60, 40, 25, 41), (100, 2, 14, 16)):
        mask = ellipse(h, w)
        image[y : y + h, x : x + w][mask > 0] = 255
        objects.append(Object(0, False, x, y, mask, (x, y, w, h), float(mask.sum())))
    return Picture("drawn", image, objects)


class Geometry(unittest.TestCase):
    def test_masks_lie_where_the_picture_shows_the_objects(self):
        drawn, directions = picture(), set()
        for seed in range(40):
            rng = np.random.default_rng(seed)
            placement = microscopy.placed(drawn, (0, 0, 128, 128), rng.uniform(0.9, 2.5), rng)
            directions.add(tuple(np.sign(np.round(placement.linear, 6)).ravel().tolist()))
            shown = warp(drawn.image, placement, (0, 0, 128, 128))[..., 0].astype(int)
            masks = np.zeros((128, 128), int)
            for layer in filter(
                None,
                (microscopy.placed_object(o, placement, (0, 0, 128, 128)) for o in drawn.objects),
            ):
                h, w = layer.mask.shape
                masks[layer.y : layer.y + h, layer.x : layer.x + w] += layer.mask
            near = (
                np.abs(shown - masks) <= 64
            )  # the rim of a mask that was cut out tightly is a little sharper
            self.assertGreater(near.mean(), 0.99)
        self.assertEqual(len(directions), 8)


class Composition(unittest.TestCase):
    def test_same_seed_same_picture(self):
        drawn = picture()
        for seed in range(6):
            first, again = (
                microscopy.compose(lambda rng: drawn, 96, np.random.default_rng(seed), mosaic=0.5)
                for _ in range(2)
            )
            self.assertEqual(first.image.shape, (96, 96, 3))
            self.assertTrue((first.image == again.image).all())
            self.assertEqual(
                [layer.box() for layer in first.layers], [layer.box() for layer in again.layers]
            )

    def test_objects_keep_a_contrast_to_the_ground(self):
        """Whatever is done to the colours, what was visible stays visible."""
        for level in (20, 255):
            drawn = picture()
            drawn.image = np.minimum(drawn.image, level).astype(np.uint8)
            for seed in range(60):
                image = microscopy.recoloured(drawn.image, np.random.default_rng(seed)).astype(
                    float
                )
                inside, outside = image[drawn.image[..., 0] > 0].mean(0), image[
                    drawn.image[..., 0] == 0
                ].mean(0)
                self.assertGreater(np.abs(inside - outside).max(), 3, (level, seed))


if __name__ == "__main__":
    unittest.main()
