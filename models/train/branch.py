"""The mask branch: prototypes at a quarter of the input size and, per anchor, their coefficients
(YOLACT, Bolya et al., 2019).

Of the 32 prototypes 6 are the monomials of degree two in the pixel's place, so that every object
starts from an ellipse in its box; others
come as groups (F, x F, y F) of a learned map F. Coefficients of both kinds are predicted relative
to the anchor's box, where a shape looks
the same wherever and however large it is, and turned into those of the absolute monomials by
algebra: what comes out is the plain sum
coefficient x prototype that every decoder of this form knows.
"""

import torch
import torch.nn.functional as F
from torch import nn

from coordinates import pixel_grid, unit_grid

PROTOTYPES = 32
MONOMIALS = 6  # 1, x, y, x^2, y^2, xy
PLACE_UNIT = (
    256.0  # input pixels per unit of the monomials' coordinates, whose origin is one unit in
)
LEAST_SIDE = 10.0  # of a box, in input pixels: relative coefficients of smaller ones would grow beyond what float32 holds well
ENCODING = 6  # channels of the place encoding
MOST_LATERALS = (
    3  # levels that the maps are made of: a deeper one's sides are not always half of those before
)


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, momentum=0.05),
    )


def double(x):
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Residual(nn.Module):
    """Depthwise 3 x 3 and 1 x 1 beside a shortcut."""

    def __init__(self, channels):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, 1, 1, groups=channels)
        self.mix = conv_norm(channels, channels)

    def forward(self, x):
        return F.silu(x + self.mix(F.silu(self.depthwise(x))))


def place(feature, stride):
    """Coordinates of a map's cells in monomial units: two tensors [1, 1, h, w]."""
    x, y = pixel_grid(feature, stride)
    return x * (1.0 / PLACE_UNIT) - 1.0, y * (1.0 / PLACE_UNIT) - 1.0


def place_encoding(feature):
    """[1, 6, h, w]: the place from -1 to 1 over the map, its sines and cosines of one period."""
    x, y = unit_grid(feature)
    turn = 2 * torch.pi
    return torch.cat(
        [x, y, torch.sin(x * turn), torch.sin(y * turn), torch.cos(x * turn), torch.cos(y * turn)],
        1,
    )


def relative_frame(box):
    """box [..., 4] cx, cy, w, h in pixels -> (cx, cy, a, b): centre in monomial units and factors
      such that (x - cx) a is -1 and 1 at the
    box's edges."""
    sides = box[..., 2:].clamp(min=LEAST_SIDE)
    return (
        box[..., 0] / PLACE_UNIT - 1,
        box[..., 1] / PLACE_UNIT - 1,
        2 * PLACE_UNIT / sides[..., 0],
        2 * PLACE_UNIT / sides[..., 1],
    )


