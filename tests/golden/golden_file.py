"""Family goldens: one file with a network's raw outputs and what they mean, read by tests/web/family_goldens.test.ts.

Layout: uint32 (little-endian) length of the header, the header as UTF-8 JSON padded with spaces to a multiple of 4, then all outputs as
float32 (little-endian), one after the other. The header:

  family, variant?           names of web/families (variant only to check recognition)
  source, network            {width, height} of the picture and of the network input, in pixels
  preprocessing?             parts that differ from the family's (resizeMode ...)
  options                    {scoreThreshold, iouThreshold, maxInstances} and further options of decode()
  labels?                    class names
  metadata?                  the model file's metadata, for recognition
  outputs                    [{name, dims, type?}] in the order of the data
  expected                   [{box: [x1, y1, x2, y2] in source pixels, score, classId, rle: COCO RLE over the source}], best first
  origin                     one line: which reference gave `expected`, with version
  maxBoxPx?, maxScore?, minIou?   tolerances wider than the usual 0.01 px, 1e-4, 0.999, with `why`
"""
import json
import pathlib
import struct

import numpy as np
from pycocotools import mask as coco

FOLDER = pathlib.Path(__file__).resolve().parent


def rle(mask):
    """COCO RLE of a boolean [H, W] array."""
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [int(s) for s in encoded["size"]], "counts": encoded["counts"].decode("ascii")}


def instance(box, score, class_id, mask):
    return {"box": [float(v) for v in box], "score": float(score), "classId": int(class_id), "rle": rle(mask)}


def write_golden(family, case, header, outputs):
    """`outputs` = {name: array}; `header` lacks family and outputs. Writes tests/golden/<family>/<case>.golden."""
    arrays = {name: np.ascontiguousarray(value, dtype="<f4") for name, value in outputs.items()}
    described = [{"name": name, "dims": list(value.shape)} for name, value in arrays.items()]
    text = json.dumps({"family": family, **header, "outputs": described}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    path = FOLDER / family / f"{case}.golden"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<I", len(text)) + text + b"".join(value.tobytes() for value in arrays.values()))
    return path
