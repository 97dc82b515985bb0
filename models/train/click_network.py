"""masklet-click: a picture is encoded once, then each click or box is answered by a light decoder.
Tensors are those of
Segment Anything (Kirillov et al., 2023) and its exporter, so that every tool for that network can
use this one.

The encoder is masklet-n with two small adapters. What it knows of a picture, at half the contract's
resolution (512 x
512):

  rows        one per anchor of the detector: box, score, predicted IoU, coefficients of its mask
  prototypes  whose sums the anchors' masks are, stride 4
  context     what is there and what belongs together, stride 8
  detail      stride 4

The decoder first asks the detector: which anchors are consistent with the clicks and the box? Their
mean mask is the
prior. Features that are like those at the clicks, distances to the clicks, the mask of the answer
before and the prior
are then brought together by a few depthwise convolutions at strides 8, 16 and 4, which give three
masks at stride 2:
the best guess, and two more for what a single click may mean.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from branch import MONOMIALS, PLACE_UNIT, PROTOTYPES, Residual, conv_norm, double
from network import Network

INPUT = 1024  # side of the contract's input, in whose pixels points are given
SIDE = 512  # side of the picture that the network looks at
MASK = 256  # side of the low-resolution masks
CELLS = 64  # side of the embedding
LEARNED = PROTOTYPES - MONOMIALS
CONTEXT, DETAIL = 64, 8  # channels
ROW = 4 + 2 + PROTOTYPES  # box, log of the score, logit of the IoU, coefficients
ROW_PLANES = 56  # channels of the embedding that hold rows
FINE = LEARNED + DETAIL
CHANNELS = ROW_PLANES + 4 * FINE + CONTEXT  # of the embedding: 256
HEADS = 3  # priors and masks
# Which mask is which of the contract's four: the first is the single one, the others are for single
# clicks.
TOKENS = (0, 1, 0, 2)
FOREGROUND, BACKGROUND, FIRST_CORNER, LAST_CORNER = 1, 0, 2, 3  # labels of points; -1 is padding
LEAST_SCORE = 1e-5
# How much steeper the logits are that the files exchange: an edge then takes about one cell of the
# low-resolution mask, as whoever reads coverage or stability (Kirillov et al., 2023) from them
# expects.
STEEPNESS = 4.0
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
FAR = 1e6


@dataclass
class Embedding:
    """rows [B, 38, A]: cx, cy, w, h in pixels, log score, logit of IoU, coefficients; fine [B, 26 +
      8, H/4, W/4]:
    learned prototypes, then detail; context [B, 64, H/8, W/8]."""

    rows: torch.Tensor
    fine: torch.Tensor
    context: torch.Tensor

    @property
    def prototypes(self):
        return self.fine[:, :LEARNED]

    @property
    def detail(self):
        return self.fine[:, LEARNED:]

    def pack(self):
        """-> [1, 256, 64, 64]; for a picture of 512 x 512."""
        free = ROW_PLANES * CELLS * CELLS - self.rows.shape[2] * ROW
        flat = torch.cat([self.rows.reshape(1, -1), torch.zeros(1, free)], 1)
        planes = [flat, self.fine, self.context]
        return torch.cat([p.reshape(1, -1, CELLS, CELLS) for p in planes], 1)

    @staticmethod
    def unpack(packed, anchors):
        rows, fine, context = packed.split([ROW_PLANES, 4 * FINE, CONTEXT], 1)
        side = 2 * CELLS
        rows = rows.reshape(1, -1)[:, : anchors * ROW].reshape(1, ROW, anchors)
        return Embedding(rows, fine.reshape(1, FINE, side, side), context)


class ClickEncoder(nn.Module):
    """`images` [B, 3, H, W] RGB 0..1 -> Embedding. `network` is masklet-n, whose statistics stay as
    they are.
    """

    def __init__(self, network, width=96):
        super().__init__()
        self.network = network
        branch, trunk = network.branch, network.trunk
        width8 = branch.to4[0].in_channels
        width4 = branch.to4[0].out_channels
        self.context = nn.Sequential(
            conv_norm(width8 + 2 * trunk.widths[0], width),
            nn.SiLU(),
            Residual(width),
            Residual(width),
            nn.Conv2d(width, CONTEXT, 1),
        )
        self.detail = nn.Sequential(
            conv_norm(width4 + 32, 32), nn.SiLU(), Residual(32), nn.Conv2d(32, DETAIL, 1)
        )

    def train(self, mode=True):
        super().train(mode)
        self.network.eval()
        return self

    def look(self, images):
        """What masklet-n says: rows, prototypes, and what the adapters read at strides 8 and 4."""
        network = self.network
        features = network.trunk(images)
        x8, x4 = network.branch.decode(features)
        heads = network.branch.heads(features).transpose(1, 2)
        boxes = network.boxes(features)
        score = network.scores(features).amax(2, keepdim=True).clamp(min=LEAST_SCORE).log()
        rows = torch.cat(
            [
                boxes,
                score,
                heads[..., PROTOTYPES : PROTOTYPES + 1],
                network.branch.coefficients(heads, boxes),
            ],
            2,
        )
        prototypes = network.branch.prototypes(network.branch.maps(x4))[:, :LEARNED]
        return (
            rows.transpose(1, 2),
            prototypes,
            torch.cat([x8, features.pyramid[0], features.stages[0]], 1),
            torch.cat([x4, features.s4], 1),
        )

    def forward(self, images, frozen=True):
        """frozen: masklet-n learns nothing."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not frozen):
            rows, prototypes, x8, x4 = self.look(images)
        return Embedding(rows, torch.cat([prototypes, self.detail(x4)], 1), self.context(x8))


