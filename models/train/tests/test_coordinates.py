"""Coordinates made from a map are those of the formula, in PyTorch and in the exported graph,
whatever the map holds.
"""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from tests import paths  # noqa: F401
from coordinates import pixel_grid, unit_grid
from graph import export_onnx, webgpu_fallbacks

SIZES = (1, 1), (1, 7), (5, 1), (3, 4), (13, 52), (160, 96)


def expected(height, width):
    """The formula, in float64: x, y in pixels of stride 1, x, y from -1 to 1."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return x, y, 2 * x / width - 1, 2 * y / height - 1


class Grids(torch.nn.Module):
    def forward(self, feature):
        return (*pixel_grid(feature, 8), *unit_grid(feature))


def adversarial(height, width):
    """A map with NaN and infinities in it, among them in the row and the column that the
    coordinates are made from.
    """
    feature = torch.randn(2, 3, height, width) * 1e30
    for value in (float("nan"), float("inf"), -float("inf")):
        feature.view(-1)[torch.randint(feature.numel(), (feature.numel() // 3 + 1,))] = value
    feature[0, 0, 0, 0] = float("nan")
    return feature


class Coordinates(unittest.TestCase):
    def check(self, outputs, height, width):
        for index, (got, want) in enumerate(zip(outputs, expected(height, width))):
            self.assertEqual(tuple(got.shape), (1, 1, height, width))
            scale = 8 if index < 2 else 1
            np.testing.assert_allclose(
                np.asarray(got)[0, 0], want * scale, rtol=0, atol=0 if index < 2 else 3e-7
            )

    def test_grids_of_any_size_equal_the_formula(self):
        for height, width in SIZES:
            self.check(
                [g.numpy() for g in Grids()(torch.zeros(1, 2, height, width))], height, width
            )

    def test_grids_of_undefined_features_equal_the_formula(self):
        torch.manual_seed(0)
        for height, width in SIZES:
            self.check([g.numpy() for g in Grids()(adversarial(height, width))], height, width)

    def test_grids_of_half_precision_are_float32(self):
        outputs = Grids()(torch.zeros(1, 1, 160, 160, dtype=torch.bfloat16))
        self.assertEqual({g.dtype for g in outputs}, {torch.float32})
        self.check([g.numpy() for g in outputs], 160, 160)

    def test_exported_grids_equal_the_formula_and_stay_on_the_gpu(self):
        import onnx
        import onnxruntime

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "grids.onnx"
            export_onnx(
                Grids(),
                path,
                torch.zeros(1, 3, 8, 12),
                ["feature"],
                ["a", "b", "c", "d"],
                {"feature": {2: "h", 3: "w"}},
            )
            self.assertEqual(webgpu_fallbacks(onnx.load(str(path))), [])
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        for height, width in SIZES:
            self.check(
                session.run(None, {"feature": adversarial(height, width)[:1].numpy()}),
                height,
                width,
            )


if __name__ == "__main__":
    unittest.main()
