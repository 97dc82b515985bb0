"""Writes models/region-click-encoder.onnx and -decoder.onnx: click on a thing, get the region of similar colour. No learning in it.

The contract is that of Segment Anything's own exporter (see models/region-click.json). The encoder turns the picture into a perceptual
colour space and smooths it without crossing edges; the decoder is the flood of tests/golden/prompt_graphs.py in that space.

Run with Python 3, numpy and onnx: python3 models/make_region_click.py
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from prompt_graphs import FLOAT, Graph, box_of_labels, cells_of, f32, i64, longest_side_masks, pack, region_logits, unpack  # noqa: E402

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Lightness counts less than hue: shadows and shading change it within one thing.
OPPONENT = np.array([[0.15, 0.30, 0.05], [0.55, -0.55, 0.0], [0.30, 0.30, -0.60]])


def smooth(g, cells, steps=10, edge=0.06, rate=0.2):
    """Anisotropic diffusion (Perona and Malik, 1990): flows between neighbours whose colours are less than about `edge` apart."""
    for _ in range(steps):
        wide = g.add("Pad", cells, i64(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")
        flows = []
        for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
            step = g.add("Sub", g.add("Slice", wide, i64(y, x), i64(y + 256, x + 256), i64(2, 3)), cells)
            size = g.sum(g.add("Mul", step, step), 1)
            flows.append(g.add("Mul", step, g.add("Exp", g.add("Mul", size, f32(-1 / edge**2)))))
        total = g.add("Add", g.add("Add", flows[0], flows[1]), g.add("Add", flows[2], flows[3]))
        cells = g.add("Add", cells, g.add("Mul", total, f32(rate)))
    return cells


def encoder():
    g = Graph()
    colours = g.add("Conv", cells_of(g, "image", MEAN, STD), f32(OPPONENT).reshape(3, 3, 1, 1))
    g.name_output(pack(g, smooth(g, colours), 256, 4), "image_embeddings")
    return g.model("region-click-encoder", [("image", FLOAT, [1, 3, 1024, 1024])], [("image_embeddings", FLOAT, [1, 256, 64, 64])])


def decoder():
    g = Graph()
    box = box_of_labels(g, "point_coords", "point_labels")
    mask = ("mask_input", "has_mask_input")
    logits, iou = region_logits(g, unpack(g, "image_embeddings", 3, 4), "point_coords", "point_labels", box, mask)
    g.name_output(longest_side_masks(g, logits, "orig_im_size"), "masks")
    g.name_output(iou, "iou_predictions")
    g.name_output(logits, "low_res_masks")
    inputs = [
        ("image_embeddings", FLOAT, [1, 256, 64, 64]),
        ("point_coords", FLOAT, [1, "num_points", 2]),
        ("point_labels", FLOAT, [1, "num_points"]),
        ("mask_input", FLOAT, [1, 1, 256, 256]),
        ("has_mask_input", FLOAT, [1]),
        ("orig_im_size", FLOAT, [2]),
    ]
    outputs = [
        ("masks", FLOAT, [1, 4, "height", "width"]),
        ("iou_predictions", FLOAT, [1, 4]),
        ("low_res_masks", FLOAT, [1, 4, 256, 256]),
    ]
    return g.model("region-click-decoder", inputs, outputs)


def main():
    card_path = ROOT / "models" / "region-click.json"
    card = json.loads(card_path.read_text())
    for part, model in (("encoder", encoder()), ("decoder", decoder())):
        data = model.SerializeToString()
        (ROOT / "models" / card[part]["file"]).write_bytes(data)
        card[part] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        print(card[part]["file"], len(data))
    card_path.write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