@dataclass
class Prompt:
    """What is asked, B pictures and P prompts each: points [B, P, N, 2] in pixels, labels [B, P,
      N], earlier [B, P,
    H/2, W/2] logits of the mask before and has [B, P], 1 where they count."""

    points: torch.Tensor
    labels: torch.Tensor
    earlier: torch.Tensor
    has: torch.Tensor

    def are(self, label):
        return (self.labels == float(label)).to(torch.float32)

    def box(self):
        """[B, P, 4] corners, and [B, P, 1]: 1 where there is a box."""
        corner = lambda label: (self.points * self.are(label)[..., None]).sum(2)
        given = self.are(FIRST_CORNER).sum(2, keepdim=True).clamp(max=1.0)
        return torch.cat([corner(FIRST_CORNER), corner(LAST_CORNER)], 2), given


def grid(feature, stride):
    """The cells' centres in pixels, x [1, 1, 1, w] and y [1, 1, h, 1]. Decoders are exported for
      one size, so these are
    constants."""
    x = (torch.arange(feature.shape[3], device=feature.device, dtype=torch.float32) + 0.5) * stride
    y = (torch.arange(feature.shape[2], device=feature.device, dtype=torch.float32) + 0.5) * stride
    return x[None, None, None, :], y[None, None, :, None]


def at_points(planes, points, stride):
    """planes [B, C, h, w], points [B, P, N, 2] in pixels -> their values there [B, P, N, C],
    bilinear.
    """
    size = (
        torch.tensor([planes.shape[3], planes.shape[2]], device=planes.device, dtype=torch.float32)
        * stride
    )
    return F.grid_sample(
        planes, points / size * 2 - 1, mode="bilinear", padding_mode="border", align_corners=False
    ).permute(0, 2, 3, 1)


def units(x, y):
    """Pixels in the units of the fixed prototypes (branch.py)."""
    return x * (1 / PLACE_UNIT) - 1, y * (1 / PLACE_UNIT) - 1


def monomials(x, y):
    """The fixed prototypes at pixels x, y of any shape, on a new last axis."""
    x, y = units(x, y)
    return torch.stack([x * 0 + 1, x, y, x * x, y * y, x * y], -1)


def ellipses(coefficients, x, y):
    """Sums of the fixed prototypes, coefficients [M, K, 6], on a grid: [M, K, h, w]. Horner's
      scheme: the grid's own
    values are exact in float16, in which constants are stored, their squares are not."""
    x, y = units(x, y)
    k, kx, ky, kxx, kyy, kxy = coefficients[..., None, None].unbind(2)
    return (kxx * x + kx) * x + k + ((kyy * y + ky) * y + kxy * x * y)


