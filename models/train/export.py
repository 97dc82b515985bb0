"""One ONNX file from a checkpoint.

    python export.py CHECKPOINT OUT.onnx [--variant fp16] [--imgsz 416] [--labels FILE] [--photos FOLDER]

`images` [1, 3, H, W] RGB 0..1, H and W any multiples of 32 -> `output0` [1, 4 + classes + 32, N], `output1` [1, 32, H/4, W/4]; opset 17;
class names and the rest in the metadata under the keys of the common exporters. Every operator runs on WebGPU, but for variant qdq.

Variants, all of which compute in float32 unless told:
fp32; fp16 (weights stored as float16); int8 (weights of dense convolutions stored as int8 with a scale per output channel, the rest as float16);
qdq (int8 arithmetic in all convolutions but the last ones, activations calibrated on photos: for the CPU only).
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from graph import export_onnx, webgpu_fallbacks

VARIANTS = "fp32", "fp16", "int8", "qdq"
SIDE_STEP = 32
CHECKED_SIZES = (416, 416), (320, 480), (32, 64)
TOLERANCE = 1e-3  # of |difference| / (1 + |value|), between PyTorch and ONNX Runtime in float32
LEAST_HALF, LEAST_INT8 = 64, 256  # elements: smaller constants keep their type
SHRINKS = np.linspace(0.7, 1.0, 16)  # of an int8 scale, among which the one of least squared error is taken
CALIBRATION_PHOTOS = 32


# Storage of weights


def replace_constants(model, make):
    """`make(array, name)` -> None, or (initializers, nodes) that give the same name."""
    graph = model.graph
    kept, nodes = [], []
    for initializer in graph.initializer:
        made = make(numpy_helper.to_array(initializer), initializer.name)
        kept += made[0] if made else [initializer]
        nodes += made[1] if made else []
    rest = list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes + rest)
    return model


def as_half(array, name):
    if array.dtype != np.float32 or array.size < LEAST_HALF:
        return None
    if np.abs(array).max() > np.finfo(np.float16).max:
        raise ValueError(f"{name}: {np.abs(array).max()} is beyond float16")
    return [numpy_helper.from_array(array.astype(np.float16), f"{name}_h")], [helper.make_node("Cast", [f"{name}_h"], [name], to=TensorProto.FLOAT)]


def int8_levels(weights):
    """weights [outputs, ...] -> (int8 of the same shape, scale [outputs, 1, ...]), least squared error per output channel."""
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    widest = np.maximum(np.abs(flat).max(1, keepdims=True), 1e-12) / 127
    scales, errors = widest * SHRINKS, []
    for column in range(len(SHRINKS)):
        scale = scales[:, column:column + 1]
        errors.append(((np.clip(np.round(flat / scale), -127, 127) * scale - flat) ** 2).sum(1))
    best = np.take_along_axis(scales, np.argmin(errors, 0)[:, None], 1)
    levels = np.clip(np.round(flat / best), -127, 127).astype(np.int8)
    return levels.reshape(weights.shape), best.astype(np.float32).reshape(-1, *[1] * (weights.ndim - 1))


def as_int8(array, name):
    """Dense convolutions; depthwise ones are small and sensitive. Cast and Mul rather than DequantizeLinear: ONNX Runtime folds them when the
    session is made, whereas a DequantizeLinear of a constant runs with every picture."""
    if array.dtype != np.float32 or array.ndim != 4 or array.size < LEAST_INT8 or array.shape[1] == 1:
        return as_half(array, name)
    levels, scale = int8_levels(array)
    return ([numpy_helper.from_array(levels, f"{name}_q"), numpy_helper.from_array(scale, f"{name}_s")],
            [helper.make_node("Cast", [f"{name}_q"], [f"{name}_c"], to=TensorProto.FLOAT),
             helper.make_node("Mul", [f"{name}_c", f"{name}_s"], [name])])


# Calibrated int8


def last_convolutions(graph):
    """Names of the convolutions from which no other follows: their outputs are places, scores and coefficients."""
    readers, last = {}, []
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    leads, stack = set(), [n for n in graph.node if n.op_type == "Conv"]
    makers = {output: node for node in graph.node for output in node.output}
    pending = [name for node in stack for name in node.input]
    while pending:
        node = makers.get(pending.pop())
        if node is not None and node.output[0] not in leads:
            leads.add(node.output[0])
            pending += list(node.input)
    return [n.name for n in stack if n.output[0] not in leads]


class PhotoReader:
    """Photos of a folder in the network's input, one at a time, as ONNX Runtime's calibration wants them."""

    def __init__(self, folder, size, count=CALIBRATION_PHOTOS):
        photos = sorted(Path(folder).glob("*.jpg")) + sorted(Path(folder).glob("*.png"))
        if not photos:
            raise ValueError(f"{folder}: no photos to calibrate with")
        self.photos, self.size = iter(photos[::max(1, len(photos) // count)][:count]), size

    def get_next(self):
        from detect import letterbox
        from evaluate import read_photo

        photo = next(self.photos, None)
        return None if photo is None else {"images": letterbox(read_photo(photo), self.size)[0]}


def calibrated(model, photos, size):
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

    CalibrationDataReader.register(PhotoReader)
    for index, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{index}"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source.onnx", Path(folder) / "target.onnx"
        onnx.save(model, str(source))
        quantize_static(str(source), str(target), PhotoReader(photos, size), QuantFormat.QDQ, op_types_to_quantize=["Conv"], per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, nodes_to_exclude=last_convolutions(model.graph),
                        calibrate_method=CalibrationMethod.MinMax)
        return onnx.load(str(target))


# The file


def plain_export(network):
    with tempfile.TemporaryDirectory() as folder:
        import torch

        return export_onnx(network, Path(folder) / "plain.onnx", torch.zeros(1, 3, 2 * SIDE_STEP, 3 * SIDE_STEP), ["images"],
                           ["output0", "output1"], {"images": {2: "height", 3: "width"}}, SIDE_STEP)


def make_variant(model, variant, photos=None, size=(416, 416)):
    """A plain export as one of VARIANTS; the given model stays as it is."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    if variant == "qdq":
        return calibrated(copied, photos, size)
    makers = {"fp32": lambda array, name: None, "fp16": as_half, "int8": as_int8}
    return replace_constants(copied, makers[variant])


