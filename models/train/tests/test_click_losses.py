"""What masklet-click learns from: right masks cost nothing, sizes do not matter, and the
alternatives count for single
clicks only."""

import unittest

import torch

from tests import paths  # noqa: F401
from click_losses import best_shift, losses, mask_loss, overlap


def squares(*sides, size=64):
    truth = torch.zeros(len(sides), size, size)
    for plane, side in zip(truth, sides):
        plane[4 : 4 + side, 4 : 4 + side] = 1
    return truth


class Losses(unittest.TestCase):
    def test_right_masks_cost_little_and_wrong_ones_much(self):
        truth = squares(3, 20, 50)
        right, wrong = (truth * 2 - 1) * 12, (1 - truth * 2) * 12
        self.assertLess(float(mask_loss(right, truth).max()), 0.01)
        self.assertGreater(float(mask_loss(wrong, truth).min()), 1.5)

    def test_missing_an_object_costs_the_same_whatever_its_size(self):
        truth = squares(6, 12, 24)
        cost = mask_loss(torch.full_like(truth, -4), truth)
        self.assertLess(float(cost.max() - cost.min()), 0.1)

    def test_shift_makes_predictions_right_on_average(self):
        generator = torch.Generator().manual_seed(0)
        logits, met = torch.randn(500, 3, generator=generator), torch.rand(
            500, 3, generator=generator
        ) * torch.tensor([0.2, 1.0, 1.0])
        shifted = (logits + best_shift(logits, met)).sigmoid().mean(0)
        torch.testing.assert_close(shifted, met.mean(0), rtol=0, atol=1e-4)

    def test_overlap_is_the_iou(self):
        truth = squares(4)
        answer = torch.full_like(truth, -1.0)
        answer[0, 4:8, 4:6] = 1
        answer[0, 20, 20] = 1
        self.assertAlmostEqual(float(overlap(answer, truth)[0]), 8 / 17, places=6)

    def test_alternatives_learn_from_single_clicks_only(self):
        truth = squares(8, 16)
        logits = torch.randn(2, 3, 64, 64, requires_grad=True)
        prior = torch.randn(2, 3, 32, 32, requires_grad=True)
        found, _ = losses(logits, torch.zeros(2, 3), prior, truth, torch.tensor([1.0, 0.0]))
        sum(found.values()).backward()
        moved = lambda t: (t.grad.abs().amax((2, 3)) > 0).tolist()
        self.assertEqual(moved(logits), [[True, True, True], [True, False, False]])
        self.assertEqual(moved(prior), [[True, True, True], [True, False, False]])

    def test_without_a_single_click_there_is_no_best_of_three(self):
        found, met = losses(
            torch.zeros(1, 3, 64, 64),
            torch.zeros(1, 3),
            torch.zeros(1, 3, 32, 32),
            squares(8),
            torch.zeros(1),
        )
        self.assertEqual(sorted(found), ["mask", "prior", "quality"])
        self.assertEqual(float(met[0]), 0.0)


if __name__ == "__main__":
    unittest.main()
