"""Makes tests/golden/mask_forms/goldens.txt: how reference implementations turn single mask outputs
into masks of the picture.

Run with torch, torchvision, transformers, opencv-python-headless and pycocotools installed; the
result is committed, and the C++ tests demand equal pixels: a case is drawn again while any pixel's
value is so near to its threshold that rounding decides.

Lines, fields separated by blanks:
  case NAME FORM PASTE SRC_W SRC_H NET_W NET_H MODE PLANES H W THRESHOLD VIA_W VIA_H CROP_TO_BOX X1
    Y1 X2 Y2 COEFFICIENTS... VALUES... COUNTS
      FORM: the MaskForm; PASTE, MODE: numbers of BoxPaste and ResizeMode; the box is in network
            pixels; COEFFICIENTS: one per plane, for
      croppedPrototypes only; VALUES: the planes; COUNTS: the mask as compressed COCO RLE of the
        whole picture.

References: torchvision.models.detection.roi_heads.paste_masks_in_image (torchvisionPaste*); torch
grid_sample at the positions of detectron2's _do_paste_mask (detectron2Paste*); cv2.resize as the
README of onnx/models' Mask R-CNN does (onnxPaste*); SamImageProcessor.post_process_masks of
transformers (sam*); torch interpolate (rfDetr*); crop() of YOLACT's box_utils and interpolate
(yolact*).
"""

import pathlib

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from pycocotools import mask as coco
from torchvision.models.detection.roi_heads import paste_masks_in_image
from transformers.models.sam.image_processing_sam import SamImageProcessor

OUT = pathlib.Path(__file__).parent / "mask_forms" / "goldens.txt"
rng = np.random.default_rng(11)
STRETCH, TOP_LEFT = 2, 1


def smooth(height, width, scale=1.2):
    """Probabilities with regions, not noise only."""
    noise = (
        cv2.GaussianBlur(rng.normal(size=(height, width)).astype(np.float32), (0, 0), scale)
        if min(height, width) > 2
        else rng.normal(size=(height, width)).astype(np.float32)
    )
    return (1 / (1 + np.exp(-4 * noise / max(noise.std(), 1e-3)))).astype(np.float32)


def torchvision_paste(plane, box, width, height):
    return paste_masks_in_image(
        torch.from_numpy(plane)[None, None],
        torch.tensor([box], dtype=torch.float32),
        (height, width),
    )[0, 0].numpy()


def detectron2_paste(plane, box, width, height):
    x1, y1, x2, y2 = torch.tensor(box, dtype=torch.float32)
    x = (torch.arange(width, dtype=torch.float32) + 0.5 - x1) / (x2 - x1) * 2 - 1
    y = (torch.arange(height, dtype=torch.float32) + 0.5 - y1) / (y2 - y1) * 2 - 1
    grid = torch.stack([x[None, :].expand(height, width), y[:, None].expand(height, width)], dim=2)[
        None
    ]
    return F.grid_sample(torch.from_numpy(plane)[None, None], grid, align_corners=False)[
        0, 0
    ].numpy()


def onnx_paste(plane, box, width, height):
    corners = [int(v) for v in np.asarray(box, np.float32)]
    resized = cv2.resize(plane, (corners[2] - corners[0] + 1, corners[3] - corners[1] + 1))
    frame = np.zeros((height, width), np.float32)
    x0, y0 = max(corners[0], 0), max(corners[1], 0)
    x1, y1 = min(corners[2] + 1, width), min(corners[3] + 1, height)
    frame[y0:y1, x0:x1] = resized[
        y0 - corners[1] : y1 - corners[1], x0 - corners[0] : x1 - corners[0]
    ]
    return frame


def sam(plane, size, src, via):
    """`size` = (height, width) of the picture inside the network input."""
    masks = SamImageProcessor().post_process_masks(
        [torch.from_numpy(plane)[None, None]],
        [list(src)],
        [list(size)],
        binarize=False,
        pad_size={"height": via, "width": via},
    )
    return np.asarray(masks[0])[0, 0]


def enlarge(plane, height, width):
    return F.interpolate(
        torch.from_numpy(plane)[None, None], (height, width), mode="bilinear", align_corners=False
    )[0, 0].numpy()


def yolact(planes, coefficients, box, width, height):
    """`box` is relative to the picture."""
    count, h, w = planes.shape
    probability = torch.sigmoid(
        torch.from_numpy(planes.transpose(1, 2, 0)) @ torch.from_numpy(coefficients)
    )
    x1, x2 = max(box[0] * w - 1, 0), min(box[2] * w + 1, w)
    y1, y2 = max(box[1] * h - 1, 0), min(box[3] * h + 1, h)
    column, row = torch.arange(w)[None, :], torch.arange(h)[:, None]
    inside = (column >= x1) & (column < x2) & (row >= y1) & (row < y2)
    return enlarge((probability * inside).numpy(), height, width)


