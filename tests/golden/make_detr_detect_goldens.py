#!/usr/bin/env python3
"""Makes tests/golden/detr_detect/*.golden: boxes and logits of DETR detectors, read by the image
processors of transformers.

  softmax   DetrImageProcessor.post_process_object_detection; two cases are the outputs of a
            DetrForObjectDetection with random weights
  sigmoid   RTDetrImageProcessor (as many pairs as queries) and DeformableDetrImageProcessor (the
            best 100 pairs); one case is the outputs
            of a DeformableDetrForObjectDetection with random weights. RF-DETR's PostProcess is the
              same rule.

Needs numpy, torch, transformers, timm, pycocotools.
"""

import types

import numpy as np
import torch
import transformers
from detector_reference import inside, make_all
from steady_draw import need
from golden_file import instance
from make_yolo_goldens import STRETCH

FAMILY = "detr_detect"
ORIGIN = (
    f"post_process_object_detection of transformers {transformers.__version__}, boxes "
    f"clipped to the picture"
)
CASES = {
    "square": dict(src=(80, 80)),
    "wide": dict(src=(157, 45), columns=80, queries=300),
    "tall": dict(src=(33, 121), rule="softmax"),
    "odd_sides": dict(src=(101, 67), net=(72, 56)),
    "one_pixel": dict(src=(1, 1), big=True),
    "one_row": dict(src=(77, 1), rule="softmax", big=True),
    "one_column": dict(src=(1, 77), big=True),
    "none": dict(objects=0),
    "none_softmax": dict(objects=0, rule="softmax"),
    "many": dict(src=(160, 120), queries=300, objects=160, columns=3, labels=3),
    "many_softmax": dict(
        src=(160, 120), queries=200, objects=130, rule="softmax", columns=5, labels=4
    ),
    "one_class": dict(columns=1, queries=50, labels=1),
    "one_class_softmax": dict(columns=2, queries=50, labels=1, rule="softmax"),
    "ninety_one_classes": dict(src=(90, 70), queries=60),
    "ninety_one_classes_softmax": dict(src=(90, 70), queries=60, rule="softmax"),
    "deformable": dict(
        src=(90, 70),
        rule="deformable",
        queries=300,
        objects=40,
        columns=20,
        labels=20,
        max=100,
        pairs=2,
    ),
    "several_classes_of_a_query": dict(src=(90, 70), pairs=3, score=0.4),
    "random_weights_detr": dict(
        src=(96, 64), net=(96, 64), model="detr", rule="softmax", score=0.3, labels=7
    ),
    "random_weights_deformable": dict(
        src=(64, 64),
        net=(128, 128),
        model="deformable",
        rule="deformable",
        score=0.3,
        labels=6,
        max=100,
    ),
}
DEFAULTS = dict(
    net=(64, 64),
    mode=STRETCH,
    rule="sigmoid",
    columns=0,
    queries=100,
    objects=8,
    labels=0,
    pairs=1,
    big=False,
    score=0.5,
    iou=0.7,
    max=300,
    model=None,
)


def draw(random, case):
    boxes, logits = network(case, random) if case["model"] else planted(random, case)
    found = reference(case, boxes, logits)
    need(found or not case["objects"])
    more = {"variant": "softmax" if case["rule"] == "softmax" else "sigmoid"}
    if case["labels"]:
        more["metadata"] = {"names": str({i: f"kind {i}" for i in range(case["labels"])})}
    return {"pred_boxes": boxes[None], "logits": logits[None]}, found, more


def planted(random, case):
    columns = case["columns"] or (92 if case["rule"] == "softmax" else 91)
    queries, objects = case["queries"], case["objects"]
    boxes = random.uniform(0.05, 0.95, (queries, 4)).astype(np.float32)
    logits = random.normal(-6, 1, (queries, columns)).astype(np.float32)
    if case["rule"] == "softmax":
        logits[:, -1] = 3
    height = (
        8
        if case["rule"] == "softmax"
        else random.permutation(objects * case["pairs"]) / max(objects * case["pairs"], 1) * 3 + 0.3
    )
    for number, slot in enumerate(random.permutation(queries)[:objects]):
        low, high = (1.2, 2.5) if case["big"] else (0.1, 0.6)
        boxes[slot] = [*random.uniform(0, 1, 2), *random.uniform(low, high, 2)]
        kinds = columns - 1 if case["rule"] == "softmax" else columns
        for pair, class_id in enumerate(random.permutation(kinds)[: case["pairs"]]):
            value = height if case["rule"] == "softmax" else height[number * case["pairs"] + pair]
            logits[slot, class_id] = value + random.uniform(
                0, 0.5 if case["rule"] == "softmax" else 1e-3
            )
    return boxes, logits


def reference(case, boxes, logits):
    outputs = types.SimpleNamespace(
        logits=torch.tensor(logits)[None], pred_boxes=torch.tensor(boxes)[None]
    )
    sizes = torch.tensor([case["src"][::-1]])
    need_clear_scores(case, logits)
    if case["rule"] == "softmax":
        processor, more = transformers.DetrImageProcessor, {}
    elif case["rule"] == "deformable":
        processor, more = transformers.DeformableDetrImageProcessor, dict(top_k=100)
    else:
        processor, more = transformers.RTDetrImageProcessor, {}
    found = processor().post_process_object_detection(
        outputs, threshold=case["score"], target_sizes=sizes, **more
    )[0]
    order = torch.argsort(found["scores"], descending=True, stable=True)[: case["max"]]
    instances = []
    for index in order.tolist():
        box = np.clip(found["boxes"][index].double().numpy(), 0, np.tile(case["src"], 2))
        mask = inside(case, box)
        if mask.any():
            instances.append(instance(box, found["scores"][index], found["labels"][index], mask))
    return instances


def need_clear_scores(case, logits):
    """No score at the threshold, no two above it so near that rounding orders them."""
    wide = torch.tensor(logits).double()
    scores = (
        wide.softmax(-1)[:, :-1].max(-1).values
        if case["rule"] == "softmax"
        else wide.sigmoid().flatten()
    )
    need(bool((torch.abs(scores - case["score"]) > 1e-5).all()))
    above = scores[scores > case["score"]].sort().values
    need(len(above) < 2 or float(above.diff().min()) > 2e-7)


def network(case, random):
    """Outputs of a small network with random weights for random pixels."""
    torch.manual_seed(int(random.integers(1 << 30)))
    small = dict(
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_labels=case["labels"],
        use_pretrained_backbone=False,
    )
    if case["model"] == "detr":
        config = transformers.DetrConfig(
            **small, num_queries=100, use_timm_backbone=True, backbone="resnet18"
        )
        model = transformers.DetrForObjectDetection(config)
    else:
        config = transformers.DeformableDetrConfig(
            **small,
            num_queries=120,
            use_timm_backbone=True,
            backbone="resnet18",
            num_feature_levels=4,
            encoder_n_points=2,
            decoder_n_points=2,
        )
        model = transformers.DeformableDetrForObjectDetection(config)
    # Weights as drawn for training hardly tell queries apart; wider ones spread boxes and scores.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1 and "backbone" not in name:
                parameter.normal_(0, 0.35)
        result = model.eval()(
            torch.tensor(
                random.normal(0, 1, (1, 3, case["net"][1], case["net"][0])), dtype=torch.float32
            )
        )
    return result.pred_boxes[0].numpy(), result.logits[0].numpy()


if __name__ == "__main__":
    make_all(
        FAMILY, {name: {**DEFAULTS, **changes} for name, changes in CASES.items()}, draw, ORIGIN
    )
