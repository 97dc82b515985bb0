"""The assignment of anchors equals its definition, loop by loop; the losses know what is right and
are learned.
"""

import math
import unittest

import torch

from tests import paths  # noqa: F401
from assign import anchor_centres
from boxes import centred
from detection import (
    IOU_COST,
    MOST_ANCHORS,
    PRIOR,
    RADIUS,
    assigned,
    class_cost,
    detection_losses,
    generalised_iou,
    start_head,
)
from network import Network
from samples import Batch
from train import trunk_groups


def slow_iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    overlap = max(0.0, w) * max(0.0, h)
    return overlap / max(
        1e-9, (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - overlap
    )


def slow_cost(scores, category, iou):
    total = -IOU_COST * math.log(iou + 1e-8)
    for index, score in enumerate(scores):
        score = min(max(score, 1e-6), 1 - 1e-6)
        total -= math.log(score if index == category else 1 - score)
    return total


def slow_assigned(boxes, scores, truth, categories, anchors):
    """SimOTA in loops: {anchor: (object, IoU)}."""
    wishes = {}
    for k, box in enumerate(truth):
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        offers = []
        for n, ((x, y), stride) in enumerate(zip(*anchors)):
            if max(abs(x - middle[0]), abs(y - middle[1])) >= RADIUS * stride:
                continue
            cx, cy, w, h = boxes[n]
            iou = slow_iou(box, (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2))
            offers.append((slow_cost(scores[n], categories[k], iou), iou, n))
        count = max(1, int(sum(sorted((iou for _, iou, _ in offers), reverse=True)[:MOST_ANCHORS])))
        for cost, iou, n in sorted(offers)[:count]:
            if n not in wishes or cost < wishes[n][0]:
                wishes[n] = (cost, k, iou)
    return {n: (k, iou) for n, (_, k, iou) in wishes.items()}


def random_picture(generator, size, count, classes, strides=(8, 16)):
    """Objects, some touching, some tiny, some beyond the border; boxes near them and scores."""

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)

    anchors = tuple(a.double() for a in anchor_centres(size, strides))
    middle, sides = uniform(-4, size + 4, count, 2), torch.exp(uniform(0, 4, count, 2))
    truth = torch.cat([middle - sides / 2, middle + sides / 2], 1)
    total = len(anchors[0])
    boxes = torch.cat(
        [anchors[0] + uniform(-6, 6, total, 2), torch.exp(uniform(1, 4, total, 2))], 1
    )
    return (
        boxes,
        uniform(0, 1, total, classes),
        truth,
        torch.randint(classes, (count,), generator=generator),
        anchors,
    )


