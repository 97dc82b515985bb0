"""The trunk is YOLOX-nano; the branch's algebra is that of shapes relative to boxes; training can
be interrupted.
"""

import argparse
import json
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
import torch

from tests import paths
from assign import anchor_centres, positives
from branch import MONOMIALS, PROTOTYPES, MaskBranch
from coco import read_set
from losses import distillation
from network import Network
from train import starting_checkpoint
from trunk import Trunk, load_matching, load_public_weights

YOLOX = paths.DATA / "models" / "yolox-nano-416.onnx"
START = paths.DATA / "models" / "masklet-n-start"


class TrunkWeights(unittest.TestCase):
    @unittest.skipUnless(YOLOX.exists(), "the public YOLOX-nano is not there")
    def test_outputs_equal_the_public_file(self):
        import onnxruntime

        trunk = load_public_weights(Trunk(), YOLOX).eval()
        images = torch.rand(1, 3, 416, 416, generator=torch.Generator().manual_seed(0))
        session = onnxruntime.InferenceSession(str(YOLOX), providers=["CPUExecutionProvider"])
        expected = session.run(None, {"images": (images.flip(1) * 255).numpy()})[0][0]
        with torch.no_grad():
            raw = torch.cat([level.flatten(2) for level in trunk(images).raw], 2)[0].T
        got = torch.cat([raw[:, :4], raw[:, 4:].sigmoid()], 1).numpy()
        np.testing.assert_allclose(got, expected, atol=2e-4)

    def test_smaller_trunk_takes_what_fits(self):
        small, whole = Trunk(1, 2), Trunk()
        left = load_matching(small, whole)
        self.assertTrue(all("classes" in name for name in left), left)
        torch.testing.assert_close(
            small.stages[0][0][0].conv.weight, whole.stages[0][0][0].conv.weight
        )

    @unittest.skipUnless(START.exists(), "the first masklet-n is not there")
    def test_start_is_unchanged_by_new_parts(self):
        import onnxruntime

        from start import load_start

        network = load_start(Network(branch={"width4": 64}), START / "checkpoint.pt").eval()
        images = torch.nn.functional.interpolate(
            torch.rand(1, 3, 13, 13, generator=torch.Generator().manual_seed(1)),
            size=(416, 416),
            mode="bicubic",
        ).clamp(0, 1)
        session = onnxruntime.InferenceSession(
            str(START / "masklet-n-416.onnx"), providers=["CPUExecutionProvider"]
        )
        rows, prototypes = session.run(None, {"images": images.numpy()})
        with torch.no_grad():
            ours, planes = network(images)
        np.testing.assert_allclose(ours[:, :84].numpy(), rows[:, :84], atol=0.01)
        best = rows[0, 4:84].max(0).argsort()[-30:]
        logits = [
            np.einsum("ck,chw->khw", r[0, 84:][:, best], p[0])
            for r, p in ((ours.numpy(), planes.numpy()), (rows, prototypes))
        ]
        self.assertGreater(((logits[0] > 0) == (logits[1] > 0)).mean(), 0.9999)


class Algebra(unittest.TestCase):
    def test_absolute_coefficients_draw_the_relative_shape(self):
        generator = torch.Generator().manual_seed(2)
        for groups in (0, 2):
            branch = MaskBranch(Trunk().read_widths(), groups=groups)
            maps = torch.randn(1, branch.plain + groups, 26, 39, generator=generator)
            relative = torch.randn(5, PROTOTYPES, generator=generator)
            boxes = torch.tensor(
                [
                    [50, 40, 30, 20],
                    [80, 52, 156, 104],
                    [10, 90, 12, 11],
                    [150, 5, 40, 60],
                    [77, 33, 3, 200],
                ]
            ).float()
            planes = torch.einsum(
                "kp,phw->khw", branch.coefficients(relative, boxes), branch.prototypes(maps)[0]
            )
            y, x = torch.meshgrid(
                (torch.arange(26) + 0.5) * 4, (torch.arange(39) + 0.5) * 4, indexing="ij"
            )
            for k, (cx, cy, w, h) in enumerate(boxes.tolist()):
                u, v = (x - cx) * 2 / max(w, 10.0), (y - cy) * 2 / max(h, 10.0)
                expected = torch.einsum(
                    "p,phw->hw", relative[k, : branch.plain], maps[0, : branch.plain]
                )
                for g in range(groups):
                    first = branch.plain
                    f, fu, fv = (relative[k, first + i * groups + g] for i in range(3))
                    expected = expected + maps[0, first + g] * (f + fu * u + fv * v)
                for c, monomial in zip(
                    relative[k, PROTOTYPES - MONOMIALS :], (u * 0 + 1, u, v, u * u, v * v, u * v)
                ):
                    expected = expected + c * monomial
                torch.testing.assert_close(
                    planes[k], expected, atol=2e-3 * float(expected.abs().max()), rtol=0
                )

    def test_untrained_branch_answers_the_ellipse(self):
        network = Network(branch={"quality": False}).eval()
        with torch.no_grad():
            network.branch.head_out.weight.zero_()
            rows, prototypes = network(torch.rand(1, 3, 64, 96))
        self.assertEqual(tuple(rows.shape), (1, 116, 8 * 12 + 4 * 6 + 2 * 3))
        self.assertEqual(tuple(prototypes.shape), (1, 32, 16, 24))
        y, x = torch.meshgrid(
            (torch.arange(16) + 0.5) * 4, (torch.arange(24) + 0.5) * 4, indexing="ij"
        )
        logits = torch.einsum("cn,chw->nhw", rows[0, 84:], prototypes[0])
        for n in range(0, rows.shape[2], 17):
            cx, cy, w, h = rows[0, :4, n].tolist()
            expected = 1.5 * (
                1 - ((x - cx) * 2 / max(w, 10.0)) ** 2 - ((y - cy) * 2 / max(h, 10.0)) ** 2
            )
            torch.testing.assert_close(
                logits[n], expected, atol=2e-3 * float(expected.abs().max()), rtol=0
            )

    def test_equal_outputs_have_no_distillation_loss(self):
        raw = [torch.randn(2, 85, 4, 4) for _ in range(3)]
        self.assertLess(abs(float(distillation(raw, [r.clone() for r in raw]))), 1e-4)
        self.assertGreater(float(distillation([r + 0.5 for r in raw], raw)), 0.01)


