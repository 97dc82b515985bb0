"""Pictures of what clicks and a box cut out, for a model's card.

    python picture_click.py ENCODER.onnx DECODER.onnx FOLDER OUT.jpg NAME:OBJECT... [--clicks 1 2 3]
      [--height 240]

OBJECT: number of an object among the photo's annotations. One row for each: the annotated object,
        the answers after so
many simulated clicks (green on the object, red off it), the answer to its box."""

import argparse
from pathlib import Path

import cv2
import numpy as np

from click_prompts import box_of, iou
from coco import read_set
from evaluate_click import OnnxClicks, Session, answered, truth_of
from picture import painted, write

ON, OFF, BOX = (40, 220, 60), (240, 50, 50), (255, 220, 0)


def marked(image, answer, scale, clicks=(), box=None, text=""):
    """One tile: the mask over the picture, scaled, what was asked drawn upon it."""
    tile = cv2.resize(
        painted(image, [(0, 0, answer)]), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    if box is not None:
        x0, y0, x1, y1 = (int(round(float(v) * scale)) for v in box)
        cv2.rectangle(tile, (x0, y0), (x1 - 1, y1 - 1), BOX, 2)
    for x, y, belongs in clicks:
        at = (int(round(x * scale)), int(round(y * scale)))
        cv2.circle(tile, at, 5, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(tile, at, 4, ON if belongs else OFF, -1, cv2.LINE_AA)
    write(tile, text, 4, 4, 0.45)
    return tile


def row(model, picture, index, counts, height):
    truth = truth_of(picture.objects[index], picture.image.shape[:2])
    session, scale, box = (
        Session(model, picture.image),
        height / picture.image.shape[0],
        box_of(truth),
    )
    boxed = session.ask(box=box)[0]
    tiles = [marked(picture.image, truth, scale, text="annotation")]
    tiles += [
        marked(
            picture.image,
            answer,
            scale,
            clicks,
            text=f"clicks: {len(clicks)}, IoU {iou(truth, answer):.2f}",
        )
        for clicks, answer in answered(session, truth, max(counts))
        if len(clicks) in counts
    ]
    tiles.append(
        marked(picture.image, boxed, scale, box=box, text=f"box, IoU {iou(truth, boxed):.2f}")
    )
    return np.hstack(tiles)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoder")
    parser.add_argument("decoder")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out")
    parser.add_argument("objects", nargs="+", metavar="NAME:OBJECT")
    parser.add_argument("--clicks", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--height", type=int, default=240, help="of a row, in pixels")
    options = parser.parse_args()
    model = OnnxClicks(options.encoder, options.decoder)
    wanted = [(name, int(index)) for name, index in (o.rsplit(":", 1) for o in options.objects)]
    pictures = {
        p.name: p for p in read_set(options.folder, False, only={name for name, _ in wanted})
    }
    rows = [
        row(model, pictures[name], index, options.clicks, options.height) for name, index in wanted
    ]
    width = max(r.shape[1] for r in rows)
    rows = [np.pad(r, ((0, 0), (0, width - r.shape[1]), (0, 0)), constant_values=255) for r in rows]
    cv2.imwrite(options.out, np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
