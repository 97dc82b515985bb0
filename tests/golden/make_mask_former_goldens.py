#!/usr/bin/env python3
"""Makes tests/golden/mask_former/*.golden: planted outputs of MaskFormer and Mask2Former, decoded
by transformers' image processors.

The processors cut masks off at 0 at the planes' size (MaskFormer) or at 384 x 384 (Mask2Former) and
enlarge the result by nearest neighbor. Masklet interpolates the logits to the picture's own size
and cuts off there, as the original MaskFormer and Mask2Former do (instance_inference after
sem_seg_postprocess). So the processors are met exactly where their enlargement does nothing:
pictures of the planes' size, or of 384 x 384. For other pictures the scores, classes and the choice
of queries are the processors', and the masks are torch's bilinear interpolation of the logits, > 0;
the cases "..._as_processor" hold the processors' own masks, with the tolerance that their steps of
one plane sample ask for.

  python make_mask_former_goldens.py        (numpy, torch, transformers 5.23, pycocotools)
"""

from types import SimpleNamespace

import numpy as np
import torch
import transformers
from transformers import Mask2FormerImageProcessor, MaskFormerImageProcessor

from golden_file import instance, write_golden
from mask_queries import draw_masks, settle, tight_box
from steady_draw import need

# `source` None: the picture has the planes' size.
DEFAULTS = dict(
    variant="maskformer",
    source=None,
    planes=(24, 18),
    queries=20,
    classes=5,
    objects=6,
    score=0.4,
    scale=1.0,
    double=2,
    max=1000,
    minIou=None,
)
CASES = {
    "square": dict(planes=(24, 24)),
    "wide": dict(planes=(61, 9)),
    "tall": dict(planes=(8, 53)),
    "odd_sides": dict(planes=(37, 23)),
    "one_pixel": dict(planes=(1, 1), objects=4, scale=2.5),
    "one_row": dict(planes=(31, 1), objects=4),
    "one_column": dict(planes=(1, 31), objects=6, scale=2.0),
    "none": dict(objects=0),
    "one_class": dict(classes=1, double=0),
    "ninety_one_classes": dict(classes=91),
    "many": dict(planes=(24, 16), queries=130, objects=120, double=0, scale=0.6),
    "more_pairs_than_queries": dict(queries=6, objects=6, double=5, score=0.1),
    "limited": dict(objects=9, max=3),
    "larger": dict(source=(157, 90)),
    "larger_tall": dict(source=(67, 201)),
    "larger_as_processor": dict(source=(96, 72), planes=(48, 36), queries=8, minIou=0.9),
    "mask2former": dict(variant="mask2former", source=(384, 384), planes=(24, 24), queries=12),
    "mask2former_odd": dict(variant="mask2former", source=(131, 77), planes=(32, 20), queries=12),
    "mask2former_as_processor": dict(
        variant="mask2former", source=(384, 200), planes=(24, 24), queries=12, minIou=0.95
    ),
    "panoptic": dict(variant="maskformer-panoptic", source=(91, 65)),
    "panoptic_wide": dict(variant="maskformer-panoptic", source=(150, 31), objects=4),
    "panoptic_mask2former": dict(variant="mask2former-panoptic", source=(120, 90)),
}
PROCESSORS = {"maskformer": MaskFormerImageProcessor(), "mask2former": Mask2FormerImageProcessor()}


def draw(random, case):
    planes, _ = draw_masks(random, case["queries"], case["planes"], case["scale"])
    logits = random.normal(0, 0.3, (case["queries"], case["classes"] + 1)).astype(np.float32)
    logits[:, -1] += 6
    queries = random.permutation(case["queries"])[: case["objects"]]
    for query, strength in zip(
        queries, random.permutation(len(queries)) * (3.0 / max(len(queries), 1))
    ):
        logits[query, random.integers(case["classes"])] = 9 + strength
    # Queries of two classes that are equally likely but for a little.
    for k, query in enumerate(queries[: case["double"]]):
        best = np.argmax(logits[query])
        logits[query, (best + 1) % case["classes"]] = logits[query, best] - 0.02 * (k + 1)
    return {"class_queries_logits": logits[None], "masks_queries_logits": planes[None]}


