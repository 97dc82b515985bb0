"""What the training of masklet-click minimises. All planes are [M, h, w] of M prompts."""

import torch
import torch.nn.functional as F

FOCUS = 2.0  # power of the focal weights
SMOOTH = 1.0  # of Dice, in cells
EVERYONE = 0.3  # how much masks learn that are not the best


def normalised_focal(logits, truth):
    """Cross entropy weighted by how wrong each cell is, the weights summing to 1 over a mask
      (Sofiiuk et al., 2019):
    [M]. Cells far away that are right count nothing, so large and small objects count alike."""
    wrong = (logits.sigmoid() - truth).abs().detach() ** FOCUS
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (entropy * wrong).sum((1, 2)) / wrong.sum((1, 2)).clamp(min=1e-3)


def dice(logits, truth):
    """[M]"""
    probability = logits.sigmoid()
    return 1 - (2 * (probability * truth).sum((1, 2)) + SMOOTH) / (
        probability.sum((1, 2)) + truth.sum((1, 2)) + SMOOTH
    )


def mask_loss(logits, truth, focal=0.5):
    """[M]"""
    return focal * normalised_focal(logits, truth).clamp(max=6.0) + dice(logits, truth)


@torch.no_grad()
def overlap(logits, truth):
    """IoU of the masks, [M]."""
    on, true = logits > 0, truth >= 0.5
    return (on & true).sum((1, 2)) / (on | true).sum((1, 2)).clamp(min=1)


def best_of(planes, truth):
    """Loss of the best of three masks [M, 3, h, w], and a little of all, so that none is left
    behind.
    """
    each = torch.stack([mask_loss(plane, truth) for plane in planes.unbind(1)], 1)
    return ((1 - EVERYONE) * each.amin(1) + EVERYONE * each.mean(1)).mean()


def losses(logits, quality, prior, truth, single):
    """logits [M, 3, h, w], quality [M, 3], prior [M, 3, h/2, w/2], truth [M, h, w], single [M]: 1
      for a single click,
    which may mean several things, so that the best of three is asked for. -> dict of losses, IoU of
      the first mask
    [M]."""
    small = F.avg_pool2d(truth[:, None], 2)[:, 0]
    found = {
        "mask": mask_loss(logits[:, 0], truth).mean(),
        "prior": mask_loss(prior[:, 0], small).mean(),
    }
    some = single > 0
    if some.any():
        found["best"], found["bestPrior"] = best_of(logits[some], truth[some]), best_of(
            prior[some], small[some]
        )
    met = torch.stack([overlap(plane, truth) for plane in logits.unbind(1)], 1)
    # The other masks are asked for after single clicks only.
    asked = torch.stack([torch.ones_like(single)] + [single] * (met.shape[1] - 1), 1)
    entropy = F.binary_cross_entropy_with_logits(quality, met, reduction="none")
    found["quality"] = (entropy * asked).sum() / asked.sum()
    return found, met[:, 0]


def best_shift(logits, met, turns=20):
    """What added to logits [M, K] of IoU fits the IoU met [M, K] best, by cross entropy: [K].
    Newton's method.
    """
    shift = torch.zeros(logits.shape[1])
    for _ in range(turns):
        predicted = (logits + shift).sigmoid()
        shift -= (predicted - met).mean(0) / (predicted * (1 - predicted)).mean(0).clamp(min=1e-3)
    return shift
