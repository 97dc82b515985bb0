"""Everything that makes a model, one step after the other: training, curves, figures, the stored
variants side by side, the file that ships.

    python pipeline.py [CONFIG] [--data FOLDER] [--out FOLDER] [--initial FILE] [--network FILE]
      [--held-out] [--device NAME]

CONFIG is config/masklet_n.json unless named. A run that was cut off goes on where it was. In the
output folder: checkpoint.pt, log.jsonl,
curves.png, evaluation/ and variants/ with the file to ship (of segmenting models; measured on the
held-out list with --held-out), or the
encoder and the decoder."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import torch

from coco import DATA

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def step(script, *arguments, processes=1):
    """processes: how many run the script together, sharing their gradients."""
    together = (
        [] if processes == 1 else ["-m", "torch.distributed.run", "--nproc-per-node", processes]
    )
    command = [str(part) for part in (sys.executable, *together, HERE / script, *arguments)]
    print("+", *command[1:], flush=True)
    ended = subprocess.run(command).returncode
    if ended:
        raise SystemExit(f"{script} failed ({ended})")


def train_arguments(config, options):
    arguments = [
        options.config,
        "--data",
        options.data,
        "--out",
        options.out,
        "--resume",
        "--device",
        options.device,
    ]
    if options.held_out:
        arguments.append("--held-out")
    if config["name"] == "masklet-click":
        if options.network is None:
            raise SystemExit(
                "masklet-click is trained on a masklet-n: name its checkpoint with --network"
            )
        return [*arguments, "--network", options.network]
    return [
        *arguments,
        "--threads",
        options.threads,
        *(["--initial", options.initial] if options.initial else []),
    ]


def make_segmenter(config, options, checkpoint):
    measured = config["evaluation"]
    only = ["--only", HERE / config.get("heldOut", "held_out.json")] if options.held_out else []
    common = [
        checkpoint,
        options.data / measured["folder"],
        *only,
        "--size",
        measured["size"],
        "--most",
        measured["most"],
    ]
    step("evaluate.py", *common, "--out", options.out / "evaluation")
    step(
        "variants.py",
        *common,
        "--out",
        options.out / "variants",
        "--variants",
        "fp32",
        "fp16",
        "int8",
    )


def make_click(options, checkpoint):
    step("export_click.py", checkpoint, options.out)
    if options.held_out:
        step(
            "evaluate_click.py",
            checkpoint,
            "--data",
            options.data,
            "--out",
            options.out / "figures.json",
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", default=HERE / "config" / "masklet_n.json", type=Path)
    parser.add_argument("--data", default=DATA, type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--initial",
        type=Path,
        help="checkpoint to start from; default: what the config names; a run with --held-out "
        "needs one\n"
        "that has not seen the photos held out",
    )
    parser.add_argument(
        "--network",
        type=Path,
        help="masklet-click: checkpoint of the masklet-n that it is built on",
    )
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    config = json.loads(options.config.read_text())
    options.out = options.out or ROOT / ".cache" / "train" / (
        options.config.stem + ("_held_out" if options.held_out else "")
    )
    click = config["name"] == "masklet-click"
    script = "train_click.py" if click else "train.py"
    step(script, *train_arguments(config, options), processes=config.get("processes", 1))
    step("curves.py", options.out / "log.jsonl", "--title", config["name"])
    checkpoint = options.out / "checkpoint.pt"
    if click:
        make_click(options, checkpoint)
    else:
        make_segmenter(config, options, checkpoint)
    print(f"{config['name']}: all of it is in {options.out}")


if __name__ == "__main__":
    main()