class Ranking(nn.Module):
    """How well each anchor fits a prompt: a weighted sum of evidence and a small network beside it,
    per prior.
    """

    EVIDENCE = 10
    #            score, IoU, clicks on, clicks off, beyond the box, off centre, box, size, box given, clicks
    BEGIN = (0.7, 0.5, 1.0, 1.0, -3.0, -0.5, 4.0, 0.0, 0.0, 0.0)
    SIZES = (0.0, -0.6, 0.6)

    def __init__(self, hidden=16):
        super().__init__()
        self.weights = nn.Conv1d(self.EVIDENCE, HEADS, 1)
        self.hidden, self.more = nn.Conv1d(self.EVIDENCE, hidden, 1), nn.Conv1d(hidden, HEADS, 1)
        with torch.no_grad():
            self.weights.weight.copy_(torch.tensor(self.BEGIN).repeat(HEADS, 1)[..., None])
            self.weights.weight[:, 7] = torch.tensor(self.SIZES)[:, None]
            for tensor in (self.weights.bias, self.more.weight, self.more.bias):
                tensor.zero_()

    def evidence(self, embedding, prompt, box, has_box):
        """[B, P, 10, A]."""
        rows = embedding.rows[:, None]
        points, on, off = (
            prompt.points,
            prompt.are(FOREGROUND)[..., None],
            prompt.are(BACKGROUND)[..., None],
        )
        known = torch.cat(
            [at_points(embedding.prototypes, points, 4), monomials(points[..., 0], points[..., 1])],
            3,
        )
        logits = torch.matmul(known, rows[:, :, 6:])  # [B, P, N, A]
        # Place of each point in each box, -1 to 1 inside: [B, P, N, A].
        place = [
            (points[..., k : k + 1] - rows[:, :, k : k + 1]) / (rows[:, :, 2 + k : 3 + k] * 0.5)
            for k in (0, 1)
        ]
        place = torch.maximum(place[0].abs(), place[1].abs()).clamp(max=10.0)
        logits = torch.minimum(logits.clamp(-8.0, 8.0), (1.2 - place).clamp(-1.0, 1.0) * 8)
        count = on.sum(2).clamp(min=1.0)
        size = (rows[:, :, 2] * rows[:, :, 3]).clamp(min=16.0).log() * 0.5 - 4
        parts = [
            rows[:, :, 4],
            rows[:, :, 5],
            (F.logsigmoid(logits) * on).sum(2),
            (F.logsigmoid(-logits) * off).sum(2),
            ((place - 1).clamp(min=0.0) * on).sum(2) / count,
            (place * on).sum(2) / count,
            self.overlap(rows, box) * has_box,
            size,
            has_box,
            on.sum(2) * 0.25,
        ]
        nothing = logits[:, :, 0] * 0
        return torch.stack([part + nothing for part in parts], 2)

    @staticmethod
    def overlap(rows, box):
        """Logarithm of the IoU of boxes, [B, P, A]."""
        sides = []
        for k in (0, 1):
            low, high = (
                rows[:, :, k] - rows[:, :, 2 + k] * 0.5,
                rows[:, :, k] + rows[:, :, 2 + k] * 0.5,
            )
            sides.append(
                (
                    torch.minimum(high, box[..., 2 + k : 3 + k])
                    - torch.maximum(low, box[..., k : k + 1])
                ).clamp(min=0.0)
            )
        common = sides[0] * sides[1]
        given = ((box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]))[..., None]
        return (
            common / (rows[:, :, 2] * rows[:, :, 3] + given - common).clamp(min=1.0) + 0.02
        ).log()

    def forward(self, embedding, prompt, box, has_box):
        """-> weights of the anchors [B, P, 3, A], each prior's sum to 1."""
        evidence = self.evidence(embedding, prompt, box, has_box).flatten(0, 1)
        rank = self.weights(evidence) + self.more(F.relu(self.hidden(evidence)))
        return rank.unflatten(0, prompt.labels.shape[:2]).softmax(3)