class Positives(unittest.TestCase):
    def test_anchors_meet_their_objects(self):
        anchors = anchor_centres(64, (8, 16, 32))
        generator = torch.Generator().manual_seed(3)
        boxes = torch.cat([anchors[0], torch.full((len(anchors[0]), 2), 20.0)], 1)
        truth = torch.tensor([[10.0, 10.0, 30.0, 30.0], [40.0, 40.0, 42.0, 44.0]])
        objects, index, frames = positives(
            boxes,
            torch.rand(len(boxes), 80, generator=generator),
            truth,
            torch.tensor([3, -1]),
            anchors,
            generator,
        )
        for k, a, frame in zip(objects.tolist(), index.tolist(), frames):
            if k == 0:
                low, high = (boxes[a, :2] - 10), (boxes[a, :2] + 10)
                sides = (
                    torch.minimum(high, truth[0, 2:]) - torch.maximum(low, truth[0, :2])
                ).clamp(min=0)
                overlap = float(sides.prod())
                self.assertGreater(overlap / (800 - overlap), 0.5)
                torch.testing.assert_close(frame, boxes[a])
            else:
                # No box meets the small one: the anchor of stride 8 nearest to its middle, with its
                # own box.
                self.assertEqual(
                    a, int((anchors[0][:64] - torch.tensor([41.0, 42.0])).abs().amax(1).argmin())
                )
                torch.testing.assert_close(frame, torch.tensor([41.0, 42.0, 2.0, 4.0]))
        self.assertEqual(set(objects.tolist()), {0, 1})


class StartingCheckpoint(unittest.TestCase):
    CONFIG = {"initial": "models/start.pt"}

    def options(self, initial=None, held_out=False):
        return argparse.Namespace(initial=initial, held_out=held_out, data=Path("data"))

    def test_named_by_config_or_option(self):
        self.assertEqual(
            starting_checkpoint(self.CONFIG, self.options()), Path("data/models/start.pt")
        )
        self.assertEqual(
            starting_checkpoint(self.CONFIG, self.options(Path("own.pt"), True)), Path("own.pt")
        )
        self.assertIsNone(starting_checkpoint({}, self.options(held_out=True)))

    def test_one_that_saw_the_held_out_photos_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "models/start.pt was trained on the photos"):
            starting_checkpoint(self.CONFIG, self.options(held_out=True))


@unittest.skipUnless(
    YOLOX.exists() and (paths.DATA / "coco-train").exists(), "the photos are not there"
)
class Interrupted(unittest.TestCase):
    CONFIG = {
        "name": "tiny",
        "seed": 3,
        "network": {
            "classes": 80,
            "levels": 3,
            "branch": {"width8": 16, "width4": 8, "head": 16, "dropout": 0.2},
        },
        "sets": [{"folder": "coco-train", "classes": True, "share": 1.0}],
        "weightDecay": 0.02,
        "outlineWeight": 1.0,
        "weights": {"entropy": 1.0, "dice": 1.0, "quality": 0.3, "distillation": 0.5},
        "stages": [
            {
                "steps": 2,
                "size": 64,
                "batch": 2,
                "rate": 1e-3,
                "trunkRate": 1e-5,
                "augmentation": {},
            },
            {
                "steps": 2,
                "size": 96,
                "batch": 2,
                "rate": 1e-3,
                "trunkRate": 1e-5,
                "augmentation": {"pasted": 1.0},
            },
        ],
    }

    def test_resumed_run_gives_the_same_weights(self):
        import train

        names = [
            e["file_name"]
            for e in json.loads((paths.DATA / "coco-train" / "instances.json").read_text())[
                "images"
            ][6:]
        ]
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(
            train, "read_set", lambda path, classes, without: read_set(path, classes, without=names)
        ):

            def trainer(name):
                return train.Trainer(self.CONFIG, paths.DATA, Path(folder) / name)

            whole = trainer("whole")
            whole.run(workers=0)
            trainer("parts").run(workers=0, until=3)
            again = trainer("parts")
            again.resume()
            self.assertEqual(again.step, 3)
            again.run(workers=0)
            for name, tensor in whole.ema.state_dict().items():
                torch.testing.assert_close(again.ema.state_dict()[name], tensor, msg=name)


if __name__ == "__main__":
    unittest.main()
