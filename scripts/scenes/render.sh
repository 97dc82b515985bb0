#!/bin/sh
# Makes the sample scenes anew: tests/data/scenes/{scene_*.jpg,scene_*_ids.png,instances.json}.
#
#   apt-get install blender                        (3.4 or newer; Debian 12 has 3.4.1)
#   python3 -m venv DIR && DIR/bin/pip install -r scripts/scenes/requirements.txt
#   PYTHON=DIR/bin/python scripts/scenes/render.sh [SCENE...]
#
# Settings from the environment: SAMPLES a pixel (256), SCALE of the image (1), THREADS (2), OUT
# (tests/data/scenes), RENDERS (a folder for the raw renders, default a temporary one). Raw renders
# of a scene already in RENDERS are kept and used when the scene is not named; name no scene for all
# three.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
out=${OUT:-$here/../../tests/data/scenes}
all="kitchen desk beach"
if [ -z "${RENDERS:-}" ]; then
  RENDERS=$(mktemp -d)
  trap 'rm -rf "$RENDERS"' EXIT
fi
command -v blender >/dev/null || {
  echo "render.sh: blender is missing (apt-get install blender)" >&2
  exit 1
}
"$python" -c 'import cv2, numpy, OpenEXR, pycocotools, pyoidn' || {
  echo "render.sh: install the packages of scripts/scenes/requirements.txt, or set PYTHON" >&2
  exit 1
}
for scene in ${*:-$all}; do
  blender -b --factory-startup --python-exit-code 1 -P "$here/render.py" -- --scene "$scene" \
    --out "$RENDERS" --samples "${SAMPLES:-256}" --scale "${SCALE:-1}" \
    --threads "${THREADS:-2}" | grep '^render '
done
for scene in $all; do
  [ -f "$RENDERS/$scene.ids.exr" ] || {
    echo "render.sh: no render of $scene in $RENDERS" >&2
    exit 1
  }
done
"$python" "$here/develop.py" --renders "$RENDERS" --out "$out" $all
