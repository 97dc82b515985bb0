"""YOLOX-nano (Ge et al., 2021, arXiv 2107.08430; Megvii Inc., Apache-2.0) written anew: a
CSPDarknet with depthwise convolutions, a path aggregation pyramid and a decoupled head per level.
Convolutions carry a bias and no batch norm, as the public ONNX file has them folded.

Built from `levels` strides: 3 (8, 16, 32) is YOLOX-nano itself; 2 (8, 16) leaves the deepest stage
and its parts out.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from coordinates import pixel_grid

WIDTHS = (16, 32, 64, 128, 256)  # stem and the four stages, strides 2, 4, 8, 16, 32
DEPTHS = (1, 3, 3, 1)  # bottlenecks per stage
HEAD = 64
# Channels of Focus are the four pixels of a 2 x 2 block in this order of (row, column).
FOCUS_ORDER = ((0, 0), (1, 0), (0, 1), (1, 1))


@dataclass
class Features:
    """What the trunk knows of a batch. `raw` holds, per level, [B, 5 + classes, h, w]: dx, dy, log
    w, log h in strides, then logits of objectness and classes; of a PicoDet see picodet.py.
    `geometry` holds [B, 4, h, w], where each cell puts its box: what the mask branch reads of the
    boxes.
    """

    s2: torch.Tensor
    s4: torch.Tensor
    stages: list
    pyramid: list
    regression: list
    classification: list
    raw: list
    geometry: list


class ConvAct(nn.Module):
    """Convolution and SiLU."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups)

    def forward(self, x):
        return F.silu(self.conv(x))


def separable(inputs, outputs, stride=1):
    """Depthwise 3 x 3, then 1 x 1."""
    return nn.Sequential(ConvAct(inputs, inputs, 3, stride, inputs), ConvAct(inputs, outputs))


class Bottleneck(nn.Module):
    def __init__(self, channels, shortcut):
        super().__init__()
        self.squeeze, self.conv, self.shortcut = (
            ConvAct(channels, channels),
            separable(channels, channels),
            shortcut,
        )

    def forward(self, x):
        y = self.conv(self.squeeze(x))
        return x + y if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage partial layer (Wang et al., 2020): half of the channels go through the
    bottlenecks.
    """

    def __init__(self, inputs, outputs, depth=1, shortcut=False):
        super().__init__()
        half = outputs // 2
        self.main, self.side = ConvAct(inputs, half), ConvAct(inputs, half)
        self.blocks = nn.Sequential(*[Bottleneck(half, shortcut) for _ in range(depth)])
        self.join = ConvAct(2 * half, outputs)

    def forward(self, x):
        main = self.main(x)
        side = self.side(x)
        return self.join(torch.cat([self.blocks(main), side], 1))


class Pooling(nn.Module):
    """Spatial pyramid pooling: maxima over 5, 9 and 13 cells beside the map itself."""

    def __init__(self, channels):
        super().__init__()
        self.squeeze, self.join = ConvAct(channels, channels // 2), ConvAct(channels * 2, channels)

    def forward(self, x):
        x = self.squeeze(x)
        return self.join(torch.cat([x] + [F.max_pool2d(x, k, 1, k // 2) for k in (5, 9, 13)], 1))


class Head(nn.Module):
    """One level's decoupled head."""

    def __init__(self, inputs, classes):
        super().__init__()
        self.stem = ConvAct(inputs, HEAD)
        self.class_convs = nn.Sequential(separable(HEAD, HEAD), separable(HEAD, HEAD))
        self.classes = nn.Conv2d(HEAD, classes, 1)
        self.box_convs = nn.Sequential(separable(HEAD, HEAD), separable(HEAD, HEAD))
        self.box = nn.Conv2d(HEAD, 4, 1)
        self.objectness = nn.Conv2d(HEAD, 1, 1)

    def forward(self, x):
        x = self.stem(x)
        class_features = self.class_convs(x)
        classes = self.classes(class_features)
        box_features = self.box_convs(x)
        raw = torch.cat([self.box(box_features), self.objectness(box_features), classes], 1)
        return raw, box_features, class_features


class Stem(nn.Module):
    """Focus and its 3 x 3 convolution as one 6 x 6 convolution of stride 2. The weights see 0..255,
    as the public ones do, so that they have a size that an optimiser with per-weight steps can
    handle; `images` are 0..1.
    """

    def __init__(self, outputs):
        super().__init__()
        self.conv = nn.Conv2d(3, outputs, 6, 2, 2)

    def forward(self, images):
        return F.silu(F.conv2d(images, self.conv.weight * 255.0, self.conv.bias, 2, 2))


