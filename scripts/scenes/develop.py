"""Denoises the renders, tone-maps them and writes the committed sample pictures and masks.

    python3 scripts/scenes/develop.py --renders DIR --out tests/data/scenes [--quality 90] SCENE...

Needs the packages of requirements.txt. The beauty pass is denoised in linear light with Open Image
Denoise (albedo and normal as guides); Blender's Filmic view transform is then applied by a second,
short Blender call; the ids are only copied.
"""

import argparse
import json
import os
import subprocess
import tempfile

import cv2
import numpy as np
import OpenEXR
import pyoidn
from coco import encode_rle, write_instances

LOOKS = {
    "kitchen": ("Medium High Contrast", 0.25),
    "desk": ("Medium High Contrast", 0.2),
    "beach": ("Medium High Contrast", 0.0),
}

VIEW = """
import bpy, sys
source, target, look, exposure = sys.argv[sys.argv.index('--') + 1:]
scene = bpy.context.scene
scene.view_settings.view_transform = 'Filmic'
scene.view_settings.look = look
scene.view_settings.exposure = float(exposure)
scene.render.image_settings.file_format = 'PNG'
scene.render.image_settings.color_mode = 'RGB'
scene.render.image_settings.color_depth = '8'
image = bpy.data.images.load(source)
image.colorspace_settings.name = 'Linear'
image.save_render(target, scene=scene)
"""


def planes(path):
    """All channels of a multi-layer file as {'Layer.Pass.Channel': HxW float32}."""
    with OpenEXR.File(path, separate_channels=True) as file:
        return {name: channel.pixels for name, channel in file.channels().items()}


def stack(channels, name, letters):
    prefix = next(key for key in channels if f".{name}." in key).rsplit(".", 1)[0]
    return np.stack([channels[f"{prefix}.{c}"] for c in letters], -1).astype(np.float32)


def denoise(channels):
    return pyoidn.denoise(
        stack(channels, "Combined", "RGB"),
        albedo=np.clip(stack(channels, "Denoising Albedo", "RGB"), 0, 1),
        normal=stack(channels, "Denoising Normal", "XYZ"),
        hdr=True,
    )


def tone_map(linear, scene, folder):
    """The denoised picture through Filmic; an HxWx3 uint8 array in BGR order."""
    source, target = os.path.join(folder, "linear.exr"), os.path.join(folder, "view.png")
    with OpenEXR.File({}, {"RGB": np.ascontiguousarray(linear)}) as file:
        file.write(source)
    script = os.path.join(folder, "view.py")
    with open(script, "w") as file:
        file.write(VIEW)
    look, exposure = LOOKS[scene]
    command = ["blender", "-b", "--factory-startup", "--python-exit-code", "1", "-P", script]
    command += ["--", source, target, look, str(exposure)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return cv2.imread(target)


def read_ids(path):
    ids = stack(planes(path), "IndexOB", "X")[..., 0]
    rounded = np.rint(ids)
    if np.abs(ids - rounded).max() > 1e-6 or rounded.min() < 0 or rounded.max() > 255:
        raise SystemExit(f"{path}: the object index is not a whole number in 0..255")
    return rounded.astype(np.uint8)


def develop(scene, renders, out, quality):
    stem = os.path.join(renders, scene)
    with open(stem + ".json") as file:
        instances = json.load(file)["instances"]
    with tempfile.TemporaryDirectory() as folder:
        picture = tone_map(denoise(planes(stem + ".beauty.exr")), scene, folder)
    ids = read_ids(stem + ".ids.exr")
    name = f"scene_{scene}"
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(os.path.join(out, name + ".jpg"), picture, jpeg)
    cv2.imwrite(os.path.join(out, name + "_ids.png"), ids, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    found = [dict(instance, **encode_rle(ids == instance["id"])) for instance in instances]
    hidden = [instance for instance in found if instance["area"] == 0]
    if hidden:
        raise SystemExit(f"{scene}: not visible: {hidden}")
    return {
        "file_name": name + ".jpg",
        "width": ids.shape[1],
        "height": ids.shape[0],
        "instances": found,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--renders", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("scenes", nargs="+")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    pictures = [develop(s, options.renders, options.out, options.quality) for s in options.scenes]
    write_instances(os.path.join(options.out, "instances.json"), pictures)


if __name__ == "__main__":
    main()
