"""Writes tests/data/reference_models/{sam,sam2}_tiny_*.onnx and tests/golden/prompt_reference/*:
transformers' SamModel and Sam2Model with small random weights, exported with the tensor names of
transformers.js, and what transformers itself answers.

NAME.json: {family, encoder, decoder, picture, width, height, origin, prompts: [{name, points: [{x,
y, label}], box or null, candidates: [{rle, predictedIou}]}]}: the three multimask candidates in the
network's order, in source pixels. The picture is given to the reference with float bilinear
resizing: transformers' own processors round the resized picture to whole levels first.

Run once with Python 3, torch, transformers 5.23, onnx, onnxruntime, opencv, pycocotools: python3
tests/golden/make_sam_references.py
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from transformers import Sam2Config, Sam2Model, SamConfig, SamModel
from transformers.models.sam.image_processing_sam import SamImageProcessor
from transformers.models.sam2.image_processing_sam2 import Sam2ImageProcessor

from golden_file import rle

HERE = Path(__file__).resolve().parent
MODELS, OUT = HERE.parent / "data" / "reference_models", HERE / "prompt_reference"
SIDE = 128
MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
PICTURES = {
    "square": (128, 128),
    "wide": (150, 41),
    "tall": (37, 118),
    "odd": (101, 77),
    "large": (331, 257),
    "one_row": (90, 1),
}


def enlarge(model, seed):
    """Weights large enough for masks that depend on picture and prompt."""
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "positional_embedding" in name:
            continue
        if weight.dim() > 1:
            torch.nn.init.normal_(
                weight, std=1.0 / np.sqrt(weight[0].numel()) if "embed" not in name else 0.5
            )
        elif "norm" not in name:
            torch.nn.init.normal_(weight, std=0.1)
    return model.eval().requires_grad_(False)


def tiny_sam():
    vision = dict(
        hidden_size=32,
        output_channels=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=16,
        window_size=4,
        global_attn_indexes=[1],
        mlp_dim=64,
        num_pos_feats=16,
    )
    prompt = dict(hidden_size=32, image_size=SIDE, patch_size=16, mask_input_channels=4)
    decoder = dict(hidden_size=32, mlp_dim=64, num_attention_heads=2, iou_head_hidden_dim=32)
    config = SamConfig(
        vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
    )
    return enlarge(SamModel._from_config(config, attn_implementation="eager"), 3)


def tiny_sam2():
    backbone = dict(
        hidden_size=8,
        num_attention_heads=1,
        image_size=[SIDE, SIDE],
        patch_kernel_size=[7, 7],
        patch_stride=[4, 4],
        patch_padding=[3, 3],
        query_stride=[2, 2],
        window_positional_embedding_background_size=[4, 4],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 2, 4, 8],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = dict(
        backbone_config={"model_type": "sam2_hiera_det_model", **backbone},
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[32, 32], [16, 16], [8, 8]],
        fpn_hidden_size=32,
    )
    prompt = dict(hidden_size=32, image_size=SIDE, patch_size=16, mask_input_channels=4)
    decoder = dict(hidden_size=32, mlp_dim=64, num_attention_heads=2, iou_head_hidden_dim=32)
    config = Sam2Config(
        vision_config=vision, prompt_encoder_config=prompt, mask_decoder_config=decoder
    )
    return enlarge(Sam2Model._from_config(config, attn_implementation="eager"), 5)


class SamEncoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return (
            self.model.get_image_embeddings(pixel_values),
            self.model.get_image_wide_positional_embeddings(),
        )


class SamDecoder(SamEncoder):
    def forward(self, input_points, input_labels, image_embeddings, image_positional_embeddings):
        sparse, dense = self.model.prompt_encoder(
            input_points=input_points, input_labels=input_labels, input_boxes=None, input_masks=None
        )
        masks, iou = self.model.mask_decoder(
            image_embeddings=image_embeddings,
            image_positional_embeddings=image_positional_embeddings,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
        )[:2]
        return iou, masks


class Sam2Encoder(SamEncoder):
    def forward(self, pixel_values):
        return tuple(self.model.get_image_embeddings(pixel_values))


class Sam2Decoder(SamEncoder):
    """Boxes may be none at all ([1, 0, 4]); then the points must hold the padding point that the
    model would add.
    """

    def forward(self, input_points, input_labels, input_boxes, fine, middle, coarse):
        prompts = self.model.prompt_encoder
        points = prompts._embed_points(input_points, input_labels, pad=False)
        boxes = prompts._embed_boxes(input_boxes)
        sparse = torch.cat(
            [points, boxes.reshape(1, input_points.shape[1], -1, points.shape[-1])], dim=2
        )
        dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(
            1, -1, *prompts.image_embedding_size
        )
        masks, iou, _, presence = self.model.mask_decoder(
            image_embeddings=coarse,
            image_positional_embeddings=self.model.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
            high_resolution_features=[fine, middle],
        )
        return iou, masks, presence


def fold_branches(path):
    """Branches on sizes that are fixed go: ONNX Runtime 1.30 infers conflicting shapes for the two
    sides of padding to whole windows.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options)
    model = onnx.load(str(path))
    used = {node.domain for node in model.graph.node}
    imports = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:], model.graph.value_info[:]
    model.opset_import.extend(imports)
    path.write_bytes(model.SerializeToString())


