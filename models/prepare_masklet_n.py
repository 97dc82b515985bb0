"""Makes models/masklet-n.onnx from the trained network's export, and prints the numbers that its card must state.

Needs numpy and onnx. Run: python models/prepare_masklet_n.py masklet-n-416-fp16.onnx

Two things are done, neither of which changes a result:
- One scalar is stored as float64 and cast to float32 at load. No WebGPU build of ONNX Runtime (1.30) can fold that cast, and creating a
  session fails; the scalar is stored as the float32 it is cast to.
- Class names, task, stride and input size are written into the metadata under the keys that the common exporters use.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

MODELS = Path(__file__).parent


def attribute(node, name):
    return next(a.i for a in node.attribute if a.name == name)


def fold_doubles(graph):
    """Replaces float64 constants that are only cast to float32, and casts that change nothing."""
    constants = {initializer.name: initializer for initializer in graph.initializer}
    singles, replaced = set(), {}
    for node in [n for n in graph.node if n.op_type == "Cast" and attribute(n, "to") == TensorProto.FLOAT]:
        source = replaced.get(node.input[0], node.input[0])
        constant = constants.get(source)
        if constant is not None and constant.data_type == TensorProto.DOUBLE:
            constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant).astype(np.float32), source))
        elif constant is None or constant.data_type != TensorProto.FLOAT:
            continue
        singles.add(source)
        replaced[node.output[0]] = source
        graph.node.remove(node)
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = replaced.get(name, name)
    return singles


def main(path):
    card = json.loads((MODELS / "masklet-n.json").read_text())
    model = onnx.load(path)
    singles = fold_doubles(model.graph)
    left = [i.name for i in model.graph.initializer if i.data_type == TensorProto.DOUBLE]
    assert singles and not left, (singles, left)
    size = card["input"]["dims"][2:]
    onnx.helper.set_model_props(model, {
        "description": "masklet-n",
        "license": card["licence"],
        "task": "segment",
        "stride": "32",
        "batch": "1",
        "imgsz": str(size),
        "names": str(dict(enumerate(card["labels"]))),
    })
    onnx.checker.check_model(model)
    out = MODELS / card["file"]
    onnx.save(model, out)
    data = out.read_bytes()
    print(json.dumps({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}))


main(sys.argv[1])
