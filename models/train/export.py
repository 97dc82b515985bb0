"""One ONNX file from a checkpoint.

    python export.py CHECKPOINT OUT.onnx [--variant fp16] [--imgsz 416] [--labels FILE] [--photos
      FOLDER]

`images` [1, 3, H, W] RGB 0..1, H and W any multiples of 32 -> `output0` [1, 4 + classes + 32, N],
`output1` [1, 32, H/4, W/4]; opset 17;
class names and the rest in the metadata under the keys of the common exporters. Every operator runs
on WebGPU, but for variant qdq.

Variants, all of which compute in float32 unless told:
fp32; fp16 (weights stored as float16); int8 (weights of most dense convolutions stored as int8, a
scale per output channel, the rest as float16);
qdq (int8 arithmetic in all convolutions but the last ones, activations calibrated on photos: for
the CPU only).
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from detect import fit_of
from graph import export_onnx, webgpu_fallbacks
from quantize import PhotoReader, calibrated, int8_weights

VARIANTS = "fp32", "fp16", "int8", "qdq"
SIDE_STEP = 32
CHECKED_SIZES = (416, 416), (320, 480), (32, 64)
TOLERANCE = 1e-3  # of |difference| / (1 + |value|), between PyTorch and ONNX Runtime in float32
COEFFICIENTS = 32  # and prototypes
LEAST_HALF = 64  # elements: smaller constants keep their type


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
    return [numpy_helper.from_array(array.astype(np.float16), f"{name}_h")], [
        helper.make_node("Cast", [f"{name}_h"], [name], to=TensorProto.FLOAT)
    ]


def as_int8(levels, scale, name):
    """Cast and Mul rather than DequantizeLinear: ONNX Runtime folds them when the session is made,
      whereas a DequantizeLinear of a constant
    runs with every picture."""
    return (
        [numpy_helper.from_array(levels, f"{name}_q"), numpy_helper.from_array(scale, f"{name}_s")],
        [
            helper.make_node("Cast", [f"{name}_q"], [f"{name}_c"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_c", f"{name}_s"], [name]),
        ],
    )


# The file


def plain_export(network):
    with tempfile.TemporaryDirectory() as folder:
        import torch

        return export_onnx(
            network,
            Path(folder) / "plain.onnx",
            torch.zeros(1, 3, 2 * SIDE_STEP, 3 * SIDE_STEP),
            ["images"],
            ["output0", "output1"],
            {"images": {2: "height", 3: "width"}},
            SIDE_STEP,
        )


def make_variant(model, variant, photos=None, size=(416, 416), skip=(), fit="top-left"):
    """A plain export as one of VARIANTS; the given model stays as it is. int8 and qdq look at
      photos of the folder `photos`, but not at
    those named in `skip`."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    if variant == "qdq":
        return calibrated(copied, PhotoReader(photos, size, skip, fit))
    if variant == "fp32":
        return copied
    levels = int8_weights(model, PhotoReader(photos, size, skip, fit)) if variant == "int8" else {}
    return replace_constants(
        copied,
        lambda array, name: (
            as_int8(*levels[name], name) if name in levels else as_half(array, name)
        ),
    )


def describe(model, name, labels, size, licence="Apache-2.0", fit="top-left"):
    """Metadata as common exporters write them, and `letterbox`, one of detect.FITS. `size`:
      (height, width) that fits the network best. The outputs' numbers of
    channels are fixed: by them readers know the form."""
    for output, channels in zip(model.graph.output, (4 + len(labels) + COEFFICIENTS, COEFFICIENTS)):
        batch, channel = output.type.tensor_type.shape.dim[:2]
        batch.dim_value, channel.dim_value = 1, channels
    helper.set_model_props(
        model,
        {
            "description": name,
            "license": licence,
            "task": "segment",
            "stride": str(SIDE_STEP),
            "batch": "1",
            "imgsz": str(list(size)),
            "names": str(dict(enumerate(labels))),
            "letterbox": fit,
        },
    )
    return model


def differences(model, network, sizes=CHECKED_SIZES):
    """Greatest |ONNX Runtime - PyTorch| / (1 + |PyTorch|) of both outputs, per size (height,
    width).
    """
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found = {}
    for size in sizes:
        images = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            wanted = [output.numpy() for output in network(images)]
        got = session.run(["output0", "output1"], {"images": images.numpy()})
        found[size] = [float((np.abs(g - w) / (1 + np.abs(w))).max()) for g, w in zip(got, wanted)]
    return found


def checked(model, network):
    """ValueError where the plain export does not compute what the network does, or not all of it on
    the GPU.
    """
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


def load_named(checkpoint, labels=None):
    """-> network, its name, its class names: those given, the checkpoint's, or numbers."""
    import torch

    from network import load_network

    config = torch.load(str(checkpoint), map_location="cpu", weights_only=False)["config"]
    classes = config["network"].get("classes", 80)
    labels = labels or config.get("labels") or [str(i) for i in range(classes)]
    if len(labels) != classes:
        raise ValueError(f"{len(labels)} labels for {classes} classes")
    return load_network(checkpoint), config.get("name", "network"), labels


def export(checkpoint, path, variant="fp16", size=(416, 416), labels=None, photos=None):
    network, name, labels = load_named(checkpoint, labels)
    fit = fit_of(checkpoint)
    model = make_variant(checked(plain_export(network), network), variant, photos, size, fit=fit)
    if variant != "qdq" and webgpu_fallbacks(model):
        raise ValueError("\n".join(webgpu_fallbacks(model)))
    return save(describe(model, name, labels, size, fit=fit), path)


def main():
    from evaluate import DATA, side_lengths

    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("checkpoint")
    made.add_argument("out")
    made.add_argument("--variant", choices=VARIANTS, default="fp16")
    made.add_argument(
        "--imgsz",
        type=side_lengths,
        default=(416, 416),
        help="the size that fits best, for the metadata and calibration",
    )
    made.add_argument(
        "--labels",
        type=read_labels,
        help="JSON array, model card or one a line; default: the checkpoint's",
    )
    made.add_argument(
        "--photos",
        type=Path,
        default=DATA / "coco-train" / "images",
        help="what int8 and qdq are fitted to",
    )
    a = made.parse_args()
    print(json.dumps(export(a.checkpoint, a.out, a.variant, a.imgsz, a.labels, a.photos), indent=2))


if __name__ == "__main__":
    main()
