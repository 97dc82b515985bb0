"""Trains masklet-click on a trained masklet-n:

    python train_click.py config/masklet_click.json --network CHECKPOINT --data FOLDER --out FOLDER
        [--held-out] [--resume]

    torchrun --nproc-per-node N train_click.py ... --threads 1        N processes, each with batches
      of its own

CHECKPOINT is that of train.py (of --held-out, where photos are to be held out here as well); its
weights stay as they
are in stages whose networkRate is 0, else they learn along, at that rate in units of each tensor's
root mean square. In
the output folder: checkpoint.pt (averaged and raw weights, optimiser, step), log.jsonl,
config.json.
"""

import copy
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from click_losses import best_shift, losses, overlap
from click_network import BACKGROUND, FIRST_CORNER, FOREGROUND, LAST_CORNER, ClickNetwork, Prompt
from click_prompts import box_of, first_click, next_click
from coco import read_set
from run_folder import Run, join_others, share_gradients, trainer_parser
from samples import Samples
from train import averaged, rate, relative_groups

LOG_EVERY, SAVE_EVERY = 10, 50
MOST_GRADIENT = 5.0
HERE = Path(__file__).resolve().parent
LEAST_AREA = (
    500  # of an object at its size in the network: about what 32 x 32 pixels of a photo become
)
SMALL_SHARE = 0.2  # how much rarer smaller ones are asked about
BOX_SHARE, BOTH_SHARE = 0.25, 0.05  # of the first prompts: a box, a box and a click
MORE_CLICKS = (0.7, 0.2, 0.1)  # how likely 1, 2 or 3 clicks are between answers
FORGET = 0.15  # how often the earlier mask is not handed in
SINGLES = 150  # pictures that tell how good the answers to single clicks are
SOFTEN = (
    0.5  # how often a picture is blurred a little, as by the contract's detour over 1024 pixels
)


class Objects(Dataset):
    """Made pictures by number, each of one set, with `prompts` of its objects: image [3, S, S]
      uint8, truth [prompts,
    S/2, S/2] 0..1. Of several processes each takes those of its rank."""

    def __init__(self, parts, shares, prompts, seed, rank=0, processes=1):
        self.parts, self.shares, self.prompts, self.seed = (
            parts,
            np.array(shares, float) / sum(shares),
            prompts,
            seed,
        )
        self.rank, self.processes = rank, processes

    def __len__(self):
        return len(self.parts[0]) // self.processes

    def __getitem__(self, index):
        index = index * self.processes + self.rank
        for attempt in range(20):
            rng = np.random.default_rng((self.seed, self.parts[0].first + index, attempt))
            part = self.parts[rng.choice(len(self.parts), p=self.shares)]
            # A number of its own for every attempt, so that another picture is drawn.
            image, layers = part[index + attempt * 10**7]
            if layers:
                break
        if rng.random() < SOFTEN:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.6))
        areas = np.array([np.count_nonzero(layer.mask >= 128) for layer, _ in layers])
        weights = np.where(areas >= LEAST_AREA, 1.0, SMALL_SHARE)
        chosen = rng.choice(
            len(layers), self.prompts, replace=len(layers) < self.prompts, p=weights / weights.sum()
        )
        truth = np.stack([half_size(layers[k][0], image.shape[0]) for k in chosen])
        return torch.from_numpy(image.transpose(2, 0, 1).copy()), torch.from_numpy(truth)


