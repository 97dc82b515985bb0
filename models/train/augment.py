"""Training pictures made of photos: scaled, flipped, shifted, recoloured, four in one (mosaic,
Bochkovskiy et al., 2020), with objects of
other photos pasted in (Ghiasi et al., 2021). Everything hangs on the generator that is handed in,
so a picture can be made again.

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
        return (
            self.x + columns[0],
            self.y + rows[0],
            self.x + columns[-1] + 1,
            self.y + rows[-1] + 1,
        )


@dataclass
class Canvas:
    image: np.ndarray
    layers: list = field(default_factory=list)


@dataclass
class Placement:
    """p' = linear p + shift, from a photo's coordinates to those of the made picture."""

    linear: np.ndarray  # [2, 2]
    shift: np.ndarray  # [2]

    def scale(self):
        return float(np.sqrt(abs(np.linalg.det(self.linear))))

    def corners(self, x0, y0, x1, y1):
        """A box of the photo -> the box around its image: x0, y0, x1, y1."""
        points = np.array([[x0, x1, x0, x1], [y0, y0, y1, y1]], float)
        placed = self.linear @ points + self.shift[:, None]
        return (*placed.min(1), *placed.max(1))

    def matrix(self, to, shrink=1, origin=(0, 0)):
        """For OpenCV, whose coordinates are those of pixel centres: a source shrunk by `shrink`
          that begins at `origin` of the photo -> a
        window that begins at `to`."""
        linear = self.linear * shrink
        shift = self.linear @ np.array(origin, float) + self.shift - np.array(to, float)
        return np.column_stack([linear, shift + linear @ np.array([0.5, 0.5]) - 0.5])


def warp(source, placement, window, origin=(0, 0), fill=0):
    """The part of a placed image that lies in window = (x0, y0, x1, y1); averaged first where it
    gets much smaller.
    """
    factor = max(1, int(1 / max(placement.scale(), 1e-3)))
    shrunk = source
    if factor > 1 and min(source.shape[:2]) >= 2 * factor:
        height, width = source.shape[0] // factor * factor, source.shape[1] // factor * factor
        shrunk = cv2.resize(
            source[:height, :width],
            (width // factor, height // factor),
            interpolation=cv2.INTER_AREA,
        )
    else:
        factor = 1
    x0, y0, x1, y1 = window
    border = (fill,) * 3 if source.ndim == 3 else fill
    return cv2.warpAffine(
        shrunk,
        placement.matrix((x0, y0), factor, origin),
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )


def turn_hue(pixels, rng):
    """Hue and saturation, in HSV."""
    hsv = cv2.cvtColor(pixels.clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + rng.integers(-12, 13)) % 180
    hsv[..., 1] = (hsv[..., 1] * rng.uniform(0.5, 1.5)).clip(0, 255).astype(np.uint8)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.float32)


def blur_or_noise(pixels, rng):
    kind = rng.random()
    if kind < 0.12:
        return cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.5))
    if kind < 0.24:
        noise = rng.integers(-20, 21, pixels.shape, np.int8).astype(np.float32)
        return pixels + noise * rng.uniform(0.2, 1.0)
    return pixels


def recolour(image, rng, strong=False):
    """Brightness, contrast, tint; sometimes grey. `strong`: more of it, hue, saturation, gamma,
    blur and noise too.
    """
    spread = 0.35 if strong else 0.2
    pixels = image.astype(np.float32)
    if strong and rng.random() < 0.5:
        pixels = turn_hue(pixels, rng)
    if strong and rng.random() < 0.3:
        pixels = 255 * (pixels / 255) ** float(np.exp(rng.uniform(-0.5, 0.5)))
    pixels = pixels * rng.uniform(1 - spread, 1 + spread) + rng.uniform(-75, 75) * spread
    if rng.random() < 0.5:
        pixels = pixels * rng.uniform(0.9, 1.1, (1, 1, 3)).astype(np.float32)
    if rng.random() < 0.15:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    if strong:
        pixels = blur_or_noise(pixels.astype(np.float32), rng)
    return pixels.clip(0, 255).astype(np.uint8)


def placed_object(item, placement, window):
    """An object's Layer in the window, or None where too little of it is in there."""
    height, width = item.mask.shape
    xa, ya, xb, yb = placement.corners(item.x, item.y, item.x + width, item.y + height)
    x0, y0 = max(window[0], int(np.floor(xa))), max(window[1], int(np.floor(ya)))
    x1, y1 = min(window[2], int(np.ceil(xb))), min(window[3], int(np.ceil(yb)))
    if x1 - x0 < LEAST_SIDE or y1 - y0 < LEAST_SIDE:
        return None
    mask = warp(item.mask * np.uint8(255), placement, (x0, y0, x1, y1), (item.x, item.y))
    return Layer(item.category, x0, y0, mask)


def distortion(rng, turn):
    """A random change of shape with area 1: aspect, mirroring, and a turn and shear of up to `turn`
    radians.
    """
    aspect = np.exp(rng.uniform(-0.12, 0.12))
    linear = np.diag([aspect**0.5, aspect**-0.5])
    if turn:
        angle, shear = rng.uniform(-turn, turn), rng.uniform(-turn, turn)
        linear = (
            np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            @ np.array([[1, shear], [0, 1]])
            @ linear
        )
    if rng.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
    return linear


