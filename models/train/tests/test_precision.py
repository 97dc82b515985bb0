"""Boundaries pixel by pixel; AP of resampled photos as COCOeval computes it on a set in which the
photos stand several times.
"""

import copy
import unittest

import numpy as np
from pycocotools import mask as runs
from pycocotools.coco import COCO

from tests import paths  # noqa: F401
from compare import compare
from precision import (
    KINDS,
    average_precision,
    boundary,
    boundary_distance,
    boundary_runs,
    quiet,
    score,
)


def slow_boundary(mask, distance):
    """A pixel of the mask is on its boundary when some place within `distance` rows and columns is
    not in it.
    """
    height, width = mask.shape
    inside = lambda r, c: 0 <= r < height and 0 <= c < width and mask[r, c]
    result = np.zeros_like(mask)
    for r, c in zip(*np.nonzero(mask)):
        near = [
            (r + dr, c + dc)
            for dr in range(-distance, distance + 1)
            for dc in range(-distance, distance + 1)
        ]
        result[r, c] = any(not inside(*place) for place in near)
    return result


def blob(rng, height, width):
    """A union of random rectangles, with holes."""
    mask = np.zeros((height, width), np.uint8)
    for value in (1, 1, 1, 0, 1, 0):
        y, x = rng.integers(0, height), rng.integers(0, width)
        mask[y : y + rng.integers(1, height + 1), x : x + rng.integers(1, width + 1)] = value
    return mask


def encoded(mask):
    made = runs.encode(np.asfortranarray(mask))
    return {"size": list(mask.shape), "counts": made["counts"].decode()}


def annotation(mask, **rest):
    made = encoded(mask)
    return {
        "segmentation": made,
        "bbox": runs.toBbox(made).tolist(),
        "area": float(mask.sum()),
        **rest,
    }


def random_set(rng, photos=6, categories=3, side=60):
    """Truth (COCO), with crowds, and results that miss, double and invent."""
    annotations, results = [], []
    for photo in range(1, photos + 1):
        for _ in range(rng.integers(0, 5)):
            mask, category = blob(rng, side, side), int(rng.integers(1, categories + 1))
            if not mask.any():
                continue
            annotations.append(
                annotation(
                    mask,
                    id=len(annotations) + 1,
                    image_id=photo,
                    category_id=category,
                    iscrowd=int(rng.random() < 0.15),
                )
            )
            for _ in range(rng.integers(0, 3)):
                moved = np.roll(mask, rng.integers(-3, 4, 2), (0, 1))
                results.append(
                    annotation(
                        moved,
                        image_id=photo,
                        category_id=category,
                        score=round(float(rng.random()), 2),
                    )
                )
        results.append(
            annotation(
                blob(rng, side, side) | np.eye(side, dtype=np.uint8),
                image_id=photo,
                category_id=int(rng.integers(1, categories + 1)),
                score=float(rng.random()),
            )
        )
    for result in results:
        del result["area"]
    entries = [
        {"id": p, "file_name": f"{p}.png", "width": side, "height": side}
        for p in range(1, photos + 1)
    ]
    return {
        "images": entries,
        "annotations": annotations,
        "categories": [{"id": c, "name": str(c)} for c in range(1, categories + 1)],
    }, results


def repeated(document, results, times):
    """The same set with photo i standing times[i] times."""
    images, annotations, found = [], [], []
    for entry, count in zip(document["images"], times):
        for _ in range(count):
            photo = len(images) + 1
            images.append({**entry, "id": photo})
            for a in document["annotations"]:
                if a["image_id"] == entry["id"]:
                    annotations.append({**a, "id": len(annotations) + 1, "image_id": photo})
            found += [{**r, "image_id": photo} for r in results if r["image_id"] == entry["id"]]
    return {**document, "images": images, "annotations": annotations}, found


def coco(document):
    made = COCO()
    made.dataset = copy.deepcopy(document)
    with quiet():
        made.createIndex()
    return made


def scored(document, results, **options):
    return score(
        coco(document), copy.deepcopy(results), [i["id"] for i in document["images"]], **options
    )


class Boundary(unittest.TestCase):
    def test_random_masks_equal_the_slow_implementation(self):
        rng = np.random.default_rng(0)
        for height, width in ((1, 1), (1, 9), (12, 7), (25, 31)):
            for distance in (1, 2, 5):
                mask = blob(rng, height, width)
                np.testing.assert_array_equal(
                    boundary(mask, distance), slow_boundary(mask, distance)
                )

    def test_run_lengths_equal_the_slow_implementation(self):
        rng = np.random.default_rng(1)
        for mask in (
            blob(rng, 70, 90),
            blob(rng, 90, 40),
            np.ones((80, 80), np.uint8),
            np.zeros((9, 9), np.uint8),
        ):
            want = slow_boundary(mask, boundary_distance(*mask.shape))
            np.testing.assert_array_equal(runs.decode(boundary_runs(encoded(mask))), want)

    def test_distance_is_two_percent_of_the_diagonal(self):
        self.assertEqual(
            [boundary_distance(*s) for s in ((480, 640), (3, 4), (300, 400))], [16, 1, 10]
        )