def longest_side(width, height, net):
    scale = net / max(width, height)
    return int(height * scale + 0.5), int(width * scale + 0.5)


lines = []


def case(
    name, form, src, net, mode, threshold, make, paste=0, via=(0, 0), crop=False, box=(0, 0, 1, 1)
):
    """`make()` draws (planes, coefficients or None, values of the picture)."""
    for _ in range(200):
        planes, coefficients, values = make()
        if np.abs(values - threshold).min() > 1e-5:
            break
    else:
        raise SystemExit(f"{name}: no draw is clear of its threshold")
    frame = np.asfortranarray((values > threshold).astype(np.uint8))
    assert frame.shape == (src[1], src[0]), (name, frame.shape)
    numbers = [] if coefficients is None else list(coefficients)
    numbers += list(planes.reshape(-1))
    fields = [
        name,
        form,
        paste,
        *src,
        *net,
        mode,
        *planes.shape,
        threshold,
        *via,
        int(crop),
        *(f"{np.float32(v):.9g}" for v in box),
    ]
    fields += [f"{v:.9g}" for v in numbers] + [coco.encode(frame)["counts"].decode("ascii")]
    lines.append("case " + " ".join(map(str, fields)))


def paste_cases():
    boxes = [
        (5.2, 3.7, 21.9, 17.1),
        (0, 0, 12.5, 9.25),
        (20.3, 11.8, 37, 29),
        (0, 7.1, 37, 16.6),
        (10.4, 0, 15.2, 29),
        (-6.3, -4.9, 9.8, 8.2),
        (30.1, 22.2, 44.7, 35.5),
        (12.2, 13.1, 12.7, 13.4),
        (-20.5, -15.5, 60.2, 50.1),
        (8, 8, 16, 16),
    ]
    pastes = {
        "detectron2Paste": detectron2_paste,
        "torchvisionPaste": torchvision_paste,
        "onnxPaste": onnx_paste,
    }
    for number, (name, paste) in enumerate(pastes.items()):
        for index, box in enumerate(boxes):
            shape = (14, 14) if index % 3 else (7, 7)

            def make(paste=paste, box=box, shape=shape):
                plane = smooth(*shape)
                return plane[None], None, paste(plane, box, 37, 29)

            case(
                f"{name}{index}",
                "boxPlanes",
                (37, 29),
                (37, 29),
                STRETCH,
                0.5,
                make,
                paste=number,
                box=box,
            )


def plane_cases():
    for index, (width, height) in enumerate(
        [(40, 40), (61, 23), (23, 61), (64, 1), (1, 64), (90, 77), (33, 64)]
    ):

        def make(width=width, height=height):
            plane = (smooth(16, 16) - 0.5).astype(np.float32) * 8
            return (
                plane[None],
                None,
                sam(plane, longest_side(width, height, 64), (height, width), 64),
            )

        case(f"sam{index}", "planes", (width, height), (64, 64), TOP_LEFT, 0, make, via=(64, 64))
    for index, (width, height) in enumerate([(40, 40), (61, 23), (9, 50), (1, 1)]):

        def make(width=width, height=height):
            plane = (smooth(12, 12) - 0.5).astype(np.float32) * 8
            return plane[None], None, enlarge(plane, height, width)

        case(f"rfDetr{index}", "planes", (width, height), (48, 48), STRETCH, 0, make)


def yolact_cases():
    boxes = [
        (0.2, 0.3, 0.7, 0.8),
        (0, 0, 0.3, 0.25),
        (0.6, 0.7, 1, 1),
        (0.41, 0.52, 0.44, 0.55),
        (0, 0, 1, 1),
        (-0.2, 0.4, 0.5, 0.6),
    ]
    for index, box in enumerate(boxes):
        width, height = [(50, 50), (61, 31), (31, 61)][index % 3]

        def make(box=box, width=width, height=height):
            planes = np.maximum(rng.normal(size=(4, 13, 13)), 0).astype(np.float32)
            coefficients = np.tanh(rng.normal(size=4)).astype(np.float32)
            return planes, coefficients, yolact(planes, coefficients, box, width, height)

        case(
            f"yolact{index}",
            "croppedPrototypes",
            (width, height),
            (64, 64),
            STRETCH,
            0.5,
            make,
            box=[64 * v for v in box],
        )


paste_cases()
plane_cases()
yolact_cases()
OUT.parent.mkdir(exist_ok=True)
OUT.write_text("\n".join(lines) + "\n")
print(f"{len(lines)} cases, {OUT.stat().st_size} bytes")