def beyond(box, feature, stride):
    """Signed distance of every cell to the edges of boxes [M, 4] (corners), positive inside, in
      pixels: [M, 1, h,
    w]."""
    x, y = grid(feature, stride)
    edge = lambda k: box[:, k, None, None, None]
    return torch.minimum(
        torch.minimum(x - edge(0), edge(2) - x), torch.minimum(y - edge(1), edge(3) - y)
    )


class Block(nn.Module):
    """Depthwise 3 x 3, dilated or not, and 1 x 1 beside a shortcut. ReLU, which runtimes join with
    the convolution.
    """

    def __init__(self, channels, dilation=1):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, dilation, dilation, channels)
        self.mix = conv_norm(channels, channels)

    def forward(self, x):
        return F.relu(x + self.mix(F.relu(self.depthwise(x))))


@dataclass
class Asked:
    """The M = B P prompts one after the other: points [M, N, 2], whether each is foreground `on` or
      background `off`
    [M, N], box [M, 4] and has_box [M, 1], prior [M, 3, h4, w4] with its boxes `fences` [M, 3, 4]
      and `facts`, the mask
    before, -1 to 1, [M, 1, h4, w4]."""

    points: torch.Tensor
    on: torch.Tensor
    off: torch.Tensor
    box: torch.Tensor
    has_box: torch.Tensor
    prior: torch.Tensor
    fences: torch.Tensor
    facts: torch.Tensor
    earlier: torch.Tensor
    prompts: int

    def each(self, planes):
        """Planes of the B pictures, for each of its prompts."""
        return (
            planes
            if self.prompts == 1
            else planes[:, None].expand(-1, self.prompts, -1, -1, -1).flatten(0, 1)
        )