class Figures(unittest.TestCase):
    def test_truth_as_result_is_perfect(self):
        document, _ = random_set(np.random.default_rng(2))
        results = [{**a, "score": 0.5} for a in document["annotations"] if not a["iscrowd"]]
        report, _ = scored(document, results)
        for kind in KINDS:
            self.assertAlmostEqual(report[kind]["ap"], 1)
        self.assertAlmostEqual(report["mask_iou"], 1)

    def test_no_results_are_worth_nothing(self):
        document, _ = random_set(np.random.default_rng(2))
        report, table = scored(document, [])
        self.assertEqual([report[kind]["ap"] for kind in KINDS], [0, 0, 0])
        self.assertEqual(len(table["mask"]["score"]), 0)

    def test_boundary_is_never_better_than_mask(self):
        report, _ = scored(*random_set(np.random.default_rng(3), photos=12))
        self.assertLess(report["boundary"]["ap"], report["mask"]["ap"])

    def test_boundary_overlap_is_the_smaller_of_the_two(self):
        square, ring = np.zeros((100, 100), np.uint8), np.zeros((100, 100), np.uint8)
        square[10:90, 10:90] = 1
        ring[10:90, 10:90] = 1
        ring[30:70, 30:70] = (
            0  # mask IoU 0.75; boundaries: the outer frame agrees, the hole's frame is extra
        )
        document = {
            "images": [{"id": 1, "width": 100, "height": 100, "file_name": "a"}],
            "categories": [{"id": 1, "name": "a"}],
            "annotations": [annotation(square, id=1, image_id=1, category_id=1, iscrowd=0)],
        }
        report, table = scored(document, [annotation(ring, image_id=1, category_id=1, score=1.0)])
        d = boundary_distance(100, 100)
        outer, extra = slow_boundary(square, d).sum(), slow_boundary(ring, d).sum()
        overlap = min(0.75, outer / extra)
        passed = (np.arange(0.5, 1, 0.05) <= overlap + 1e-9).tolist()
        self.assertEqual(table["boundary"]["right"][0].tolist(), passed)
        self.assertEqual(table["mask"]["right"][0].sum(), 6)

    def test_sizes_of_masks_are_told_by_their_area(self):
        thin = np.eye(
            100, dtype=np.uint8
        )  # box 100 x 100, 100 pixels: small as a mask, large as a box
        document = {
            "images": [{"id": 1, "width": 100, "height": 100, "file_name": "a"}],
            "categories": [{"id": 1, "name": "a"}],
            "annotations": [
                annotation(
                    np.ones((10, 10), np.uint8).repeat(10, 1),
                    id=1,
                    image_id=1,
                    category_id=1,
                    iscrowd=0,
                )
            ],
        }
        document["annotations"][0].update(annotation(thin), area=100.0)
        other = np.roll(thin, 50, 0)
        report, _ = scored(
            document,
            [
                annotation(thin, image_id=1, category_id=1, score=0.5),
                annotation(other, image_id=1, category_id=1, score=0.9),
            ],
        )
        self.assertAlmostEqual(report["mask"]["ap_small"], 0.5, 2)


class Resampling(unittest.TestCase):
    def test_weights_equal_photos_that_stand_several_times(self):
        rng = np.random.default_rng(4)
        for case in range(4):
            document, results = random_set(rng, photos=7)
            _, table = scored(document, results)
            for times in ([1] * 7, rng.integers(0, 4, 7).tolist(), [0] * 6 + [1], [5] + [0] * 6):
                report, _ = scored(*repeated(document, results, times))
                for kind in KINDS:
                    got = average_precision(table[kind], np.array([times]))[0]
                    np.testing.assert_allclose(
                        got, report[kind]["ap"], atol=1e-12, err_msg=f"{case} {kind} {times}"
                    )

    def test_without_classes_equals_cocoeval(self):
        document, results = random_set(np.random.default_rng(5))
        report, table = scored(document, results, categories=False, most=500)
        for kind in KINDS:
            self.assertAlmostEqual(
                average_precision(table[kind], np.ones((1, 6), int))[0], report[kind]["ap"], 12
            )

    def test_comparison_with_itself_is_zero_and_better_is_above(self):
        document, results = random_set(np.random.default_rng(6), photos=20)
        perfect = [{**a, "score": 0.5} for a in document["annotations"] if not a["iscrowd"]]
        tables = []
        for found in (results, perfect):
            _, table = scored(document, found)
            flat = {f"{kind}_{key}": a for kind in KINDS for key, a in table[kind].items()}
            tables.append({"photos": [str(i) for i in range(20)], **flat})
        same, better = compare(tables[0], tables[0], 50), compare(*tables, 50)
        for kind in KINDS:
            self.assertEqual(
                (same[kind]["low"], same[kind]["high"], same[kind]["above_zero"]), (0, 0, 0)
            )
            self.assertEqual(better[kind]["above_zero"], 1)
            self.assertTrue(better[kind]["low"] <= better[kind]["mean"] <= better[kind]["high"])
        with self.assertRaisesRegex(ValueError, "same photos"):
            compare(tables[0], {**tables[1], "photos": ["x"]})


if __name__ == "__main__":
    unittest.main()
