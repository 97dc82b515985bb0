"""Learning to detect from boxes alone: which anchors answer for which object, and what that costs.

Assignment is SimOTA, the losses are those of YOLOX (Ge et al., 2021, arXiv 2107.08430), but for the
boxes, whose loss is that of generalised
IoU (Rezatofighi et al., 2019). The class logit of an anchor learns the IoU of its box, so that with
one class, too, it has something to say.
"""

import math

import torch
import torch.nn.functional as F

from boxes import corners, pairwise_iou

RADIUS = 1.5  # strides around an object's centre in which anchors may answer for it
MOST_ANCHORS = 10  # per object
IOU_COST = 3.0  # of -log IoU, beside the cost of the classes
WEIGHTS = {"box": 5.0, "objectness": 1.0, "class": 1.0}
FARTHEST = 1e4  # pixels: exp of a size that an untrained head makes up could be infinite
PRIOR = 0.05  # of an object, at an anchor of the untrained head


@torch.no_grad()
def start_head(head):
    """A head whose classes and objectness have learned nothing yet."""
    for layer, prior in ((head.objectness, PRIOR), (head.classes, 0.5)):
        torch.nn.init.normal_(layer.weight, std=0.01)
        torch.nn.init.constant_(layer.bias, math.log(prior / (1 - prior)))


def class_cost(scores, categories):
    """Binary cross entropy of scores [N, C] with each object's classes: [n, N]."""
    scores = scores.clamp(1e-6, 1 - 1e-6)
    absent = -torch.log1p(-scores)
    return absent.sum(1)[None] + (-torch.log(scores) - absent).T[categories]


def near_centre(truth, centres, strides):
    """[n, N]: the anchor lies within RADIUS strides of the object's centre, per axis."""
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    return (middle[:, None] - centres[None]).abs().amax(-1) < RADIUS * strides[None]


@torch.no_grad()
def assigned(boxes, scores, truth, categories, anchors):
    """boxes [N, 4] cx, cy, w, h and scores [N, C] (square root of objectness x class) of one
      picture; truth [n, 4] corners; categories [n];
    anchors: centres [N, 2] and strides [N] -> (anchor [K], object [K], IoU [K]), by anchor.

    An object takes as many of the cheapest anchors around its centre as the best ten IoUs there sum
      to, at least one; an anchor wanted by
    several goes to the one that it is cheapest for."""
    near = near_centre(truth, *anchors)
    iou = torch.where(near, pairwise_iou(truth, corners(boxes)), torch.zeros(1).to(boxes))
    cost = (class_cost(scores, categories) - IOU_COST * torch.log(iou + 1e-8)).masked_fill(
        ~near, float("inf")
    )
    most = min(MOST_ANCHORS, len(boxes))
    count = iou.topk(most, 1)[0].sum(1).int().clamp(min=1)
    cheapest, index = cost.topk(most, 1, largest=False)
    takes = (torch.arange(most)[None] < count[:, None]) & cheapest.isfinite()
    taken = torch.full_like(cost, float("inf")).scatter_(
        1, index, cheapest.masked_fill(~takes, float("inf"))
    )
    least, owner = taken.min(0)
    anchor = least.isfinite().nonzero()[:, 0]
    return anchor, owner[anchor], iou[owner[anchor], anchor]


def generalised_iou(a, b):
    """Corners [K, 4] each -> [K], -1..1."""
    overlap = (
        (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2]))
        .clamp(min=0)
        .prod(-1)
    )
    hull = (
        (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2]))
        .prod(-1)
        .clamp(min=1e-9)
    )
    union = ((a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - overlap).clamp(
        min=1e-9
    )
    return overlap / union - (hull - union) / hull


def picture_losses(boxes, logits, truth, categories, anchors):
    """boxes [N, 4] cx, cy, w, h, logits [N, 1 + C] and the objects of one picture -> sums of the
    losses, number of positives.
    """
    target = torch.zeros_like(logits[:, 0])
    if not len(truth):
        entropy = F.binary_cross_entropy_with_logits(logits[:, 0], target, reduction="sum")
        return {"box": 0.0, "objectness": entropy, "class": 0.0}, 0
    probability = logits.detach().sigmoid().cpu()
    anchor, owner, iou = assigned(
        boxes.detach().cpu(),
        (probability[:, :1] * probability[:, 1:]).sqrt(),
        truth,
        categories,
        anchors,
    )
    wanted = F.one_hot(categories[owner], logits.shape[1] - 1) * iou[:, None]
    anchor, truth, wanted = (
        anchor.to(boxes.device),
        truth[owner].to(boxes.device),
        wanted.to(boxes.device),
    )
    target[anchor] = 1.0
    return {
        "box": (1 - generalised_iou(corners(boxes[anchor]), truth)).sum(),
        "objectness": F.binary_cross_entropy_with_logits(logits[:, 0], target, reduction="sum"),
        "class": F.binary_cross_entropy_with_logits(logits[anchor, 1:], wanted, reduction="sum"),
    }, len(anchor)


def detection_losses(boxes, raw, batch, anchors):
    """boxes [B, N, 4] cx, cy, w, h in pixels; raw: Features.raw -> losses by name, per positive of
    the batch.
    """
    logits = torch.cat([level[:, 4:].flatten(2) for level in raw], 2).transpose(1, 2).float()
    boxes = boxes.float().clamp(-FARTHEST, FARTHEST)
    parts = [
        picture_losses(*rows, anchors) for rows in zip(boxes, logits, batch.boxes, batch.categories)
    ]
    positives = max(1, sum(count for _, count in parts))
    return {
        name: weight * sum(found[name] for found, _ in parts) / positives
        for name, weight in WEIGHTS.items()
    }
