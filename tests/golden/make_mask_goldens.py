"""Makes tests/golden/mask/goldens.txt: what pycocotools and OpenCV say about small masks and
polygons.

Run with numpy, pycocotools 2.0.11 and opencv-python-headless installed; the result is committed. A
change of the file needs a reason in the commit message: the C++ tests demand equality.

Lines, fields separated by blanks:
  mask NAME WIDTH HEIGHT PIXELS COUNTS AREA X Y W H OUTERS HOLES
      PIXELS: rows packed to bits (numpy.packbits over the flattened rows) in hex. COUNTS, AREA, X Y
              W H: pycocotools encode, area, toBbox.
      OUTERS: 4-connected components (OpenCV). HOLES: hole contours of OpenCV's findContours, or -1
              where pixels touch by a corner only
      (OpenCV's objects are 8-connected, ours 4-connected).
  iou NAME NAME IOU CROWD_IOU
      pycocotools iou of the first (detection) with the second (truth), as an ordinary object and as
        a crowd.
  polygon WIDTH HEIGHT RINGS (POINTS X Y X Y ...)... COUNTS
      pycocotools frPyObjects and merge of all rings.
"""

import pathlib

import cv2
import numpy as np
from pycocotools import mask as coco

OUT = pathlib.Path(__file__).parent / "mask" / "goldens.txt"
rng = np.random.default_rng(7)


def blob(width, height, scale, level=0.0):
    """Smooth random regions, with holes and several parts."""
    noise = rng.normal(size=(height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), scale)
    return (smooth > level * smooth.std()).astype(np.uint8)


def without_corner_contacts(pixels):
    """Fills pixels until none touch by a corner only."""
    pixels = pixels.copy()
    while True:
        a, b, c, d = pixels[:-1, :-1], pixels[:-1, 1:], pixels[1:, :-1], pixels[1:, 1:]
        contacts = ((a & d) > (b | c)) | ((b & c) > (a | d))
        if not contacts.any():
            return pixels
        ys, xs = np.nonzero(contacts)
        pixels[ys, xs] = pixels[ys + 1, xs] = 1


def shapes():
    for width, height in [(1, 1), (1, 7), (9, 1), (5, 4), (17, 13), (31, 27)]:
        y, x = np.mgrid[0:height, 0:width]
        name = f"{width}x{height}"
        yield f"empty-{name}", np.zeros((height, width), np.uint8)
        yield f"full-{name}", np.ones((height, width), np.uint8)
        yield f"checker-{name}", ((x + y) % 2).astype(np.uint8)
        yield f"rows-{name}", (y % 2).astype(np.uint8)
        yield f"columns-{name}", ((x + 1) % 2).astype(np.uint8)
        yield f"corners-{name}", (
            ((x == 0) | (x == width - 1)) & ((y == 0) | (y == height - 1))
        ).astype(np.uint8)
        yield f"frame-{name}", ((x == 0) | (x == width - 1) | (y == 0) | (y == height - 1)).astype(
            np.uint8
        )
        for density in (0.1, 0.5, 0.9):
            yield f"noise{density}-{name}", (rng.random((height, width)) < density).astype(np.uint8)
    for index in range(6):
        yield f"blob{index}-31x27", blob(31, 27, 2.0)
    for index, (width, height) in enumerate([(160, 90), (97, 131), (200, 3), (3, 200)]):
        yield f"large{index}-{width}x{height}", without_corner_contacts(blob(width, height, 4.0))
    # Runs long enough for numbers of four groups.
    tall = np.zeros((700, 90), np.uint8)
    tall[3:690, 40:42] = 1
    tall[100, 80] = 1
    yield "tall-90x700", tall