def half_size(layer, side):
    """A layer's coverage 0..1 on the whole picture at half its size."""
    plane = np.zeros((side, side), np.uint8)
    height, width = layer.mask.shape
    plane[layer.y : layer.y + height, layer.x : layer.x + width] = layer.mask
    return (
        cv2.resize(plane, (side // 2, side // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
        / 255
    )


class Asking:
    """The prompts about one batch: what was clicked so far. truth [B, P, h, w] 0..1, in cells of
    two pixels.
    """

    def __init__(self, truth, rng, only_clicks=False):
        self.truth, self.rng, self.only_clicks = truth, rng, only_clicks
        self.true = truth.numpy() >= 0.5
        self.b, self.p = truth.shape[:2]
        self.places = [
            [[] for _ in range(self.p)] for _ in range(self.b)
        ]  # of each prompt (x, y, label) in pixels
        self.earlier, self.has = torch.zeros_like(truth), torch.zeros(self.b, self.p)
        for b, p in np.ndindex(self.b, self.p):
            self.begin(self.places[b][p], self.true[b, p])

    def begin(self, places, true):
        kind = 1.0 if self.only_clicks else self.rng.random()
        if kind < BOX_SHARE + BOTH_SHARE and true.any():
            x0, y0, x1, y1 = box_of(true, self.rng) * 2
            places += [(x0, y0, FIRST_CORNER), (x1, y1, LAST_CORNER)]
        if kind > BOX_SHARE:
            click = first_click(true, self.rng)
            places += [(click[0] * 2, click[1] * 2, FOREGROUND)] if click else []

    def single(self):
        """[B, P]: 1 where all that is known is one click."""
        return torch.tensor([[float(len(places) == 1) for places in row] for row in self.places])

    def prompt(self, device):
        count = max(1, max(len(places) for row in self.places for places in row))
        fill = lambda places: places + [(0.0, 0.0, -1)] * (count - len(places))
        filled = torch.tensor(
            [[fill(places) for places in row] for row in self.places], dtype=torch.float32
        )
        return Prompt(
            *(t.to(device) for t in (filled[..., :2], filled[..., 2], self.earlier, self.has))
        )

    def go_on(self, logits):
        """Clicks on the errors of the answer [B, P, h, w] and hands it in as the earlier mask."""
        answers = logits.numpy() > 0
        for b, p in np.ndindex(self.b, self.p):
            answer, true = answers[b, p].copy(), self.true[b, p]
            for _ in range(1 + self.rng.choice(len(MORE_CLICKS), p=MORE_CLICKS)):
                click = next_click(true, answer, rng=self.rng)
                if click is None:
                    break
                x, y, belongs = click
                self.places[b][p].append((x * 2, y * 2, FOREGROUND if belongs else BACKGROUND))
                # The next one goes elsewhere: what is around this one is as if it were right.
                radius = max(3, int(np.sqrt(np.count_nonzero(true)) / 4))
                around = np.s_[
                    max(0, int(y) - radius) : int(y) + radius,
                    max(0, int(x) - radius) : int(x) + radius,
                ]
                answer[around] = true[around]
        self.has = torch.from_numpy(
            (self.rng.random((self.b, self.p)) >= FORGET).astype(np.float32)
        )
        self.earlier = logits.clamp(-32, 32) * self.has[..., None, None]


class ClickTrainer(Run):
    def __init__(self, config, network, data, out, held_out=False, device="cpu", threads=1):
        self.rank, self.processes = join_others()
        torch.manual_seed(config["seed"])
        torch.set_num_threads(threads)
        cv2.setNumThreads(1)
        found = torch.load(str(network), map_location="cpu", weights_only=False)
        config = {
            **config,
            "network": {"network": found["config"]["network"], **config.get("network", {})},
        }
        self.config, self.out, self.device = config, Path(out), torch.device(device)
        self.network = ClickNetwork(**config["network"])
        self.network.encoder.network.load_state_dict(found["ema"])
        self.network = self.network.to(self.device, memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.known = list(self.network.encoder.network.parameters())
        known = {id(p) for p in self.known}
        self.fresh = [p for p in self.network.parameters() if id(p) not in known]
        groups = [
            {
                "params": [p for p in self.fresh if p.ndim > 1],
                "weight_decay": config["weightDecay"],
                "part": "click",
            },
            {
                "params": [p for p in self.fresh if p.ndim <= 1],
                "weight_decay": 0.0,
                "part": "click",
            },
        ]
        self.optimizer = torch.optim.AdamW(
            groups + relative_groups(self.known, "network"), lr=0.0, betas=(0.9, 0.98)
        )
        self.steps = sum(stage["steps"] for stage in config["stages"])
        self.sets = [self.read(s, data, held_out) for s in config["sets"]]
        self.step, self.rows = 0, []
        self.open_folder()

    @staticmethod
    def read(part, data, held_out):
        without = (
            json.loads((HERE / part["heldOut"]).read_text())
            if held_out and "heldOut" in part
            else ()
        )
        return [
            p for p in read_set(Path(data) / part["folder"], True, without=without) if p.objects
        ]

    def planes(self, images):
        return (images.to(self.device).float() / 255).contiguous(memory_format=torch.channels_last)

    def answer(self, embedding, asking, row):
        """One round: the prompts as they are -> loss; the answers that are clicked on next."""
        logits, quality, prior = self.network.decoder(embedding, asking.prompt(self.device))
        flat = lambda t: t.float().flatten(0, 1)
        found, met = losses(
            flat(logits),
            flat(quality),
            flat(prior),
            asking.truth.to(self.device).flatten(0, 1),
            asking.single().to(self.device).flatten(),
        )
        weights = self.config["weights"]
        for name, loss in found.items():
            row.setdefault(name, []).append(float(loss.detach()))
        row.setdefault("met", []).append(float(met.mean()))
        return (
            sum(weights[name] * loss for name, loss in found.items()),
            logits[:, :, 0].detach().float().cpu(),
        )

    def learn(self, total):
        """One step of the optimiser. What is fresh and what is not are clipped apart: their
        gradients differ in size.
        """
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        share_gradients(self.fresh + self.known, self.processes)
        for part in (self.fresh, self.known):
            torch.nn.utils.clip_grad_norm_(part, MOST_GRADIENT)
        self.optimizer.step()
        self.step += 1
        averaged(self.ema, self.network, self.step)

    def train_step(self, images, truth, stage):
        peaks = {"click": self.config["rate"], "network": stage["networkRate"]}
        for group in self.optimizer.param_groups:
            group["lr"] = rate(self.step, self.steps, peaks[group["part"]]) * group.get(
                "scale", 1.0
            )
        rng = np.random.default_rng((self.config["seed"], self.step, 1 + self.rank))
        asking, row, total = Asking(truth, rng), {}, 0.0
        images = self.planes(images)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            embedding = self.network.encoder(images, frozen=not stage["networkRate"])
            for turn in range(stage["rounds"]):
                if turn:
                    asking.go_on(logits)
                loss, logits = self.answer(embedding, asking, row)
                total = total + loss
        self.learn(total)
        row.update({f"iou{k + 1}": value for k, value in enumerate(row.pop("met"))})
        self.rows.append({name: float(np.mean(value)) for name, value in row.items()})

    def objects(self, stage, first, count):
        """Made pictures as the stage wants them, from number `first` on."""
        parts = [
            Samples(
                [(pictures, 1.0)],
                stage["size"],
                count,
                first,
                self.config["seed"],
                **{**s["augmentation"], **stage.get("augmentation", {})},
            )
            for pictures, s in zip(self.sets, self.config["sets"])
        ]
        shares = [s["share"] for s in self.config["sets"]]
        return Objects(
            parts, shares, stage["prompts"], self.config["seed"], self.rank, self.processes
        )

    @torch.no_grad()
    def calibrate(self):
        """What all prompts have taught about the IoU is not true of single clicks, whose answers
          are chosen by it: sets the
        shift that makes it so on average, on training pictures."""
        objects, found = (
            self.objects(self.config["stages"][-1], 9 * 10**8, SINGLES * self.processes),
            [],
        )
        for index in range(len(objects)):
            image, truth = objects[index]
            asking = Asking(
                truth[None],
                np.random.default_rng((self.config["seed"], index, 0)),
                only_clicks=True,
            )
            embedding = self.ema.encoder(self.planes(image[None]))
            logits, quality, _ = self.ema.decoder(embedding, asking.prompt(self.device))
            met = torch.stack(
                [overlap(plane, truth.to(self.device)) for plane in logits[0].float().unbind(1)], 1
            )
            found.append((quality[0].float().cpu(), met.cpu()))
        shift = best_shift(*(torch.cat(parts) for parts in zip(*found)))
        for network in (self.network, self.ema):
            network.decoder.single.copy_(shift)
        self.log(step=self.step, single=[round(float(v), 4) for v in shift])
        self.save()

    def run_stage(self, index, stage, first, workers):
        done = self.step - first
        batch = stage["batch"] * self.processes
        objects = self.objects(
            stage, (index + 1) * 10**8 + done * batch, (stage["steps"] - done) * batch
        )
        self.network.train()
        began = time.time()
        for images, truth in DataLoader(objects, stage["batch"], num_workers=workers):
            self.train_step(images, truth, stage)
            if self.step % LOG_EVERY == 0:
                mean = lambda name: round(
                    float(np.mean([r[name] for r in self.rows if name in r])), 4
                )
                means = {name: mean(name) for name in self.rows[-1]}
                self.log(
                    step=self.step,
                    stage=index,
                    rate=self.optimizer.param_groups[0]["lr"],
                    **means,
                    ms=round((time.time() - began) / len(self.rows) * 1000),
                )
                self.rows, began = [], time.time()
            if self.step % SAVE_EVERY == 0:
                self.save()
        self.save()

    def run(self, workers):
        first = 0
        for index, stage in enumerate(self.config["stages"]):
            if self.step < first + stage["steps"]:
                self.run_stage(index, stage, first, workers)
            first += stage["steps"]
        self.calibrate()


def main():
    parser = trainer_parser(__doc__, workers=0)
    parser.add_argument("--network", required=True, type=Path, help="checkpoint of masklet-n")
    options = parser.parse_args()
    trainer = ClickTrainer(
        json.loads(options.config.read_text()),
        options.network,
        options.data,
        options.out,
        options.held_out,
        options.device,
        options.threads,
    )
    if options.resume:
        trainer.resume()
    trainer.run(options.workers)


if __name__ == "__main__":
    main()
