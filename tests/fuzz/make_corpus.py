#!/usr/bin/env python3
"""Makes tests/fuzz/corpus: inputs from which the fuzzers reach far in a few seconds. Run once; the
results are committed. decode_file begins with tests/golden/image and needs no others.

    python3 tests/fuzz/make_corpus.py
"""

import random
import shutil
import struct
from pathlib import Path

OUT = Path(__file__).parent / "corpus"
DECODERS = 23  # of tests/cpp/all_decoders.cpp
NUMBERS = [float("inf"), float("-inf"), float("nan"), 0.9, 1e30, -3.0]


def write(target: str, name: str, data: bytes) -> None:
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def floats(numbers: list[float]) -> bytes:
    """As decoders_fuzz reads them: a byte that says "a number", then the number."""
    return b"".join(b"\0" + struct.pack("<f", number) for number in numbers)


def make_decoders() -> None:
    setting = bytes([40, 30, 1, 30, 180, 19, 1, 200])  # source, mode, thresholds, limit, no filter
    for decoder in range(DECODERS):
        # Hostile dimensions: no objects, 500,000,000 classes.
        write("decoders", f"{decoder:02}_huge", bytes([decoder, 0, 4, 1, 4, 4]) + setting)
        shapes = bytes([decoder, 1, 5, 3, 2, 5, 6])
        write("decoders", f"{decoder:02}_usual", shapes + setting + b"\1" * 400)
        hostile = b"".join(b"\1" * 3 + floats([number]) for number in NUMBERS * 6)
        write("decoders", f"{decoder:02}_numbers", shapes + setting + hostile)


def make_random(target: str, kinds: int, length: int) -> None:
    draw = random.Random(target)
    for kind in range(kinds):
        for k in range(2):
            data = bytes([kind]) + bytes(draw.randrange(256) for _ in range(length))
            write(target, f"{kind}_{k}", data)


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    make_decoders()
    make_random("pixels", 2, 3000)
    make_random("mask_operations", 3, 300)
    make_random("coco_rle", 4, 200)
    make_random("mask_form", 3, 800)
    make_random("yolo_seg", 2, 800)
    files = [path for path in OUT.rglob("*") if path.is_file()]
    print(f"{sum(path.stat().st_size for path in files)} bytes in {len(files)} files")
