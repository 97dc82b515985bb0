"""Writes tests/golden/prompt: pictures and what the networks of make_prompt_models.py must answer
about them, by numpy_prompt.py.

NAME.png is the picture, NAME.json:

  picture, width, height
  rule      how the picture is fitted into the network: longest-side (padding right and below) or
            stretch
  origin    what computed the answers
  prompts   [{name, points: [{x, y, label}], box: [x1, y1, x2, y2] or null, maskFrom: {prompt,
            token} or absent,
              tokens: [{rle, predictedIou, stability}] of the four mask tokens, the first being the
                single-mask one}]
            in source pixels; maskFrom names the prompt whose low-resolution mask of that token is
              given as the mask input

Run with Python 3, numpy, scipy, torch, opencv, onnxruntime, pycocotools: python3
tests/golden/make_prompt_goldens.py [PICTURE ...]
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

import numpy_prompt
from golden_file import rle

OUT = Path(__file__).resolve().parent / "prompt"
MODELS = OUT.parent.parent / "data" / "prompt_models"
BACKGROUND, RED, GREEN, BLUE, YELLOW = (
    (30, 40, 50),
    (200, 60, 60),
    (60, 200, 90),
    (50, 80, 220),
    (240, 220, 20),
)
# The first is 0.16 (inside the single-mask tolerance, outside the tight one) from RED, the second
# 0.51 (inside the loose one only).
NEAR_RED, FAR_FROM_RED = (220, 70, 70), (255, 98, 98)
MEAN_COLOR = (124, 116, 104)


def canvas(width, height, color=BACKGROUND):
    return np.full((height, width, 3), color, np.uint8)


def disc(picture, x, y, radius, color):
    cv2.circle(picture, (x, y), radius, color, -1)


def box(picture, x1, y1, x2, y2, color):
    picture[y1:y2, x1:x2] = color


def fg(x, y):
    return {"x": x, "y": y, "label": "foreground"}


def bg(x, y):
    return {"x": x, "y": y, "label": "background"}


def prompt(name, points=(), box=None, mask_from=None):
    found = {"name": name, "points": list(points), "box": box}
    return found | (
        {"maskFrom": {"prompt": mask_from[0], "token": mask_from[1]}} if mask_from else {}
    )


def square():
    """A target of three reds, a green ring, and shapes at every border."""
    p = canvas(256, 256)
    disc(p, 80, 90, 60, FAR_FROM_RED)
    disc(p, 80, 90, 45, NEAR_RED)
    disc(p, 80, 90, 25, RED)
    cv2.circle(p, (190, 170), 44, GREEN, 18)
    box(p, 120, 0, 200, 20, BLUE)
    box(p, 236, 60, 256, 100, YELLOW)
    box(p, 0, 180, 30, 256, GREEN)
    return p, [
        prompt("centre", [fg(80.5, 90.5)]),
        prompt("ring", [fg(190.5, 126.5)]),
        prompt("hole of the ring", [fg(190.5, 170.5)]),
        prompt("top border", [fg(150, 0.5)]),
        prompt("right border", [fg(255.5, 80)]),
        prompt("bottom left corner", [fg(0.5, 255.5)]),
        prompt("background", [fg(10, 10)]),
        prompt("two points", [fg(80.5, 90.5), fg(150, 10)]),
        prompt("point and background point", [fg(80.5, 90.5), bg(80.5, 130)]),
        prompt("only a background point", [bg(80.5, 90.5)]),
        prompt("box", box=[20.5, 30.25, 90, 140]),
        prompt("box around everything", box=[0, 0, 256, 256]),
        prompt("box and point", [fg(190.5, 126.5)], box=[150, 110, 240, 200]),
        prompt(
            "box, point and background point",
            [fg(80.5, 90.5), bg(80.5, 40)],
            box=[10, 40, 100, 150],
        ),
        prompt("tight mask fed back", [fg(80.5, 90.5)], mask_from=("centre", 1)),
        prompt("loose mask fed back", [fg(80.5, 90.5)], mask_from=("centre", 3)),
    ]


def bars(width, height):
    """Colored bars along the longer side, some shorter than the picture."""
    p = canvas(width, height)
    along, across = max(width, height), min(width, height)
    for k, color in enumerate((RED, GREEN, BLUE, YELLOW)):
        start, end = along * (2 * k + 1) // 9, along * (2 * k + 2) // 9
        low, high = (0, across * 3 // 4) if k % 2 else (across // 4, across)
        (
            box(p, start, low, end, high, color)
            if width > height
            else box(p, low, start, high, end, color)
        )
    at = lambda k: (along * (4 * k + 3) / 18, across / 2)
    place = lambda k: fg(*(at(k) if width > height else at(k)[::-1]))
    edge = [width * 0.1, height * 0.047, width * 0.62, height * 0.93]
    return p, [
        prompt("first bar", [place(0)]),
        prompt("last bar", [place(3)]),
        prompt("two bars", [place(1), place(2)]),
        prompt("background", [fg(0.5, 0.5)]),
        prompt("last corner", [fg((width - 0.5) * 0.95, (height - 0.5) * 0.95)]),
        prompt("box", box=edge),
        prompt("bar minus bar", [place(1), bg(place(3)["x"], place(3)["y"])]),
    ]


def odd():
    p, prompts = bars(257, 191)
    disc(p, 257, 40, 22, NEAR_RED)
    return p, [
        *prompts,
        prompt("disc", [fg(256.5, 40.5)]),
        prompt("disc in a box", box=[241.3, 30.7, 257, 56.6]),
    ]


def padding():
    """The lower part has the color that padding has for the network: the region goes on there,
    which only the predicted IoU shows.
    """
    p = canvas(300, 150)
    box(p, 0, 90, 300, 150, MEAN_COLOR)
    disc(p, 70, 45, 25, RED)
    return p, [prompt("colour of the padding", [fg(150, 120)]), prompt("disc", [fg(70.5, 45.5)])]


def shapes():
    """Seven shapes of one color each."""
    p = canvas(320, 240, (235, 235, 235))
    disc(p, 50, 50, 30, RED)
    disc(p, 270, 60, 26, GREEN)
    box(p, 110, 20, 200, 75, BLUE)
    box(p, 20, 110, 80, 220, (20, 20, 20))
    cv2.fillPoly(p, [np.array([[150, 100], [210, 190], [100, 190]])], YELLOW)
    cv2.ellipse(p, (270, 170), (30, 50), 20, 0, 360, (200, 60, 220), -1)
    box(p, 120, 205, 230, 235, (20, 160, 160))
    middle = [
        (50.5, 50.5),
        (270.5, 60.5),
        (150, 45),
        (50, 160),
        (150, 160),
        (270.5, 170.5),
        (170, 220),
    ]
    return p, [prompt(f"shape {k}", [fg(*m)]) for k, m in enumerate(middle)]


PICTURES = {
    "square": square,
    "wide": lambda: bars(400, 90),
    "tall": lambda: bars(90, 333),
    "odd": odd,
    "one_row": lambda: bars(60, 1),
    "one_column": lambda: bars(1, 50),
    "large": lambda: bars(1501, 1003),
    "padding": padding,
    "shapes": shapes,
}


def graph_tokens(picture, case, rule, low_res_mask, sessions):
    """The same by the ONNX graphs, to see that both agree."""
    height, width = picture.shape[:2]
    content = numpy_prompt.content_size(height, width, rule)
    scale = np.float32([content[1] / width, content[0] / height])
    points = [[p["x"], p["y"]] for p in case["points"]]
    labels = [1 if p["label"] == "foreground" else 0 for p in case["points"]]
    if case["box"]:
        points, labels = [*points, case["box"][:2], case["box"][2:]], [*labels, 2, 3]
    encoder, decoder = sessions
    image = numpy_prompt.network_input(picture, rule)
    embedding = encoder.run(None, {"input_image": image})[0]
    feeds = {
        "image_embeddings": embedding,
        "point_coords": (np.float32(points) * scale)[None].astype(np.float32),
        "point_labels": np.float32([labels]),
        "mask_input": (
            np.zeros((1, 1, 256, 256), np.float32)
            if low_res_mask is None
            else low_res_mask[None, None].astype(np.float32)
        ),
        "has_mask_input": np.float32([low_res_mask is not None]),
        "orig_im_size": np.float32([height, width]),
    }
    _, iou, low_res = decoder.run(None, feeds)
    return numpy_prompt.source_logits(low_res[0], height, width, rule) > 0, iou[0]


def check(name, case, tokens, masks, iou):
    for k, token in enumerate(tokens):
        union = (masks[k] | token["mask"]).sum()
        overlap = (masks[k] & token["mask"]).sum() / union if union else 1
        assert (
            overlap >= 0.9995
        ), f"{name}, {case['name']}, token {k}: graph and reference have IoU {overlap}"
        assert (
            abs(iou[k] - token["predictedIou"]) < 5e-5
        ), f"{name}, {case['name']}, token {k}: IoU {iou[k]} and {token['predictedIou']}"


def answers(name, picture, prompts, rule, sessions):
    low_res, found = {}, []
    for case in prompts:
        source = case.get("maskFrom")
        given = low_res[source["prompt"]][source["token"]] if source else None
        tokens, low_res[case["name"]] = numpy_prompt.predict(picture, case, rule, given)
        check(name, case, tokens, *graph_tokens(picture, case, rule, given, sessions))
        written = [
            {
                "rle": rle(token["mask"]),
                "predictedIou": round(token["predictedIou"], 6),
                "stability": round(token["stability"], 6),
            }
            for token in tokens
        ]
        found.append({**case, "tokens": written})
    return found


def main():
    OUT.mkdir(exist_ok=True)
    sessions = [
        onnxruntime.InferenceSession(str(MODELS / f"sam_{part}.onnx"))
        for part in ("encoder", "decoder")
    ]
    for name in sys.argv[1:] or PICTURES:
        picture, prompts = PICTURES[name]()
        height, width = picture.shape[:2]
        cv2.imwrite(str(OUT / f"{name}.png"), picture[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
        for rule in ("longest-side", "stretch"):
            header = {
                "picture": f"{name}.png",
                "width": width,
                "height": height,
                "rule": rule,
                "origin": "numpy_prompt.py: numpy, priority flood, scipy.ndimage.label; agrees "
                "with the ONNX graphs",
                "prompts": answers(name, picture, prompts, rule, sessions),
            }
            (OUT / f"{name}_{rule.split('-')[0]}.json").write_text(
                json.dumps(header, separators=(",", ":")) + "\n"
            )
            print(name, rule)


if __name__ == "__main__":
    main()
