"""Training pictures made of pictures of a microscope: there is no up or down in them, and the same
cells come dark on bright or bright on
dark, in any stain, brightness and sharpness."""

import cv2
import numpy as np

from augment import FILL, LEAST_AREA, Canvas, Placement, distortion, placed_object, warp

DARK = 100  # mean brightness below which a picture is taken for fluorescence on a dark ground
BRIGHTEST = (50, 255)  # of a dark picture, after its exposure was changed


def tones(image, rng):
    """Per channel what each of the 256 values becomes, [256, 3] uint8: exposure, gamma, stain,
    inversion.
    """
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
    # What was left dim would be white on white.
    if not dark and rng.random() < 0.2:
        levels = 1 - levels
    return (levels * 255 + 0.5).astype(np.uint8)


def recoloured(image, rng):
    if rng.random() < 0.1:
        image = image[..., rng.permutation(3)]
    image = cv2.LUT(np.ascontiguousarray(image), tones(image, rng)[None])
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.2:
        most = int(rng.integers(2, 12))
        image = np.clip(
            image + rng.integers(-most, most + 1, image.shape, np.int16), 0, 255
        ).astype(np.uint8)
    return image


def quarter_turn(count):
    """The matrix, exactly."""
    return np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), count).astype(float)


def placed(picture, window, zoom, rng):
    """Turned, and fitted into the window times zoom, anywhere in it."""
    height, width = picture.image.shape[:2]
    x0, y0, x1, y1 = window
    scale = min(x1 - x0, y1 - y0) / max(width, height) * zoom
    placement = Placement(quarter_turn(rng.integers(4)) @ distortion(rng, 0.0) * scale, np.zeros(2))
    xa, ya, xb, yb = placement.corners(0, 0, width, height)
    free = x1 - x0 - (xb - xa), y1 - y0 - (yb - ya)
    at = [low + rng.uniform(*sorted((0.0, most))) for low, most in zip((x0, y0), free)]
    placement.shift = np.array([at[0] - xa, at[1] - ya])
    return placement


def place(canvas, picture, window, zoom, rng):
    placement = placed(picture, window, zoom, rng)
    x0, y0, x1, y1 = window
    canvas.image[y0:y1, x0:x1] = warp(recoloured(picture.image, rng), placement, window, fill=FILL)
    layers = [placed_object(item, placement, window) for item in picture.objects if not item.crowd]
    canvas.layers += [layer for layer in layers if layer is not None]


def compose(draw, size, rng, mosaic=0.15, zoom=(0.9, 2.8), tile_zoom=(1.2, 4.0)):
    """One training picture of size x size; a share `mosaic` is made of four. draw(rng) gives a
      picture; zoom, tile_zoom: how much larger than
    fitting one alone or one of four is placed."""
    canvas = Canvas(np.full((size, size, 3), FILL, np.uint8))
    if rng.random() < mosaic:
        cx, cy = (int(v) for v in rng.uniform(0.35, 0.65, 2) * size)
        for window in ((0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)):
            place(canvas, draw(rng), window, float(np.exp(rng.uniform(*np.log(tile_zoom)))), rng)
    else:
        place(canvas, draw(rng), (0, 0, size, size), float(np.exp(rng.uniform(*np.log(zoom)))), rng)
    canvas.layers = [l for l in canvas.layers if np.count_nonzero(l.mask >= 128) >= LEAST_AREA]
    return canvas
