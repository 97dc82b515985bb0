#!/usr/bin/env bash
# Trains, measures and exports a model on the data in ../shared/data or --data FOLDER:
#   models/train/run.sh [CONFIG] [options of pipeline.py]
#   models/train/run.sh --quick [options of quick.py]: a few minutes from the starting checkpoint, with the mask AP before, in between, after
# Python with PyTorch is $PYTHON, or an environment that is made in .cache/train_python from
# requirements.txt.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="$(cd "$here/../.." && pwd)/.cache/train_python"
python="${PYTHON:-$folder/bin/python}"
if [ -z "${PYTHON:-}" ] && [ ! -e "$folder/ready" ]; then
  echo "Making $folder: PyTorch and what goes with it, a few minutes the first time"
  python3 -m venv "$folder"
  "$python" -m pip install --quiet -r "$here/requirements.txt"
  touch "$folder/ready"
fi
script=pipeline.py
if [ "${1:-}" = "--quick" ]; then
  script=quick.py
  shift
fi
exec "$python" "$here/$script" "$@"
