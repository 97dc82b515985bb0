"""Coordinates of a feature map's cells, made from the map itself.

A network that takes pictures of any size needs them at run time. Asking for the shape would put
integer operators into the exported graph,
which ONNX Runtime Web runs on the CPU, each with a copy from the GPU and back. Running sums over
ones of the map's width and height give the
same numbers with CumSum, Slice, Greater, Cast, Add and Mul, all of which run on WebGPU. The ones
come from a comparison that no value
passes, so that an infinite or undefined feature (NaN) does not spread over the picture.

Pixel r covers [r, r + 1): the centre of cell i of a map of stride s is at (i + 0.5) s input pixels.
"""

import torch


def zeros_like_edge(edge):
    """float32 zeros of the shape of `edge`, whatever is in it."""
    return (edge > float("inf")).to(torch.float32)


def centres(feature):
    """feature [B, C, h, w] -> x [1, 1, 1, w] and y [1, 1, h, 1], float32: i + 0.5 in cells."""
    row, column = zeros_like_edge(feature[:1, :1, :1, :]), zeros_like_edge(feature[:1, :1, :, :1])
    return torch.cumsum(row + 1.0, 3) - 0.5, torch.cumsum(column + 1.0, 2) - 0.5


def spread(x, y):
    """x [1, 1, 1, w], y [1, 1, h, 1] -> both as [1, 1, h, w]."""
    return x + y * 0.0, y + x * 0.0


def pixel_grid(feature, stride):
    """feature [B, C, h, w] of that stride -> (x, y), each [1, 1, h, w] float32: the cells' centres
    in input pixels, (i + 0.5) stride.
    """
    x, y = centres(feature)
    return spread(x * float(stride), y * float(stride))


def unit_grid(feature):
    """feature [B, C, h, w] -> (x, y), each [1, 1, h, w] float32: the cells' centres from -1 to 1
    over the map, 2 (i + 0.5) / w - 1.
    """
    x, y = centres(feature)
    width, height = x[:, :, :, -1:] + 0.5, y[:, :, -1:, :] + 0.5
    return spread(x / width * 2.0 - 1.0, y / height * 2.0 - 1.0)