class ClickDecoder(nn.Module):
    """Embedding and Prompt -> logits [B, P, 3, H/2, W/2], logits of their IoU [B, P, 3], logits of
      the priors [B, P, 3,
    H/4, W/4]."""

    KEYS = 32  # of the context's channels; the others are what a clicked place asks for
    FACTS = 3 * HEADS + 3  # numbers that say how sure the prior is and what was asked
    MAPS8, MAPS4 = 20, 10

    def __init__(self, width8=48, width16=96, width4=16):
        super().__init__()
        self.ranking = Ranking()
        self.picture8, self.maps8 = nn.Conv2d(CONTEXT, width8, 1), conv_norm(self.MAPS8, width8)
        self.facts8 = nn.Linear(self.FACTS, width8)
        self.first8 = Block(width8)
        self.down = nn.Sequential(
            conv_norm(width8, width8, 3, 2, width8),
            nn.ReLU(),
            conv_norm(width8, width16),
            nn.ReLU(),
        )
        self.wide = nn.Sequential(*[Block(width16, d) for d in (1, 2, 4)])
        self.all, self.last16 = nn.Linear(2 * width16, width16), Block(width16, 1)
        self.up, self.last8 = conv_norm(width16, width8), Block(width8)
        self.picture4, self.maps4 = nn.Conv2d(FINE, width4, 1), conv_norm(self.MAPS4, width4)
        self.to4 = conv_norm(width8, width4)
        self.blocks4 = nn.Sequential(Block(width4), Block(width4))
        self.out = nn.Conv2d(width4, 4 * HEADS, 1)
        self.trust = nn.Parameter(torch.full((HEADS,), 0.5))
        self.quality = nn.Sequential(
            nn.Linear(width8 + 3 + self.FACTS, 32), nn.ReLU(), nn.Linear(32, HEADS)
        )
        # Belongs on the logits of the IoU where there is no box, for a single click: train_click.py
        # sets it at the end.
        self.register_buffer("single", torch.zeros(HEADS))
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            self.picture4.weight[:, :LEARNED] *= 0.25

    def prior(self, embedding, prompt, box, has_box):
        """-> logits [M, 3, h4, w4] of the priors, M = B P; their boxes [M, 3, 4] as corners; facts
        [M, FACTS].
        """
        weights = self.ranking(embedding, prompt, box, has_box)
        b, p = weights.shape[:2]
        rows = torch.matmul(weights, embedding.rows[:, None].transpose(2, 3)).flatten(0, 1)
        learned = torch.matmul(
            rows[:, :, 6 : 6 + LEARNED].reshape(b, p * HEADS, LEARNED),
            embedding.prototypes.flatten(2),
        )
        logits = learned.reshape(b * p, HEADS, *embedding.fine.shape[2:]) + ellipses(
            rows[:, :, 6 + LEARNED :], *grid(embedding.fine, 4)
        )
        corners = torch.cat(
            [rows[..., :2] - rows[..., 2:4] * 0.5, rows[..., :2] + rows[..., 2:4] * 0.5], 2
        )
        fence = (
            torch.cat([beyond(corners[:, k], embedding.fine, 4) for k in range(HEADS)], 1) * 0.25
            + 1
        )
        logits = torch.minimum(logits.clamp(-8.0, 8.0), fence.clamp(-8.0, 8.0))
        sure = weights.amax(3).flatten(0, 1)
        asked = torch.cat(
            [
                has_box,
                prompt.are(BACKGROUND).sum(2, keepdim=True).clamp(max=1.0),
                prompt.has[..., None],
            ],
            2,
        ).flatten(0, 1)
        return logits, corners, torch.cat([rows[:, :, 4] * 0.25, rows[:, :, 5], sure, asked], 1)

    @staticmethod
    def nearest(points, marked, feature, stride):
        """Squared distance of every cell to the nearest of the marked points [M, N, 2], [M, N]: [M,
        1, h, w].
        """
        x, y = grid(feature, stride)
        across, down = x - points[:, :, 0, None, None], y - points[:, :, 1, None, None]
        return (across * across + down * down + (1 - marked)[:, :, None, None] * FAR).amin(
            1, keepdim=True
        )

    @staticmethod
    def most(values, marked):
        """Greatest over the marked of values [M, N, h, w], -2 where none is: [M, 1, h, w]."""
        return (
            (values.clamp(-2.0, 6.0) + (marked[:, :, None, None] - 1) * 10)
            .amax(1, keepdim=True)
            .clamp(min=-2.0)
        )

    def likeness(self, embedding, prompt, prior, on, off):
        """How much each cell's key is what the clicked places, and the prior, ask for: [M, 4, h8,
        w8].
        """
        keys = embedding.context[:, : self.KEYS]
        scale = self.KEYS**-0.5
        b, p = prompt.labels.shape[:2]
        flat = keys.flatten(2)
        asks = at_points(embedding.context[:, self.KEYS :], prompt.points, 8)  # [B, P, N, C]
        alike = torch.matmul(asks.flatten(1, 2), flat).reshape(b * p, -1, *keys.shape[2:]) * scale
        count = on.sum(1).clamp(min=1.0)[:, None, None, None]
        mean = (alike.clamp(-6.0, 6.0) * on[:, :, None, None]).sum(1, keepdim=True) / count
        weights = F.avg_pool2d(prior.sigmoid(), 2).reshape(b, p, -1)
        pooled = torch.matmul(weights, embedding.context[:, self.KEYS :].flatten(2).transpose(1, 2))
        pooled = pooled / weights.sum(2, keepdim=True).clamp(min=1e-3)
        whole = torch.matmul(pooled, flat).reshape(b * p, 1, *keys.shape[2:]) * scale
        return torch.cat(
            [self.most(alike, on), self.most(alike, off), mean, whole.clamp(-6.0, 6.0)], 1
        )

    def fine_likeness(self, embedding, prompt, on, off):
        """As `likeness`, of the detail: nearness to the clicked places' values, [M, 2, h4, w4]."""
        detail = embedding.detail
        b, p = prompt.labels.shape[:2]
        there = at_points(detail, prompt.points, 4).flatten(1, 2)  # [B, P N, C]
        squares = (detail * detail).sum(1).flatten(1)[:, None] + (there * there).sum(
            2, keepdim=True
        )
        far = squares - 2 * torch.matmul(there, detail.flatten(2))
        near = 2 - far.reshape(b * p, -1, *detail.shape[2:])
        return torch.cat([self.most(near, on), self.most(near, off)], 1)

    @staticmethod
    def middle(asked):
        """[M, 2]: mean of the foreground points, else the box's middle."""
        count = asked.on.sum(1, keepdim=True)
        some = count.clamp(max=1.0)
        points = (asked.points * asked.on[..., None]).sum(1) / count.clamp(min=1.0)
        return points * some + (asked.box[:, :2] + asked.box[:, 2:]) * 0.5 * asked.has_box * (
            1 - some
        )

    def read8(self, embedding, prompt, asked):
        """What the picture and the prompt say at stride 8: [M, width8, h8, w8]."""
        context = embedding.context
        near, far = self.nearest(asked.points, asked.on, context, 8), self.nearest(
            asked.points, asked.off, context, 8
        )
        x, y = grid(context, 8)
        middle = self.middle(asked)
        across, down = x - middle[:, 0, None, None, None], y - middle[:, 1, None, None, None]
        places = torch.tanh(across * 0.016), torch.tanh(down * 0.016), across * 0.004, down * 0.004
        fences = [(beyond(asked.fences[:, k], context, 8) * 0.03).clamp(-2.0, 2.0) for k in (1, 2)]
        maps = torch.cat(
            [
                self.likeness(embedding, prompt, asked.prior[:, :1], asked.on, asked.off),
                torch.exp(near * -0.01),
                torch.exp(near * -0.0008),
                torch.exp(near.sqrt() * -0.01),
                torch.exp(far * -0.01),
                torch.exp(far * -0.0008),
                *(part + across * 0 + down * 0 for part in places),
                (beyond(asked.box, context, 8) * 0.06).clamp(-2.0, 2.0)
                * asked.has_box[:, :, None, None],
                F.avg_pool2d(asked.prior, 2) * 0.25,
                *fences,
                F.avg_pool2d(asked.earlier, 2),
            ],
            1,
        )
        return F.relu(
            asked.each(self.picture8(context))
            + self.maps8(maps)
            + self.facts8(asked.facts)[:, :, None, None]
        )

    def read4(self, embedding, prompt, asked, x8):
        """The same at stride 4, with what came out at stride 8: [M, width4, h4, w4]."""
        fine = embedding.fine
        near, far = self.nearest(asked.points, asked.on, fine, 4), self.nearest(
            asked.points, asked.off, fine, 4
        )
        maps = torch.cat(
            [
                self.fine_likeness(embedding, prompt, asked.on, asked.off),
                torch.exp(near * -0.03),
                torch.exp(far * -0.03),
                asked.prior * 0.25,
                (beyond(asked.box, fine, 4) * 0.2).clamp(-2.0, 2.0)
                * asked.has_box[:, :, None, None],
                asked.earlier,
                asked.earlier * asked.earlier,
            ],
            1,
        )
        return F.relu(double(self.to4(x8)) + asked.each(self.picture4(fine)) + self.maps4(maps))

    def around(self, x8, prior):
        """The same map with what is further away: strides 16 and the whole picture."""
        x16 = self.wide(self.down(x8))
        weights = F.avg_pool2d(prior[:, :1].sigmoid(), 4)
        inside = (x16 * weights).sum((2, 3)) / weights.sum((2, 3)).clamp(min=1e-3)
        x16 = self.last16(
            x16 + self.all(torch.cat([x16.mean((2, 3)), inside], 1))[:, :, None, None]
        )
        return self.last8(F.relu(x8 + double(self.up(x16))))

    def forward(self, embedding, prompt):
        box, has_box = prompt.box()
        prior, fences, facts = self.prior(embedding, prompt, box, has_box)
        flat = lambda values: values.flatten(0, 1)
        earlier = (
            torch.tanh(flat(prompt.earlier)[:, None] * 0.25)
            * prompt.has.flatten()[:, None, None, None]
        )
        asked = Asked(
            flat(prompt.points),
            flat(prompt.are(FOREGROUND)),
            flat(prompt.are(BACKGROUND)),
            flat(box),
            flat(has_box),
            prior,
            fences,
            facts,
            F.avg_pool2d(earlier, 2),
            prompt.labels.shape[1],
        )
        x8 = self.around(self.first8(self.read8(embedding, prompt, asked)), prior)
        x4 = self.blocks4(self.read4(embedding, prompt, asked, x8))
        logits = F.pixel_shuffle(self.out(x4), 2) + double(prior) * self.trust[:, None, None]
        quality = self.rate(logits.detach(), x8, facts)
        shape = prompt.labels.shape[:2]
        return logits.unflatten(0, shape), quality.unflatten(0, shape), prior.unflatten(0, shape)

    def rate(self, logits, x8, facts):
        """Logits of the masks' IoU [M, 3]: from the features inside, and how sharp the mask is."""
        small = F.avg_pool2d(logits, 4).flatten(2)
        inside = small.sigmoid()
        area = inside.sum(2, keepdim=True)
        features = torch.matmul(inside, x8.flatten(2).transpose(1, 2)) / area.clamp(min=0.1)
        sharp = (small * 4 - 4).sigmoid().sum(2) / (small * 4 + 4).sigmoid().sum(2).clamp(min=0.1)
        steep = ((small.abs() - 2).clamp(-2.0, 2.0) * inside).sum(2) / area[..., 0].clamp(min=0.1)
        about = torch.cat(
            [
                features,
                area.clamp(min=1.0).log() * 0.25,
                sharp[..., None],
                steep[..., None],
                facts[:, None].expand(-1, HEADS, -1),
            ],
            2,
        )
        # Each mask has an output of its own: what the same figures mean differs among them.
        return (self.quality(about) * torch.eye(HEADS, device=about.device)).sum(2)


