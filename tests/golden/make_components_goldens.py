"""Makes tests/golden/components/goldens.txt: small regions removed with OpenCV's connected
components.

Run with numpy, opencv-python-headless and pycocotools installed; the result is committed. Lines,
fields separated by blanks:
  NAME WIDTH HEIGHT MIN_AREA COUNTS COUNTS_AFTER
      compressed COCO RLE of the mask before and after; the rule is that of segment_anything's
      amg.remove_small_regions, holes and then islands.
"""

import pathlib

import cv2
import numpy as np
from pycocotools import mask as coco

OUT = pathlib.Path(__file__).parent / "components" / "goldens.txt"
rng = np.random.default_rng(5)


def parts(pixels):
    _, labels, stats, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8), connectivity=8)
    return labels, stats[1:, cv2.CC_STAT_AREA]


def clean(mask, min_area):
    labels, areas = parts(~mask)
    mask = mask | np.isin(labels, 1 + np.flatnonzero(areas < min_area))
    labels, areas = parts(mask)
    kept = np.flatnonzero(areas >= min_area)
    if len(kept) == 0 and len(areas) > 0:
        kept = np.array([areas.argmax()])
    return np.isin(labels, 1 + kept)


def counts(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode("ascii")


lines = []
for width, height in [(1, 1), (1, 40), (40, 1), (33, 27), (80, 60), (61, 90)]:
    for scale in (0, 1, 2.5):
        noise = rng.normal(size=(height, width)).astype(np.float32)
        smooth = cv2.GaussianBlur(noise, (0, 0), scale) if scale else noise
        for min_area in (1, 3, 10, 60):
            mask = smooth > rng.uniform(-0.5, 0.5) * smooth.std()
            areas = parts(mask)[1]
            # Which of several equally large parts stays is not told by the rule.
            if len(areas) > 1 and areas.max() < min_area and (areas == areas.max()).sum() > 1:
                continue
            lines.append(
                f"noise{scale} {width} {height} {min_area} "
                f"{counts(mask)} {counts(clean(mask, min_area))}"
            )
OUT.parent.mkdir(exist_ok=True)
OUT.write_text("\n".join(lines) + "\n")
print(f"{len(lines)} cases, {OUT.stat().st_size} bytes")
