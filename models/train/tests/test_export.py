"""Exported graphs compute what PyTorch does at every size, keep no arithmetic on shapes, and are
told apart from those that leave the GPU.
"""

import ast
import json
import shutil
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from tests import paths
from coordinates import pixel_grid
from export import (
    checked,
    describe,
    differences,
    export,
    make_variant,
    plain_export,
    read_labels,
    save,
)
from graph import attribute, export_onnx, webgpu_fallbacks
from network import build_network
from quantize import best_scales, last_convolutions, rounded, weights_for_int8
from variants import to_ship

CONFIG = {
    "name": "small",
    "network": {
        "classes": 3,
        "levels": 2,
        "branch": {"width8": 8, "width4": 8, "blocks8": 1, "blocks4": 1, "head": 8},
    },
}
SIZES = (32, 32), (64, 96), (160, 32)


class Tiny(torch.nn.Module):
    """The form of the networks: two levels, anchors, prototypes; with all the idioms that ask for
    shapes.
    """

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3, 4, 1)
        self.down = torch.nn.Conv2d(8, 8, 3, 2, 1)
        self.inner = torch.nn.Conv2d(8, 8, 1)
        self.head = torch.nn.Conv2d(8, 9, 1)

    def forward(self, images):
        fine = torch.relu(self.stem(images))
        coarse = self.inner(torch.relu(self.down(fine)))
        fine = fine + torch.nn.functional.interpolate(coarse, size=fine.shape[2:], mode="nearest")
        x, y = pixel_grid(fine, 4)
        places = torch.cat([x, y], 1).expand(images.shape[0], -1, -1, -1)
        fine = torch.cat([fine[:, :, : fine.shape[2], :], places], 1)[:, 2:]
        rows = torch.cat([self.head(level).flatten(2) for level in (fine[:, :8], coarse)], 2)
        return rows.transpose(1, 2).reshape(1, -1, 3, 3).flatten(2).transpose(1, 2), fine


def run(model, images):
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"images": images})