class MaskBranch(nn.Module):
    """Features and boxes -> learned maps and relative coefficients; `prototypes` and `coefficients`
      make them absolute.

    width8, width4: channels at strides 8 and 4; blocks8, blocks4: residual blocks there; head:
      channels of the coefficient heads;
    groups: maps F that come with x F and y F; quality: also predict each mask's IoU; dropout: share
      of the last features left out in
    training, twice that for the coefficients'. detail: channels of a dense 3 x 3 from stride 2 to
      4, 0 for a depthwise one.

    widths: the trunk's read_widths(): channels per level of the `pyramid`, of the first `stage`, of
      the `head`s' features (`shared`:
    those of boxes and classes are the same), at a `quarter` and at `half` of the input size."""

    def __init__(
        self,
        widths,
        width8=96,
        width4=48,
        blocks8=3,
        blocks4=2,
        head=96,
        groups=0,
        quality=True,
        dropout=0.0,
        detail=0,
    ):
        super().__init__()
        self.shared = widths["shared"]
        self.groups, self.quality = groups, quality
        self.drop_maps, self.drop_heads = nn.Dropout2d(dropout), nn.Dropout(2 * dropout)
        self.plain = PROTOTYPES - MONOMIALS - 3 * groups
        known = [width + widths["head"] * (1 if self.shared else 2) for width in widths["pyramid"]]
        inputs = [known[0] + widths["stage"] + ENCODING, *known[1:MOST_LATERALS]]
        self.lateral = nn.ModuleList([conv_norm(width, width8) for width in inputs])
        self.blocks8 = nn.Sequential(*[Residual(width8) for _ in range(blocks8)])
        self.to4 = conv_norm(width8, width4, 3)
        self.from4 = conv_norm(widths["quarter"], width4)
        half = widths["half"]
        self.from2 = nn.Sequential(
            conv_norm(half, detail or half, 3, 2, 1 if detail else half),
            nn.SiLU(),
            conv_norm(detail or half, width4),
        )
        self.blocks4 = nn.Sequential(*[Residual(width4) for _ in range(blocks4)])
        self.maps = nn.Conv2d(width4, self.plain + groups, 1)
        self.head = nn.ModuleList(
            [nn.Sequential(conv_norm(width + 4, head), nn.SiLU()) for width in known]
        )
        self.head_blocks = nn.Sequential(Residual(head), Residual(head))
        self.head_out = nn.Conv2d(head, PROTOTYPES + int(quality), 1)
        self.start_from_ellipse()

    @torch.no_grad()
    def start_from_ellipse(self):
        """The untrained branch answers 1.5 (1 - u^2 - v^2): the ellipse in the box."""
        weight, bias = self.head_out.weight, self.head_out.bias
        nn.init.normal_(weight, std=0.03)
        nn.init.zeros_(bias)
        first = PROTOTYPES - MONOMIALS
        weight[first:] *= 0.3
        bias[first:PROTOTYPES] = torch.tensor([1.5, 0.0, 0.0, -1.5, -1.5, 0.0])

    def head_features(self, features):
        """Per level, what the detector's head knows: one map, or that of the boxes and that of the
        classes.
        """
        return [
            (r,) if self.shared else (r, c)
            for r, c in zip(features.regression, features.classification)
        ]

    def decode(self, features):
        """-> what is known at stride 8 [B, width8, H/8, W/8] and at stride 4 [B, width4, H/4,
        W/4].
        """
        inputs = [[p, *known] for p, known in zip(features.pyramid, self.head_features(features))]
        first = features.pyramid[0]
        inputs[0].insert(1, features.stages[0])
        inputs[0].append(place_encoding(first).expand(first.shape[0], -1, -1, -1))
        x = None
        for lateral, parts in reversed(list(zip(self.lateral, inputs))):
            y = lateral(torch.cat(parts, 1))
            x = y if x is None else y + double(x)
        x8 = self.blocks8(F.silu(x))
        x4 = self.blocks4(
            F.silu(double(self.to4(x8)) + self.from4(features.s4) + self.from2(features.s2))
        )
        return x8, x4

    def heads(self, features):
        """-> [B, 32 (+ 1), N] over the anchors of all levels."""
        levels = zip(self.head, features.pyramid, self.head_features(features), features.geometry)
        return torch.cat(
            [
                self.head_out(
                    self.drop_heads(self.head_blocks(head(torch.cat([*known, p, sides], 1))))
                ).flatten(2)
                for head, p, known, sides in levels
            ],
            2,
        )

    def forward(self, features):
        """-> maps [B, plain + groups, H/4, W/4], heads [B, 32 (+ 1), N] over the anchors of all
        levels.
        """
        return self.maps(self.drop_maps(self.decode(features)[1])), self.heads(features)

    def prototypes(self, maps):
        """maps [B, plain + groups, h, w] -> all 32 prototypes [B, 32, h, w]."""
        x, y = place(maps, 4)
        parts = [maps[:, : self.plain]]
        if self.groups:
            grouped = maps[:, self.plain :]
            parts += [grouped, grouped * x, grouped * y]
        monomials = torch.cat([x * 0 + 1, x, y, x * x, y * y, x * y], 1)
        return torch.cat(parts + [monomials.expand(maps.shape[0], -1, -1, -1)], 1)

    def coefficients(self, relative, box):
        """relative [..., 32], box [..., 4] cx, cy, w, h in pixels -> coefficients of `prototypes`
        [..., 32].
        """
        cx, cy, a, b = relative_frame(box)
        parts = [relative[..., : self.plain]]
        if self.groups:
            f, fx, fy = (
                relative[..., self.plain : PROTOTYPES - MONOMIALS]
                .unflatten(-1, (3, self.groups))
                .unbind(-2)
            )
            fx, fy = fx * a[..., None], fy * b[..., None]
            parts += [f - fx * cx[..., None] - fy * cy[..., None], fx, fy]
        k, kx, ky, kxx, kyy, kxy = relative[..., PROTOTYPES - MONOMIALS : PROTOTYPES].unbind(-1)
        kx, ky, kxx, kyy, kxy = kx * a, ky * b, kxx * a * a, kyy * b * b, kxy * a * b
        absolute = torch.stack(
            [
                k - kx * cx - ky * cy + kxx * cx * cx + kyy * cy * cy + kxy * cx * cy,
                kx - 2 * kxx * cx - kxy * cy,
                ky - 2 * kyy * cy - kxy * cx,
                kxx,
                kyy,
                kxy,
            ],
            -1,
        )
        return torch.cat(parts + [absolute], -1)
