#!/usr/bin/env python3
"""Makes tests/data/reference_models/{detr,rf_detr}.*: detectors of transformers with small random
weights, exported to ONNX, and what the reference's own post-processing makes of their outputs for a
picture of the networks' size.

  python make_detr_detect_models.py [NAME ...]        (what make_query_models.py needs)
"""

import sys
import types

import make_query_models as queries
import numpy as np
import torch
import transformers
from golden_file import instance, write_reference
from transformers.models.rf_detr.configuration_rf_detr import RfDetrDinov2Config

LABELS = queries.LABELS


def detr():
    sizes = dict(
        embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], layer_type="basic"
    )
    backbone = transformers.ResNetConfig(
        **sizes, out_features=["stage1", "stage2", "stage3", "stage4"]
    )
    config = transformers.DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        num_queries=100,
        num_labels=LABELS,
    )
    network = transformers.DetrForObjectDetection(config).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            # What a query is and where it looks count for as much as the picture.
            if "query_position" in name:
                weight.normal_()
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                weight.mul_(18)
    box_head = network.bbox_predictor.layers[-1]
    return network, {
        network.class_labels_classifier: (2.0, queries.no_object(6.0)),
        box_head: (1.0, torch.tensor([0.0, 0.0, -1.0, -1.0])),
    }


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
    config = transformers.RfDetrConfig(
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
    network = transformers.RfDetrForObjectDetection(config).eval()
    return network, {network.class_embed: (1.5, torch.full((LABELS,), -3.0))}


def decode(processor, names, size):
    """[(box, score, class, mask)] of the outputs; the mask is the box filled."""

    def rows(outputs):
        found = types.SimpleNamespace(
            pred_boxes=torch.tensor(outputs[names[0]]), logits=torch.tensor(outputs[names[1]])
        )
        result = processor.post_process_object_detection(
            found, threshold=0.5, target_sizes=torch.tensor([size[::-1]])
        )[0]
        x, y = np.arange(size[0])[None], np.arange(size[1])[:, None]
        answer = []
        for box, score, label in zip(result["boxes"].numpy(), result["scores"], result["labels"]):
            box = box.clip(0, np.tile(size, 2))
            if (
                np.abs(box - np.round(box))[(box != 0) & (box != np.tile(size, 2))].min(initial=1)
                < 2e-4
            ):
                raise queries.NearTie
            mask = (x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3])
            if mask.any():
                answer.append((box, float(score), int(label), mask))
        return answer

    return rows


MODELS = {
    "detr": dict(
        make=detr,
        dynamo=False,
        size=(128, 96),
        outputs={"logits": "logits", "pred_boxes": "pred_boxes"},
        inputs=["pixel_values", "pixel_mask"],
        decode=lambda size: decode(
            transformers.DetrImageProcessor(), ("pred_boxes", "logits"), size
        ),
        origin="DetrForObjectDetection, DetrImageProcessor.post_process_object_detection",
    ),
    "rf_detr": dict(
        make=rf_detr,
        dynamo=True,
        size=(72, 72),
        outputs={"dets": "pred_boxes", "labels": "logits"},
        inputs=["input"],
        decode=lambda size: decode(transformers.RTDetrImageProcessor(), ("dets", "labels"), size),
        origin="RfDetrForObjectDetection, RTDetrImageProcessor.post_process_object_detection "
        "(as RF-DETR's PostProcess)",
    ),
}


def make(model):
    """Graph, picture and answer of the first seed with some objects whose order and pixels do not
    hang on rounding.
    """
    rows_of = model["decode"](model["size"])
    for seed in range(20):
        torch.manual_seed(seed)
        picture = queries.draw_picture(np.random.default_rng(seed), model["size"])
        pixels = torch.from_numpy(
            ((picture.astype(np.float32) / 255 - queries.MEAN) / queries.STD)
            .transpose(2, 0, 1)[None]
            .astype(np.float32)
        )
        inputs = (pixels, torch.ones(1, *pixels.shape[2:], dtype=torch.int64))[
            : len(model["inputs"])
        ]
        network, layers = model["make"]()
        queries.standardize(network, inputs, layers)
        with torch.no_grad():
            found = network(*inputs)
        try:
            answer = sorted(
                rows_of({name: found[key].numpy() for name, key in model["outputs"].items()}),
                key=lambda row: -row[1],
            )
        except queries.NearTie:
            continue
        if len(answer) >= 4 and all(a[1] - b[1] > 1e-3 for a, b in zip(answer, answer[1:])):
            return queries.export(network, inputs, model), picture, answer
    raise SystemExit("nothing clear")


def main():
    for name, model in MODELS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        graph, picture, answer = make(model)
        header = {
            "family": "detr_detect",
            "variant": "sigmoid" if name == "rf_detr" else "softmax",
            "options": {"scoreThreshold": 0.5, "maxInstances": 300},
            "expected": [instance(*row) for row in answer],
            "origin": f"transformers {transformers.__version__}, {model['origin']}",
        }
        write_reference(name, graph, picture, header)
        print(f"{name}: {len(answer)} objects, {len(graph)} bytes")


if __name__ == "__main__":
    main()
