"""Evaluation of a set on the disk: pictures whose objects a made-up network knows, and the built-in
network as the product runs it.
"""

import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np

from tests import paths
from detect import Options, open_network
from evaluate import category_ids, chosen_photos, evaluate, side_lengths, text_table, write
from compare import read_matches
from precision import read_truth, score

PRODUCT = paths.ROOT / "dist" / "cli" / "masklet.js"
BUILT_IN = paths.ROOT / "models" / "masklet-n.onnx"
PHOTOS = paths.DATA / "coco-train"


def squares_set(folder, sides):
    """One white square of even place and size on black per picture, masks as uncompressed run
    lengths.
    """
    images, annotations = [], []
    (folder / "images").mkdir(parents=True)
    for index, side in enumerate(sides):
        picture = np.zeros((64, 96), np.uint8)
        picture[8 : 8 + side, 16 : 16 + side] = 255
        cv2.imwrite(str(folder / "images" / f"{index}.png"), picture)
        flat = (picture > 0).flatten(order="F")
        edges = np.flatnonzero(np.diff(flat.astype(int))) + 1
        counts = np.diff([0, *edges, len(flat)]).tolist()
        images.append({"id": index + 1, "file_name": f"{index}.png", "width": 96, "height": 64})
        annotations.append(
            {
                "id": index + 1,
                "image_id": index + 1,
                "category_id": 7,
                "bbox": [16, 8, side, side],
                "area": side * side,
                "segmentation": {"size": [64, 96], "counts": counts},
            }
        )
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 7, "name": "square"}],
    }
    (folder / "instances.json").write_text(json.dumps(document))


def square_finder(images):
    """A network that answers with the bright square: one anchor, one prototype that is the picture
      itself, high enough for the square's
    corners; what is above 0 outside lies beyond the box."""
    bright = images[0, 0] > 0.9
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    x1, x2, y1, y2 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    anchor = np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9, 1], np.float32)
    cells = bright.reshape(bright.shape[0] // 4, 4, -1, 4).mean((1, 3)).astype(np.float32) * 2 - 0.5
    return anchor.reshape(1, 6, 1), cells[None, None]


class Evaluate(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_network_that_knows_the_objects_is_perfect(self):
        squares_set(self.folder / "set", [16, 24, 40])
        report, table, results = evaluate(square_finder, self.folder / "set", size=(64, 96))
        self.assertEqual([report[k]["ap"] for k in ("box", "mask", "boundary")], [1, 1, 1])
        self.assertEqual((report["photos"], len(results)), (3, 3))
        write(self.folder / "out", report, table, results)
        self.assertEqual(
            read_matches(self.folder / "out")["photos"].tolist(), ["0.png", "1.png", "2.png"]
        )
        self.assertIn("boundary", text_table(report))
        self.assertIsNone(
            json.loads((self.folder / "out" / "figures.json").read_text())["mask"]["ap_large"]
        )
        again, _ = score(
            read_truth(self.folder / "set" / "instances.json"),
            json.loads((self.folder / "out" / "results.json").read_text()),
            [1, 2, 3],
        )
        np.testing.assert_equal(again["mask"], report["mask"])

    def test_lists_choose_photos(self):
        squares_set(self.folder / "set", [16, 24, 40])
        truth = read_truth(self.folder / "set" / "instances.json")
        self.assertEqual(chosen_photos(truth, ["2.png", "0.png"]), [1, 3])
        self.assertEqual(chosen_photos(truth, without=["1.png"]), [1, 3])
        with self.assertRaisesRegex(ValueError, "not in the set: 9.png"):
            chosen_photos(truth, ["9.png"])
        with self.assertRaisesRegex(ValueError, "2 classes"):
            truth.dataset["categories"] *= 3
            category_ids(truth, 2)

    def test_picture_that_cannot_be_read_is_named(self):
        squares_set(self.folder / "set", [16])
        (self.folder / "set" / "images" / "0.png").write_bytes(b"no picture")
        with self.assertRaisesRegex(ValueError, "0.png"):
            evaluate(square_finder, self.folder / "set")

    def test_sizes_are_width_by_height(self):
        self.assertEqual((side_lengths("416"), side_lengths("640x384")), ((416, 416), (384, 640)))
        for wrong in ("100", "0", "32x32x32"):
            with self.assertRaises(Exception):
                side_lengths(wrong)

    @unittest.skipUnless(
        PRODUCT.exists() and PHOTOS.exists() and BUILT_IN.exists(), f"needs {PRODUCT} and {PHOTOS}"
    )
    def test_decoding_equals_the_products(self):
        """PNG pictures, because decoders of JPEG differ by a level here and there."""
        document = json.loads((PHOTOS / "instances.json").read_text())
        document["images"] = document["images"][:6]
        kept = {entry["id"] for entry in document["images"]}
        document["annotations"] = [a for a in document["annotations"] if a["image_id"] in kept]
        (self.folder / "images").mkdir()
        for entry in document["images"]:
            picture = cv2.imread(str(PHOTOS / "images" / entry["file_name"]))
            entry["file_name"] = entry["file_name"].replace(".jpg", ".png")
            cv2.imwrite(str(self.folder / "images" / entry["file_name"]), picture)
        (self.folder / "instances.json").write_text(json.dumps(document))
        size = json.loads(BUILT_IN.with_suffix(".json").read_text())["input"]["dims"][2:]
        command = [
            "node",
            PRODUCT,
            "segment",
            self.folder / "images",
            "--score",
            ".01",
            "--iou",
            ".65",
            "--max",
            "100",
            "--device",
            "wasm",
            "--format",
            "coco",
            "--coco",
            self.folder / "instances.json",
            "--out",
            self.folder / "product.json",
        ]
        subprocess.run(command, check=True, capture_output=True)
        report, _, results = evaluate(
            open_network(BUILT_IN),
            self.folder,
            size=tuple(s if isinstance(s, int) else 416 for s in size),
            options=Options(every_class=False),
        )
        theirs = json.loads((self.folder / "product.json").read_text())
        self.assertLessEqual(abs(len(theirs) - len(results)), 0.01 * len(theirs))
        product, _ = score(read_truth(self.folder / "instances.json"), theirs, sorted(kept))
        for kind in ("box", "mask", "boundary"):
            self.assertAlmostEqual(report[kind]["ap"], product[kind]["ap"], delta=0.002)
        self.assertGreater(report["mask"]["ap"], 0.1)


if __name__ == "__main__":
    unittest.main()
