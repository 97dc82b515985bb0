"""Writes tests/data/prompt_models/*.onnx: promptable networks with the tensors of each public
export of Segment Anything and its kin.

Names, ranks, types and dimensions are those of the exports; what the graphs compute is in
prompt_graphs.py.

  sam_encoder               image [1, 3, 1024, 1024] normalized -> image_embeddings
  sam_encoder_raw           samexporter's: input_image [H, W, 3] 0..255, already resized; normalized
                            and padded inside
  sam_decoder               segment_anything's: four masks at the picture's size, iou_predictions,
                            low_res_masks
  sam_decoder_single        the same with return_single_mask
  sam_decoder_cvat          single mask cut to its box, with xtl, ytl, xbr, ybr
  edge_sam_*                EdgeSAM: decoder with scores and masks only
  efficient_sam_*           EfficientSAM: encoder, decoder, and both in one file
  sam_hf_*                  SAM in the transformers.js export
  sam2_hf_*                 SAM 2 in the transformers.js export
  sam2_samexporter_*        SAM 2 by samexporter
  sam2_ort_*                SAM 2 by ONNX Runtime's exporter: multimask, single, and with logits
                            instead of bool

Run with Python 3, numpy and onnx: python3 tests/golden/make_prompt_models.py
"""

from pathlib import Path

import numpy as np

from prompt_graphs import (
    BOOL,
    FLOAT,
    INT32,
    INT64,
    Graph,
    box_of_input,
    box_of_labels,
    cells_of,
    f32,
    i64,
    longest_side_masks,
    pack,
    region_logits,
    resize_to,
    select_mask,
    unpack,
)

OUT = Path(__file__).resolve().parent.parent / "data" / "prompt_models"
IMAGE_NET_MEAN, IMAGE_NET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGE = [1, 3, 1024, 1024]
EMBEDDING = [1, 256, 64, 64]
SAM2_FEATURES = ([1, 32, 256, 256], [1, 64, 128, 128], EMBEDDING)


def save(g, name, inputs, outputs):
    data = g.model(name, inputs, outputs).SerializeToString()
    (OUT / f"{name}.onnx").write_bytes(data)
    print(f"{name}.onnx", len(data))


def sam_embedding(g, image):
    return pack(g, cells_of(g, image, IMAGE_NET_MEAN, IMAGE_NET_STD), 256, 4)


def sam_encoder(name, input_name):
    g = Graph()
    g.name_output(sam_embedding(g, input_name), "image_embeddings")
    save(g, name, [(input_name, FLOAT, IMAGE)], [("image_embeddings", FLOAT, EMBEDDING)])


def sam_encoder_raw():
    g = Graph()
    scaled = g.add("Sub", g.add("Mul", "input_image", f32(1 / 255)), f32(IMAGE_NET_MEAN))
    planes = g.add(
        "Unsqueeze",
        g.add("Transpose", g.add("Div", scaled, f32(IMAGE_NET_STD)), perm=[2, 0, 1]),
        i64(0),
    )
    missing = g.add("Sub", i64(1, 3, 1024, 1024), g.add("Shape", planes))
    padded = g.add("Pad", planes, g.add("Concat", i64(0, 0, 0, 0), missing, axis=0))
    g.name_output(sam_embedding(g, padded), "image_embeddings")
    save(
        g,
        "sam_encoder_raw",
        [("input_image", FLOAT, ["image_height", "image_width", 3])],
        [("image_embeddings", FLOAT, EMBEDDING)],
    )


SAM_PROMPTS = [
    ("point_coords", FLOAT, [1, "num_points", 2]),
    ("point_labels", FLOAT, [1, "num_points"]),
]
SAM_INPUTS = [
    ("image_embeddings", FLOAT, EMBEDDING),
    *SAM_PROMPTS,
    ("mask_input", FLOAT, [1, 1, 256, 256]),
    ("has_mask_input", FLOAT, [1]),
    ("orig_im_size", FLOAT, [2]),
]


def prompted(g, cells, mask=("mask_input", "has_mask_input"), labels="point_labels"):
    box = box_of_labels(g, "point_coords", labels)
    return region_logits(g, cells, "point_coords", labels, box, mask)