def export(name, module, inputs, outputs, dynamic):
    path = MODELS / f"{name}.onnx"
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=dynamic,
        opset_version=17,
        dynamo=False,
        do_constant_folding=True,
    )
    model = onnx.load(str(path))
    model.doc_string = ""
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
    path.write_bytes(model.SerializeToString())
    if not dynamic:
        fold_branches(path)
    print(path.name, path.stat().st_size)
    return onnxruntime.InferenceSession(str(path))


POINT_AXES = {
    "input_points": {1: "point_batch_size", 2: "nb_points_per_image"},
    "input_labels": {1: "point_batch_size", 2: "nb_points_per_image"},
    "iou_scores": {1: "point_batch_size"},
    "pred_masks": {1: "point_batch_size"},
}


def export_sam(model):
    image = torch.zeros(1, 3, SIDE, SIDE)
    embedding, position = SamEncoder(model)(image)
    names = ["image_embeddings", "image_positional_embeddings"]
    encoder = export(
        "sam_tiny_vision_encoder", SamEncoder(model), {"pixel_values": image}, names, {}
    )
    inputs = {
        "input_points": torch.ones(1, 2, 3, 2),
        "input_labels": torch.ones(1, 2, 3, dtype=torch.int64),
        names[0]: embedding,
        names[1]: position,
    }
    return encoder, export(
        "sam_tiny_prompt_encoder_mask_decoder",
        SamDecoder(model),
        inputs,
        ["iou_scores", "pred_masks"],
        POINT_AXES,
    )


def export_sam2(model):
    image = torch.zeros(1, 3, SIDE, SIDE)
    features = Sam2Encoder(model)(image)
    names = [f"image_embeddings.{k}" for k in range(3)]
    encoder = export(
        "sam2_tiny_vision_encoder", Sam2Encoder(model), {"pixel_values": image}, names, {}
    )
    inputs = {
        "input_points": torch.ones(1, 2, 3, 2),
        "input_labels": torch.ones(1, 2, 3, dtype=torch.int64),
        "input_boxes": torch.ones(1, 2, 4),
        **dict(zip(names, features)),
    }
    outputs = ["iou_scores", "pred_masks", "object_score_logits"]
    axes = {
        **POINT_AXES,
        "input_boxes": {1: "num_boxes"},
        "object_score_logits": {1: "point_batch_size"},
    }
    return encoder, export(
        "sam2_tiny_prompt_encoder_mask_decoder", Sam2Decoder(model), inputs, outputs, axes
    )


def picture_of(width, height, seed):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (max(2, height // 12 + 2), max(2, width // 12 + 2), 3)).astype(
        np.uint8
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def content_size(height, width, family):
    if family == "sam2_transformers":
        return SIDE, SIDE
    scale = SIDE / max(height, width)
    return int(height * scale + 0.5), int(width * scale + 0.5)


def pixels_of(picture, size):
    planes = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32))[None]
    resized = torch.nn.functional.interpolate(planes, size, mode="bilinear", align_corners=False)
    normalized = (resized / 255 - MEAN) / STD
    return torch.nn.functional.pad(normalized, (0, SIDE - size[1], 0, SIDE - size[0]))


def prompts_of(width, height, family):
    at = lambda u, v, label="foreground": {"x": width * u, "y": height * v, "label": label}
    case = lambda name, points, box=None: {"name": name, "points": points, "box": box}
    cases = [
        case("one point", [at(0.31, 0.42)]),
        case("another point", [at(0.8, 0.75)]),
        case("corner", [at(0, 0)]),
        case("two points", [at(0.31, 0.42), at(0.6, 0.9)]),
        case("a background point", [at(0.31, 0.42), at(0.7, 0.2, "background")]),
    ]
    if family == "sam2_transformers":
        box = [width * 0.15, height * 0.1, width * 0.77, height * 0.83]
        cases += [case("box", [], box), case("box and point", [at(0.4, 0.5)], box)]
    return cases


