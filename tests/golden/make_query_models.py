#!/usr/bin/env python3
"""Makes tests/data/reference_models/{rf_detr_seg,detr_panoptic}.*: networks of transformers with
small random weights, exported to ONNX, and what the reference's own post-processing makes of their
outputs for a picture of the networks' size.

Random heads answer alike for every query; so the last layers of the class and mask heads are
rescaled until their channels have mean 0 and deviation 1 over the queries or pixels of the picture.
Pictures and weights are drawn anew while the answer hangs on rounding.

  python make_query_models.py [NAME ...]        (torch, transformers 5.23, rfdetr 1.11.2, onnx,
    onnxruntime, numpy, pycocotools, Pillow)
"""

import pathlib
import sys
import tempfile

import make_detr_panoptic_goldens as detr_goldens
import make_rf_detr_seg_goldens as rf_detr_goldens
import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from golden_file import instance, write_reference
from steady_draw import NearTie
from pycocotools import mask as coco
from transformers import (
    DetrConfig,
    DetrForSegmentation,
    ResNetConfig,
    RfDetrConfig,
    RfDetrForInstanceSegmentation,
)
from transformers.models.rf_detr.configuration_rf_detr import RfDetrDinov2Config

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
LABELS = 5
# Larger than what two runtimes differ by.
NOISE = 1e-4


class Outputs(torch.nn.Module):
    """A network whose outputs are a tuple, in this order."""

    def __init__(self, network, keys):
        super().__init__()
        self.network, self.keys = network, keys

    def forward(self, *inputs):
        outputs = self.network(*inputs)
        return tuple(outputs[key] for key in self.keys)


