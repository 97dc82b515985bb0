"""Trains a network as a config file says: python train.py config/masklet_n.json --data FOLDER --out
FOLDER [--held-out] [--resume].

In the output folder: checkpoint.pt (averaged and raw weights, optimiser, step), log.jsonl (a line
per 20 steps and per evaluation), config.json. The same config, seed and number of threads give the
same weights; a resumed run goes on from its last checkpoint.
"""

import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch

import losses as terms
from assign import anchor_centres
from coco import read_set
from detection import detection_losses, start_head
from network import build_network
from picodet import PicoTrunk, load_picodet
from run_folder import Run, trainer_parser
from samples import Samples, batches
from start import load_start
from trunk import Trunk, load_matching, load_public_weights

LOG_EVERY, SAVE_EVERY = 20, 50
WARM_UP = 60  # steps
LEAST_RATE = 0.01  # of the peak
LEAST_SCALE = 1e-3  # of a tensor, where the rate is relative to it
MOST_GRADIENT = {"branch": 5.0, "trunk": 20.0}
HERE = Path(__file__).resolve().parent


def averaged(ema, network, step):
    """Exponential moving average of weights and statistics, short at the beginning."""
    decay = min(0.998, (1 + step) / (20 + step))
    with torch.no_grad():
        for mean, value in zip(ema.state_dict().values(), network.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def rate(step, steps, peak):
    """At `step` of all `steps`: cosine from the peak down, after a linear warm-up."""
    return max(
        LEAST_RATE * peak,
        peak * min(1.0, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / steps)),
    )


def staged_rate(peaks, done, stage_steps, step, steps):
    """A stage's rate: of a number, see `rate`; of a pair, from the first to the second over the
    stage, after the same warm-up.
    """
    if not isinstance(peaks, list):
        return rate(step, steps, peaks) if peaks else 0.0
    first, last = peaks
    return min(1.0, (step + 1) / WARM_UP) * (first + (last - first) * done / stage_steps)


def relative_groups(parameters, part):
    """One group per tensor, whose rate is in units of its root mean square (Shazeer and Stern,
    2018). The trunk's convolutions have their norms folded in, and the sizes of their weights
    differ by a factor of 2000: what one hardly feels at one rate destroys the other.
    """
    return [
        {
            "params": [p],
            "weight_decay": 0.0,
            "part": part,
            "scale": max(LEAST_SCALE, float(p.detach().square().mean().sqrt())),
        }
        for p in parameters
    ]


def trunk_groups(trunk, relative):
    """relative: as in relative_groups. What gives scores begins anew then, and learns as the branch
    does. A PicoDet's rates are always relative, and all of it is known.
    """
    if isinstance(trunk, PicoTrunk):
        return relative_groups(trunk.parameters(), "trunk")
    if not relative:
        return [{"params": list(trunk.parameters()), "weight_decay": 0.0, "part": "trunk"}]
    fresh = [
        p
        for head in trunk.heads
        for layer in (head.objectness, head.classes)
        for p in layer.parameters()
    ]
    known = {id(p) for p in fresh}
    others = [p for p in trunk.parameters() if id(p) not in known]
    return [{"params": fresh, "weight_decay": 0.0, "part": "branch"}] + relative_groups(
        others, "trunk"
    )


def parameter_groups(network, decay, relative=False):
    branch = list(network.branch.parameters())
    return [
        {"params": [p for p in branch if p.ndim > 1], "weight_decay": decay, "part": "branch"},
        {"params": [p for p in branch if p.ndim <= 1], "weight_decay": 0.0, "part": "branch"},
        *trunk_groups(network.trunk, relative),
    ]


def held_out_names(config):
    """File names of the photos that no training with --held-out sees: of the list, or the lists,
    that the config names.
    """
    lists = config.get("heldOut", "held_out.json")
    return [
        name
        for file in ([lists] if isinstance(lists, str) else lists)
        for name in json.loads((HERE / file).read_text())
    ]