def answer(model, family, features, case, size, original):
    scale = np.array([size[1] / original[1], size[0] / original[0]])
    points = [np.array([p["x"], p["y"]]) * scale for p in case["points"]]
    labels = [1 if p["label"] == "foreground" else 0 for p in case["points"]]
    arguments = {}
    if points:
        arguments |= {
            "input_points": torch.tensor(np.float32(points)).reshape(1, 1, -1, 2),
            "input_labels": torch.tensor(labels).reshape(1, 1, -1),
        }
    if case["box"]:
        arguments["input_boxes"] = torch.tensor(
            np.float32(case["box"]) * np.tile(scale, 2).astype(np.float32)
        ).reshape(1, 1, 4)
    result = model(image_embeddings=features, multimask_output=True, **arguments)
    if family == "sam_transformers":
        post = SamImageProcessor().post_process_masks
        masks = post(
            result.pred_masks, [original], [size], pad_size={"height": SIDE, "width": SIDE}
        )
    else:
        masks = Sam2ImageProcessor().post_process_masks(result.pred_masks, [original])
    return masks[0][0].numpy(), result.iou_scores[0, 0].numpy(), result


def compare_graph(family, sessions, pixels, case, size, original, result):
    """The exported graphs answer as the model does."""
    encoder, decoder = sessions
    features = dict(
        zip(
            [o.name for o in encoder.get_outputs()],
            encoder.run(None, {"pixel_values": pixels.numpy()}),
        )
    )
    scale = np.array([size[1] / original[1], size[0] / original[0]])
    points = [np.array([p["x"], p["y"]]) * scale for p in case["points"]]
    labels = [1 if p["label"] == "foreground" else 0 for p in case["points"]]
    feeds = dict(features)
    if family == "sam2_transformers":
        box = [] if case["box"] is None else np.array(case["box"]) * np.tile(scale, 2)
        if case["box"] is None:
            points, labels = [*points, [0, 0]], [*labels, -1]
        feeds["input_boxes"] = np.float32(box).reshape(1, -1, 4)
    feeds["input_points"] = np.float32(points).reshape(1, 1, -1, 2)
    feeds["input_labels"] = np.int64(labels).reshape(1, 1, -1)
    iou, masks = decoder.run(["iou_scores", "pred_masks"], feeds)
    assert np.abs(result.pred_masks.numpy()).max() > 0.1
    return (
        np.abs(masks - result.pred_masks.numpy()).max(),
        np.abs(iou - result.iou_scores.numpy()).max(),
    )


def write(family, stem, model, sessions, seed):
    for name, (width, height) in PICTURES.items():
        picture = picture_of(width, height, seed)
        original, size = (height, width), content_size(height, width, family)
        pixels = pixels_of(picture, size)
        features = model.get_image_embeddings(pixels)
        cases = []
        for case in prompts_of(width, height, family):
            masks, iou, result = answer(model, family, features, case, size, original)
            difference = compare_graph(family, sessions, pixels, case, size, original, result)
            assert (
                max(difference) < 1e-4
            ), f"{stem}_{name}, {case['name']}: graph and model differ by {difference}"
            cases.append(
                {
                    **case,
                    "candidates": [
                        {"rle": rle(m), "predictedIou": float(s)} for m, s in zip(masks, iou)
                    ],
                }
            )
        header = {
            "family": family,
            "encoder": f"{stem}_vision_encoder.onnx",
            "decoder": f"{stem}_prompt_encoder_mask_decoder.onnx",
            "picture": f"{name}.png",
            "width": width,
            "height": height,
            "origin": f"transformers {transformers.__version__}",
            "prompts": cases,
        }
        cv2.imwrite(str(OUT / f"{name}.png"), picture[:, :, ::-1])
        (OUT / f"{stem}_{name}.json").write_text(json.dumps(header, separators=(",", ":")) + "\n")


def main():
    OUT.mkdir(exist_ok=True)
    MODELS.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or ["sam", "sam2"]
    if "sam" in wanted:
        sam = tiny_sam()
        write("sam_transformers", "sam_tiny", sam, export_sam(sam), 11)
    if "sam2" in wanted:
        sam2 = tiny_sam2()
        write("sam2_transformers", "sam2_tiny", sam2, export_sam2(sam2), 11)


if __name__ == "__main__":
    main()
