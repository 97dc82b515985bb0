"""Renders one scene inside Blender: linear beauty with denoising guides, and the instance ids.

    blender -b --factory-startup --python-exit-code 1 -P scripts/scenes/render.py -- \
        --scene kitchen --out DIR [--scale 0.35] [--samples 16] [--threads 2]

Writes DIR/<scene>.beauty.exr (Combined, Denoising Albedo, Denoising Normal), DIR/<scene>.ids.exr
and DIR/<scene>.json. Two renders are made. The second, for the ids, takes exactly one sample
in the center of each pixel (box filter 0.01 pixel wide, no depth of field), so an id
is never a mixture: it is the object that the pixel's center sees.
"""

import argparse
import importlib
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bpy  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(sys.argv[sys.argv.index("--") + 1 :])


def common(scene, stage, options):
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = stage.width, stage.height
    render.resolution_percentage = round(100 * options.scale)
    render.threads_mode, render.threads = "FIXED", options.threads
    render.use_persistent_data = True
    render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    render.image_settings.color_depth = "32"
    scene.cycles.device = "CPU"
    scene.cycles.seed = 7
    scene.cycles.use_denoising = False


def render_beauty(scene, options, path):
    cycles, layer = scene.cycles, scene.view_layers[0]
    cycles.samples = options.samples
    cycles.use_adaptive_sampling = options.samples >= 64
    cycles.adaptive_threshold = 0.015
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 10, 3, 4
    cycles.transmission_bounces, cycles.transparent_max_bounces = 10, 12
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 6.0
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.4
    layer.cycles.denoising_store_passes = True
    layer.use_pass_object_index = False
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def render_ids(scene, path):
    cycles, layer = scene.cycles, scene.view_layers[0]
    cycles.samples, cycles.use_adaptive_sampling = 1, False
    cycles.max_bounces = 0
    cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
    scene.camera.data.dof.use_dof = False
    layer.cycles.denoising_store_passes = False
    layer.use_pass_object_index = True
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def main():
    options = arguments()
    stage = importlib.import_module("scene_" + options.scene).build()
    scene = bpy.context.scene
    common(scene, stage, options)
    stem = os.path.join(os.path.abspath(options.out), stage.name)
    os.makedirs(options.out, exist_ok=True)
    with open(stem + ".json", "w") as file:
        json.dump({"name": stage.name, "instances": stage.instances}, file)
    start = time.time()
    render_beauty(scene, options, stem + ".beauty.exr")
    middle = time.time()
    render_ids(scene, stem + ".ids.exr")
    print(f"render {stage.name}: beauty {middle - start:.1f} s, ids {time.time() - middle:.1f} s")


main()
