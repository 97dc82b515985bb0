"""The second trunk is PP-PicoDet-S; its boxes, its loss and its fit are what a slow reference
says.
"""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch

from tests import paths
from assign import anchor_centres, centre_anchor
from augment import compose
from coco import Picture
from detect import FITS, fit_of
from export import checked, describe, export, plain_export
from graph import webgpu_fallbacks
from losses import distillation_of_sides
from network import build_network
from picodet import BINS, MEAN, DEVIATION, PicoTrunk, load_picodet, shuffle_order
from train import held_out_names

PUBLIC = paths.DATA / "models" / "picodet-s-416.onnx"
CONFIG = json.loads((paths.TRAIN / "config" / "masklet_n_picodet.json").read_text())
SMALL = {
    "classes": 3,
    "trunk": "picodet",
    "branch": {"width8": 8, "width4": 8, "blocks8": 1, "blocks4": 1, "head": 8, "detail": 4},
}


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def slow_boxes(raw, classes, stride):
    """One level [classes + 32, h, w] -> its boxes [h x w, 4], cell by cell."""
    boxes = []
    for row in range(raw.shape[1]):
        for column in range(raw.shape[2]):
            bins = softmax(raw[classes:, row, column].reshape(4, BINS), 1)
            left, top, right, bottom = bins @ np.arange(BINS) * stride
            x, y = (column + 0.5) * stride, (row + 0.5) * stride
            boxes.append(
                (x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom)
            )
    return np.array(boxes)


class Weights(unittest.TestCase):
    @unittest.skipUnless(PUBLIC.exists(), "the public PicoDet-S is not there")
    def test_outputs_equal_the_public_file(self):
        import onnxruntime

        trunk = load_picodet(PicoTrunk(), PUBLIC).eval()
        images = torch.rand(1, 3, 416, 416, generator=torch.Generator().manual_seed(0))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            str(PUBLIC), options, providers=["CPUExecutionProvider"]
        )
        mean, deviation = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (MEAN, DEVIATION))
        expected = session.run(None, {"image": (images.numpy() - mean) / deviation})
        with torch.no_grad():
            levels = [raw[0].flatten(1).T for raw in trunk(images).raw]
        for level, scores, sides in zip(levels, expected[:4], expected[4:]):
            np.testing.assert_allclose(level[:, :80].sigmoid().numpy(), scores[0], atol=1e-5)
            np.testing.assert_allclose(level[:, 80:].numpy(), sides[0], atol=1e-3)

    def test_another_number_of_classes_does_not_fit(self):
        if not PUBLIC.exists():
            self.skipTest("the public PicoDet-S is not there")
        with self.assertRaisesRegex(ValueError, "expected"):
            load_picodet(PicoTrunk(3), PUBLIC)

    def test_channels_are_dealt_as_by_reshape_and_transpose(self):
        x = torch.randn(2, 12, 3, 5, generator=torch.Generator().manual_seed(1))
        dealt = x.view(2, 2, 6, 3, 5).transpose(1, 2).reshape(2, 12, 3, 5)
        torch.testing.assert_close(x[:, shuffle_order(12)], dealt)


class Boxes(unittest.TestCase):
    def test_boxes_and_anchors_equal_the_slow_implementation(self):
        torch.manual_seed(2)
        trunk = PicoTrunk(3).eval()
        with torch.no_grad():
            features = trunk(torch.rand(1, 3, 160, 96))
            got = trunk.boxes(features)[0].numpy()
        levels = [
            slow_boxes(raw[0].numpy().astype(float), 3, stride)
            for raw, stride in zip(features.raw, trunk.strides)
        ]
        np.testing.assert_allclose(got, np.concatenate(levels), atol=1e-3)

    def test_deepest_level_is_rounded_up(self):
        centers, levels = anchor_centres(416, PicoTrunk.strides)
        self.assertEqual(len(centers), 52**2 + 26**2 + 13**2 + 7**2)
        self.assertEqual(centers[-1].tolist(), [6.5 * 64] * 2)
        large = torch.tensor([10.0, 20.0, 400.0, 390.0])
        self.assertEqual(float(levels[centre_anchor(large, centers, levels)]), 64.0)