def draw_picture(random, size):
    """Colored discs and bars on a gradient."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([x * 200 / width, y * 200 / height, (x + y) * 100 / (width + height)], -1)
    for k in range(7):
        cx, cy, radius = random.uniform(0, width), random.uniform(0, height), random.uniform(5, 18)
        inside = (
            np.hypot(x - cx, y - cy) < radius
            if k % 2
            else (abs(x - cx) < radius) & (abs(y - cy) < radius / 2)
        )
        picture[inside] = random.uniform(0, 255, 3)
    return (picture + random.normal(0, 6, picture.shape)).clip(0, 255).astype(np.uint8)


def standardize(network, inputs, layers):
    """Rescales linear and 1 x 1 convolution layers: {layer: (deviation, mean)} of each output
    channel for these inputs.
    """
    seen = {}
    hooks = [
        layer.register_forward_hook(lambda layer, _, output: seen.__setitem__(layer, output))
        for layer in layers
    ]
    with torch.no_grad():
        for _ in range(3):  # heads may feed back into later layers
            network(*inputs)
            for layer, (deviation, mean) in layers.items():
                output = seen[layer]
                values = (
                    output.flatten(2)[0].T
                    if output.ndim == 4 and isinstance(layer, torch.nn.Conv2d)
                    else output.reshape(-1, output.shape[-1])
                )
                if isinstance(layer, torch.nn.Conv2d) and output.shape[1] == 1:
                    values = output.reshape(-1, 1)
                gain = deviation / values.std(0).clamp_min(1e-8)
                layer.weight.mul_(gain.view(-1, *[1] * (layer.weight.ndim - 1)))
                layer.bias.copy_((layer.bias - values.mean(0)) * gain + mean)
    for hook in hooks:
        hook.remove()


def no_object(offset):
    """Means of the class logits, "no object" last."""
    return torch.tensor([0.0] * LABELS + [offset])


def part_queries(network, factor):
    """Makes what a query is, and where it looks, count for as much as the picture; else all answers
    differ by little more than rounding.
    """
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "query_position" in name or "queries_embedder" in name:
                weight.normal_()
            if "pixel_level" not in name and name.endswith(("q_proj.weight", "k_proj.weight")):
                weight.mul_(factor)


def rf_detr():
    backbone = RfDetrDinov2Config(
        hidden_size=36,
        num_hidden_layers=4,
        num_attention_heads=3,
        mlp_ratio=2,
        image_size=72,
        patch_size=12,
        num_windows=1,
        out_indices=[2, 4],
    )
    config = RfDetrConfig(
        backbone_config=backbone,
        d_model=32,
        decoder_ffn_dim=64,
        decoder_layers=2,
        decoder_self_attention_heads=4,
        decoder_cross_attention_heads=4,
        num_queries=30,
        num_labels=LABELS,
        group_detr=1,
        c2f_num_blocks=1,
    )
    network = RfDetrForInstanceSegmentation(config).eval()
    layers = {
        network.model.class_embed: (1.5, torch.full((LABELS,), -3.0)),
        network.query_features_proj: (1.0, 0.0),
        network.spatial_features_proj: (1.0, 0.0),
    }
    return network, layers


def detr():
    backbone = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=64,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        num_queries=24,
        num_labels=LABELS,
    )
    network = DetrForSegmentation(config).eval()
    part_queries(network, 18)
    with torch.no_grad():
        network.mask_head.conv1.conv.weight[:, 64:].mul_(20)
    return network, {
        network.detr.class_labels_classifier: (2.0, no_object(1.5)),
        network.mask_head.output_conv: (4.0, -2.0),
    }


MODELS = {
    "rf_detr_seg": dict(
        make=rf_detr,
        dynamo=True,
        size=(72, 72),
        outputs={"dets": "pred_boxes", "labels": "logits", "masks": "pred_masks"},
        inputs=["input"],
        family="rf_detr_seg",
        score=0.5,
        decode=lambda size: lambda outputs: rf_detr_goldens.decode(
            {**rf_detr_goldens.DEFAULTS, "source": size, "queries": 30}, outputs
        ),
        origin="RfDetrForInstanceSegmentation; rfdetr 1.11.2, PostProcess",
    ),
    "detr_panoptic": dict(
        make=detr,
        dynamo=False,
        size=(128, 96),
        outputs={key: key for key in ("logits", "pred_boxes", "pred_masks")},
        inputs=["pixel_values", "pixel_mask"],
        family="detr_panoptic",
        score=0.5,
        decode=lambda size: lambda outputs: detr_goldens.decode(
            {**detr_goldens.DEFAULTS, "source": size}, outputs
        ),
        origin="DetrForSegmentation, DetrImageProcessor.post_process_instance_segmentation",
    ),
}


def export(network, inputs, model):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        wrapped = Outputs(network, list(model["outputs"].values()))
        named = dict(
            input_names=model["inputs"], output_names=list(model["outputs"]), dynamo=model["dynamo"]
        )
        version = (
            dict(opset_version=18, external_data=False, verbose=False)
            if model["dynamo"]
            else dict(opset_version=17)
        )
        torch.onnx.export(wrapped, inputs, str(path), **named, **version)
        graph = onnx.load(path)
    # Where in which source file each node came from.
    for part in (
        graph,
        graph.graph,
        *graph.graph.node,
        *graph.graph.value_info,
        *graph.graph.input,
        *graph.graph.output,
    ):
        del part.metadata_props[:]
        part.doc_string = ""
    return graph.SerializeToString()


def overlap(first, second):
    encode = lambda mask: coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return coco.iou([encode(first)], [encode(second)], [0])[0][0]


def steady(answer, outputs, decode, random):
    """Whether numbers that are a little off give nearly the same answer."""
    for _ in range(4):
        noisy = {
            name: (value + random.uniform(-NOISE, NOISE, value.shape)).astype(np.float32)
            for name, value in outputs.items()
        }
        other = sorted(decode(noisy), key=lambda row: -row[1])
        if [row[2] for row in other] != [row[2] for row in answer] or any(
            overlap(a[3], b[3]) < 0.9995 for a, b in zip(answer, other)
        ):
            return False
    return all(a[1] - b[1] > 1e-3 for a, b in zip(answer, answer[1:]))


def agree(answer, other):
    """Whether another runtime, PyTorch itself, gives the same scores: random networks may enlarge
    its rounding.
    """
    other = sorted(other, key=lambda row: -row[1])
    return len(other) == len(answer) and all(abs(a[1] - b[1]) < 5e-5 for a, b in zip(answer, other))


def make(name, model):
    decode = model["decode"](model["size"])
    for seed in range(40):
        torch.manual_seed(seed)
        random = np.random.default_rng(seed)
        picture = draw_picture(random, model["size"])
        pixels = torch.from_numpy(
            ((picture.astype(np.float32) / 255 - MEAN) / STD)
            .transpose(2, 0, 1)[None]
            .astype(np.float32)
        )
        inputs = (pixels, torch.ones(1, *pixels.shape[2:], dtype=torch.int64))[
            : len(model["inputs"])
        ]
        network, layers = model["make"]()
        standardize(network, inputs, layers)
        try:
            graph = export(network, inputs, model)
            session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
            values = session.run(
                list(model["outputs"]),
                dict(zip(model["inputs"], (tensor.numpy() for tensor in inputs))),
            )
            outputs = dict(zip(model["outputs"], values))
            answer = sorted(decode(outputs), key=lambda row: -row[1])
            with torch.no_grad():
                exact = network(*inputs)
            other = decode({name: exact[key].numpy() for name, key in model["outputs"].items()})
            good = (
                len(answer) >= 3
                and steady(answer, outputs, decode, random)
                and agree(answer, other)
            )
        except NearTie:
            good = False
        print(f"{name}, seed {seed}: {len(answer)} objects{'' if good else ', drawn anew'}")
        if good:
            return graph, picture, answer
    raise SystemExit(f"{name}: nothing steady")


def main():
    for name, model in MODELS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        graph, picture, answer = make(name, model)
        family, *variant = model["family"].split("/")
        header = {
            "family": family,
            **(
                {"variant": variant[0], "createOptions": {"family": model["family"]}}
                if variant
                else {}
            ),
            "options": {"scoreThreshold": model["score"], "maxInstances": 300},
            "expected": [instance(*row) for row in answer],
            "origin": f"transformers {transformers.__version__}, {model['origin']}",
        }
        write_reference(name, graph, picture, header)
        print(f"{name}: {len(answer)} objects, {len(graph)} bytes")


if __name__ == "__main__":
    main()
