#!/usr/bin/env python3
"""Makes tests/data/reference_models/yolact*: small networks with the inputs and outputs of YOLACT
and random weights, exported to ONNX, and what YOLACT's own steps (make_yolact_goldens.py) make of
what PyTorch computes. `yolact` gives priors; `yolact_no_priors` none, and planes first.

  python make_yolact_model.py        (numpy, onnx, torch, pillow, pycocotools)
"""

import io
import warnings

import numpy as np
import torch
from torch import nn

from golden_file import instance, write_reference
from make_mask_rcnn_goldens import picture
from make_yolact_goldens import NET, decode, detect, make_priors, masks_of

MEAN, STD = (123.68, 116.78, 103.94), (58.40, 57.12, 57.38)
CHANNELS, CLASSES, PLANES = 16, 5, 8


class Yolact(nn.Module):
    """Five levels by pooling, one head for all, as in the original; a softmax and a tanh at its
    end.
    """

    def __init__(self, with_priors):
        super().__init__()
        self.with_priors = with_priors
        self.stem = nn.Sequential(
            nn.Conv2d(3, CHANNELS, 5, 2, 2),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1),
            nn.ReLU(),
        )
        self.level = nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1)
        self.head = nn.Conv2d(CHANNELS, 3 * (4 + 1 + CLASSES + PLANES), 3, padding=1)
        self.proto = nn.Conv2d(CHANNELS, PLANES, 3, padding=1)
        self.register_buffer("priors", torch.from_numpy(make_priors(NET, plus=False)))

    def forward(self, x):
        stem = self.stem(x)
        level, rows = torch.relu(self.level(stem)), []
        while True:
            rows.append(
                self.head(level).permute(0, 2, 3, 1).reshape(1, -1, 4 + 1 + CLASSES + PLANES)
            )
            if len(rows) == 5:
                break
            level = 0.8 * nn.functional.max_pool2d(
                level, 2, ceil_mode=True
            )  # so that the last two levels differ
        loc, conf, mask = torch.cat(rows, 1).split([4, 1 + CLASSES, PLANES], 2)
        proto = torch.relu(4 * self.proto(stem))
        out = [loc, torch.softmax(conf * 12, -1), torch.tanh(mask * 3)]
        return (*out, self.priors, proto.permute(0, 2, 3, 1)) if self.with_priors else (*out, proto)


def make(name, seed, with_priors, threshold):
    torch.manual_seed(seed)
    network = Yolact(with_priors).eval()
    pixels = (picture(np.random.default_rng(seed), NET, NET).transpose(1, 2, 0) * 255).astype(
        np.uint8
    )
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
    x = (torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None] - mean) / std
    with torch.no_grad():
        out = network(x)
    proto = out[-1][0] if with_priors else out[-1][0].permute(1, 2, 0)
    boxes, coefficients, classes, scores = detect(
        decode(out[0][0], network.priors), out[1][0], out[2][0], 0.5, 100
    )
    keep = scores > threshold
    masks = masks_of(proto, coefficients[keep], boxes[keep], NET, NET)
    rows = zip(
        (boxes[keep] * NET).clamp(0, NET).numpy(),
        scores[keep].numpy(),
        classes[keep].numpy(),
        masks,
    )
    expected = [instance(*row) for row in rows if row[3].any()]
    buffer = io.BytesIO()
    names = (
        ["loc", "conf", "mask", "priors", "proto"]
        if with_priors
        else ["loc", "conf", "mask", "proto"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (x,),
            buffer,
            input_names=["image"],
            output_names=names,
            opset_version=17,
            dynamo=False,
        )
    header = {
        "family": "yolact",
        "variant": "priors" if with_priors else "no-priors",
        "options": {"scoreThreshold": threshold, "iouThreshold": 0.5, "maxInstances": 100},
        "expected": expected,
        "origin": f"PyTorch {torch.__version__} with random weights, YOLACT's steps written out",
    }
    write_reference(name, buffer.getvalue(), pixels, header)
    print(
        f"{name}: {len(expected)} of {len(masks)} instances, "
        f"scores {scores[:4]}, classes {classes[keep].unique()}"
    )


if __name__ == "__main__":
    make("yolact", 11, True, 0.35)
    make("yolact_no_priors", 27, False, 0.4)