def random_placement(picture, window, zoom, rng, keep, options):
    """Fitted into the window times zoom, anywhere in it; `keep`: in the upper left corner as it
    is.
    """
    height, width = picture.image.shape[:2]
    x0, y0, x1, y1 = window
    scales = np.array([(x1 - x0) / width, (y1 - y0) / height]) * zoom
    fitted = np.diag(scales if options.stretch else np.repeat(scales.min(), 2))
    if keep:
        return Placement(fitted, np.array([x0, y0], float))
    placement = Placement(distortion(rng, options.turn) @ fitted, np.zeros(2))
    xa, ya, xb, yb = placement.corners(0, 0, width, height)
    free_x, free_y = x1 - x0 - (xb - xa), y1 - y0 - (yb - ya)
    placement.shift = np.array(
        [x0 - xa + rng.uniform(*sorted((0, free_x))), y0 - ya + rng.uniform(*sorted((0, free_y)))]
    )
    return placement


def place(canvas, picture, window, zoom, rng, options, keep=False):
    placement = random_placement(picture, window, zoom, rng, keep, options)
    tile = warp(picture.image, placement, window, fill=FILL)
    x0, y0, x1, y1 = window
    canvas.image[y0:y1, x0:x1] = (
        recolour(tile, rng, options.strong) if options.tones and not keep else tile
    )
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
            part = layer.mask[y0 - layer.y : y1 - layer.y, x0 - layer.x : x1 - layer.x]
            top = over.mask[y0 - over.y : y1 - over.y, x0 - over.x : x1 - over.x]
            part[:] = np.minimum(part, 255 - top)
            if np.count_nonzero(layer.mask >= 128) < LEAST_VISIBLE * before:
                continue
        left.append(layer)
    return left


def paste(canvas, picture, rng, options):
    """One object of another photo, at a random place and size, over what is there."""
    items = [
        o for o in picture.objects if not o.crowd and o.category >= 0 and o.mask.sum() > 32 * 32
    ]
    if not items:
        return
    item = items[rng.integers(len(items))]
    side = canvas.image.shape[0]
    height, width = item.mask.shape
    linear = distortion(rng, options.turn) * min(
        1.5, rng.uniform(0.12, 0.5) * side / max(height, width)
    )
    if options.stretch:
        flatter = np.sqrt(picture.image.shape[0] / picture.image.shape[1])
        linear = linear @ np.diag([flatter, 1 / flatter])
    middle = np.array([item.x + width / 2, item.y + height / 2])
    placement = Placement(linear, rng.uniform(0, side, 2) - linear @ middle)
    layer = placed_object(item, placement, (0, 0, side, side))
    if layer is None or np.count_nonzero(layer.mask >= 128) < LEAST_AREA:
        return
    h, w = layer.mask.shape
    window = (layer.x, layer.y, layer.x + w, layer.y + h)
    pixels = recolour(
        warp(picture.image, placement, window, fill=FILL), rng, options.strong
    ).astype(np.float32)
    alpha = layer.mask[..., None].astype(np.float32) / 255
    under = canvas.image[layer.y : layer.y + h, layer.x : layer.x + w]
    under[:] = (under * (1 - alpha) + pixels * alpha + 0.5).astype(np.uint8)
    canvas.layers = hide(canvas.layers, layer) + [layer]


@dataclass
class Options:
    """mosaic, plain, pasted: shares of pictures made of four photos, of one as it comes, and with
      pasted objects, of which there are at most
    `most_pasted`; zoom, tile_zoom: how much larger than fitting a single photo or one of four is
      placed; turn: greatest turn and shear in
    radians; tones: recolour what is placed, strong: more than a little; stretch: a photo fills the
      square, whatever its sides.
    """

    mosaic: float = 0.5
    plain: float = 0.15
    pasted: float = 0.0
    most_pasted: int = 3
    zoom: tuple = (0.5, 1.9)
    tile_zoom: tuple = (0.9, 2.2)
    turn: float = 0.0
    tones: bool = True
    strong: bool = False
    stretch: bool = False


def compose(draw, size, rng, **options):
    """One training picture of size x size. draw(rng) gives a photo; see Options."""
    options = Options(**options)
    canvas = Canvas(np.full((size, size, 3), FILL, np.uint8))
    kind = rng.random()
    if kind < options.mosaic:
        cx, cy = (int(v) for v in rng.uniform(0.35, 0.65, 2) * size)
        for window in ((0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)):
            place(canvas, draw(rng), window, rng.uniform(*options.tile_zoom), rng, options)
    elif kind < options.mosaic + options.plain:
        place(canvas, draw(rng), (0, 0, size, size), 1.0, rng, options, keep=True)
    else:
        place(
            canvas,
            draw(rng),
            (0, 0, size, size),
            np.exp(rng.uniform(*np.log(options.zoom))),
            rng,
            options,
        )
    if rng.random() < options.pasted:
        for _ in range(rng.integers(1, options.most_pasted + 1)):
            paste(canvas, draw(rng), rng, options)
    canvas.layers = [l for l in canvas.layers if np.count_nonzero(l.mask >= 128) >= LEAST_AREA]
    return canvas
