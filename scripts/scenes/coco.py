"""COCO-format ground truth: the 80 categories with their ids, and column-major RLE."""

import json

import numpy as np
from pycocotools import mask as coco_mask

# Category ids of the COCO 2017 detection task: 1..90 with gaps, in this order.
CATEGORIES = {
    1: "person",
    2: "bicycle",
    3: "car",
    4: "motorcycle",
    5: "airplane",
    6: "bus",
    7: "train",
    8: "truck",
    9: "boat",
    10: "traffic light",
    11: "fire hydrant",
    13: "stop sign",
    14: "parking meter",
    15: "bench",
    16: "bird",
    17: "cat",
    18: "dog",
    19: "horse",
    20: "sheep",
    21: "cow",
    22: "elephant",
    23: "bear",
    24: "zebra",
    25: "giraffe",
    27: "backpack",
    28: "umbrella",
    31: "handbag",
    32: "tie",
    33: "suitcase",
    34: "frisbee",
    35: "skis",
    36: "snowboard",
    37: "sports ball",
    38: "kite",
    39: "baseball bat",
    40: "baseball glove",
    41: "skateboard",
    42: "surfboard",
    43: "tennis racket",
    44: "bottle",
    46: "wine glass",
    47: "cup",
    48: "fork",
    49: "knife",
    50: "spoon",
    51: "bowl",
    52: "banana",
    53: "apple",
    54: "sandwich",
    55: "orange",
    56: "broccoli",
    57: "carrot",
    58: "hot dog",
    59: "pizza",
    60: "donut",
    61: "cake",
    62: "chair",
    63: "couch",
    64: "potted plant",
    65: "bed",
    67: "dining table",
    70: "toilet",
    72: "tv",
    73: "laptop",
    74: "mouse",
    75: "remote",
    76: "keyboard",
    77: "cell phone",
    78: "microwave",
    79: "oven",
    80: "toaster",
    81: "sink",
    82: "refrigerator",
    84: "book",
    85: "clock",
    86: "vase",
    87: "scissors",
    88: "teddy bear",
    89: "hair drier",
    90: "toothbrush",
}

CATEGORY_IDS = {name: number for number, name in CATEGORIES.items()}


def encode_rle(mask):
    """`segmentation` (compressed counts), `area` and `bbox` of an HxW boolean mask."""
    rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {
        "segmentation": {"size": list(rle["size"]), "counts": rle["counts"].decode("ascii")},
        "area": int(coco_mask.area(rle)),
        "bbox": [float(v) for v in coco_mask.toBbox(rle)],
    }


def write_instances(path, pictures):
    """Writes `pictures` (file_name, width, height, instances) as one COCO file."""
    images, annotations = [], []
    for number, picture in enumerate(pictures, 1):
        images.append({"id": number, **{k: picture[k] for k in ("file_name", "width", "height")}})
        for instance in picture["instances"]:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": CATEGORY_IDS[instance["category"]],
                    "iscrowd": 0,
                    "area": instance["area"],
                    "bbox": instance["bbox"],
                    "segmentation": instance["segmentation"],
                    "object_index": instance["id"],
                }
            )
    content = {
        "info": {
            "description": "Sample scenes of Masklet with exact instance masks",
            "version": "1.0",
        },
        "licenses": [{"id": 1, "name": "CC0-1.0"}],
        "images": [dict(image, license=1) for image in images],
        "annotations": annotations,
        "categories": [{"id": n, "name": name} for n, name in CATEGORIES.items()],
    }
    with open(path, "w") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
