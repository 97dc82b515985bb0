"""The whole network: trunk, mask branch, and the outputs that decoders read."""

import torch
from torch import nn

from branch import PROTOTYPES, MaskBranch
from picodet import PicoTrunk
from trunk import Trunk


class Network(nn.Module):
    """`images` [B, 3, H, W] RGB 0..1, H and W multiples of 32 ->

    output0 [B, 4 + classes + 32, N]: per anchor cx, cy, w, h in input pixels, class scores 0..1,
      mask coefficients;
    output1 [B, 32, H/4, W/4]: prototypes. Mask logit = sum of coefficient x prototype, threshold 0.

    mask_bias is added to every mask logit, and the sum multiplied by mask_scale, which moves no
      outline but makes soft masks (cut-outs)
    solid inside; quality_power is the power of the predicted mask IoU in the scores (0: not used).
      trunk: yolox, of `levels` levels, or
    picodet."""

    def __init__(
        self,
        classes=80,
        levels=3,
        branch=None,
        mask_bias=0.0,
        mask_scale=1.0,
        quality_power=0.0,
        trunk="yolox",
    ):
        super().__init__()
        self.classes = classes
        self.trunk = PicoTrunk(classes) if trunk == "picodet" else Trunk(classes, levels)
        self.branch = MaskBranch(self.trunk.read_widths(), **(branch or {}))
        self.mask_bias, self.mask_scale, self.quality_power = mask_bias, mask_scale, quality_power

    def boxes(self, features):
        """[B, N, 4] cx, cy, w, h in input pixels."""
        return self.trunk.boxes(features)

    def scores(self, features):
        """[B, N, classes], 0..1."""
        return self.trunk.scores(features)

    def forward(self, images):
        features = self.trunk(images)
        maps, heads = self.branch(features)
        boxes, scores, heads = self.boxes(features), self.scores(features), heads.transpose(1, 2)
        if self.quality_power:
            scores = scores * heads[..., PROTOTYPES:].sigmoid() ** self.quality_power
        coefficients = self.branch.coefficients(heads, boxes)
        if self.mask_bias:
            constant = PROTOTYPES - 6
            coefficients = torch.cat(
                [
                    coefficients[..., :constant],
                    coefficients[..., constant : constant + 1] + self.mask_bias,
                    coefficients[..., constant + 1 :],
                ],
                -1,
            )
        if self.mask_scale != 1:
            coefficients = coefficients * self.mask_scale
        return torch.cat([boxes, scores, coefficients], 2).transpose(1, 2), self.branch.prototypes(
            maps
        )


def build_network(config):
    """`config["network"]` holds the arguments of Network."""
    return Network(**config["network"])


def load_network(path):
    """The averaged weights of a checkpoint, ready to run."""
    checkpoint = torch.load(str(path), map_location="cpu", weights_only=False)
    network = build_network(checkpoint["config"])
    network.load_state_dict(checkpoint["ema"])
    return network.eval()
