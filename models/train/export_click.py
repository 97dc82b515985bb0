"""The two ONNX files of masklet-click from a checkpoint:

    python export_click.py CHECKPOINT OUT [--variant fp16]

OUT/masklet-click-encoder.onnx and OUT/masklet-click-decoder.onnx in the contract of Segment
Anything's exporter; opset
17; every operator runs on WebGPU. Weights are stored as float16 and computed with in float32."""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from click_network import (
    CELLS,
    CHANNELS,
    INPUT,
    MASK,
    DecoderGraph,
    EncoderGraph,
    anchors_of,
    load_click,
)
from export import make_variant, save
from graph import export_onnx, webgpu_fallbacks

TOLERANCE = 2e-3  # of |difference| / (1 + |value|), between PyTorch and ONNX Runtime
INPUTS = ["image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input"]
LICENCE = "Apache-2.0"


def example_prompt(points=3, seed=0):
    """An embedding and a prompt of random numbers, as the decoder takes them."""
    generator = torch.Generator().manual_seed(seed)
    random = lambda *shape: torch.rand(*shape, generator=generator)
    labels = (torch.arange(points) % 2)[None].float()
    return (
        random(1, CHANNELS, CELLS, CELLS),
        random(1, points, 2) * INPUT,
        labels,
        random(1, 1, MASK, MASK) * 8 - 4,
        torch.ones(1),
    )


def add_source_masks(model):
    """`orig_im_size` [2] -> `masks`: the part of the low-resolution masks that the picture fills,
      at the picture's
    size, in one bilinear step. The content's sides are the picture's times 1024 over the longer
      one, halves rounded
    up."""
    graph = model.graph

    def constant(name, values, kind):
        graph.initializer.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    def add(op, *inputs, **attributes):
        name = f"size{len(graph.node)}"
        graph.node.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    size = "orig_im_size"
    longest = add("ReduceMax", size, axes=[0], keepdims=1)
    scaled = add("Mul", add("Div", size, longest), constant("input_side", INPUT, np.float32))
    content = add("Floor", add("Add", scaled, constant("half", 0.5, np.float32)))
    scales = add("Mul", add("Div", size, content), constant("cell", INPUT / MASK, np.float32))
    scales = add("Concat", constant("same", [1, 1], np.float32), scales, axis=0)
    whole = add(
        "Resize",
        "low_res_masks",
        "",
        scales,
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )
    bounds = add("Cast", size, to=TensorProto.INT64)
    ends = constant("origin", [0, 0], np.int64), bounds, constant("axes", [2, 3], np.int64)
    graph.node.append(helper.make_node("Slice", [whole, *ends], ["masks"]))
    graph.input.append(helper.make_tensor_value_info(size, TensorProto.FLOAT, [2]))
    masks = helper.make_tensor_value_info("masks", TensorProto.FLOAT, [1, 4, "height", "width"])
    others = list(graph.output)
    del graph.output[:]
    graph.output.extend([masks, *others])
    return model


def encoder_model(network, path):
    return export_onnx(
        EncoderGraph(network.encoder),
        path,
        torch.rand(1, 3, INPUT, INPUT),
        ["image"],
        ["image_embeddings"],
        {},
    )


def decoder_model(network, path):
    decoder = DecoderGraph(network.decoder, anchors_of(network.encoder.network))
    model = export_onnx(
        decoder,
        path,
        example_prompt(),
        INPUTS,
        ["iou_predictions", "low_res_masks"],
        {"point_coords": {1: "num_points"}, "point_labels": {1: "num_points"}},
    )
    return add_source_masks(model)


def run(model, feeds, outputs):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(outputs, feeds)


def difference(got, wanted):
    return float((np.abs(got - wanted) / (1 + np.abs(wanted))).max())


@torch.no_grad()
def check(network, encoder, decoder, points=(1, 2, 5)):
    """ValueError where the files do not compute what the network does, or not all of it on the
    GPU.
    """
    left = webgpu_fallbacks(encoder) + webgpu_fallbacks(decoder)
    if left:
        raise ValueError("these leave WebGPU:\n  " + "\n  ".join(left))
    image = torch.randn(1, 3, INPUT, INPUT, generator=torch.Generator().manual_seed(0))
    wanted = EncoderGraph(network.encoder)(image)
    found = [difference(run(encoder, {"image": image.numpy()}, None)[0], wanted.numpy())]
    graph = DecoderGraph(network.decoder, anchors_of(network.encoder.network))
    for count in points:
        prompt = (wanted, *example_prompt(count)[1:])
        feeds = {name: tensor.numpy() for name, tensor in zip(INPUTS, prompt)} | {
            "orig_im_size": np.array([48, 64], np.float32)
        }
        got = run(decoder, feeds, ["iou_predictions", "low_res_masks"])
        found += [difference(g, w.numpy()) for g, w in zip(got, graph(*prompt))]
    if not max(found) < TOLERANCE:
        raise ValueError(f"ONNX Runtime and PyTorch differ by {found}")
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    parser.add_argument("--variant", choices=("fp32", "fp16", "int8"), default="fp16")
    options = parser.parse_args()
    torch.set_num_threads(1)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    network = load_click(options.checkpoint)
    paths = {part: out / f"masklet-click-{part}.onnx" for part in ("encoder", "decoder")}
    models = {
        "encoder": encoder_model(network, paths["encoder"]),
        "decoder": decoder_model(network, paths["decoder"]),
    }
    print("difference from PyTorch:", max(check(network, **models)))
    for part, model in models.items():
        made = make_variant(model, options.variant)
        helper.set_model_props(made, {"description": f"masklet-click, {part}", "license": LICENCE})
        print(json.dumps(save(made, paths[part])))


if __name__ == "__main__":
    main()
