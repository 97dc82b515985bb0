"""Training pictures made of photos: scaled, flipped, shifted, recoloured, four in one (mosaic, Bochkovskiy et al., 2020), with objects of
other photos pasted in (Ghiasi et al., 2021). Everything hangs on the generator that is handed in, so a picture can be made again.

Coordinates are continuous: pixel r covers [r, r + 1)."""

from dataclasses import dataclass, field

import cv2
import numpy as np

FILL = 114
LEAST_SIDE, LEAST_AREA = 5, 16  # of an object in the made picture, in pixels
LEAST_VISIBLE = 0.25  # share of an object that pasted ones may leave over


@dataclass
class Layer:
    """One object's mask in the made picture: coverage 0..255 of the pixels from (x, y) on."""

    category: int
    x: int
    y: int
    mask: np.ndarray

    def box(self):
        """x0, y0, x1, y1 around the pixels of at least half coverage, or None."""
        on = self.mask >= 128
        rows, columns = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
        if not len(rows):
            return None
        return (self.x + columns[0], self.y + rows[0], self.x + columns[-1] + 1, self.y + rows[-1] + 1)


@dataclass
class Canvas:
    image: np.ndarray
    layers: list = field(default_factory=list)


@dataclass
class Placement:
    """x' = ax x + tx, y' = ay y + ty; a negative ax mirrors."""

    ax: float
    tx: float
    ay: float
    ty: float

    def matrix(self, x0, y0, shrink=1.0, from_x=0, from_y=0):
        """For OpenCV, whose coordinates are those of pixel centres: source shrunk by `shrink` and beginning at (from_x, from_y) ->
        a window beginning at (x0, y0)."""
        ax, ay = self.ax * shrink, self.ay * shrink
        tx, ty = self.ax * from_x + self.tx - x0, self.ay * from_y + self.ty - y0
        return np.array([[ax, 0, tx + 0.5 * ax - 0.5], [0, ay, ty + 0.5 * ay - 0.5]], np.float64)