def describe(model, name, labels, size, licence="Apache-2.0"):
    """Metadata as common exporters write them. `size`: (height, width) that fits the network best."""
    helper.set_model_props(model, {"description": name, "license": licence, "task": "segment", "stride": str(SIDE_STEP), "batch": "1",
                                   "imgsz": str(list(size)), "names": str(dict(enumerate(labels)))})
    return model


def differences(model, network, sizes=CHECKED_SIZES):
    """Greatest |ONNX Runtime - PyTorch| / (1 + |PyTorch|) of both outputs, per size (height, width)."""
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = {}
    for size in sizes:
        images = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            wanted = [output.numpy() for output in network(images)]
        got = session.run(["output0", "output1"], {"images": images.numpy()})
        found[size] = [float((np.abs(g - w) / (1 + np.abs(w))).max()) for g, w in zip(got, wanted)]
    return found


def checked(model, network):
    """ValueError where the plain export does not compute what the network does, or not all of it on the GPU."""
    for size, pair in differences(model, network).items():
        if not max(pair) < TOLERANCE:
            raise ValueError(f"at {size}: ONNX Runtime and PyTorch differ by {pair}")
    left = webgpu_fallbacks(model)
    if left:
        raise ValueError("these leave WebGPU:\n  " + "\n  ".join(left))
    return model


def save(model, path):
    """-> {bytes, sha256}"""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    data = Path(path).read_bytes()
    return {"file": Path(path).name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def read_labels(path):
    """A JSON array, or a model card's `labels`, or one name a line."""
    text = Path(path).read_text()
    if text.lstrip()[:1] not in "[{":
        return [line.strip() for line in text.splitlines() if line.strip()]
    document = json.loads(text)
    return document["labels"] if isinstance(document, dict) else document


def export(checkpoint, path, variant="fp16", size=(416, 416), labels=None, photos=None):
    import torch

    from network import load_network

    config = torch.load(str(checkpoint), map_location="cpu", weights_only=False)["config"]
    network = load_network(checkpoint)
    classes = config["network"].get("classes", 80)
    labels = labels or config.get("labels") or [str(i) for i in range(classes)]
    if len(labels) != classes:
        raise ValueError(f"{len(labels)} labels for {classes} classes")
    model = make_variant(checked(plain_export(network), network), variant, photos, size)
    if variant != "qdq" and webgpu_fallbacks(model):
        raise ValueError("\n".join(webgpu_fallbacks(model)))
    return save(describe(model, config.get("name", "network"), labels, size), path)


def main():
    from evaluate import DATA, side_lengths

    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("checkpoint")
    made.add_argument("out")
    made.add_argument("--variant", choices=VARIANTS, default="fp16")
    made.add_argument("--imgsz", type=side_lengths, default=(416, 416), help="the size that fits best, for the metadata and calibration")
    made.add_argument("--labels", type=read_labels, help="JSON array, model card or one a line; default: the checkpoint's")
    made.add_argument("--photos", type=Path, default=DATA / "coco-train" / "images", help="to calibrate variant qdq with")
    a = made.parse_args()
    print(json.dumps(export(a.checkpoint, a.out, a.variant, a.imgsz, a.labels, a.photos), indent=2))


if __name__ == "__main__":
    main()