def one_node(operator, kinds, constants=(), out=TensorProto.FLOAT, **attributes):
    """A graph of one node on run-time tensors of those element types."""
    inputs = [
        helper.make_tensor_value_info(f"x{i}", kind, ["a", "b"]) for i, kind in enumerate(kinds)
    ]
    node = helper.make_node(
        operator,
        [i.name for i in inputs] + [f"c{i}" for i in range(len(constants))],
        ["y"],
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "g",
        inputs,
        [helper.make_tensor_value_info("y", out, None)],
        [numpy_helper.from_array(c, f"c{i}") for i, c in enumerate(constants)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


class Shapes(unittest.TestCase):
    def test_idioms_that_ask_for_shapes_become_constants(self):
        torch.manual_seed(0)
        network = Tiny().eval()
        with tempfile.TemporaryDirectory() as folder:
            model = export_onnx(
                network,
                Path(folder) / "t.onnx",
                torch.zeros(1, 3, 64, 96),
                ["images"],
                ["output0", "output1"],
                {"images": {2: "height", 3: "width"}},
                32,
            )
        self.assertEqual(webgpu_fallbacks(model), [])
        self.assertFalse(
            {"Shape", "Constant", "Identity", "Range"} & {n.op_type for n in model.graph.node}
        )
        for size in SIZES:
            images = torch.rand(1, 3, *size)
            with torch.no_grad():
                wanted = network(images)
            for got, want in zip(run(model, images.numpy()), wanted):
                np.testing.assert_allclose(got, want.numpy(), atol=2e-5, rtol=1e-5)

    def test_shape_that_no_constant_tells_is_an_error(self):
        class Swapped(torch.nn.Module):
            def forward(self, x):
                return x.reshape(x.shape[3] // 2, x.shape[2], 2, -1)

        with tempfile.TemporaryDirectory() as folder, self.assertRaisesRegex(ValueError, "Reshape"):
            export_onnx(
                Swapped(),
                Path(folder) / "t.onnx",
                torch.zeros(1, 3, 8, 12),
                ["x"],
                ["y"],
                {"x": {2: "h", 3: "w"}},
                4,
            )


class Fallbacks(unittest.TestCase):
    def test_table_names_every_operator_once(self):
        table = json.loads((paths.ROOT / "models" / "webgpu_cpu_operators.json").read_text())
        always = {name for name, rule in table["operators"].items() if "when" not in rule}
        self.assertFalse(always & set(table["onTheGpu"]))
        for name, rule in table["operators"].items():
            self.assertTrue(rule["reason"])
            self.assertTrue(name in always or name in table["onTheGpu"], name)

    def test_operators_without_a_kernel_are_found_with_their_reason(self):
        for operator in ("Round", "Sign", "NonZero", "Selu"):
            found = webgpu_fallbacks(one_node(operator, [TensorProto.FLOAT]))
            self.assertEqual(len(found), 1)
            self.assertTrue(found[0].startswith(f"{operator} y: "), found)

    def test_types_and_attributes_decide(self):
        self.assertEqual(webgpu_fallbacks(one_node("Add", [TensorProto.FLOAT] * 2)), [])
        self.assertEqual(
            len(webgpu_fallbacks(one_node("Add", [TensorProto.INT64] * 2, out=TensorProto.INT64))),
            1,
        )
        self.assertEqual(
            len(
                webgpu_fallbacks(
                    one_node(
                        "Where",
                        [TensorProto.BOOL, TensorProto.INT64, TensorProto.INT64],
                        out=TensorProto.INT64,
                    )
                )
            ),
            1,
        )
        self.assertEqual(
            webgpu_fallbacks(
                one_node("Where", [TensorProto.BOOL, TensorProto.FLOAT, TensorProto.FLOAT])
            ),
            [],
        )
        self.assertEqual(
            len(
                webgpu_fallbacks(
                    one_node(
                        "Cast", [TensorProto.FLOAT], to=TensorProto.DOUBLE, out=TensorProto.DOUBLE
                    )
                )
            ),
            1,
        )
        self.assertEqual(
            webgpu_fallbacks(
                one_node("Cast", [TensorProto.FLOAT], to=TensorProto.INT32, out=TensorProto.INT32)
            ),
            [],
        )

    def test_unknown_operators_and_domains_are_found(self):
        self.assertIn(
            "not known", webgpu_fallbacks(one_node("StringNormalizer", [TensorProto.FLOAT]))[0]
        )
        model = one_node("FusedConv", [TensorProto.FLOAT])
        model.graph.node[0].domain = "com.microsoft"
        self.assertIn("not a standard operator", webgpu_fallbacks(model)[0])

    def test_what_depends_on_constants_only_does_not_count(self):
        model = one_node("Add", [TensorProto.FLOAT], [np.ones(1, np.float32)])
        model.graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), "k"))
        model.graph.node.append(helper.make_node("Round", ["k"], ["r"]))
        self.assertEqual(webgpu_fallbacks(model), [])

    def test_shape_counts_where_it_is_not_known_beforehand(self):
        for sides, expected in (([2, 3], 0), (["a", 3], 1)):
            model = one_node("Shape", [TensorProto.FLOAT], out=TensorProto.INT64)
            model.graph.input[0].CopyFrom(
                helper.make_tensor_value_info("x0", TensorProto.FLOAT, sides)
            )
            self.assertEqual(len(webgpu_fallbacks(model)), expected)

    def test_shipped_model_stays_on_the_gpu(self):
        self.assertEqual(
            webgpu_fallbacks(onnx.load(str(paths.ROOT / "models" / "masklet-n.onnx"))), []
        )