def mask_line(name, pixels):
    height, width = pixels.shape
    rle = coco.encode(np.asfortranarray(pixels))
    outers = cv2.connectedComponents(pixels, connectivity=4)[0] - 1
    holes = -1
    if np.array_equal(without_corner_contacts(pixels), pixels):
        # A margin, because OpenCV sees the border of the picture as background only if it is there.
        _, hierarchy = cv2.findContours(np.pad(pixels, 1), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        holes = 0 if hierarchy is None else int((hierarchy[0, :, 3] >= 0).sum())
    box = " ".join(str(int(v)) for v in coco.toBbox(rle))
    bits = np.packbits(pixels.ravel()).tobytes().hex()
    return (
        f"mask {name} {width} {height} {bits} {rle['counts'].decode()} {int(coco.area(rle))} "
        f"{box} {outers} {holes}"
    )


def iou_lines(masks):
    same = [
        (name, coco.encode(np.asfortranarray(pixels)))
        for name, pixels in masks
        if pixels.shape == (27, 31)
    ]
    for name_a, a in same:
        for name_b, b in same:
            plain = coco.iou([a], [b], [0])[0, 0]
            crowd = coco.iou([a], [b], [1])[0, 0]
            yield f"iou {name_a} {name_b} {plain!r} {crowd!r}".replace("np.float64(", "").replace(
                ")", ""
            )


def star(cx, cy, radius, count):
    angles = np.sort(rng.random(count)) * 2 * np.pi
    radii = radius * (0.2 + rng.random(count))
    return np.stack([cx + radii * np.cos(angles), cy + radii * np.sin(angles)], 1)


def polygons():
    """(width, height, rings) of every awkward kind."""
    yield 8, 8, [[1, 1, 5, 1, 5, 5, 1, 5]]
    yield 8, 8, [[0, 0, 8, 0, 8, 8, 0, 8]]
    yield 8, 8, [[0.5, 0.5, 7.5, 0.5, 7.5, 7.5, 0.5, 7.5]]
    yield 8, 8, [[2, 2, 2, 2, 2, 2]]  # one point
    yield 8, 8, [[1, 1, 6, 6, 1, 1]]  # a line
    yield 8, 8, [[1, 1, 1, 1, 6, 2, 6, 2, 3, 7]]  # repeated points
    yield 8, 8, [[1, 1, 6, 6, 6, 1, 1, 6]]  # crosses itself
    yield 8, 8, [[-5, -5, 20, -5, 20, 20, -5, 20]]  # all around
    yield 8, 8, [[-9, 2, -2, 2, -2, 5, -9, 5]]  # left of it
    yield 8, 8, [[2, -9, 5, -9, 5, -2, 2, -2]]  # above it
    yield 8, 8, [[12, 2, 15, 2, 15, 5, 12, 5]]  # right of it
    yield 8, 8, [[2, 12, 5, 12, 5, 15, 2, 15]]  # below it
    yield 8, 8, [[-0.3, -0.3, 3.1, -0.1, 2.9, 3.3, -0.2, 3.1]]
    yield 1, 1, [[0, 0, 1, 0, 1, 1, 0, 1]]
    yield 1, 9, [[0, 0, 1, 3, 0.4, 8]]
    yield 9, 1, [[0, 0, 9, 0.2, 4, 1]]
    yield 10, 10, [[1, 1, 4, 1, 4, 4, 1, 4], [3, 3, 8, 3, 8, 8, 3, 8]]
    yield 10, 10, [
        [1, 1, 9, 1, 9, 9, 1, 9],
        [3, 3, 6, 3, 6, 6, 3, 6],
    ]  # COCO knows no holes: the union
    for _ in range(150):  # small pictures, on and off the fine grid, partly outside
        width, height = (int(v) for v in rng.integers(1, 40, 2))
        rings = []
        for _ in range(int(rng.integers(1, 3))):
            count = int(rng.integers(3, 9))
            points = rng.uniform(-0.4, 1.4, (count, 2)) * [width, height]
            grid = rng.choice([0, 1, 2, 5, 10])
            rings.append(np.round(points * grid) / grid if grid else points)
        yield width, height, rings
    for _ in range(25):  # as annotators draw: two decimals, stars in photos
        width, height = (int(v) for v in rng.integers(200, 640, 2))
        ring = star(
            rng.uniform(0, width),
            rng.uniform(0, height),
            rng.uniform(10, 200),
            int(rng.integers(5, 30)),
        )
        yield width, height, [np.round(np.clip(ring, 0, [width, height]), 2)]
    for _ in range(10):  # far outside
        ring = rng.uniform(-5000, 5000, (5, 2))
        yield 64, 48, [np.round(ring, 3)]


def polygon_line(width, height, rings):
    rings = [[float(v) for v in np.asarray(ring).ravel()] for ring in rings]
    rle = coco.merge(coco.frPyObjects(rings, height, width))
    points = " ".join(f"{len(ring) // 2} " + " ".join(repr(v) for v in ring) for ring in rings)
    return f"polygon {width} {height} {len(rings)} {points} {rle['counts'].decode()}"


def main():
    masks = list(shapes())
    lines = [mask_line(name, pixels) for name, pixels in masks]
    lines += iou_lines(masks)
    lines += [polygon_line(*polygon) for polygon in polygons()]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(lines) + "\n")
    print(f"{OUT.name}: {len(lines)} lines, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
