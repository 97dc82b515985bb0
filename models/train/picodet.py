"""PP-PicoDet-S (Yu et al., 2021, arXiv 2111.00902; PaddlePaddle authors, Apache-2.0) written anew.

An ESNet of width 0.75, a cross-stage path aggregation pyramid of four levels, and one light head
per level that gives class scores and, per side of the box, a distribution over distances (Li et
al., 2020, arXiv 2006.04388). Convolutions carry a bias and no batch norm, as the public ONNX file
has them folded.
"""

import torch
import torch.nn.functional as F
from torch import nn

from coordinates import pixel_grid
from trunk import Features

STEM = 24
# Per stage (strides 8, 16, 32): its channels, and the inner channels of its blocks.
STAGES = (96, (44, 24, 24)), (192, (48, 60, 48, 60, 48, 48, 48)), (384, (96, 96, 96))
PYRAMID = 96
STRIDES = (8, 16, 32, 64)
BINS = 8  # of a side's distribution, at 0 .. 7 strides
SIDES = 4  # left, top, right, bottom
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, RGB 0..1


class ConvSwish(nn.Module):
    """Convolution and HardSwish."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)

    def forward(self, x):
        return F.hardswish(self.conv(x))


def depthwise(channels, kernel=3, stride=1):
    return nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels)


def separable(channels, stride=1):
    """Depthwise 5 x 5, then 1 x 1."""
    return nn.Sequential(
        ConvSwish(channels, channels, 5, stride, channels), ConvSwish(channels, channels)
    )


class Excite(nn.Module):
    """Squeeze and excitation (Hu et al., 2018)."""

    def __init__(self, channels):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.excite = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        weight = self.squeeze(F.adaptive_avg_pool2d(x, 1))
        return x * F.hardsigmoid(self.excite(F.relu(weight)))


class DownBlock(nn.Module):
    """Halves the sides: a depthwise path beside one through `inner` channels, then both mixed."""

    def __init__(self, inputs, outputs, inner):
        super().__init__()
        self.side_spread = depthwise(inputs, 3, 2)
        self.side_mix = ConvSwish(inputs, outputs // 2)
        self.squeeze = ConvSwish(inputs, inner)
        self.spread = depthwise(inner, 3, 2)
        self.excite = Excite(inner)
        self.mix = ConvSwish(inner, outputs // 2)
        self.join_spread = ConvSwish(outputs, outputs, 3, 1, outputs)
        self.join_mix = ConvSwish(outputs, outputs)

    def forward(self, x):
        side = self.side_mix(self.side_spread(x))
        main = self.mix(self.excite(self.spread(self.squeeze(x))))
        return self.join_mix(self.join_spread(torch.cat([side, main], 1)))


def shuffle_order(channels):
    """Where the channels of two concatenated halves come from after they are dealt in turn."""
    return torch.arange(channels).view(2, channels // 2).t().reshape(-1)


class ShuffleBlock(nn.Module):
    """Half of the channels through `inner` ones, the other half as it is, then dealt in turn.

    The order is a Gather along the channels, not a Reshape, which would need the map's size."""

    def __init__(self, channels, inner):
        super().__init__()
        self.half = channels // 2
        self.squeeze, self.spread = ConvSwish(self.half, inner), depthwise(inner)
        self.excite, self.mix = Excite(2 * inner), ConvSwish(2 * inner, self.half)
        self.register_buffer("order", shuffle_order(channels), persistent=False)

    def forward(self, x):
        left, right = x[:, : self.half], x[:, self.half :]
        right = self.squeeze(right)
        right = self.mix(self.excite(torch.cat([right, self.spread(right)], 1)))
        return torch.index_select(torch.cat([left, right], 1), 1, self.order)


class Cross(nn.Module):
    """Cross-stage partial layer of one bottleneck."""

    def __init__(self, inputs, outputs):
        super().__init__()
        half = outputs // 2
        self.side, self.main = ConvSwish(inputs, half), ConvSwish(inputs, half)
        self.squeeze, self.conv = ConvSwish(half, half), separable(half)
        self.join = ConvSwish(2 * half, outputs)

    def forward(self, x):
        side = self.side(x)
        return self.join(torch.cat([self.conv(self.squeeze(self.main(x))), side], 1))


class Head(nn.Module):
    """Two separable convolutions and an output of class logits and distributions."""

    def __init__(self, classes):
        super().__init__()
        self.convs = nn.Sequential(separable(PYRAMID), separable(PYRAMID))
        self.out = nn.Conv2d(PYRAMID, classes + SIDES * BINS, 1)

    def forward(self, x):
        x = self.convs(x)
        return self.out(x), x


def pyramid_width(channels):
    return ConvSwish(channels, PYRAMID)