class Rounding(unittest.TestCase):
    def test_levels_stand_for_the_weights(self):
        weights = np.random.default_rng(0).normal(0, 1, (9, 40)) * np.logspace(-6, 3, 9)[:, None]
        scales = best_scales(weights)
        levels = rounded(weights, scales, np.eye(40))
        self.assertEqual(levels.dtype, np.int8)
        error = np.abs(levels * scales - weights).max(1)
        self.assertTrue(
            (
                error
                <= 1.01 * np.maximum(scales[:, 0] / 2, np.abs(weights).max(1) - 127 * scales[:, 0])
            ).all()
        )

    def test_errors_seen_by_correlated_inputs_are_made_good(self):
        rng = np.random.default_rng(1)
        inputs = rng.normal(0.5, 1, (500, 4)) @ rng.normal(0, 1, (4, 32)) + rng.normal(
            0, 0.05, (500, 32)
        )
        weights = rng.normal(0, 1, (16, 32))
        scales = best_scales(weights) * 8  # coarse, so that rounding matters
        levels = rounded(weights, scales, inputs.T @ inputs / len(inputs))
        nearest = np.clip(np.round(weights / scales), -127, 127)
        error = lambda chosen: ((inputs @ (chosen * scales - weights).T) ** 2).mean()
        self.assertLess(error(levels), 0.3 * error(nearest))

    def test_weights_of_nothing_are_nothing(self):
        zeros = np.zeros((3, 5))
        self.assertFalse(rounded(zeros, best_scales(zeros), np.zeros((5, 5))).any())

    def test_ship_is_the_smallest_that_keeps_its_precision(self):
        row = lambda size, ap, off=0: {"bytes": size, "mask AP": ap, "off the GPU": off}
        rows = {
            "fp32": row(100, 0.3),
            "fp16": row(50, 0.2995),
            "int8": row(25, 0.2969),
            "qdq": row(20, 0.3, 4),
        }
        self.assertEqual(to_ship(rows), "fp16")
        self.assertEqual(to_ship({**rows, "int8": row(25, 0.2971)}), "int8")


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(0)
        cls.network = build_network(CONFIG).eval()
        cls.plain = checked(plain_export(cls.network), cls.network)
        cls.folder = Path(tempfile.mkdtemp())
        for index in range(3):
            cv2.imwrite(
                str(cls.folder / f"{index}.png"),
                np.random.default_rng(index).integers(0, 256, (70, 90, 3), np.uint8),
            )

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_every_size_equals_pytorch(self):
        for pair in differences(self.plain, self.network, [(64, 64), (32, 160), (96, 64)]).values():
            self.assertLess(max(pair), 1e-4)

    def test_half_weights_are_half_the_bytes_and_compute_in_float32(self):
        half = make_variant(self.plain, "fp16")
        self.assertLess(len(half.SerializeToString()), 0.62 * len(self.plain.SerializeToString()))
        self.assertEqual(webgpu_fallbacks(half), [])
        for got, want in zip(
            run(half, np.full((1, 3, 64, 64), 0.5, np.float32)),
            run(self.plain, np.full((1, 3, 64, 64), 0.5, np.float32)),
        ):
            self.assertEqual(got.dtype, np.float32)
            self.assertLess((np.abs(got - want) / (1 + np.abs(want))).max(), 0.03)

    def test_int8_weights_are_dense_inner_ones(self):
        chosen = weights_for_int8(self.plain.graph)
        for node in self.plain.graph.node:
            if node.op_type == "Conv" and node.input[1] in chosen:
                self.assertNotIn(
                    node.output[0], {n.output[0] for n in last_convolutions(self.plain.graph)}
                )
                self.assertEqual(attribute(node, "group", 1), 1)
                self.assertNotIn("images", node.input)
        small = make_variant(self.plain, "int8", self.folder, (64, 64), skip=["2.png"])
        kinds = {i.data_type for i in small.graph.initializer}
        self.assertIn(TensorProto.INT8, kinds)
        self.assertEqual(webgpu_fallbacks(small), [])
        self.assertEqual(
            [o.shape for o in run(small, np.zeros((1, 3, 96, 64), np.float32))],
            [(1, 39, 120), (1, 32, 24, 16)],
        )
        with self.assertRaisesRegex(ValueError, "no photos"):
            make_variant(
                self.plain, "int8", self.folder, (64, 64), skip=["0.png", "1.png", "2.png"]
            )

    def test_file_carries_what_exporters_write(self):
        path = self.folder / "out.onnx"
        facts = save(
            describe(make_variant(self.plain, "fp16"), "small", ["a", "b's", "c"], (416, 416)), path
        )
        model = onnx.load(str(path))
        data = {p.key: p.value for p in model.metadata_props}
        self.assertEqual(ast.literal_eval(data["names"]), {0: "a", 1: "b's", 2: "c"})
        self.assertEqual(
            (data["task"], data["stride"], data["batch"], data["imgsz"]),
            ("segment", "32", "1", "[416, 416]"),
        )
        self.assertLessEqual(model.opset_import[0].version, 17)
        shape = [
            d.dim_value or d.dim_param for d in model.graph.input[0].type.tensor_type.shape.dim
        ]
        self.assertEqual(shape, [1, 3, "height", "width"])
        self.assertEqual((facts["bytes"], facts["file"]), (path.stat().st_size, "out.onnx"))

    def test_checkpoint_becomes_a_file(self):
        torch.save(
            {"config": CONFIG, "ema": self.network.state_dict()}, self.folder / "checkpoint.pt"
        )
        export(
            self.folder / "checkpoint.pt", self.folder / "made.onnx", "fp32", labels=["a", "b", "c"]
        )
        self.assertTrue((self.folder / "made.onnx").exists())
        with self.assertRaisesRegex(ValueError, "2 labels for 3 classes"):
            export(self.folder / "checkpoint.pt", self.folder / "made.onnx", labels=["a", "b"])

    def test_labels_come_as_array_card_or_lines(self):
        for text in ('["a", "b"]', '{"labels": ["a", "b"]}', "a\nb\n"):
            (self.folder / "labels").write_text(text)
            self.assertEqual(read_labels(self.folder / "labels"), ["a", "b"])


if __name__ == "__main__":
    unittest.main()
