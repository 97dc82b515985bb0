"""What training minimises."""

import numpy as np
import torch
import torch.nn.functional as F

from assign import positives
from boxes import corners
from branch import PROTOTYPES
from picodet import BINS, SIDES
from samples import outline_band, sample_grid, sample_layer

MOST_ENTROPY = 4.0  # of one mask: a hopeless one does not rule a batch
SMOOTH = 1.0  # of Dice, in points


def chosen_masks(batch, boxes, scores, anchors, rng, generator):
    """Per picture with objects: (picture, anchor [K], frame [K, 4], grid [K, P, P, 2] in -1..1,
    truth [K, P, P], band [K, P, P]).
    """
    size = batch.images.shape[-1]
    chosen = []
    for b, truth in enumerate(batch.boxes):
        if not len(truth):
            continue
        objects, index, frames = positives(
            boxes[b], scores[b], truth, batch.categories[b], anchors, generator
        )
        bands = {}
        grids, masks, near = [], [], []
        for k, box in zip(objects.tolist(), corners(frames).numpy()):
            layer = batch.layers[b][k]
            bands.setdefault(k, outline_band(layer))
            xs, ys = sample_grid(box, size, rng)
            grids.append(
                np.stack(
                    np.broadcast_arrays(xs[None] / size * 2 - 1, ys[:, None] / size * 2 - 1), -1
                )
            )
            masks.append(sample_layer(layer.mask, layer, xs, ys))
            near.append(sample_layer(bands[k], layer, xs, ys))
        chosen.append(
            (
                b,
                index,
                frames,
                *(torch.from_numpy(np.stack(v).astype(np.float32)) for v in (grids, masks, near)),
            )
        )
    return chosen


def mask_logits(branch, maps, heads, chosen, device):
    """Logits of the chosen masks at their grid points: [K, P, P] over all pictures, and their head
    rows [K, 32 (+ 1)].
    """
    prototypes = branch.prototypes(maps)
    logits, rows = [], []
    for b, index, frames, grid, _, _ in chosen:
        row = heads[b][index.to(device)]
        planes = torch.einsum(
            "kp,phw->khw", branch.coefficients(row, frames.to(device)), prototypes[b]
        )
        logits.append(
            F.grid_sample(
                planes[:, None],
                grid.to(device),
                mode="bilinear",
                padding_mode="border",
                align_corners=False,
            )[:, 0]
        )
        rows.append(row)
    return torch.cat(logits), torch.cat(rows)


def mask_losses(logits, rows, truth, band, outline_weight, quality):
    """Cross entropy (weighted towards the outline) and Dice per mask (so that every object counts
      alike), and of the predicted IoU.
    -> dict of losses, mean IoU."""
    weight = 1 + outline_weight * band
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    entropy = (entropy * weight).sum((1, 2)) / weight.sum((1, 2))
    probability = logits.sigmoid()
    overlap = (probability * truth).sum((1, 2))
    dice = 1 - (2 * overlap + SMOOTH) / (probability.sum((1, 2)) + truth.sum((1, 2)) + SMOOTH)
    with torch.no_grad():
        on, true = logits > 0, truth >= 0.5
        iou = (on & true).sum((1, 2)) / (on | true).sum((1, 2)).clamp(min=1)
    losses = {"entropy": entropy.clamp(max=MOST_ENTROPY).mean(), "dice": dice.mean()}
    if quality:
        losses["quality"] = F.binary_cross_entropy_with_logits(rows[:, PROTOTYPES], iou)
    return losses, iou.mean()


def divergence(logits, target):
    """Cross entropy of logits with probabilities less what it is at best, so that equal outputs
    give 0.
    """
    own = torch.special.entr(target) + torch.special.entr(1 - target)
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none") - own


def distillation_of_sides(raw, teacher, classes):
    """The same for a PicoDet, whose raw output is class logits and distributions over the distances
    of four sides (picodet.py).
    """
    total = 0.0
    for ours, theirs in zip(raw, teacher):
        scores = theirs[:, :classes].sigmoid()
        seen = scores.amax(1, keepdim=True)
        count = seen.sum().clamp(min=1)
        mine, wanted = (
            x[:, classes:].unflatten(1, (SIDES, BINS)).log_softmax(2) for x in (ours, theirs)
        )
        apart = (wanted.exp() * (wanted - mine)).sum((1, 2)).unsqueeze(1)
        total = total + (apart * seen).sum() / count
        total = total + divergence(ours[:, :classes], scores).sum() / count
    return total


def distillation(raw, teacher):
    """How far the detector's outputs (Features.raw) are from those of the one that it came from:
      boxes where that one sees something,
    objectness everywhere, classes where there is an object; in units of the number of objects it
      sees. 0 where they are equal.
    """
    total = 0.0
    for ours, theirs in zip(raw, teacher):
        objectness = theirs[:, 4:5].sigmoid()
        classes = theirs[:, 5:].sigmoid()
        seen = objectness * classes.amax(1, keepdim=True)
        count = seen.sum().clamp(min=1)
        box = F.smooth_l1_loss(ours[:, :4], theirs[:, :4], reduction="none", beta=0.1).sum(
            1, keepdim=True
        )
        total = total + (box * seen).sum() / count
        total = total + 0.5 * divergence(ours[:, 4:5], objectness).sum() / count
        total = total + 0.5 * (divergence(ours[:, 5:], classes) * objectness).sum() / count
    return total
