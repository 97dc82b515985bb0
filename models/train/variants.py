"""The same network stored in several ways: bytes, precision and time side by side, and which of
them to ship.

    python variants.py CHECKPOINT [FOLDER] [--only held_out.json] [--size 416] [--out FOLDER]
      [--variants fp32 fp16 int8]

The one to ship is the smallest of those that run on WebGPU as a whole and lose less than 0.003 mask
AP against fp32; it is also
written as NAME.onnx.
"""

import argparse
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from detect import Options, fit_of, open_network
from evaluate import DATA, evaluate, names_in, side_lengths, without_nan, write
from export import (
    VARIANTS,
    checked,
    describe,
    load_named,
    make_variant,
    plain_export,
    read_labels,
    save,
)
from graph import webgpu_fallbacks

MOST_LOSS = 0.003
COLUMNS = ("variant", "bytes", "mask AP", "box AP", "boundary AP", "ms", "nodes", "off the GPU")


def graph_nodes(path):
    """Number of nodes after ONNX Runtime has optimised the graph for the CPU."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(path) + ".optimised"
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    optimised = Path(options.optimized_model_filepath)
    count = len(onnx.load(str(optimised)).graph.node)
    optimised.unlink()
    return count


def least_milliseconds(network, size, runs=12):
    """Of a run on noise, without the first ones."""
    import time

    images = np.random.default_rng(0).random((1, 3, *size), np.float32)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        network(images)
        times.append((time.perf_counter() - started) * 1000)
    return min(times[2:])


def measure(path, model, options, a):
    network = open_network(path)
    report, table, results = evaluate(network, a.folder, a.only, a.without, a.size, options)
    write(path.with_suffix(""), report, table, results)
    return {
        "bytes": path.stat().st_size,
        "mask AP": report["mask"]["ap"],
        "box AP": report["box"]["ap"],
        "boundary AP": report["boundary"]["ap"],
        "ms": round(least_milliseconds(network, a.size), 2),
        "nodes": graph_nodes(path),
        "off the GPU": len(webgpu_fallbacks(model)),
    }


def to_ship(rows):
    """rows: {variant: measures} with fp32 -> the variant to ship."""
    fit = {
        v: r
        for v, r in rows.items()
        if not r["off the GPU"] and rows["fp32"]["mask AP"] - r["mask AP"] < MOST_LOSS
    }
    return min(fit, key=lambda v: fit[v]["bytes"])


def text_table(rows):
    lines = [f"{COLUMNS[0]:<9}{COLUMNS[1]:>10}" + "".join(f"{name:>13}" for name in COLUMNS[2:])]
    for variant, r in rows.items():
        lines.append(
            f"{variant:<9}{r['bytes']:>10}"
            + "".join(f"{r[name]:>13.4f}" for name in COLUMNS[2:5])
            + f"{r['ms']:>13.1f}{r['nodes']:>13}{r['off the GPU']:>13}"
        )
    return "\n".join(lines + [f"to ship: {to_ship(rows)}"])


def parser():
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("checkpoint")
    made.add_argument("folder", nargs="?", default=DATA / "coco-train", type=Path)
    made.add_argument("--only", type=names_in)
    made.add_argument("--without", type=names_in, default=[])
    made.add_argument("--size", type=side_lengths, default=(416, 416))
    made.add_argument("--most", type=int, default=100, help="detections per photo")
    made.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    made.add_argument(
        "--photos",
        type=Path,
        help="what int8 and qdq are fitted to; default: the set's but for --only",
    )
    made.add_argument("--labels", type=read_labels, help="see export.py")
    made.add_argument("--out", type=Path, required=True)
    return made


def main():
    a = parser().parse_args()
    cv2.setNumThreads(1)
    a.out.mkdir(parents=True, exist_ok=True)
    network, name, labels = load_named(a.checkpoint, a.labels)
    fit = fit_of(a.checkpoint)
    plain = checked(plain_export(network), network)
    rows = {}
    for variant in dict.fromkeys(["fp32", *a.variants]):
        path = a.out / f"{variant}.onnx"
        model = describe(
            make_variant(
                plain, variant, a.photos or a.folder / "images", a.size, a.only or (), fit
            ),
            name,
            labels,
            a.size,
            fit=fit,
        )
        save(model, path)
        rows[variant] = measure(path, model, Options(most=a.most, fit=fit), a)
        print(variant, rows[variant], flush=True)
    print(text_table(rows))
    (a.out / "variants.json").write_text(json.dumps(without_nan(rows), indent=2) + "\n")
    (a.out / "variants.txt").write_text(text_table(rows) + "\n")
    shutil.copy(a.out / f"{to_ship(rows)}.onnx", a.out / f"{name}.onnx")


if __name__ == "__main__":
    main()