def sam_decoder(name, single=False):
    g = Graph()
    logits, iou = prompted(g, unpack(g, "image_embeddings", 3, 4))
    if single:
        logits, iou = select_mask(g, logits, iou, "point_coords")
    count = 1 if single else 4
    g.name_output(longest_side_masks(g, logits, "orig_im_size"), "masks")
    g.name_output(iou, "iou_predictions")
    g.name_output(logits, "low_res_masks")
    outputs = [
        ("masks", FLOAT, [1, count, "h", "w"]),
        ("iou_predictions", FLOAT, [1, count]),
        ("low_res_masks", FLOAT, [1, count, 256, 256]),
    ]
    save(g, name, SAM_INPUTS, outputs)


def sam_decoder_cvat():
    g = Graph()
    logits, iou = select_mask(g, *prompted(g, unpack(g, "image_embeddings", 3, 4)), "point_coords")
    masks = longest_side_masks(g, logits, "orig_im_size")
    positive = g.add("Cast", g.add("Greater", masks, f32(0)), to=FLOAT)
    # An empty mask gives the whole picture: ArgMax of equals is the first (or, from the end, the
    # last) index.
    edges = {}
    for low, high, other in (("xtl", "xbr", 2), ("ytl", "ybr", 3)):
        line = g.add("Reshape", g.add("ReduceMax", positive, axes=[other], keepdims=0), i64(-1))
        edges[low] = g.add("ArgMax", line, axis=0, keepdims=1)
        edges[high] = g.add("ArgMax", line, axis=0, keepdims=1, select_last_index=1)
    start = g.add("Concat", edges["ytl"], edges["xtl"], axis=0)
    end = g.add("Add", g.add("Concat", edges["ybr"], edges["xbr"], axis=0), i64(1, 1))
    g.name_output(g.add("Slice", masks, start, end, i64(2, 3)), "masks")
    g.name_output(iou, "iou_predictions")
    g.name_output(logits, "low_res_masks")
    for name in ("xtl", "ytl", "xbr", "ybr"):
        g.name_output(edges[name], name)
    outputs = [
        ("masks", FLOAT, [1, 1, "h", "w"]),
        ("iou_predictions", FLOAT, [1, 1]),
        ("low_res_masks", FLOAT, [1, 1, 256, 256]),
    ]
    save(
        g,
        "sam_decoder_cvat",
        SAM_INPUTS,
        [*outputs, *((name, INT64, [1]) for name in ("xtl", "ytl", "xbr", "ybr"))],
    )


def edge_sam():
    sam_encoder("edge_sam_encoder", "image")
    g = Graph()
    logits, iou = prompted(g, unpack(g, "image_embeddings", 3, 4), mask=None)
    g.name_output(iou, "scores")
    g.name_output(logits, "masks")
    inputs = [("image_embeddings", FLOAT, EMBEDDING), *SAM_PROMPTS]
    save(
        g,
        "edge_sam_decoder",
        inputs,
        [("scores", FLOAT, [1, 4]), ("masks", FLOAT, [1, 4, 256, 256])],
    )


EFFICIENT_PROMPTS = [
    ("batched_point_coords", FLOAT, [1, "num_queries", "num_points", 2]),
    ("batched_point_labels", FLOAT, [1, "num_queries", "num_points"]),
]
EFFICIENT_OUTPUTS = [
    ("output_masks", FLOAT, [1, "num_queries", 3, "h", "w"]),
    ("iou_predictions", FLOAT, [1, "num_queries", 3]),
]
EFFICIENT_IMAGES = ("batched_images", FLOAT, ["batch", 3, "height", "width"])


def efficient_embedding(g):
    """Plain stretch of a 0..1 picture of any size."""
    image = resize_to(g, "batched_images", i64(1024), i64(1024))
    return pack(g, cells_of(g, image, None, None), 256, 4)


def efficient_masks(g, embedding, height, width):
    """height, width: int64 [1] of the picture. Labels: -1, 1, 2 and 3; a background point means
    nothing to this family.
    """
    scale = g.add(
        "Div", f32([1024, 1024]), g.add("Cast", g.add("Concat", width, height, axis=0), to=FLOAT)
    )
    points = g.add("Mul", g.add("Squeeze", "batched_point_coords", i64(0)), scale)
    labels = g.add("Squeeze", "batched_point_labels", i64(0))
    logits, iou = region_logits(
        g,
        unpack(g, embedding, 3, 4),
        points,
        labels,
        box_of_labels(g, points, labels),
        background=False,
    )
    best_first = i64(2, 3, 1)
    masks = resize_to(g, g.add("Gather", logits, best_first, axis=1), height, width)
    g.name_output(g.add("Unsqueeze", masks, i64(0)), "output_masks")
    g.name_output(
        g.add("Unsqueeze", g.add("Gather", iou, best_first, axis=1), i64(0)), "iou_predictions"
    )