class Trainer(Run):
    def __init__(self, config, data, out, initial=None, held_out=False, device="cpu", threads=1):
        torch.manual_seed(config["seed"])
        torch.set_num_threads(threads)
        self.config, self.data, self.out, self.device = (
            config,
            Path(data),
            Path(out),
            torch.device(device),
        )
        self.network = build_network(config)
        # On a CPU with instructions for it, nearly twice as fast.
        self.bfloat16 = config.get("bfloat16", self.device.type == "cuda")
        self.steps = sum(stage["steps"] for stage in config["stages"])
        self.teacher, self.supervised = None, config.get("detector") == "supervised"
        self.start_from_public(self.data / "models")
        if initial:
            load_start(self.network, initial)
        if not self.supervised:
            self.teacher = self.place(
                copy.deepcopy(self.network.trunk).eval().requires_grad_(False)
            )
        self.network = self.place(self.network)
        self.ema = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.network, config["weightDecay"], self.supervised),
            lr=0.0,
            betas=(0.9, 0.98),
        )
        without = held_out_names(config) if held_out else []
        self.sets = [
            (
                [
                    p
                    for p in read_set(self.data / s["folder"], s["classes"], without=without)
                    if p.objects
                ],
                s["share"],
            )
            for s in config["sets"]
        ]
        self.step, self.rows = 0, []
        self.open_folder()

    def start_from_public(self, models):
        """All of the trunk, whose first outputs it is then held to; where boxes are learned from
        the data, whatever fits.
        """
        if isinstance(self.network.trunk, PicoTrunk):
            load_picodet(self.network.trunk, models / "picodet-s-416.onnx")
            return
        path = models / "yolox-nano-416.onnx"
        if self.supervised:
            load_matching(self.network.trunk, load_public_weights(Trunk(), path))
            for head in self.network.trunk.heads:
                start_head(head)
            return
        load_public_weights(self.network.trunk, path)

    def place(self, module):
        """On the device; channels last, which is about a quarter faster on a CPU."""
        return module.to(self.device, memory_format=torch.channels_last)

    def losses(self, batch, stage):
        """-> dict of weighted losses, mean IoU of the masks."""
        images = (batch.images.to(self.device).float() / 255).contiguous(
            memory_format=torch.channels_last
        )
        network, found = self.network, {}
        with torch.set_grad_enabled(bool(stage["trunkRate"])):
            features = network.trunk(images)
        with torch.no_grad():
            boxes, scores = (
                network.boxes(features).float().cpu(),
                network.scores(features).float().cpu(),
            )
        maps, heads = network.branch(features)
        rng, generator = np.random.default_rng(
            (self.config["seed"], self.step, 1)
        ), torch.Generator().manual_seed(self.step)
        chosen = terms.chosen_masks(batch, boxes, scores, self.anchors, rng, generator)
        iou = torch.zeros(())
        if chosen:
            logits, rows = terms.mask_logits(
                network.branch, maps.float(), heads.float().transpose(1, 2), chosen, self.device
            )
            truth, band = (torch.cat([c[i] for c in chosen]).to(self.device) for i in (4, 5))
            found, iou = terms.mask_losses(
                logits, rows, truth, band, self.config["outlineWeight"], network.branch.quality
            )
        if stage["trunkRate"] and self.supervised:
            found.update(
                detection_losses(network.boxes(features), features.raw, batch, self.anchors)
            )
        if stage["trunkRate"] and self.teacher is not None:
            with torch.no_grad():
                theirs = self.teacher(images).raw
            found["distillation"] = self.distillation(
                [r.float() for r in features.raw], [r.float() for r in theirs]
            )
        weights = self.config["weights"]
        return {name: weights[name] * loss for name, loss in found.items()}, iou

    def distillation(self, raw, teacher):
        if isinstance(self.network.trunk, PicoTrunk):
            return terms.distillation_of_sides(raw, teacher, self.network.classes)
        return terms.distillation(raw, teacher)

    def train_step(self, batch, stage, done=0):
        """done: steps of the stage before this one."""
        # What is drawn in a step (dropout) hangs on its number alone, so that a resumed run draws
        # the same.
        torch.manual_seed(self.config["seed"] * 1_000_003 + self.step)
        for group in self.optimizer.param_groups:
            peak = stage["rate"] if group["part"] == "branch" else stage["trunkRate"]
            group["lr"] = staged_rate(
                peak, done, stage["steps"], self.step, self.steps
            ) * group.get("scale", 1.0)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            found, iou = self.losses(batch, stage)
        self.optimizer.zero_grad(set_to_none=True)
        if found:
            sum(found.values()).backward()
            for part, most in MOST_GRADIENT.items():
                torch.nn.utils.clip_grad_norm_(getattr(self.network, part).parameters(), most)
            self.optimizer.step()
        self.step += 1
        averaged(self.ema, self.network, self.step)
        self.rows.append(
            {**{name: float(loss.detach()) for name, loss in found.items()}, "iou": float(iou)}
        )

    def run_stage(self, index, stage, first, workers, until):
        """The stage's steps from `self.step` to `until`; `first` is the number of its first one."""
        size, batch = stage["size"], stage["batch"]
        self.anchors = anchor_centres(size, self.network.trunk.strides)
        self.network.train()
        done = self.step - first
        samples = Samples(
            self.sets,
            size,
            (until - self.step) * batch,
            (index + 1) * 10**8 + done * batch,
            self.config["seed"],
            **stage["augmentation"],
        )
        began = time.time()
        for made in batches(samples, batch, workers):
            self.train_step(made, stage, self.step - first)
            if self.step % LOG_EVERY == 0:
                means = {
                    name: round(float(np.mean([r[name] for r in self.rows if name in r])), 4)
                    for name in self.rows[-1]
                }
                self.log(
                    step=self.step,
                    stage=index,
                    rate=self.optimizer.param_groups[0]["lr"],
                    **means,
                    ms=round((time.time() - began) / len(self.rows) / batch * 1000),
                )
                self.rows, began = [], time.time()
            if self.step % SAVE_EVERY == 0:
                self.save()
        self.save()

    def run(self, workers, until=None):
        """All stages, or what is left of them up to the step `until`."""
        first = 0
        for index, stage in enumerate(self.config["stages"]):
            last = min(first + stage["steps"], self.steps if until is None else until)
            if self.step < last:
                self.run_stage(index, stage, first, workers, last)
            first += stage["steps"]


def starting_checkpoint(config, options):
    """Which checkpoint training goes on from, None for the public YOLOX-nano alone. What a config
    names has seen every photo, so that it would spoil what is measured on photos held out:
    SystemExit then.
    """
    if options.initial or "initial" not in config:
        return options.initial
    if options.held_out:
        raise SystemExit(
            f"{config['initial']} was trained on the photos to be held out: name one that was not with --initial"
        )
    return options.data / config["initial"]


def main():
    parser = trainer_parser(__doc__, workers=1)
    parser.add_argument(
        "--initial",
        type=Path,
        help="checkpoint of a first masklet-n to go on from; default: what the config names",
    )
    options = parser.parse_args()
    config = json.loads(options.config.read_text())
    initial = starting_checkpoint(config, options)
    trainer = Trainer(
        config,
        options.data,
        options.out,
        initial,
        options.held_out,
        options.device,
        options.threads,
    )
    if options.resume:
        trainer.resume()
    trainer.run(options.workers)


if __name__ == "__main__":
    main()