class PicoTrunk(nn.Module):
    """`images` [B, 3, H, W] RGB 0..1, H and W multiples of 32 -> Features, `raw` per level
    [B, classes + 4 x 8, h, w]: class logits, then the logits of the distributions side by side."""

    strides = STRIDES

    def __init__(self, classes=80):
        super().__init__()
        self.classes = classes
        self.stem = ConvSwish(3, STEM, 3, 2)
        stages, inputs = [], STEM
        for outputs, (first, *inner) in STAGES:
            blocks = [ShuffleBlock(outputs, count) for count in inner]
            stages.append(nn.Sequential(DownBlock(inputs, outputs, first), *blocks))
            inputs = outputs
        self.stages = nn.ModuleList(stages)
        self.stage_widths = tuple(outputs for outputs, _ in STAGES)
        self.lateral = nn.ModuleList([pyramid_width(width) for width in self.stage_widths])
        self.down = nn.ModuleList([Cross(2 * PYRAMID, PYRAMID) for _ in range(2)])
        self.stride_convs = nn.ModuleList([separable(PYRAMID, 2) for _ in range(2)])
        self.up = nn.ModuleList([Cross(2 * PYRAMID, PYRAMID) for _ in range(2)])
        self.top = nn.ModuleList([separable(PYRAMID, 2) for _ in range(2)])
        self.heads = nn.ModuleList([Head(classes) for _ in STRIDES])
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer(
            "scale", 1 / torch.tensor(DEVIATION).view(1, 3, 1, 1), persistent=False
        )

    def read_widths(self):
        """What MaskBranch has to know of the features."""
        return {
            "pyramid": (PYRAMID,) * len(STRIDES),
            "stage": self.stage_widths[0],
            "head": PYRAMID,
            "shared": True,
            "quarter": STEM,
            "half": STEM,
        }

    def boxes(self, features):
        """[B, N, 4] cx, cy, w, h in input pixels."""
        levels = []
        for sides, stride in zip(features.geometry, self.strides):
            x, y = pixel_grid(sides, stride)
            first, last = sides[:, :2] * stride, sides[:, 2:] * stride
            center = torch.cat([x, y], 1) + (last - first) * 0.5
            levels.append(torch.cat([center, first + last], 1).flatten(2))
        return torch.cat(levels, 2).transpose(1, 2)

    def scores(self, features):
        """[B, N, classes]."""
        levels = [raw[:, : self.classes].flatten(2) for raw in features.raw]
        return torch.cat(levels, 2).transpose(1, 2).sigmoid()

    def pyramid(self, stages):
        """Top down, then bottom up; the fourth level comes from the third one's two maps."""
        low, middle, high = (lateral(stage) for lateral, stage in zip(self.lateral, stages))
        double = lambda x: F.interpolate(x, scale_factor=2.0, mode="nearest")
        middle = self.down[0](torch.cat([double(high), middle], 1))
        low = self.down[1](torch.cat([double(middle), low], 1))
        middle = self.up[0](torch.cat([self.stride_convs[0](low), middle], 1))
        last = self.up[1](torch.cat([self.stride_convs[1](middle), high], 1))
        return [low, middle, last, self.top[0](high) + self.top[1](last)]

    def forward(self, images):
        s2 = self.stem((images - self.mean) * self.scale)
        s4 = F.max_pool2d(s2, 3, 2, 1)
        maps = [s4]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        pyramid = self.pyramid(maps[1:])
        raw, known = (list(x) for x in zip(*[h(x) for h, x in zip(self.heads, pyramid)]))
        sides = [distances(level, self.classes) for level in raw]
        return Features(s2, s4, maps[1:], pyramid, known, known, raw, sides)


def distances(raw, classes):
    """One level's raw output -> distances [B, 4, h, w] from the cell's center, in strides."""
    sides = raw[:, classes:].float().split(BINS, 1)
    steps = torch.arange(BINS, dtype=torch.float32, device=raw.device).view(1, BINS, 1, 1)
    return torch.cat([(side.softmax(1) * steps).sum(1, keepdim=True) for side in sides], 1)


def convolutions_in_order(trunk):
    """The trunk's convolutions in the order in which they run, as the public file has them."""
    order, hooks = [], []
    for module in trunk.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(lambda m, *_: order.append(m)))
    with torch.no_grad():
        trunk(torch.zeros(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    return order


def load_picodet(trunk, path):
    """Fills a trunk of 80 classes from the public picodet_s ONNX file. ValueError if it differs."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    constants.update(
        (node.output[0], numpy_helper.to_array(node.attribute[0].t))
        for node in graph.node
        if node.op_type == "Constant"
    )
    nodes = [node for node in graph.node if node.op_type == "Conv"]
    modules = convolutions_in_order(trunk)
    if len(nodes) != len(modules):
        raise ValueError(f"{path}: {len(nodes)} convolutions, PicoDet-S has {len(modules)}")
    for node, module in zip(nodes, modules):
        weight, bias = (torch.from_numpy(constants[name].copy()) for name in node.input[1:3])
        if weight.shape != module.weight.shape:
            raise ValueError(
                f"{path}: {node.output[0]} has weights {tuple(weight.shape)}, "
                f"expected {tuple(module.weight.shape)}"
            )
        with torch.no_grad():
            module.weight.copy_(weight)
            module.bias.copy_(bias)
    return trunk
