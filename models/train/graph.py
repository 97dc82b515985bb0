"""ONNX graphs: export from PyTorch, without arithmetic on shapes, and the check that every operator
runs on WebGPU.
"""

import inspect
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
OPERATORS = Path(__file__).resolve().parent.parent / "webgpu_cpu_operators.json"
# Sizes (in steps of the stride) at which the exported graph is observed: no two dimensions of a map
# agree in all of them by chance.
PROBES = (2, 3), (3, 2), (5, 5), (1, 4), (7, 3)
TO_THE_END = np.iinfo(np.int64).max


def export_onnx(module, path, example, inputs, outputs, dynamic, step=1):
    """Writes `module` as ONNX (opset 17). `example`: one input [1, ...], or a tuple of them;
    `dynamic`: {input: {axis: name}}, each axis a multiple of `step`. ValueError where a shape
    cannot be told without arithmetic at run time.
    """
    options = (
        {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    )
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        examples = example if isinstance(example, tuple) else (example,)
        torch.onnx.export(
            module.eval(),
            examples,
            str(path),
            input_names=inputs,
            output_names=outputs,
            opset_version=OPSET,
            dynamic_axes=dynamic,
            do_constant_folding=True,
            **options,
        )
    model = onnx.load(str(path))
    tidy(model)
    settle_shapes(model, step)
    tidy(model)
    name_dimensions(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return model


def attribute(node, name, default=None):
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def constants_of(graph):
    return {i.name: numpy_helper.to_array(i) for i in graph.initializer}


def tidy(model):
    """Constants as initializers, each kept once; no Identity; no node or constant that nothing
    reads; short names of tensors; no paths of the source code in the file.
    """
    graph = model.graph
    constants, aliases, nodes = {}, {}, []

    def keep(array, name):
        key = (array.dtype.str, array.shape, array.tobytes())
        aliases[name] = constants.setdefault(key, (name, array))[0]

    for initializer in graph.initializer:
        keep(numpy_helper.to_array(initializer), initializer.name)
    outputs = {o.name for o in graph.output}
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = aliases.get(name, name)
        if node.op_type == "Constant":
            keep(numpy_helper.to_array(attribute(node, "value")), node.output[0])
        elif node.op_type == "Identity" and node.output[0] not in outputs:
            aliases[node.output[0]] = node.input[0]
        else:
            nodes.append(node)
    nodes = live(nodes, outputs)
    used = {name for node in nodes for name in node.input}
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    rename(nodes, outputs | {i.name for i in graph.input} | {""}, constants, graph, used)
    graph.node.extend(nodes)
    model.producer_name, model.producer_version, model.doc_string, graph.doc_string, graph.name = (
        "",
        "",
        "",
        "",
        "network",
    )


def live(nodes, wanted):
    """The nodes that `wanted` tensors depend on, in order."""
    wanted, kept = set(wanted), []
    for node in reversed(nodes):
        if any(name in wanted for name in node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def rename(nodes, fixed, constants, graph, used):
    names = {}
    short = lambda name: name if name in fixed else names.setdefault(name, f"t{len(names)}")
    for node in nodes:
        node.name, node.doc_string = "", ""
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    graph.initializer.extend(
        numpy_helper.from_array(array, short(name))
        for name, array in constants.values()
        if name in used
    )


# Shapes


def observe(model, names, feeds):
    """The tensors `names` for every feed: dictionaries of arrays, one at a time."""
    import onnxruntime

    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    present = {o.name for o in probe.graph.output}
    probe.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in names if name not in present
    )
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(
        probe.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return (dict(zip(names, session.run(names, feed))) for feed in feeds)


def feeds_of(model, step):
    """Random inputs at the probe sizes: axes without a fixed size get them in turn, those of one
    name the same.
    """
    feeds = []
    names = dict.fromkeys(
        d.dim_param
        for i in model.graph.input
        for d in i.type.tensor_type.shape.dim
        if not d.dim_value
    )
    for probe in PROBES:
        sizes = dict(zip(names, probe * 4))
        shape = lambda i: [
            d.dim_value or sizes[d.dim_param] * step for d in i.type.tensor_type.shape.dim
        ]
        feeds.append(
            {
                i.name: np.random.default_rng(0).random(shape(i), np.float32)
                for i in model.graph.input
            }
        )
    return feeds


def settle_shapes(model, step):
    """Replaces every computed shape, size, start or end by a constant that means the same at every
    size of the input, as seen at the probe sizes: 0 and -1 in a Reshape, scales in a Resize, "to
    the end" in a Slice; an Expand to the shape that is there already goes.
    """
    constants = constants_of(model.graph)
    known = set(constants) | {""}
    takes_shape = [
        n
        for n in model.graph.node
        if n.op_type in SETTLERS and any(i not in known for i in n.input[1:])
    ]
    wanted = {
        name
        for n in takes_shape
        for name in (*n.input, n.output[0])
        if name and name not in constants
    }
    seen = list(observe(model, sorted(wanted), feeds_of(model, step)))
    for values in seen:
        values.update(constants)
    for node in takes_shape:
        SETTLERS[node.op_type](model.graph, node, seen)


def constant(graph, array):
    name = f"settled{len(graph.initializer)}"
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
    return name


def cannot(node, shapes):
    return ValueError(
        f"{node.op_type} {node.output[0]}: its shape depends on the input's size in a way that no constant tells: {shapes}"
    )


def settle_reshape(graph, node, seen):
    shapes = [(v[node.input[0]].shape, v[node.output[0]].shape) for v in seen]
    target, free = [], 0
    for axis, sizes in enumerate(zip(*[after for _, after in shapes])):
        if len(set(sizes)) == 1:
            target.append(sizes[0])
        elif all(axis < len(before) and before[axis] == after[axis] for before, after in shapes):
            target.append(0)
        else:
            target.append(-1)
            free += 1
    if free > 1:
        raise cannot(node, shapes)
    node.input[1] = constant(graph, np.array(target, np.int64))


def settle_expand(graph, node, seen):
    shapes = [(v[node.input[0]].shape, v[node.output[0]].shape) for v in seen]
    if all(before == after for before, after in shapes):
        node.op_type = "Identity"
        del node.input[1:]
    elif len({after for _, after in shapes}) == 1:
        node.input[1] = constant(graph, np.array(shapes[0][1], np.int64))
    else:
        raise cannot(node, shapes)


def settle_resize(graph, node, seen):
    shapes = [(v[node.input[0]].shape, v[node.output[0]].shape) for v in seen]
    scales = {tuple(b / a for a, b in zip(before, after)) for before, after in shapes}
    if len(scales) != 1:
        raise cannot(node, shapes)
    del node.input[3:]
    node.input.extend([""] * (3 - len(node.input)))
    node.input[2] = constant(graph, np.array(scales.pop(), np.float32))


def settle_slice(graph, node, seen):
    for index in range(1, len(node.input)):
        values = [np.atleast_1d(v[node.input[index]]) for v in seen]
        if all(np.array_equal(v, values[0]) for v in values):
            node.input[index] = constant(graph, values[0].astype(np.int64))
            continue
        axes = (
            np.atleast_1d(seen[0][node.input[3]])
            if len(node.input) > 3
            else np.arange(len(values[0]))
        )
        lengths = [np.array(v[node.input[0]].shape)[axes] for v in seen]
        columns = [
            settled_bound(list(bounds), list(sizes))
            for bounds, sizes in zip(zip(*values), zip(*lengths))
        ]
        if None in columns:
            raise cannot(node, (values, lengths))
        node.input[index] = constant(graph, np.array(columns, np.int64))


def settled_bound(bounds, lengths):
    """One start or end, seen on axes of these lengths, as a constant; None where there is none."""
    if len(set(bounds)) == 1:
        return bounds[0]
    if all(b >= n for b, n in zip(bounds, lengths)):
        return TO_THE_END
    from_end = {b - n for b, n in zip(bounds, lengths)}
    return from_end.pop() if len(from_end) == 1 else None


SETTLERS = {
    "Reshape": settle_reshape,
    "Expand": settle_expand,
    "Resize": settle_resize,
    "Slice": settle_slice,
}


def name_dimensions(model):
    """Names of output axes that the exporter made up become plain ones; sizes that follow from the
    input's are left open.
    """
    for output in model.graph.output:
        for axis, dimension in enumerate(output.type.tensor_type.shape.dim):
            if dimension.dim_param:
                dimension.dim_param = f"{output.name}_{axis}"


# WebGPU


def rules():
    """{operator: rule}, where a rule without conditions holds always, and the operators that are
    known to run on the GPU.
    """
    table = json.loads(OPERATORS.read_text())
    return table["operators"], set(table["onTheGpu"])


def inferred(model):
    """The model with the types and shapes of its tensors, as far as they can be inferred."""
    try:
        return onnx.shape_inference.infer_shapes(model)
    except onnx.shape_inference.InferenceError:  # operators of unknown domains
        return model


def element_types(model):
    """{tensor: name of its element type}"""
    graph = model.graph
    types = {
        v.name: v.type.tensor_type.elem_type
        for v in (*graph.input, *graph.value_info, *graph.output)
    }
    types.update({i.name: i.data_type for i in graph.initializer})
    return {name: TensorProto.DataType.Name(kind).lower() for name, kind in types.items()}


def of_fixed_shape(model):
    """The tensors whose every dimension is known beforehand."""
    values = (*model.graph.input, *model.graph.value_info)
    fixed = lambda v: v.type.tensor_type.HasField("shape") and all(
        d.HasField("dim_value") for d in v.type.tensor_type.shape.dim
    )
    return {v.name for v in values if fixed(v)}


def applies(condition, node, types):
    """Does a rule's condition hold? `inputTypes`: element types of input `input`; `attributes`:
    values that fall back.
    """
    if (
        "inputTypes" in condition
        and types.get(node.input[condition.get("input", 0)]) not in condition["inputTypes"]
    ):
        return False
    wanted = condition.get("attributes", {})
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    return all(text(attribute(node, name)) in values for name, values in wanted.items())


def webgpu_fallbacks(model):
    """What of a graph ONNX Runtime Web would run on the CPU beside WebGPU: a list of "Operator
    output: reason". Nodes that depend on constants only are run once, when the model is loaded, and
    do not count; a shape that is known beforehand is a constant.
    """
    (table, on_gpu), model, found = rules(), inferred(model), []
    types, fixed = element_types(model), of_fixed_shape(model)
    folded = {i.name for i in model.graph.initializer} | {""}
    for node in model.graph.node:
        constant_inputs = all(
            name in folded or (node.op_type == "Shape" and name in fixed) for name in node.input
        )
        if node.op_type == "Constant" or (node.input and constant_inputs):
            folded |= set(node.output)
            continue
        rule = table.get(node.op_type)
        if node.domain not in ("", "ai.onnx"):
            found.append(f"{node.domain}.{node.op_type} {node.output[0]}: not a standard operator")
        elif rule and any(applies(c, node, types) for c in rule.get("when", [{}])):
            found.append(f"{node.op_type} {node.output[0]}: {rule['reason']}")
        elif not rule and node.op_type not in on_gpu:
            found.append(f"{node.op_type} {node.output[0]}: not known to have a GPU kernel")
    return found