class ClickNetwork(nn.Module):
    def __init__(self, network, encoder=None, decoder=None):
        super().__init__()
        self.encoder = ClickEncoder(Network(**network), **(encoder or {}))
        self.decoder = ClickDecoder(**(decoder or {}))


def load_click(path):
    """The averaged weights of a checkpoint of train_click.py, ready to run."""
    checkpoint = torch.load(str(path), map_location="cpu", weights_only=False)
    network = ClickNetwork(**checkpoint["config"]["network"])
    network.load_state_dict(checkpoint["ema"])
    return network.eval()


# The contract


def anchors_of(network, side=SIDE):
    return sum((side // stride) ** 2 for stride in network.trunk.strides)


class EncoderGraph(nn.Module):
    """`image` [1, 3, 1024, 1024], normalised as for Segment Anything, content in the upper left, 0
      elsewhere -> [1,
    256, 64, 64]."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.register_buffer("scale", torch.tensor(STD)[:, None, None] / 255, False)
        self.register_buffer("shift", torch.tensor(MEAN)[:, None, None] / 255, False)

    def forward(self, image):
        return self.encoder(F.avg_pool2d(image, INPUT // SIDE) * self.scale + self.shift).pack()


class DecoderGraph(nn.Module):
    """The decoder's contract but for `masks`, which the exporter adds: embedding [1, 256, 64, 64],
      points [1, N, 2] in
    pixels of 1024, labels [1, N], mask [1, 1, 256, 256], has [1] -> predicted IoU [1, 4],
      low-resolution masks [1, 4,
    256, 256]."""

    def __init__(self, decoder, anchors):
        super().__init__()
        self.decoder, self.anchors = decoder, anchors

    def forward(self, embedding, points, labels, mask, has):
        prompt = Prompt(
            points[:, None] * (SIDE / INPUT), labels[:, None], mask * (1 / STEEPNESS), has[:, None]
        )
        logits, quality, _ = self.decoder(Embedding.unpack(embedding, self.anchors), prompt)
        tokens = torch.tensor(TOKENS)
        # The first one answers all prompts but single clicks; tools choose among the others for a
        # box as well.
        shift = torch.cat([torch.zeros(1), self.decoder.single[tokens[1:]]]) * (
            1 - prompt.box()[1][:, 0]
        )
        return (quality[:, 0][:, tokens] + shift).sigmoid(), logits[:, 0].clamp(-32.0, 32.0)[
            :, tokens
        ] * STEEPNESS
