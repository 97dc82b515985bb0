"""Batches for training: canvases with, per object, the mask and how near each pixel is to its
outline.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import augment
import microscopy

BAND = 0.03  # half width of the band around an outline, in diagonals of the object's box
MARGIN = 0.05  # of the sampled window around a box, in sides
POINTS = 32  # per side of the sampled grid
COMPOSERS = {"photos": augment.compose, "microscopy": microscopy.compose}


@dataclass
class Batch:
    """images [B, 3, S, S] uint8; per picture: boxes [n, 4] x0, y0, x1, y1, categories [n], layers
    (augment.Layer).
    """

    images: torch.Tensor
    boxes: list
    categories: list
    layers: list


class Samples(Dataset):
    """Made pictures by number. sets: [(pictures, share)]; kind: a name of COMPOSERS."""

    def __init__(self, sets, size, count, first, seed, kind="photos", **augmentation):
        self.sets, self.shares = [pictures for pictures, _ in sets], np.array(
            [share for _, share in sets], float
        )
        self.shares /= self.shares.sum()
        self.size, self.count, self.first, self.seed, self.augmentation = (
            size,
            count,
            first,
            seed,
            augmentation,
        )
        self.compose = COMPOSERS[kind]

    def __len__(self):
        return self.count

    def draw(self, rng):
        pictures = self.sets[rng.choice(len(self.sets), p=self.shares)]
        return pictures[rng.integers(len(pictures))]

    def __getitem__(self, index):
        rng = np.random.default_rng((self.seed, self.first + index))
        canvas = self.compose(self.draw, self.size, rng, **self.augmentation)
        layers = [(layer, layer.box()) for layer in canvas.layers]
        layers = [(layer, box) for layer, box in layers if box is not None]
        return canvas.image, layers


def collate(samples):
    images = torch.from_numpy(np.stack([image for image, _ in samples]).transpose(0, 3, 1, 2))
    boxes = [
        torch.tensor(np.array([box for _, box in layers], np.float32).reshape(-1, 4))
        for _, layers in samples
    ]
    categories = [
        torch.tensor([layer.category for layer, _ in layers], dtype=torch.long)
        for _, layers in samples
    ]
    return Batch(
        images, boxes, categories, [[layer for layer, _ in layers] for _, layers in samples]
    )


def batches(samples, batch, workers):
    cv2.setNumThreads(1)
    return DataLoader(
        samples,
        batch,
        num_workers=workers,
        collate_fn=collate,
        drop_last=True,
        prefetch_factor=3 if workers else None,
    )


def outline_band(layer):
    """255 within BAND diagonals of the outline, inside and outside, on the layer's pixels."""
    height, width = layer.mask.shape
    radius = max(1, round(BAND * float(np.hypot(height, width))))
    # What lies outside the layer is background, so the mask is framed first.
    on = cv2.copyMakeBorder((layer.mask >= 128).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    inside, outside = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (on, 1 - on))
    near = np.maximum(inside, outside) <= radius
    return near[1:-1, 1:-1].astype(np.uint8) * np.uint8(255)


def sample_grid(box, size, rng):
    """Jittered coordinates xs, ys [POINTS] in a box widened by MARGIN and cut to the picture."""
    x0, y0, x1, y1 = (float(v) for v in box)
    dx, dy = MARGIN * (x1 - x0), MARGIN * (y1 - y0)
    x0, y0, x1, y1 = (
        max(0.0, x0 - dx),
        max(0.0, y0 - dy),
        min(float(size), x1 + dx),
        min(float(size), y1 + dy),
    )
    steps = np.arange(POINTS)
    return (
        x0 + (steps + rng.random(POINTS)) * (x1 - x0) / POINTS,
        y0 + (steps + rng.random(POINTS)) * (y1 - y0) / POINTS,
    )


def sample_layer(plane, layer, xs, ys):
    """A layer's plane (coverage or band, uint8) at the grid of xs and ys, bilinear, 0 outside ->
    float32 [len(ys), len(xs)], 0..1.
    """
    map_x = np.broadcast_to((xs - layer.x - 0.5).astype(np.float32)[None], (len(ys), len(xs)))
    map_y = np.broadcast_to((ys - layer.y - 0.5).astype(np.float32)[:, None], (len(ys), len(xs)))
    values = cv2.remap(
        plane, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return values.astype(np.float32) / 255