class Distillation(unittest.TestCase):
    def test_equal_outputs_cost_nothing_and_others_what_the_slow_sum_says(self):
        rng = np.random.default_rng(3)
        ours, theirs = rng.normal(size=(2, 1, 2 + 4 * BINS, 2, 3))
        tensors = [torch.from_numpy(x) for x in (ours, theirs)]
        self.assertAlmostEqual(float(distillation_of_sides(tensors[1:], tensors[1:], 2)), 0, 6)
        sigmoid = lambda x: 1 / (1 + np.exp(-x))
        total, count = 0.0, 0.0
        for row in range(2):
            for column in range(3):
                o, t = ours[0, :, row, column], theirs[0, :, row, column]
                p, q = sigmoid(o[:2]), sigmoid(t[:2])
                a, b = (softmax(x[2:].reshape(4, BINS), 1) for x in (o, t))
                total += (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))).sum()
                total += q.max() * (b * np.log(b / a)).sum()
                count += q.max()
        got = float(distillation_of_sides(tensors[:1], tensors[1:], 2))
        self.assertAlmostEqual(got, total / max(1.0, count), 6)


class Fit(unittest.TestCase):
    def test_stretched_picture_fills_the_input(self):
        planes, fit = FITS["stretch"](np.full((50, 101, 3), 255, np.uint8), (64, 96))
        self.assertEqual(planes.shape, (1, 3, 64, 96))
        self.assertTrue((planes == 1).all())
        self.assertEqual((fit.scale_x, fit.scale_y), (96 / 101, 64 / 50))

    def test_training_picture_is_stretched_too(self):
        picture = Picture("p", np.full((30, 90, 3), 200, np.uint8), [])
        whole = compose(
            lambda rng: picture, 64, np.random.default_rng(0), mosaic=0.0, plain=1.0, stretch=True
        )
        self.assertTrue((whole.image[1:-1, 1:-1] == 200).all())
        boxed = compose(lambda rng: picture, 64, np.random.default_rng(0), mosaic=0.0, plain=1.0)
        self.assertTrue((boxed.image[40:] == 114).all())


class Export(unittest.TestCase):
    def test_graph_stays_on_the_gpu_and_names_its_fit(self):
        torch.manual_seed(4)
        network = build_network({"network": SMALL}).eval()
        model = describe(
            checked(plain_export(network), network), "small", list("abc"), (64, 64), fit="stretch"
        )
        self.assertEqual(webgpu_fallbacks(model), [])
        self.assertIn("HardSwish", {node.op_type for node in model.graph.node})
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(model, str(Path(folder) / "small.onnx"))
            self.assertEqual(fit_of(Path(folder) / "small.onnx"), "stretch")

    def test_checkpoint_is_exported_with_its_fit(self):
        with tempfile.TemporaryDirectory() as folder:
            checkpoint, out = Path(folder) / "c.pt", Path(folder) / "c.onnx"
            config = {"name": "small", "fit": "stretch", "network": SMALL}
            torch.save({"config": config, "ema": build_network(config).state_dict()}, checkpoint)
            export(checkpoint, out)
            self.assertEqual((fit_of(checkpoint), fit_of(out)), ("stretch", "stretch"))


class HeldOut(unittest.TestCase):
    def test_lists_are_apart_and_complete(self):
        names = held_out_names(CONFIG)
        self.assertEqual((len(names), len(set(names))), (158, 158))

    @unittest.skipUnless((paths.DATA / "coco-full").exists(), "the photos are not there")
    def test_new_list_is_of_val2017_and_in_no_other_set(self):
        document = json.loads((paths.DATA / "coco-full" / "instances.json").read_text())
        split = {entry["file_name"]: entry["split"] for entry in document["images"]}
        names = json.loads((paths.TRAIN / "held_out_full.json").read_text())
        self.assertEqual([split[name] for name in names], ["val2017"] * 60)
        for other in ("coco-train", "coco-street4", "coco-person", "lvis-val100"):
            photos = {p.name for p in (paths.DATA / other / "images").iterdir()}
            self.assertFalse(photos & set(names), other)


if __name__ == "__main__":
    unittest.main()