def decode_panoptic(case, processor, outputs, size):
    found = processor.post_process_panoptic_segmentation(
        outputs, threshold=case["score"], label_ids_to_fuse=set(), target_sizes=[size]
    )[0]
    probabilities, labels = outputs.class_queries_logits[0].softmax(-1).max(-1)
    rows = []
    for segment in found["segments_info"]:
        scores = [
            p
            for p, c in zip(probabilities.tolist(), labels)
            if round(p, 6) == segment["score"] and c == segment["label_id"]
        ]
        need(len(scores) == 1)
        mask = (found["segmentation"] == segment["id"]).numpy()
        rows.append((tight_box(mask), scores[0], segment["label_id"], mask))
    return rows


def smooth_masks(outputs, size, rows):
    """Each row's mask by interpolating the logits of its query, which is found by its
    nearest-neighbor mask at the planes' size.
    """
    planes = outputs.masks_queries_logits[0]
    at_planes = (planes > 0).numpy()
    smooth = torch.nn.functional.interpolate(
        planes[None], size=size, mode="bilinear", align_corners=False
    )[0]
    found = []
    for score, label, mask in rows:
        queries = [q for q in range(len(planes)) if np.array_equal(at_planes[q], mask)]
        need(len(queries) == 1)
        found.append((score, label, (smooth[queries[0]] > 0).numpy()))
    return found


def decode(case, tensors):
    outputs = SimpleNamespace(
        **{name: torch.from_numpy(value.copy()) for name, value in tensors.items()}
    )
    width, height = case["source"] or case["planes"]
    name, *panoptic = case["variant"].split("-")
    processor = PROCESSORS[name]
    if panoptic:
        return decode_panoptic(case, processor, outputs, (height, width))
    exact = case["minIou"] or (case["source"] or case["planes"]) == (
        case["planes"] if name == "maskformer" else (384, 384)
    )
    # Where the enlargement does something, the masks at the planes' size only say which query a row
    # is.
    size = (height, width) if exact else case["planes"][::-1]
    if not exact and name == "mask2former":
        size = (384, 384)
    found = processor.post_process_instance_segmentation(
        outputs, threshold=case["score"], target_sizes=[size], return_binary_maps=True
    )[0]
    segments = found["segments_info"]
    rows = [
        (s["score"], s["label_id"], found["segmentation"][k].numpy() == 1)
        for k, s in enumerate(segments)
    ]
    if not exact:
        if name == "mask2former":
            at_384 = torch.nn.functional.interpolate(
                outputs.masks_queries_logits, size=size, mode="bilinear", align_corners=False
            )
            smooth = torch.nn.functional.interpolate(
                outputs.masks_queries_logits,
                size=(height, width),
                mode="bilinear",
                align_corners=False,
            )[0]
            pick = lambda mask: next(
                smooth[q]
                for q in range(len(smooth))
                if np.array_equal((at_384[0, q] > 0).numpy(), mask)
            )
            rows = [(score, label, (pick(mask) > 0).numpy()) for score, label, mask in rows]
        else:
            rows = smooth_masks(outputs, (height, width), rows)
    rows = sorted((row for row in rows if row[2].any()), key=lambda row: -row[0])[: case["max"]]
    return [(tight_box(mask), score, label, mask) for score, label, mask in rows]


def main():
    for number, (name, changes) in enumerate(CASES.items()):
        case = {**DEFAULTS, **changes}
        outputs, answer = settle(
            lambda random: draw(random, case), lambda outputs: decode(case, outputs), number
        )
        width, height = case["source"] or case["planes"]
        rule = "panoptic" if "panoptic" in case["variant"] else "instance"
        processor = type(PROCESSORS[case["variant"].split("-")[0]]).__name__
        header = {
            "variant": case["variant"],
            "source": {"width": width, "height": height},
            "network": dict(zip(("width", "height"), (4 * side for side in case["planes"]))),
            # Nothing in the tensors tells the layouts apart.
            "options": {
                "scoreThreshold": case["score"],
                "maxInstances": case["max"],
                "family": f"mask_former/{case['variant']}",
            },
            "expected": [instance(*row) for row in answer],
            "origin": f"transformers {transformers.__version__}, "
            f"{processor}.post_process_{rule}_segmentation; "
            f"see make_mask_former_goldens.py for masks",
        }
        if case["minIou"]:
            step = max(side / plane for side, plane in zip((width, height), case["planes"]))
            header |= {"minIou": case["minIou"], "maxBoxPx": step}
            header["why"] = (
                "the processor cuts off at the planes' size (Mask2Former: at 384 x 384) "
                "and enlarges by nearest neighbour; "
                "Masklet interpolates the logits to the picture"
            )
        path = write_golden("mask_former", name, header, outputs)
        print(f"{name}: {len(answer)} instances, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
