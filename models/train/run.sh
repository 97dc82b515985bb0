#!/usr/bin/env bash
# Trains, evaluates and exports a model: models/train/run.sh [--quick] [--held-out] [--config FILE] [--initial FILE] [--data FOLDER] [--out FOLDER] [--device NAME]
# --quick: a few minutes from the starting checkpoint on a few photos, with the mask AP before, in between and after.
# Python with PyTorch: $PYTHON, or an environment made in .cache/train from requirements.txt.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
data="$root/../shared/data"
config="$here/config/masklet_n.json"
initial="" out="" quick="" held="" device=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=1 ;;
    --held-out) held=1 ;;
    --config) config="$2"; shift ;;
    --initial) initial="$2"; shift ;;
    --data) data="$2"; shift ;;
    --out) out="$2"; shift ;;
    --device) device=(--device "$2"); shift ;;
    *) echo "run.sh: unknown option $1 (see the head of this file)" >&2; exit 2 ;;
  esac
  shift
done
if [ ! -d "$data" ]; then echo "run.sh: no data at $data; name its folder with --data" >&2; exit 1; fi

python="${PYTHON:-}"
if [ -z "$python" ]; then
  python="$root/.cache/train/bin/python"
  if [ ! -x "$python" ]; then
    echo "Making $root/.cache/train (PyTorch and what goes with it, a few minutes the first time)"
    python3 -m venv "$root/.cache/train"
    "$python" -m pip install --quiet -r "$here/requirements.txt"
  fi
fi

if [ -n "$quick" ]; then
  exec "$python" "$here/quick.py" --data "$data" ${out:+--out "$out"}
fi
name="$(basename "$config" .json)"
out="${out:-$root/.cache/train-$name}"
"$python" "$here/train.py" "$config" --data "$data" --out "$out" --resume ${initial:+--initial "$initial"} ${held:+--held-out} "${device[@]}"
"$python" "$here/curves.py" "$out/log.jsonl"
"$python" "$here/evaluate.py" "$out/checkpoint.pt" --out "$out/evaluation" ${held:+--only "$here/held_out.json"}
"$python" "$here/export.py" "$out/checkpoint.pt" --out "$out/export"
