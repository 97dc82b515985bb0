#!/usr/bin/env python3
"""Makes tests/data/reference_models/rtmdet_ins*: a small network with the input and outputs of
mmdeploy's export of RTMDet-Ins and random weights, exported to ONNX, and what
make_rtmdet_ins_goldens.py makes of what PyTorch computes. The picture is wide: padding of 114 fills
the input below it.

  python make_rtmdet_ins_model.py        (numpy, onnx, torch, torchvision, pillow, pycocotools)
"""

import io
import warnings

import numpy as np
import torch
from torch import nn
from torchvision.ops import nms

from golden_file import instance, write_reference
from make_mask_rcnn_goldens import picture
from make_rtmdet_ins_goldens import masks_in_picture

NET, CHANNELS, CLASSES, PLANES, STRIDE = 64, 16, 4, 6, 8
MEAN, STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)


class RtmdetIns(nn.Module):
    """One level of stride 8: scores, distances to the sides, kernels of a 1 x 1 convolution over
    mask features; suppression; masks times 8.
    """

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, CHANNELS, 5, 2, 2),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1),
            nn.ReLU(),
        )
        self.scores = nn.Conv2d(CHANNELS, CLASSES, 3, padding=1)
        self.sides = nn.Conv2d(CHANNELS, 4, 3, padding=1)
        self.kernels = nn.Conv2d(CHANNELS, PLANES + 1, 3, padding=1)
        self.features = nn.Conv2d(CHANNELS, PLANES, 3, padding=1)
        y, x = torch.meshgrid(
            torch.arange(NET // STRIDE), torch.arange(NET // STRIDE), indexing="ij"
        )
        self.register_buffer("points", torch.stack([x, y, x, y], -1).reshape(-1, 4) * float(STRIDE))

    def forward(self, image):
        level = self.stem(image)
        rows = [head(level)[0].flatten(1).T for head in (self.scores, self.sides, self.kernels)]
        scores, labels = torch.sigmoid(rows[0] * 12).max(1)
        sides = torch.nn.functional.softplus(rows[1]) * 12 * torch.tensor([-1.0, -1.0, 1.0, 1.0])
        boxes = self.points + sides
        kept = nms(boxes + labels[:, None].to(boxes.dtype) * 1000, scores, 0.6)
        dets = torch.cat([boxes[kept], scores[kept][:, None]], 1)
        features = torch.cat(
            [self.features(level)[0].flatten(1), torch.ones(1, (NET // STRIDE) ** 2)], 0
        )
        planes = (rows[2][kept] * 6 @ features).reshape(1, -1, NET // STRIDE, NET // STRIDE)
        masks = torch.nn.functional.interpolate(planes, scale_factor=STRIDE, mode="bilinear")
        return dets[None], labels[kept][None], torch.sigmoid(masks * 4)


def main(seed=3, size=(64, 43), threshold=0.5):
    torch.manual_seed(seed)
    network = RtmdetIns().eval()
    pixels = (picture(np.random.default_rng(seed), *size).transpose(1, 2, 0) * 255).astype(np.uint8)
    padded = np.full((NET, NET, 3), 114, np.uint8)
    padded[: size[1], : size[0]] = pixels[:, :, ::-1]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    x = (torch.from_numpy(padded.astype(np.float32)).permute(2, 0, 1)[None] - mean) / std
    with torch.no_grad():
        dets, labels, masks = [value.numpy() for value in network(x)]
    kept = dets[0, :, 4] > threshold
    shown = dets[0, kept, :4].clip(0, np.tile(size, 2))
    rows = zip(
        shown, dets[0, kept, 4], labels[0, kept], masks_in_picture(masks[0, kept], size, size)
    )
    expected = [instance(*row) for row in rows if row[3].any()]
    buffer, names = io.BytesIO(), ["dets", "labels", "masks"]
    axes = {"dets": {1: "num_dets"}, "labels": {1: "num_dets"}, "masks": {1: "num_dets"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (x,),
            buffer,
            input_names=["input"],
            output_names=names,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    header = {
        "family": "rtmdet_ins",
        "options": {"scoreThreshold": threshold, "maxInstances": 100},
        "expected": expected,
        "origin": f"PyTorch {torch.__version__} with random weights, mmdeploy's steps written out",
    }
    write_reference("rtmdet_ins", buffer.getvalue(), pixels, header)
    print(
        f"rtmdet_ins: {len(expected)} of {kept.sum()} instances, "
        f"scores {dets[0, :4, 4]}, labels {np.unique(labels[0, kept])}"
    )


if __name__ == "__main__":
    main()
