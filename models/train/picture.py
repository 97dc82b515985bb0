"""Pictures of what a network finds, beside the annotation, for a model's card.

    python picture.py NETWORK FOLDER OUT.jpg NAME... [--size 416] [--score 0.3] [--height 320]

One row per photo: the photo, the annotated objects, what the network finds."""

import argparse
import colorsys
from pathlib import Path

import cv2
import numpy as np

from coco import category_names, read_set
from detect import FITS, Options, decode, fit_of, open_network
from evaluate import side_lengths


def colour(index):
    """Colours that differ from those of neighbouring numbers."""
    return np.array([255 * v for v in colorsys.hsv_to_rgb(index * 0.381966 % 1, 0.85, 1.0)])


def painted(image, masks):
    """masks: [(x, y, mask 0/1)] over an RGB picture, each in a colour with a white outline."""
    canvas = image.astype(np.float32)
    for index, (x, y, mask) in enumerate(masks):
        part = canvas[y : y + mask.shape[0], x : x + mask.shape[1]]
        on = mask.astype(bool)
        part[on] = 0.5 * part[on] + 0.5 * colour(index)
    canvas = np.ascontiguousarray(canvas.astype(np.uint8))
    for x, y, mask in masks:
        outlines, _ = cv2.findContours(
            mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(int(x), int(y))
        )
        cv2.drawContours(canvas, outlines, -1, (255, 255, 255), 1)
    return canvas


def write(image, text, x, y, size=0.4):
    """White on black, with (x, y) in the upper left."""
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    cv2.rectangle(image, (x, y), (x + width + 4, y + height + below + 2), (0, 0, 0), -1)
    cv2.putText(
        image,
        text,
        (x + 2, y + height + 2),
        cv2.FONT_HERSHEY_SIMPLEX,
        size,
        (255, 255, 255),
        1,
        cv2.LINE_AA,
    )


def with_labels(image, found, names, scale):
    for f in found:
        x, y = (int(max(0, v) * scale) for v in f.box[:2])
        write(image, f"{names[f.category]} {f.score:.2f}", x, y, 0.35)
    return image


def row(network, picture, names, size, options, height):
    planes, fit = FITS[options.fit](picture.image, size)
    found = decode(*network(planes), fit, options)
    truth = painted(picture.image, [(o.x, o.y, o.mask) for o in picture.objects if not o.crowd])
    result = painted(picture.image, [(f.x, f.y, f.mask) for f in found])
    scale = height / picture.image.shape[0]
    tiles = [
        cv2.resize(
            t,
            None,
            fx=scale,
            fy=scale,
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        )
        for t in (picture.image, truth, result)
    ]
    if len(names) > 1:
        with_labels(tiles[-1], found, names, scale)
    return np.hstack(tiles)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--size", type=side_lengths, default=(416, 416))
    parser.add_argument("--score", type=float, default=0.3)
    parser.add_argument("--most", type=int, default=500)
    parser.add_argument("--height", type=int, default=320, help="of a row, in pixels")
    options = parser.parse_args()
    network, names = open_network(options.network), category_names(options.folder)
    settings = Options(options.score, 0.65, options.most, False, fit_of(options.network))
    pictures = {p.name: p for p in read_set(options.folder, only=set(options.names))}
    rows = [
        row(network, pictures[name], names, options.size, settings, options.height)
        for name in options.names
    ]
    width = max(r.shape[1] for r in rows)
    rows = [np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0)), constant_values=255) for r in rows]
    cv2.imwrite(options.out, np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
