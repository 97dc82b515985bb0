"""Weights and activations in eight bits.

Weights are rounded one input at a time, and what a rounding did wrong is made good by the inputs
not yet rounded, as far as these go along
with it on photos (Frantar et al., 2022, GPTQ, arXiv 2210.17323).
"""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from graph import attribute, observe

LEAST_INT8 = 256  # elements: smaller weights keep their type
SHRINKS = np.linspace(
    0.7, 1.0, 16
)  # of a scale, among which the one of least squared error is taken
CALIBRATION_PHOTOS = 32
SAMPLES = 400  # places per photo and convolution
DAMPING = 0.01  # of the mean of the second moments


def last_convolutions(graph):
    """The convolutions that an output depends on without another one in between: they give places,
    scores, coefficients and prototypes.
    """
    makers = {output: node for node in graph.node for output in node.output}
    pending, seen, last = [output.name for output in graph.output], set(), []
    while pending:
        name = pending.pop()
        if name in seen or name not in makers:
            continue
        seen.add(name)
        if makers[name].op_type == "Conv":
            last.append(makers[name])
        else:
            pending += list(makers[name].input)
    return last


def weights_for_int8(graph):
    """{name: weights} of dense convolutions, but for the first and the last ones. Depthwise ones
    are small, and all of these lose most.
    """
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    spared = {n.output[0] for n in last_convolutions(graph)} | {
        n.output[0] for n in graph.node if "images" in n.input
    }
    weights = {n.input[1] for n in graph.node if n.op_type == "Conv" and n.output[0] not in spared}
    dense = (
        lambda array: array.dtype == np.float32 and array.size >= LEAST_INT8 and array.shape[1] > 1
    )
    return {name: arrays[name] for name in weights if name in arrays and dense(arrays[name])}


# Weights


def best_scales(flat):
    """flat [outputs, inputs] -> scales [outputs, 1] of int8 levels, least squared error of
    rounding.
    """
    widest = np.maximum(np.abs(flat).max(1, keepdims=True), 1e-12) / 127
    candidates = widest * SHRINKS
    error = lambda scale: ((np.clip(np.round(flat / scale), -127, 127) * scale - flat) ** 2).sum(1)
    errors = np.stack([error(candidates[:, k : k + 1]) for k in range(len(SHRINKS))])
    return (
        np.take_along_axis(candidates, errors.argmin(0)[:, None], 1)
        .astype(np.float32)
        .astype(np.float64)
    )


def rounded(flat, scales, moments):
    """flat [outputs, inputs], moments [inputs, inputs] = mean of x x^T over photos -> int8 levels
      of the same shape, the error of
    (levels x scales - flat) x being small on photos rather than that of the weights."""
    size = len(moments)
    damped = moments + np.eye(size) * (DAMPING * np.trace(moments) / size + 1e-12)
    order = np.argsort(
        -np.diag(moments), kind="stable"
    )  # the strongest inputs first, while others can make up for them
    ahead = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    left, levels = flat[:, order].copy(), np.empty(flat.shape, np.int8)
    for k in range(size):
        level = np.clip(np.round(left[:, k : k + 1] / scales), -127, 127)
        levels[:, order[k]] = level[:, 0]
        left[:, k:] -= (left[:, k : k + 1] - level * scales) / ahead[k, k] * ahead[k, k:]
    return levels


def patches(plane, node, kernel, rng):
    """plane [1, C, h, w] that a convolution reads -> [SAMPLES, C x kernel area] of what it sees at
    random places.
    """
    top, left, bottom, right = attribute(node, "pads", [0, 0, 0, 0])
    down, across = attribute(node, "strides", [1, 1])
    padded = np.pad(plane[0], ((0, 0), (top, bottom), (left, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, (1, 2))[:, ::down, ::across]
    rows, columns = rng.integers(0, windows.shape[1], SAMPLES), rng.integers(
        0, windows.shape[2], SAMPLES
    )
    return windows[:, rows, columns].transpose(1, 0, 2, 3).reshape(SAMPLES, -1).astype(np.float64)


def input_moments(model, nodes, kernels, feeds):
    """Mean of x x^T over the photos, per convolution."""
    moments, rng = [0.0] * len(nodes), np.random.default_rng(0)
    names = sorted({node.input[0] for node in nodes})
    for seen in observe(model, names, feeds):
        for index, (node, kernel) in enumerate(zip(nodes, kernels)):
            x = patches(seen[node.input[0]], node, kernel, rng)
            moments[index] = moments[index] + x.T @ x / len(x)
    return [m / len(feeds) for m in moments]


def int8_weights(model, reader):
    """reader: PhotoReader -> {name: (int8 levels of the weights' shape, scale [outputs, 1, 1,
    1])}
    """
    weights = weights_for_int8(model.graph)
    nodes = [n for n in model.graph.node if n.op_type == "Conv" and n.input[1] in weights]
    feeds = list(iter(reader.get_next, None))
    moments = input_moments(model, nodes, [weights[n.input[1]].shape[2:] for n in nodes], feeds)
    made = {}
    for node, moment in zip(nodes, moments):
        array = weights[node.input[1]]
        flat = array.reshape(len(array), -1).astype(np.float64)
        scales = best_scales(flat)
        made[node.input[1]] = rounded(flat, scales, moment).reshape(array.shape), scales.astype(
            np.float32
        ).reshape(-1, 1, 1, 1)
    return made


# Activations


class PhotoReader:
    """Photos of a folder in the network's input, one at a time, as ONNX Runtime's calibration wants
    them.
    """

    def __init__(self, folder, size, skip=(), fit="top-left", count=CALIBRATION_PHOTOS):
        photos = [
            p
            for p in sorted(Path(folder).iterdir())
            if p.suffix in (".jpg", ".png") and p.name not in set(skip)
        ]
        if not photos:
            raise ValueError(f"{folder}: no photos to calibrate with")
        self.photos, self.size, self.fit = (
            iter(photos[:: max(1, len(photos) // count)][:count]),
            size,
            fit,
        )

    def get_next(self):
        from detect import FITS
        from evaluate import read_photo

        photo = next(self.photos, None)
        return (
            None if photo is None else {"images": FITS[self.fit](read_photo(photo), self.size)[0]}
        )


def calibrated(model, reader):
    """int8 arithmetic in the convolutions but the last ones (quantize and dequantize nodes), ranges
    of activations from photos.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    CalibrationDataReader.register(PhotoReader)
    for index, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{index}"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        onnx.save(model, str(source))
        quantize_static(
            str(source),
            str(target),
            reader,
            QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[n.name for n in last_convolutions(model.graph)],
            calibrate_method=CalibrationMethod.MinMax,
        )
        return onnx.load(str(target))
