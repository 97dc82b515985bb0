"""Pictures of a microscope, varied: there is no up or down in them, and the same cells come dark on bright or bright on dark, in any stain,
brightness and sharpness."""

from dataclasses import replace

import cv2
import numpy as np

DARK = 100  # mean brightness below which a picture is taken for fluorescence on a dark ground
BRIGHTEST = (50, 255)  # of a dark picture, after its exposure was changed


def turned(picture, quarters):
    """Counterclockwise by quarter turns."""
    image, objects = picture.image, picture.objects
    for _ in range(quarters % 4):
        width = image.shape[1]
        image = np.rot90(image)
        objects = [replace(o, mask=np.rot90(o.mask), x=o.y, y=width - o.x - o.mask.shape[1]) for o in objects]
    return replace(picture, image=np.ascontiguousarray(image),
                   objects=[replace(o, mask=np.ascontiguousarray(o.mask)) for o in objects])


def tones(image, rng):
    """Per channel what each of the 256 values becomes, [256, 3] uint8: exposure, gamma, stain, inversion."""
    levels = np.repeat(np.arange(256, dtype=np.float32)[:, None], 3, 1) / 255
    dark = image.mean() < DARK
    if dark and rng.random() < 0.6:
        brightest = max(1.0, float(np.quantile(image[::4, ::4], 0.999)))
        levels = (levels * (rng.uniform(*BRIGHTEST) / brightest)).clip(0, 1)
        dark = False
    if rng.random() < 0.5:
        levels **= np.exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.2:
        levels *= rng.uniform(0.3, 1.0, 3).astype(np.float32)
    if not dark and rng.random() < 0.2:
        levels = 1 - levels
    return (levels * 255 + 0.5).astype(np.uint8)


def recoloured(image, rng):
    if rng.random() < 0.1:
        image = image[..., rng.permutation(3)]
    image = cv2.LUT(np.ascontiguousarray(image), tones(image, rng)[:, None].transpose(1, 0, 2))
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.2:
        most = int(rng.integers(2, 12))
        image = np.clip(image + rng.integers(-most, most + 1, image.shape, np.int16), 0, 255).astype(np.uint8)
    return image


def vary(picture, rng):
    """Another picture like this one."""
    made = turned(picture, int(rng.integers(4)))
    return replace(made, image=recoloured(made.image, rng))
