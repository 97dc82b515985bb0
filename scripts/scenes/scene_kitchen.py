"""A kitchen table beside a window: fruit bowl, bananas, wine, a mug, basil."""

import props_kitchen as props
from kit import Stage, box, camera, mesh, place, sun, window_light
from materials import tiles, wood
from world import soft_room


def build():
    stage = Stage("kitchen", 1280, 960, 11)
    random = stage.random
    _room()

    stage.instance("dining table", _table())
    fruit_bowl = place(props.bowl("#34658f"), (-0.06, 0.10, 0), scale=(1.3, 1.3, 1.44))
    stage.instance("bowl", fruit_bowl)
    stage.instance("orange", place(props.orange(random), (-0.108, 0.070, 0.040), (8, 12, 0), 1.08))
    stage.instance(
        "orange", place(props.orange(random), (-0.020, 0.058, 0.040), (-25, 30, 50), 1.08)
    )
    stage.instance("apple", place(props.apple(random), (-0.066, 0.145, 0.045), (10, -12, 0), 1.2))
    stage.instance("apple", place(props.apple(random), (0.016, 0.130, 0.047), (-12, 16, 70), 1.2))
    stage.instance("banana", place(props.banana_bunch(), (-0.16, -0.135, 0.0), (0, 0, -8), 1.1))
    stage.instance("bottle", place(props.wine_bottle(), (0.285, 0.25, 0), (0, 0, 12)))
    stage.instance("wine glass", place(props.wine_glass(), (0.175, 0.02, 0), scale=1.3))
    stage.instance("cup", place(props.mug(), (0.285, -0.10, 0), (0, 0, -35), 1.08))
    stage.instance("potted plant", place(props.basil(random), (-0.32, 0.22, 0), (0, 0, 20), 1.1))

    camera((0.04, -0.98, 0.52), (0.005, 0.06, 0.085), 46, (0.0, 0.0, 0.06), 9.0)
    return stage


def _table():
    top = wood("oak", "#b98552", "#8a5a31", plank=(0.9, 0.075))
    return place(box("table top", (1.7, 0.9, 0.04), top, bevel=0.005), (0.03, 0.0, -0.02))


def _room():
    glazed = tiles("tiles", "#eef0ea", "#c9c6bd")
    corners = [(-1.6, 0.5, -0.8), (1.6, 0.5, -0.8), (1.6, 0.5, 1.5), (-1.6, 0.5, 1.5)]
    mesh("wall", corners, [(0, 1, 2, 3)], glazed, False)
    soft_room((0.80, 0.86, 1.0), 0.40)
    window_light(24, (-1.25, -0.15, 0.95), (0, 0.05, 0.05), (0.8, 1.0))
    window_light(5, (1.4, -0.9, 1.1), (0, 0.1, 0.05), (1.2, 0.8), (1.0, 0.9, 0.78))
    sun(3.2, (0.80, 0.28, -0.62), softness=2.0)
