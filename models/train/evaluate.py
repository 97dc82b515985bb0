"""Average precision of a network on a folder of annotated photos.

    python evaluate.py NETWORK [FOLDER] [--only held_out.json] [--size 416] [--out FOLDER]

NETWORK is a checkpoint (.pt) or an .onnx file, FOLDER holds instances.json and images/. Writes to
--out: results.json (COCO results), figures.json, figures.txt and matches.npz, from which compare.py
resamples photos.
"""

import argparse
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
from pycocotools import mask as runs

from coco import DATA
from detect import FITS, Options, decode, fit_of, open_network
from precision import KINDS, read_truth, score

COLUMNS = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "recall")


def read_photo(path):
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not a picture that can be read")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def as_result(found, photo, categories, height, width):
    """A Detection as a COCO result: box x, y, width, height; compressed run lengths of the whole
    picture.
    """
    whole = np.zeros((height, width), np.uint8, order="F")
    whole[found.y : found.y + found.mask.shape[0], found.x : found.x + found.mask.shape[1]] = (
        found.mask
    )
    encoded = runs.encode(whole)
    x1, y1, x2, y2 = (round(float(v), 3) for v in found.box)
    return {
        "image_id": photo,
        "category_id": categories[found.category],
        "score": round(found.score, 6),
        "bbox": [x1, y1, round(x2 - x1, 3), round(y2 - y1, 3)],
        "segmentation": {"size": [height, width], "counts": encoded["counts"].decode()},
    }


def chosen_photos(truth, only=None, without=()):
    """Image ids by rising id: of the file names in `only` (all, if None) that are not in `without`."""
    known = {entry["file_name"]: entry["id"] for entry in truth.dataset["images"]}
    missing = [name for name in (*(only or ()), *without) if name not in known]
    if missing:
        raise ValueError(f"not in the set: {', '.join(missing[:5])}")
    return sorted(
        photo
        for name, photo in known.items()
        if (only is None or name in set(only)) and name not in set(without)
    )


def category_ids(truth, classes):
    """The set's category ids in order; all of a network's classes as one where the set has a single
    category.
    """
    ids = sorted(c["id"] for c in truth.dataset["categories"])
    if len(ids) == classes:
        return ids
    if len(ids) == 1:
        return ids * classes
    raise ValueError(f"the network has {classes} classes, the set {len(ids)}")


def detect_all(network, truth, folder, photos, size, options, any_class=False):
    """COCO results of every photo, and the milliseconds that the network took per photo (median)."""
    results, times = [], []
    for photo in photos:
        entry = truth.imgs[photo]
        image = read_photo(Path(folder) / "images" / entry["file_name"])
        planes, fit = FITS[options.fit](image, size)
        started = time.perf_counter()
        output0, output1 = network(planes)
        times.append((time.perf_counter() - started) * 1000)
        classes = output0.shape[1] - 4 - output1.shape[1]
        categories = (
            [sorted(truth.cats)[0]] * classes if any_class else category_ids(truth, classes)
        )
        found = decode(output0, output1, fit, options)
        results += [as_result(f, photo, categories, *image.shape[:2]) for f in found]
    return results, float(np.median(times)) if times else 0.0


def evaluate(
    network, folder, only=None, without=(), size=(416, 416), options=None, any_class=False
):
    """network: function of [1, 3, H, W] (see detect.open_network) -> (figures, matches, results)."""
    options = options or Options()
    truth = read_truth(Path(folder) / "instances.json")
    photos = chosen_photos(truth, only, without)
    results, milliseconds = detect_all(network, truth, folder, photos, size, options, any_class)
    report, table = score(truth, results, photos, options.most, not any_class)
    report.update(
        photos=len(photos),
        detections=len(results),
        size=list(size),
        milliseconds=round(milliseconds, 2),
    )
    names = [truth.imgs[photo]["file_name"] for photo in photos]
    return (
        report,
        {
            "photos": names,
            **{f"{kind}_{key}": a for kind in KINDS for key, a in table[kind].items()},
        },
        results,
    )


def text_table(report):
    lines = ["          " + "".join(f"{name.replace('ap_', ''):>9}" for name in COLUMNS)]
    lines += [
        f"{kind:<10}" + "".join(f"{report[kind][name]:9.4f}" for name in COLUMNS) for kind in KINDS
    ]
    lines.append(
        f"mask IoU of objects whose box was found (IoU > 0.6): {report['mask_iou']:.4f} over {report['mask_iou_objects']}"
    )
    lines.append(
        f"{report['photos']} photos, {report['detections']} detections, input {report['size'][1]} x {report['size'][0]}, "
        f"network {report['milliseconds']:.1f} ms"
    )
    return "\n".join(lines)


def without_nan(value):
    """Undefined figures as null: NaN is no JSON."""
    if isinstance(value, dict):
        return {key: without_nan(v) for key, v in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write(folder, report, table, results):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(without_nan(report), indent=2) + "\n")
    (folder / "figures.txt").write_text(text_table(report) + "\n")
    (folder / "results.json").write_text(json.dumps(results))
    np.savez_compressed(folder / "matches.npz", **table)


def side_lengths(text):
    """ "416" or "640x384" (width x height) -> (height, width)."""
    sides = [int(part) for part in text.lower().split("x")]
    if len(sides) > 2 or any(side <= 0 or side % 32 for side in sides):
        raise argparse.ArgumentTypeError(f"{text}: one side, or WIDTHxHEIGHT, in multiples of 32")
    return (sides[-1], sides[0])


def names_in(path):
    """A list of file names: a JSON array of strings."""
    return json.loads(Path(path).read_text())


def parser():
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("network")
    made.add_argument("folder", nargs="?", default=DATA / "coco-train", type=Path)
    made.add_argument("--only", type=names_in, help="JSON list of file names to evaluate on")
    made.add_argument(
        "--without", type=names_in, default=[], help="JSON list of file names to leave out"
    )
    made.add_argument(
        "--size",
        type=side_lengths,
        default=(416, 416),
        help="of the network's input, e.g. 416 or 640x384",
    )
    made.add_argument("--score", type=float, default=0.01)
    made.add_argument("--iou", type=float, default=0.65, help="of suppression")
    made.add_argument(
        "--most", type=int, default=100, help="detections per photo (nuclei: 500 or more)"
    )
    made.add_argument(
        "--best-class", action="store_true", help="one class per anchor, as the product decodes"
    )
    made.add_argument(
        "--fit",
        choices=FITS,
        help="how a picture gets into the input; default: what the network was trained with",
    )
    made.add_argument("--any-class", action="store_true", help="leave classes out of account")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--out", type=Path)
    return made


def main():
    a = parser().parse_args()
    options = Options(a.score, a.iou, a.most, not a.best_class, a.fit or fit_of(a.network))
    cv2.setNumThreads(a.threads)
    report, table, results = evaluate(
        open_network(a.network, a.threads),
        a.folder,
        a.only,
        a.without,
        a.size,
        options,
        a.any_class,
    )
    print(text_table(report))
    if a.out:
        write(a.out, report, table, results)


if __name__ == "__main__":
    main()
