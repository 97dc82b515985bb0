#!/usr/bin/env python3
"""Makes tests/data/reference_models/torchvision_mask_rcnn*: a torchvision Mask R-CNN with random weights, exported to ONNX, and its own results.

The graph takes [3, height, width] of any size, RGB 0..1; resizing, normalisation, suppression and the pasting of masks are inside. Expected is
what torchvision gives for the picture in PyTorch, masks > 0.5. The picture has the size to which the network resizes, because the exported
graph resizes others to slightly other sizes than PyTorch does (an odd one is half a pixel off). In a second picture, of a single
colour, a network with a higher threshold finds nothing.

  python make_mask_rcnn_model.py        (numpy, onnx, torch, torchvision, pillow, pycocotools)
"""
import io

import numpy as np
import torch
import torchvision

import tiny_mask_rcnn
from golden_file import instance, write_reference
from make_mask_rcnn_goldens import picture


def export(network, height, width):
    """The graph, with open height and width."""
    buffer = io.BytesIO()
    names = ["boxes", "labels", "scores", "masks"]
    axes = {"image": {1: "height", 2: "width"}, **{name: {0: "objects"} for name in names}}
    torch.onnx.export(network, ([torch.rand(3, height, width)],), buffer, input_names=["image"], output_names=names,
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    return buffer.getvalue()


def make(name, seed, size, score, threshold, rgb=None, **options):
    network = tiny_mask_rcnn.make(seed, score=score, **options)
    random = np.random.default_rng(seed)
    pixels = rgb if rgb is not None else (picture(random, *size).transpose(1, 2, 0) * 255).astype(np.uint8)
    with torch.no_grad():
        out = network([torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)])[0]
    out = {key: value.numpy() for key, value in out.items()}
    masks = out["masks"][:, 0]
    rows = zip(out["boxes"], out["scores"], out["labels"], masks > 0.5)
    expected = [instance(*row) for row in rows if row[1] > threshold and row[3].any()]
    margins = np.abs(masks - 0.5).min() if masks.size else 1
    header = {
        "family": "mask_rcnn", "variant": "torchvision", "options": {"scoreThreshold": threshold, "maxInstances": 100}, "expected": expected,
        "origin": f"torchvision {torchvision.__version__} MaskRCNN with random weights, run in PyTorch {torch.__version__}",
    }
    write_reference(name, export(network, 50, 70), pixels, header)
    print(f"{name}: {len(expected)} of {len(masks)} instances, nearest mask value to 0.5: {margins:.1e}, scores {out['scores'][:4]}")


def main():
    make("torchvision_mask_rcnn", 5, (87, 64), score=0.4, threshold=0.41)
    grey = np.full((40, 61, 3), 127, np.uint8)
    make("torchvision_mask_rcnn_none", 2, (61, 40), score=0.99, threshold=0.5, rgb=grey)


if __name__ == "__main__":
    main()
