"""A Mask R-CNN of torchvision with a tiny backbone and random weights, for goldens and for the
exported reference network.
"""

import torch
from torch import nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads
from torchvision.ops import MultiScaleRoIAlign

CHANNELS = 12


class Backbone(nn.Module):
    out_channels = CHANNELS

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, CHANNELS, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, x):
        return self.layers(x)


class BoxHead(nn.Module):
    def __init__(self, size, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(CHANNELS * size * size, width), nn.ReLU()
        )

    def forward(self, x):
        return self.layers(x)


class BoxPredictor(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.cls_score = nn.Linear(width, classes)
        self.bbox_pred = nn.Linear(width, classes * 4)

    def forward(self, x):
        return self.cls_score(x), self.bbox_pred(x)


class MaskPredictor(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.up = nn.ConvTranspose2d(CHANNELS, CHANNELS, 2, stride=2)
        self.logits = nn.Conv2d(CHANNELS, classes, 1)

    def forward(self, x):
        return self.logits(torch.relu(self.up(x)))


def make(seed, classes=6, short_side=64, long_side=96, score=0.3, most=100, anchors=(12, 24, 40)):
    """A network in eval mode. Its last layers are scaled up, so that random weights give clear
    scores and masks with shapes.
    """
    torch.manual_seed(seed)
    width = 32
    network = MaskRCNN(
        Backbone(),
        min_size=short_side,
        max_size=long_side,
        rpn_anchor_generator=AnchorGenerator((anchors,), ((0.5, 1.0, 2.0),)),
        rpn_pre_nms_top_n_test=400,
        rpn_post_nms_top_n_test=300,
        box_roi_pool=MultiScaleRoIAlign(["0"], 5, 2),
        box_head=BoxHead(5, width),
        box_predictor=BoxPredictor(width, classes),
        mask_roi_pool=MultiScaleRoIAlign(["0"], 14, 2),
        mask_head=MaskRCNNHeads(CHANNELS, (CHANNELS,), 1),
        mask_predictor=MaskPredictor(classes),
        box_score_thresh=score,
        box_nms_thresh=0.5,
        box_detections_per_img=most,
    )
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.weight *= 30
        network.roi_heads.mask_predictor.logits.weight *= 60
        network.rpn.head.cls_logits.weight *= 30
    return network.eval()