def warp(source, placement, window, from_x=0, from_y=0, fill=0):
    """The part of a placed image that lies in window = (x0, y0, x1, y1); averaged first where it gets much smaller."""
    factor = max(1, int(1 / max(abs(placement.ax), placement.ay)))
    shrunk = source
    if factor > 1 and min(source.shape[:2]) >= 2 * factor:
        height, width = source.shape[0] // factor * factor, source.shape[1] // factor * factor
        shrunk = cv2.resize(source[:height, :width], (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    else:
        factor = 1
    x0, y0, x1, y1 = window
    border = (fill,) * 3 if source.ndim == 3 else fill
    return cv2.warpAffine(shrunk, placement.matrix(x0, y0, factor, from_x, from_y), (x1 - x0, y1 - y0),
                          flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border)


def recolour(image, rng):
    """Brightness, contrast, tint; sometimes grey."""
    pixels = image.astype(np.float32) * rng.uniform(0.8, 1.2) + rng.uniform(-15, 15)
    if rng.random() < 0.5:
        pixels *= rng.uniform(0.9, 1.1, (1, 1, 3)).astype(np.float32)
    if rng.random() < 0.15:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    return pixels.clip(0, 255).astype(np.uint8)


def placed_object(item, placement, window):
    """An object's Layer in the window, or None where too little of it is in there."""
    height, width = item.mask.shape
    xs = sorted(placement.ax * x + placement.tx for x in (item.x, item.x + width))
    ys = sorted(placement.ay * y + placement.ty for y in (item.y, item.y + height))
    x0, y0 = max(window[0], int(np.floor(xs[0]))), max(window[1], int(np.floor(ys[0])))
    x1, y1 = min(window[2], int(np.ceil(xs[1]))), min(window[3], int(np.ceil(ys[1])))
    if x1 - x0 < LEAST_SIDE or y1 - y0 < LEAST_SIDE:
        return None
    mask = warp(item.mask * np.uint8(255), placement, (x0, y0, x1, y1), item.x, item.y)
    return Layer(item.category, x0, y0, mask)


def random_placement(picture, window, zoom, rng, keep):
    """Fitted into the window times zoom, anywhere in it; `keep`: in the upper left corner as it is."""
    height, width = picture.image.shape[:2]
    x0, y0, x1, y1 = window
    scale = min((x1 - x0) / width, (y1 - y0) / height) * zoom
    if keep:
        return Placement(scale, x0, scale, y0)
    aspect = np.exp(rng.uniform(-0.12, 0.12))
    ax, ay = scale * aspect ** 0.5, scale / aspect ** 0.5
    free_x, free_y = x1 - x0 - width * ax, y1 - y0 - height * ay
    tx, ty = x0 + rng.uniform(*sorted((0, free_x))), y0 + rng.uniform(*sorted((0, free_y)))
    if rng.random() < 0.5:
        return Placement(-ax, tx + width * ax, ay, ty)
    return Placement(ax, tx, ay, ty)


def place(canvas, picture, window, zoom, rng, keep=False, tones=True):
    placement = random_placement(picture, window, zoom, rng, keep)
    tile = warp(picture.image, placement, window, fill=FILL)
    x0, y0, x1, y1 = window
    canvas.image[y0:y1, x0:x1] = tile if keep or not tones else recolour(tile, rng)
    layers = [placed_object(item, placement, window) for item in picture.objects if not item.crowd]
    canvas.layers += [layer for layer in layers if layer is not None]


def hide(layers, over):
    """Takes what lies under `over` from the masks; drops those of which little is left."""
    left = []
    height, width = over.mask.shape
    for layer in layers:
        x0, y0 = max(layer.x, over.x), max(layer.y, over.y)
        x1 = min(layer.x + layer.mask.shape[1], over.x + width)
        y1 = min(layer.y + layer.mask.shape[0], over.y + height)
        if x1 > x0 and y1 > y0:
            before = np.count_nonzero(layer.mask >= 128)
            part = layer.mask[y0 - layer.y:y1 - layer.y, x0 - layer.x:x1 - layer.x]
            top = over.mask[y0 - over.y:y1 - over.y, x0 - over.x:x1 - over.x]
            part[:] = np.minimum(part, 255 - top)
            if np.count_nonzero(layer.mask >= 128) < LEAST_VISIBLE * before:
                continue
        left.append(layer)
    return left


def paste(canvas, picture, rng):
    """One object of another photo, at a random place and size, over what is there."""
    items = [o for o in picture.objects if not o.crowd and o.category >= 0 and o.mask.sum() > 32 * 32]
    if not items:
        return
    item = items[rng.integers(len(items))]
    side = canvas.image.shape[0]
    height, width = item.mask.shape
    scale = min(1.5, rng.uniform(0.12, 0.5) * side / max(height, width))
    ax = -scale if rng.random() < 0.5 else scale
    cx, cy = rng.uniform(0, side, 2)
    placement = Placement(ax, cx - ax * (item.x + width / 2), scale, cy - scale * (item.y + height / 2))
    layer = placed_object(item, placement, (0, 0, side, side))
    if layer is None or np.count_nonzero(layer.mask >= 128) < LEAST_AREA:
        return
    h, w = layer.mask.shape
    window = (layer.x, layer.y, layer.x + w, layer.y + h)
    pixels = recolour(warp(picture.image, placement, window, fill=FILL), rng).astype(np.float32)
    alpha = layer.mask[..., None].astype(np.float32) / 255
    under = canvas.image[layer.y:layer.y + h, layer.x:layer.x + w]
    under[:] = (under * (1 - alpha) + pixels * alpha + 0.5).astype(np.uint8)
    canvas.layers = hide(canvas.layers, layer) + [layer]


def compose(draw, size, rng, mosaic=0.5, plain=0.15, pasted=0.0, zoom=(0.5, 1.9), tile_zoom=(0.9, 2.2), tones=True):
    """One training picture of size x size. draw(rng) gives a photo; mosaic, plain and pasted are the shares of pictures made of four photos,
    of one as it comes, and with pasted objects. zoom, tile_zoom: how much larger than fitting a single photo or one of four is placed; tones:
    recolour what is placed."""
    canvas = Canvas(np.full((size, size, 3), FILL, np.uint8))
    kind = rng.random()
    if kind < mosaic:
        cx, cy = (int(v) for v in rng.uniform(0.35, 0.65, 2) * size)
        for window in ((0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)):
            place(canvas, draw(rng), window, rng.uniform(*tile_zoom), rng, tones=tones)
    elif kind < mosaic + plain:
        place(canvas, draw(rng), (0, 0, size, size), 1.0, rng, keep=True)
    else:
        place(canvas, draw(rng), (0, 0, size, size), np.exp(rng.uniform(*np.log(zoom))), rng, tones=tones)
    if rng.random() < pasted:
        for _ in range(rng.integers(1, 4)):
            paste(canvas, draw(rng), rng)
    canvas.layers = [l for l in canvas.layers if np.count_nonzero(l.mask >= 128) >= LEAST_AREA]
    return canvas