def efficient_sam():
    g = Graph()
    g.name_output(efficient_embedding(g), "image_embeddings")
    save(g, "efficient_sam_encoder", [EFFICIENT_IMAGES], [("image_embeddings", FLOAT, EMBEDDING)])
    g = Graph()
    efficient_masks(
        g, "image_embeddings", g.slice("orig_im_size", 0, 1, 0), g.slice("orig_im_size", 1, 2, 0)
    )
    inputs = [
        ("image_embeddings", FLOAT, EMBEDDING),
        *EFFICIENT_PROMPTS,
        ("orig_im_size", INT64, [2]),
    ]
    save(g, "efficient_sam_decoder", inputs, EFFICIENT_OUTPUTS)
    g = Graph()
    efficient_masks(
        g, efficient_embedding(g), g.dim("batched_images", 2), g.dim("batched_images", 3)
    )
    save(g, "efficient_sam_combined", [EFFICIENT_IMAGES, *EFFICIENT_PROMPTS], EFFICIENT_OUTPUTS)


def hf_points(g):
    points = g.add("Squeeze", "input_points", i64(0))
    return points, g.add("Cast", g.add("Squeeze", "input_labels", i64(0)), to=FLOAT)


HF_POINTS = [
    ("input_points", FLOAT, [1, "point_batch_size", "nb_points_per_image", 2]),
    ("input_labels", INT64, [1, "point_batch_size", "nb_points_per_image"]),
]
HF_OUTPUTS = [
    ("iou_scores", FLOAT, [1, "point_batch_size", 3]),
    ("pred_masks", FLOAT, [1, "point_batch_size", 3, 256, 256]),
]


def hf_outputs(g, logits, iou):
    g.name_output(g.add("Unsqueeze", g.slice(iou, 1, 4, 1), i64(0)), "iou_scores")
    g.name_output(g.add("Unsqueeze", g.slice(logits, 1, 4, 1), i64(0)), "pred_masks")


def sam_hf():
    """The blue channel is in the positional embeddings, so that a decoder run without them would
    see another picture.
    """
    g = Graph()
    cells = cells_of(g, "pixel_values", IMAGE_NET_MEAN, IMAGE_NET_STD)
    red_green = g.add("Mul", cells, f32([1, 1, 0]).reshape(1, 3, 1, 1))
    blue = g.add("Mul", cells, f32([0, 0, 1]).reshape(1, 3, 1, 1))
    g.name_output(pack(g, red_green, 256, 4), "image_embeddings")
    g.name_output(pack(g, blue, 256, 4), "image_positional_embeddings")
    both = [
        ("image_embeddings", FLOAT, EMBEDDING),
        ("image_positional_embeddings", FLOAT, EMBEDDING),
    ]
    save(g, "sam_hf_vision_encoder", [("pixel_values", FLOAT, IMAGE)], both)
    g = Graph()
    cells = unpack(g, g.add("Add", "image_embeddings", "image_positional_embeddings"), 3, 4)
    points, labels = hf_points(g)
    # This export knows the labels 1, 0 and -1 only: no boxes.
    hf_outputs(g, *region_logits(g, cells, points, labels))
    save(g, "sam_hf_prompt_encoder_mask_decoder", [*HF_POINTS, *both], HF_OUTPUTS)


def sam2_encoder(name, input_name, output_names):
    """Red in the finest feature map, green in the middle one, blue in the embedding."""
    g = Graph()
    cells = cells_of(g, input_name, IMAGE_NET_MEAN, IMAGE_NET_STD)
    red, green, blue = (g.slice(cells, c, c + 1, 1) for c in range(3))
    zeros = g.add("ConstantOfShape", i64(1, 2, 256, 256))
    parts = (
        pack(g, red, 32, 1),
        pack(g, green, 64, 2),
        pack(g, g.add("Concat", blue, zeros, axis=1), 256, 4),
    )
    for part, output in zip(parts, output_names):
        g.name_output(part, output)
    save(
        g,
        name,
        [(input_name, FLOAT, IMAGE)],
        [(n, FLOAT, dims) for n, dims in zip(output_names, SAM2_FEATURES)],
    )


def sam2_cells(g, names):
    return g.add(
        "Concat",
        unpack(g, names[0], 1, 1),
        unpack(g, names[1], 1, 2),
        unpack(g, names[2], 1, 4),
        axis=1,
    )


