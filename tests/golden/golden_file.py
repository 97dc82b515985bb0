"""Family goldens: one file with a network's raw outputs and what they mean, read by
tests/web/family_goldens.test.ts.

Layout: uint32 (little-endian) length of the header, the header as UTF-8 JSON padded with spaces to
a multiple of 4, then all outputs as float32 (little-endian), one after the other. The header:

  family, variant?           names of web/families (variant only to check recognition)
  source, network            {width, height} of the picture and of the network input, in pixels
  preprocessing?             parts that differ from the family's (resizeMode ...)
  options                    {scoreThreshold, iouThreshold, maxInstances} and further options of
                             decode()
  labels?                    class names
  metadata?                  the model file's metadata, for recognition
  outputs                    [{name, dims, type?}] in the order of the data
  expected                   [{box: [x1, y1, x2, y2] in source pixels, score, classId, rle: COCO RLE
                             over the source}], best first
  origin                     one line: which reference gave `expected`, with version
  maxBoxPx?, maxScore?, minIou?   tolerances wider than the usual 0.01 px, 1e-4, 0.999, with `why`
"""

import json
import pathlib
import struct

import numpy as np
from PIL import Image
from pycocotools import mask as coco

FOLDER = pathlib.Path(__file__).resolve().parent


def rle(mask):
    """COCO RLE of a boolean [H, W] array."""
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(s) for s in encoded["size"]], "counts": encoded["counts"].decode("ascii")}


def instance(box, score, class_id, mask):
    return {
        "box": [float(v) for v in box],
        "score": float(score),
        "classId": int(class_id),
        "rle": rle(mask),
    }


def write_golden(family, case, header, outputs, types=None):
    """
    `outputs` = {name: array}; `header` lacks family and outputs; `types` = {name: element type in
    the network}, where that is not float32. Writes tests/golden/<family>/<case>.golden.
    """
    arrays = {name: np.ascontiguousarray(value, dtype="<f4") for name, value in outputs.items()}
    given = types or {}
    described = [
        {"name": n, "dims": list(v.shape), **({"type": given[n]} if n in given else {})}
        for n, v in arrays.items()
    ]
    text = json.dumps(
        {"family": family, **header, "outputs": described}, separators=(",", ":")
    ).encode()
    text += b" " * (-len(text) % 4)
    path = FOLDER / family / f"{case}.golden"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(
        struct.pack("<I", len(text)) + text + b"".join(value.tobytes() for value in arrays.values())
    )
    return path


def write_reference(name, model, picture, header):
    """A network of its own for tests/web/reference_models.test.ts: NAME.onnx, the RGB picture [H,
    W, 3] as NAME.png, the header (family, variant?, options, createOptions?, expected, origin,
    tolerances and why as above) as NAME.json, in tests/data/reference_models.
    """
    folder = FOLDER.parent / "data" / "reference_models"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(model)
    Image.fromarray(picture).save(folder / f"{name}.png", optimize=True)
    (folder / f"{name}.json").write_text(json.dumps(header, separators=(",", ":")) + "\n")