class Trunk(nn.Module):
    """`images` [B, 3, H, W] RGB 0..1, H and W multiples of the last stride -> Features."""

    def __init__(self, classes=80, levels=3):
        super().__init__()
        self.strides = (8, 16, 32)[:levels]
        self.stem = Stem(WIDTHS[0])
        stages = []
        for index in range(levels + 1):
            inputs, outputs = WIDTHS[index], WIDTHS[index + 1]
            deepest = outputs == WIDTHS[-1]
            parts = [separable(inputs, outputs, 2)] + ([Pooling(outputs)] if deepest else [])
            stages.append(
                nn.Sequential(*parts, CrossStage(outputs, outputs, DEPTHS[index], not deepest))
            )
        self.stages = nn.ModuleList(stages)
        widths = WIDTHS[2 : 2 + levels]
        pairs = list(zip(widths, widths[1:]))
        self.lateral = nn.ModuleDict(
            {str(high): ConvAct(high, low) for low, high in reversed(pairs)}
        )
        self.down = nn.ModuleDict(
            {str(low): CrossStage(2 * low, low) for low, _ in reversed(pairs)}
        )
        self.stride_convs = nn.ModuleDict({str(low): separable(low, low, 2) for low, _ in pairs})
        self.up = nn.ModuleDict({str(high): CrossStage(2 * low, high) for low, high in pairs})
        self.heads = nn.ModuleList([Head(width, classes) for width in widths])
        self.widths = widths

    def read_widths(self):
        """What MaskBranch has to know of the features."""
        return {
            "pyramid": self.widths,
            "stage": self.widths[0],
            "head": HEAD,
            "shared": False,
            "quarter": WIDTHS[1],
            "half": WIDTHS[0],
        }

    def boxes(self, features):
        """[B, N, 4] cx, cy, w, h in input pixels."""
        levels = []
        for raw, stride in zip(features.raw, self.strides):
            x, y = pixel_grid(raw, stride)
            corner = torch.cat([x, y], 1) - 0.5 * stride
            center = raw[:, :2] * stride + corner
            levels.append(torch.cat([center, torch.exp(raw[:, 2:4]) * stride], 1).flatten(2))
        return torch.cat(levels, 2).transpose(1, 2)

    def scores(self, features):
        """[B, N, classes]: objectness x class."""
        raw = torch.cat([level[:, 4:].flatten(2) for level in features.raw], 2)
        raw = raw.transpose(1, 2).sigmoid()
        return raw[..., :1] * raw[..., 1:]

    def pyramid(self, stages):
        """Top down, then bottom up; one map per level."""
        x, lateral = stages[-1], {}
        for width, lower in zip(reversed(self.widths), reversed(stages[:-1])):
            lateral[width] = self.lateral[str(width)](x)
            x = torch.cat(
                [F.interpolate(lateral[width], scale_factor=2.0, mode="nearest"), lower], 1
            )
            x = self.down[str(int(lower.shape[1]))](x)
        maps = [x]
        for low, high in zip(self.widths, self.widths[1:]):
            x = self.up[str(high)](torch.cat([self.stride_convs[str(low)](x), lateral[high]], 1))
            maps.append(x)
        return maps

    def forward(self, images):
        s2 = self.stem(images)
        maps = [s2]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        pyramid = self.pyramid(maps[2:])
        heads = [head(level) for head, level in zip(self.heads, pyramid)]
        raw, regression, classification = (list(x) for x in zip(*heads))
        return Features(
            s2,
            maps[1],
            maps[2:],
            pyramid,
            regression,
            classification,
            raw,
            [level[:, :4] for level in raw],
        )


def convolutions_in_order(trunk):
    """The trunk's convolutions in the order in which they run, which is the order of the nodes of
    the public file.
    """
    order, hooks = [], []
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d) and module is not trunk.stem.conv:
            hooks.append(module.register_forward_hook(lambda m, *_: order.append(m)))
    side = 32 * 2
    with torch.no_grad():
        trunk(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return [trunk.stem.conv] + order


def stem_weights(focus):
    """[16, 12, 3, 3] over the blocks' channels in BGR -> [16, 3, 6, 6] over the pixels in RGB."""
    weights = torch.zeros(focus.shape[0], 3, 6, 6)
    for phase, (row, column) in enumerate(FOCUS_ORDER):
        weights[:, :, row::2, column::2] = focus[:, phase * 3 : phase * 3 + 3].flip(1)
    return weights


def load_public_weights(trunk, path):
    """Fills a YOLOX-nano of 80 classes and 3 levels from the public yolox_nano ONNX file.
    ValueError where the file does not fit.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    constants = {
        i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer
    }
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    modules = convolutions_in_order(trunk)
    if len(nodes) != len(modules):
        raise ValueError(f"{path}: {len(nodes)} convolutions, YOLOX-nano has {len(modules)}")
    for node, module in zip(nodes, modules):
        weight, bias = (constants[name] for name in node.input[1:3])
        weight = stem_weights(weight) if module is trunk.stem.conv else weight
        if weight.shape != module.weight.shape:
            raise ValueError(
                f"{path}: {node.output[0]} has weights {tuple(weight.shape)}, expected {tuple(module.weight.shape)}"
            )
        with torch.no_grad():
            module.weight.copy_(weight)
            module.bias.copy_(bias)
    return trunk


def load_matching(trunk, other):
    """Copies from another trunk every tensor that has the same name and shape; returns the names of
    those left as they were.
    """
    theirs = other.state_dict()
    mine = trunk.state_dict()
    left = [
        name
        for name, tensor in mine.items()
        if name not in theirs or theirs[name].shape != tensor.shape
    ]
    trunk.load_state_dict({**mine, **{name: theirs[name] for name in mine if name not in left}})
    return left