def features(names):
    return [(name, FLOAT, dims) for name, dims in zip(names, SAM2_FEATURES)]


def sam2_hf():
    names = ("image_embeddings.0", "image_embeddings.1", "image_embeddings.2")
    sam2_encoder("sam2_hf_vision_encoder", "pixel_values", names)
    g = Graph()
    points, labels = hf_points(g)
    box = box_of_input(g, "input_boxes", g.dim("input_points", 1))
    logits, iou = region_logits(g, sam2_cells(g, names), points, labels, box)
    hf_outputs(g, logits, iou)
    best = g.add("ReduceMax", g.slice(logits, 1, 4, 1), axes=[1, 2, 3], keepdims=0)
    g.name_output(g.add("Reshape", best, i64(1, -1, 1)), "object_score_logits")
    inputs = [*HF_POINTS, ("input_boxes", FLOAT, [1, "num_boxes", 4]), *features(names)]
    save(
        g,
        "sam2_hf_prompt_encoder_mask_decoder",
        inputs,
        [*HF_OUTPUTS, ("object_score_logits", FLOAT, [1, "point_batch_size", 1])],
    )


def sam2_samexporter():
    names = ("high_res_feats_0", "high_res_feats_1", "image_embed")
    sam2_encoder("sam2_samexporter_encoder", "image", names)
    g = Graph()
    logits, iou = prompted(g, sam2_cells(g, names))
    g.name_output(g.slice(logits, 1, 4, 1), "masks")
    g.name_output(g.slice(iou, 1, 4, 1), "iou_predictions")
    inputs = [
        *(features(names)[k] for k in (2, 0, 1)),
        ("point_coords", FLOAT, ["num_labels", "num_points", 2]),
        ("point_labels", FLOAT, ["num_labels", "num_points"]),
        ("mask_input", FLOAT, ["num_labels", 1, 256, 256]),
        ("has_mask_input", FLOAT, ["num_labels"]),
    ]
    save(
        g,
        "sam2_samexporter_decoder",
        inputs,
        [
            ("masks", FLOAT, ["num_labels", 3, 256, 256]),
            ("iou_predictions", FLOAT, ["num_labels", 3]),
        ],
    )


def sam2_ort(name, names, single=False, as_logits=False):
    g = Graph()
    labels = g.add("Cast", "point_labels", to=FLOAT)
    logits, iou = prompted(g, sam2_cells(g, names), ("input_masks", "has_input_masks"), labels)
    first, last = (0, 1) if single else (1, 4)
    logits, iou = g.slice(logits, first, last, 1), g.slice(iou, first, last, 1)
    size = g.add("Cast", "original_image_size", to=INT64)
    masks = resize_to(g, logits, g.slice(size, 0, 1, 0), g.slice(size, 1, 2, 0))
    g.name_output(masks if as_logits else g.add("Greater", masks, f32(0)), "masks")
    g.name_output(iou, "iou_predictions")
    g.name_output(g.add("Clip", logits, f32(-32), f32(32)), "low_res_masks")
    inputs = [
        *features(names),
        ("point_coords", FLOAT, ["num_labels", "num_points", 2]),
        ("point_labels", INT32, ["num_labels", "num_points"]),
        ("input_masks", FLOAT, ["num_labels", 1, 256, 256]),
        ("has_input_masks", FLOAT, ["num_labels"]),
        ("original_image_size", INT32, [2]),
    ]
    count = last - first
    outputs = [
        (
            "masks",
            FLOAT if as_logits else BOOL,
            ["num_labels", count, "original_image_height", "original_image_width"],
        ),
        ("iou_predictions", FLOAT, ["num_labels", count]),
        ("low_res_masks", FLOAT, ["num_labels", count, 256, 256]),
    ]
    save(g, name, inputs, outputs)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    sam_encoder("sam_encoder", "input_image")
    sam_encoder_raw()
    sam_decoder("sam_decoder")
    sam_decoder("sam_decoder_single", single=True)
    sam_decoder_cvat()
    edge_sam()
    efficient_sam()
    sam_hf()
    sam2_hf()
    sam2_samexporter()
    names = ("image_features_0", "image_features_1", "image_embeddings")
    sam2_encoder("sam2_ort_encoder", "image", names)
    sam2_ort("sam2_ort_decoder", names)
    sam2_ort("sam2_ort_decoder_single", names, single=True)
    sam2_ort("sam2_ort_decoder_logits", names, as_logits=True)


if __name__ == "__main__":
    main()
