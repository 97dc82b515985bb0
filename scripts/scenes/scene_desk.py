"""A home desk in the morning: screen, laptop, keyboard, mouse, mug, plant, bear, wall clock."""

import props_desk as props
import props_kitchen as kitchen
from kit import Stage, box, camera, mesh, place, sun, window_light
from materials import fabric, plain, plaster, wood
from world import soft_room


def build():
    stage = Stage("desk", 1280, 853, 23)
    random = stage.random
    _room()
    stage.instance("tv", place(props.monitor(random), (-0.05, 0.22, 0), (0, 0, 4), 1.1))
    stage.instance("laptop", place(props.laptop(random), (0.47, -0.06, 0), (0, 0, -22), 1.08))
    stage.instance("keyboard", place(props.keyboard(), (-0.10, -0.16, 0), (0, 0, 3), 1.15))
    stage.instance("mouse", place(props.mouse(), (0.165, -0.17, 0), (0, 0, -6), 1.15))
    stage.instance("cup", place(kitchen.mug("#e9b13b"), (-0.44, -0.06, 0), (0, 0, 200), 1.15))
    stage.instance(
        "potted plant", place(props.rubber_plant(random), (-0.56, 0.20, 0), (0, 0, 0), 1.05)
    )
    stage.instance("clock", place(props.wall_clock(0.125), (0.50, 0.495, 0.555)))
    stage.instance("teddy bear", place(props.teddy(), (0.15, 0.16, 0), (0, 0, 8), 0.82))
    camera((0.08, -1.40, 0.68), (0.015, 0.1, 0.205), 36.5, (0.0, 0.05, 0.1), 11.0)
    return stage


def _room():
    oak = wood("desk oak", "#c79a68", "#a3743f", grain=(1.0, 14.0, 14.0))
    place(box("desk top", (1.9, 0.86, 0.035), oak, bevel=0.004), (0, 0.05, -0.0175))
    paint = plaster("wall paint", "#c9d5d3")
    mesh(
        "wall",
        [(-2.5, 0.5, -1), (2.5, 0.5, -1), (2.5, 0.5, 2.2), (-2.5, 0.5, 2.2)],
        [(0, 1, 2, 3)],
        paint,
        False,
    )
    mat = fabric("felt", "#5d646d", weave=900.0)
    place(
        box("desk mat", (0.62, 0.26, 0.003), mat, bevel=0.001), (-0.02, -0.165, 0.0005), (0, 0, 2)
    )
    soft_room((0.80, 0.87, 1.0), 0.42)
    window_light(26, (-1.7, -0.5, 1.2), (0, 0.1, 0.1), (1.0, 1.2))
    window_light(7, (1.6, -1.4, 1.5), (0, 0.1, 0.05), (1.4, 1.0), (1.0, 0.9, 0.78))
    sun(2.6, (0.78, 0.42, -0.60), softness=2.5)
    _blind()


def _blind():
    """Slats between sun and wall, for bands of light (outside the picture)."""
    slat = plain("slat", "#d8d4c8", 0.7)
    for k in range(9):
        place(box("slat", (0.02, 1.6, 0.06), slat), (-2.1, -0.9, 0.9 + 0.16 * k), (0, 30, 0))
