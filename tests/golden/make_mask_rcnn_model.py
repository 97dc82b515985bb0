#!/usr/bin/env python3
"""Makes tests/data/reference_models/*_mask_rcnn*: Mask R-CNNs with random weights exported to ONNX,
and what their references make of them.

torchvision_*   the graph takes [3, height, width] of any size, RGB 0..1; resizing, normalization,
suppression and the pasting of masks are inside.
                Expected is what torchvision gives for the picture in PyTorch, masks > 0.5. The
                  picture has the size to which the network
                resizes, because the exported graph resizes others to slightly other sizes than
                  PyTorch does (an odd one is half a pixel off).
                In the second picture, of a single color, a network with a higher threshold finds
                  nothing.
detectron2_*    the same network without torchvision's resizing and pasting, with the inputs and
outputs of detectron2's tracing: BGR 0..255 of a
                fixed size, normalized inside. Expected: PyTorch, then detectron2's rules of
                  make_mask_rcnn_goldens.py.
onnx_models_*   likewise with those of onnx/models: BGR minus the mean, padded with 0 to multiples
of 32, labels from 1.

  python make_mask_rcnn_model.py        (numpy, onnx, opencv-python-headless, torch, torchvision,
    pillow, pycocotools)
"""

import io
import warnings

import cv2
import numpy as np
import torch
import torchvision
from torch import nn
from torchvision.models.detection.image_list import ImageList

import tiny_mask_rcnn
from golden_file import instance, write_reference
from make_mask_rcnn_goldens import detectron2_mask, onnx_models_mask, picture

D2_MEAN, D2_STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
ZOO_MEAN = (102.9801, 115.9465, 122.7717)


def export(network, example, input_name, names, open_sides=False):
    """The graph; the number of objects is open."""
    buffer = io.BytesIO()
    axes = {name: {0: "objects"} for name in names if name != "size"}
    if open_sides:
        axes[input_name] = {1: "height", 2: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (example,),
            buffer,
            input_names=[input_name],
            output_names=names,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def draw(seed, size):
    """RGB bytes [H, W, 3]."""
    return (picture(np.random.default_rng(seed), *size).transpose(1, 2, 0) * 255).astype(np.uint8)


def planar(pixels, order="rgb"):
    rgb = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)
    return rgb if order == "rgb" else rgb.flip(0)


def write(name, model, pixels, variant, threshold, rows, origin, scores):
    expected = [instance(*row) for row in rows if row[1] > threshold and row[3].any()]
    header = {
        "family": "mask_rcnn",
        "variant": variant,
        "options": {"scoreThreshold": threshold, "maxInstances": 100},
        "expected": expected,
        "origin": f"{origin} with random weights, run in PyTorch {torch.__version__}",
    }
    write_reference(name, model, pixels, header)
    print(f"{name}: {len(expected)} of {len(scores)} instances, scores {scores[:4]}")


def make_torchvision(name, seed, pixels, score, threshold):
    network = tiny_mask_rcnn.make(seed, score=score)
    with torch.no_grad():
        out = network([planar(pixels) / 255])[0]
    out = {key: value.numpy() for key, value in out.items()}
    rows = zip(out["boxes"], out["scores"], out["labels"], out["masks"][:, 0] > 0.5)
    model = export(
        network,
        [torch.rand(3, 50, 70)],
        "image",
        ["boxes", "labels", "scores", "masks"],
        open_sides=True,
    )
    write(
        name,
        model,
        pixels,
        "torchvision",
        threshold,
        rows,
        f"torchvision {torchvision.__version__} MaskRCNN",
        out["scores"],
    )


class Bare(nn.Module):
    """The network between the two transforms of torchvision: planes of a fixed size in, masks over
    boxes out.
    """

    def __init__(self, network, mean, std):
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))

    def detect(self, x):
        size = (x.shape[1], x.shape[2])
        batch = ((x - self.mean) / self.std)[None]
        features = {"0": self.network.backbone(batch)}
        proposals, _ = self.network.rpn(ImageList(batch, [size]), features)
        return self.network.roi_heads(features, proposals, [size])[0][0], size


class Detectron2(Bare):
    def forward(self, x):
        out, size = self.detect(x)
        return out["boxes"], out["labels"] - 1, out["masks"], out["scores"], torch.tensor(size)


class OnnxModels(Bare):
    def forward(self, x):
        out, _ = self.detect(x)
        return out["boxes"], out["labels"], out["scores"], out["masks"]


def make_detectron2(seed, size, score):
    pixels = draw(seed, size)
    network = Detectron2(tiny_mask_rcnn.make(seed, score=score), D2_MEAN, D2_STD).eval()
    with torch.no_grad():
        boxes, classes, masks, scores, _ = [
            value.numpy() for value in network(planar(pixels, "bgr"))
        ]
    rows = [
        (box, s, c, detectron2_mask(mask[0], box, size))
        for box, s, c, mask in zip(boxes, scores, classes, masks)
    ]
    model = export(
        network, planar(pixels, "bgr"), "x.1", ["boxes", "value", "masks", "value.3", "size"]
    )
    write(
        "detectron2_mask_rcnn",
        model,
        pixels,
        "detectron2",
        score,
        rows,
        "detectron2's layout and rules",
        scores,
    )


def make_onnx_models(seed, size, score):
    pixels = draw(seed, size)
    network = OnnxModels(
        tiny_mask_rcnn.make(seed, score=score), (0.0, 0.0, 0.0), (57.0, 57.0, 57.0)
    ).eval()
    x = torch.zeros(3, -(-size[1] // 32) * 32, -(-size[0] // 32) * 32)
    x[:, : size[1], : size[0]] = planar(pixels, "bgr") - torch.tensor(ZOO_MEAN).view(3, 1, 1)
    with torch.no_grad():
        boxes, labels, scores, masks = [value.numpy() for value in network(x)]
    boxes_src = boxes.clip(0, np.tile(size, 2))
    rows = [
        (shown, s, label - 1, onnx_models_mask(mask[0], box, size))
        for shown, box, s, label, mask in zip(boxes_src, boxes, scores, labels, masks)
    ]
    model = export(network, x, "image", ["out_6568", "out_6570", "out_6572", "out_6887"])
    write(
        "onnx_models_mask_rcnn",
        model,
        pixels,
        "onnx-models",
        score,
        rows,
        f"onnx/models' layout and rules (OpenCV {cv2.__version__})",
        scores,
    )


def main():
    make_torchvision("torchvision_mask_rcnn", 5, draw(5, (87, 64)), score=0.4, threshold=0.41)
    make_torchvision(
        "torchvision_mask_rcnn_none",
        2,
        np.full((40, 61, 3), 127, np.uint8),
        score=0.99,
        threshold=0.5,
    )
    make_detectron2(2, (90, 71), score=0.3)
    make_onnx_models(2, (87, 64), score=0.3)


if __name__ == "__main__":
    main()
