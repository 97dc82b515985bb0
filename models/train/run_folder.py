"""What every training keeps in its output folder: config.json, log.jsonl and checkpoint.pt, from
which a run that was cut off goes on.
"""

import argparse
import json
import os
from pathlib import Path

import torch
import torch.distributed as distributed

from coco import DATA


def join_others():
    """Started by torchrun, this is one of several processes that train together: -> its rank, their
    number.
    """
    if "RANK" not in os.environ:
        return 0, 1
    # Not NCCL: that wants a GPU for each of them.
    distributed.init_process_group("gloo")
    return distributed.get_rank(), distributed.get_world_size()


def share_gradients(parameters, others):
    """Every process gets the mean of all gradients."""
    if others == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients])
    distributed.all_reduce(flat)
    flat /= others
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
        gradient.copy_(mean.reshape(gradient.shape))


class Run:
    """Base of the trainers, which have `out`, `config`, `device`, `network`, `ema`, `optimizer` and
    `step`.
    """

    rank, processes = 0, 1  # of those that train together; the first one writes

    def open_folder(self):
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "config.json").write_text(json.dumps(self.config, indent=2))

    def log(self, **row):
        if self.rank:
            return
        print(json.dumps(row), flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")

    def save(self):
        """Whole or not at all: a run that is cut off while saving leaves the earlier checkpoint."""
        if self.rank:
            return
        state = {
            "config": self.config,
            "ema": self.ema.state_dict(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        part = self.out / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.out / "checkpoint.pt")

    def resume(self):
        """Goes on from the output folder's checkpoint, if there is one."""
        if not (self.out / "checkpoint.pt").exists():
            return
        state = torch.load(self.out / "checkpoint.pt", map_location=self.device, weights_only=False)
        self.network.load_state_dict(state["network"])
        self.ema.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]


def trainer_parser(description, workers):
    """The options that every trainer has; `workers`: processes that make pictures, unless somebody
    says.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--data", default=DATA, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument(
        "--held-out", action="store_true", help="leave out the photos of the held-out lists"
    )
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=workers)
    return parser
