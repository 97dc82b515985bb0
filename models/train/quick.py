"""A few minutes of training from the starting checkpoint, to see that everything is in place: mask
AP on some of the photos that it trains on, before, in between and after. It rises; what it says of
other photos is for evaluate.py --only held_out.json to tell.

    python quick.py [--data FOLDER] [--out FOLDER] [--photos 40] [--steps 240]
"""

import argparse
import copy
import json
import tempfile
from pathlib import Path

import torch

from coco import DATA
from detect import from_module
from evaluate import evaluate
from train import HERE, Trainer

PARTS = 3


def quick_config(config, steps):
    """The model's own config with one short stage of photos as they come."""
    stage = {
        **config["stages"][-1],
        "steps": steps,
        "rate": 3e-4,
        "augmentation": {"mosaic": 0.0, "plain": 0.5, "pasted": 0.0, "turn": 0.0, "strong": False},
    }
    return {
        **config,
        "stages": [stage],
        "sets": [{"folder": "coco-train", "classes": True, "share": 1.0}],
    }


def measure(trainer, names, step):
    network = copy.deepcopy(trainer.ema).cpu().eval()
    report, _, _ = evaluate(from_module(network), trainer.data / "coco-train", only=names)
    print(
        f"step {step:4d}: mask AP {report['mask']['ap']:.4f}, box AP {report['box']['ap']:.4f} on {len(names)} photos",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=DATA, type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--steps", type=int, default=240)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="masklet-quick-"))
    config = quick_config(
        json.loads((HERE / "config" / "masklet_n.json").read_text()), options.steps
    )
    trainer = Trainer(
        config, options.data, out, options.data / config["initial"], threads=torch.get_num_threads()
    )
    pictures, share = trainer.sets[0]
    names = [picture.name for picture in pictures[: options.photos]]
    trainer.sets = [(pictures[: options.photos], share)]
    measure(trainer, names, 0)
    for part in range(1, PARTS + 1):
        trainer.run(workers=1, until=options.steps * part // PARTS)
        measure(trainer, names, trainer.step)
    print(f"checkpoint and log in {out}")


if __name__ == "__main__":
    main()
