"""Which anchors learn which object's mask."""

import torch

from boxes import centred, corners, pairwise_iou

MOST_PER_OBJECT, CANDIDATES = 5, 12
LEAST_IOU = 0.5
FIRST_WEIGHT = (
    4.0  # the anchor that detection would keep is drawn this much more often than the others
)
MOST_PER_PICTURE = 90
LEVEL_SIDES = (
    64.0,
    160.0,
    320.0,
)  # longest sides up to which an object that no box meets belongs to the strides 8, 16, 32


def anchor_centres(size, strides):
    """[N, 2] pixel centres of the anchors' cells and [N] their strides, in the order of the
    network's outputs.
    """
    centres, levels = [], []
    for stride in strides:
        steps = (torch.arange(-(-size // stride)) + 0.5) * stride
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        centres.append(torch.stack([x, y], -1).reshape(-1, 2))
        levels.append(torch.full((steps.numel() ** 2,), float(stride)))
    return torch.cat(centres), torch.cat(levels)


def centre_anchor(box, centres, levels):
    """The anchor in the middle of a box, on the level for its size."""
    side = float((box[2:] - box[:2]).max())
    stride = next(
        (s for s, most in zip(levels.unique().tolist(), LEVEL_SIDES) if side < most),
        float(levels.max()),
    )
    distance = (centres - (box[:2] + box[2:]) / 2).abs().amax(1) + 1e4 * (levels != stride)
    return int(distance.argmin())


def positives(boxes, scores, truth, categories, anchors, generator):
    """boxes [N, 4] cx, cy, w, h and scores [N, C] of one picture; truth [n, 4] corners; categories
      [n], -1 where unknown ->
    (object [K], anchor [K], frame [K, 4] cx, cy, w, h): anchors whose boxes meet an object with IoU
      above one half, the better the likelier;
    where none does, the anchor in the object's middle with the object's own box."""
    overlap = pairwise_iou(truth, corners(boxes))
    known = scores.T[categories.clamp(min=0)]
    confidence = torch.where(categories[:, None] >= 0, known, scores.amax(1)[None])
    quality = overlap * confidence.clamp(min=1e-4) ** 0.25 * (overlap > LEAST_IOU)
    best, index = quality.topk(min(CANDIDATES, quality.shape[1]), 1)
    own = centred(truth)
    objects, chosen, frames = [], [], []
    for k in range(len(truth)):
        met = index[k][best[k] > 0]
        if len(met):
            weights = torch.ones(len(met))
            weights[0] = FIRST_WEIGHT
            met = met[
                torch.multinomial(weights, min(MOST_PER_OBJECT, len(met)), generator=generator)
            ]
            frames.append(boxes[met])
        else:
            met = torch.tensor([centre_anchor(truth[k], *anchors)])
            frames.append(own[k][None])
        chosen.append(met)
        objects.append(torch.full((len(met),), k))
    objects, chosen, frames = torch.cat(objects), torch.cat(chosen), torch.cat(frames)
    if len(chosen) > MOST_PER_PICTURE:
        some = torch.randperm(len(chosen), generator=generator)[:MOST_PER_PICTURE]
        objects, chosen, frames = objects[some], chosen[some], frames[some]
    return objects, chosen, frames