def unit_variance(network, images):
    """Scales each convolution's weights so that its output varies by one (Mishkin and Matas,
    2016).
    """

    def scale(module, _, output):
        spread = output.std()
        module.weight.data /= spread
        module.bias.data /= spread
        return output / spread

    hooks = [
        m.register_forward_hook(scale) for m in network.modules() if isinstance(m, torch.nn.Conv2d)
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()


class Assignment(unittest.TestCase):
    def check(self, picture):
        anchor, owner, iou = assigned(*picture)
        got = {n: (k, v) for n, k, v in zip(anchor.tolist(), owner.tolist(), iou.tolist())}
        want = slow_assigned(*(x.tolist() for x in picture[:4]), [a.tolist() for a in picture[4]])
        self.assertEqual({n: k for n, (k, _) in got.items()}, {n: k for n, (k, _) in want.items()})
        for n in got:
            self.assertAlmostEqual(got[n][1], want[n][1], places=9)
        return got

    def test_random_pictures_equal_the_definition(self):
        generator = torch.Generator().manual_seed(0)
        for size, count, classes in (32, 1, 1), (64, 7, 1), (64, 60, 1), (96, 25, 3), (16, 3, 2):
            for _ in range(3):
                self.check(random_picture(generator, size, count, classes))

    def test_perfect_boxes_of_distant_objects_all_find_their_object(self):
        boxes, scores, _, _, anchors = random_picture(torch.Generator().manual_seed(1), 128, 1, 1)
        truth = torch.tensor(
            [[10, 12, 30, 34], [70, 80, 100, 96], [2, 90, 20, 126]], dtype=torch.float64
        )
        boxes[:] = centred(truth)[
            (anchors[0][:, None] - centred(truth)[None, :, :2]).norm(dim=-1).argmin(1)
        ]
        found = self.check((boxes, scores, truth, torch.zeros(3, dtype=torch.long), anchors))
        self.assertEqual({k for k, _ in found.values()}, {0, 1, 2})
        self.assertTrue(all(iou > 0.999 for _, iou in found.values()))

    def test_object_far_from_every_anchor_takes_none(self):
        boxes, scores, _, _, anchors = random_picture(torch.Generator().manual_seed(2), 32, 1, 1)
        truth = torch.tensor([[500.0, 500, 520, 520]], dtype=torch.float64)
        self.assertEqual(
            len(assigned(boxes, scores, truth, torch.zeros(1, dtype=torch.long), anchors)[0]), 0
        )

    def test_certain_scores_cost_finite_amounts(self):
        self.assertTrue(
            class_cost(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([0, 1]))
            .isfinite()
            .all()
        )


class Losses(unittest.TestCase):
    def test_generalised_iou_of_known_boxes(self):
        a = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 2, 2], [1, 1, 1, 1]])
        b = torch.tensor([[0.0, 0, 4, 4], [2, 0, 6, 4], [4, 0, 6, 2], [1, 1, 1, 1]])
        for got, want in zip(generalised_iou(a, b).tolist(), (1, 8 / 24, -4 / 12, 0)):
            self.assertAlmostEqual(got, want, places=5)

    def test_untrained_head_answers_the_prior(self):
        network = Network(
            1, 2, {"width8": 16, "width4": 16, "blocks8": 1, "blocks4": 1, "head": 16}
        )
        for head in network.trunk.heads:
            start_head(head)
        with torch.no_grad():
            scores = network.scores(network.trunk(torch.rand(1, 3, 64, 64)))
        self.assertTrue((scores > PRIOR * 0.3).all() and (scores < PRIOR * 0.8).all())

    def test_infinite_box_leaves_the_losses_finite(self):
        raw = [torch.zeros(1, 6, 4, 4)]
        boxes = torch.full((1, 16, 4), float("inf")).requires_grad_()
        batch = Batch(
            None, [torch.tensor([[4.0, 4, 20, 20]])], [torch.zeros(1, dtype=torch.long)], [[]]
        )
        found = detection_losses(boxes, raw, batch, anchor_centres(32, (8,)))
        self.assertTrue(all(loss.isfinite() for loss in found.values()))

    def test_picture_without_objects_asks_for_silence_only(self):
        raw = [torch.zeros(1, 6, 4, 4, requires_grad=True)]
        batch = Batch(None, [torch.zeros(0, 4)], [torch.zeros(0, dtype=torch.long)], [[]])
        found = detection_losses(torch.zeros(1, 16, 4), raw, batch, anchor_centres(32, (8,)))
        sum(found.values()).backward()
        self.assertGreater(float(found["objectness"]), 0)
        self.assertEqual((float(found["box"]), float(found["class"])), (0, 0))
        self.assertTrue(
            (raw[0].grad[:, 4] > 0).all() and (raw[0].grad[:, [0, 1, 2, 3, 5]] == 0).all()
        )

    def test_two_pictures_are_learned_by_heart(self):
        """A trunk without norms, from random weights: what is asked of it is learned."""
        torch.manual_seed(0)
        network = Network(
            1, 2, {"width8": 16, "width4": 16, "blocks8": 1, "blocks4": 1, "head": 16}
        )
        boxes = [
            torch.tensor([[4.0, 6, 20, 24], [30, 30, 58, 50]]),
            torch.tensor([[40.0, 3, 52, 15]]),
        ]
        images = torch.full((2, 3, 64, 64), 0.1)
        for image, found in zip(images, boxes):
            for x0, y0, x1, y1 in found.int().tolist():
                image[:, y0:y1, x0:x1] = 0.9
        unit_variance(network.trunk, images)
        for head in network.trunk.heads:
            start_head(head)
            torch.nn.init.normal_(head.box.weight, std=0.01)
        batch = Batch(
            images, boxes, [torch.zeros(len(b), dtype=torch.long) for b in boxes], [[], []]
        )
        groups = trunk_groups(network.trunk, relative=True)
        optimizer = torch.optim.AdamW(
            [{**group, "lr": 0.01 * group.get("scale", 0.2)} for group in groups], betas=(0.9, 0.98)
        )
        totals = []
        for _ in range(50):
            features = network.trunk(images)
            found = detection_losses(
                network.boxes(features), features.raw, batch, anchor_centres(64, (8, 16))
            )
            totals.append({name: float(loss) for name, loss in found.items()})
            optimizer.zero_grad()
            sum(found.values()).backward()
            optimizer.step()
        self.assertLess(
            sum(totals[-1].values()), 0.5 * sum(totals[0].values()), (totals[0], totals[-1])
        )


if __name__ == "__main__":
    unittest.main()
