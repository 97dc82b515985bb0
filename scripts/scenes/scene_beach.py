"""A beach at mid-morning, upright format: parasol, deck chairs, rowing boat, kite."""

import props_beach as props
from kit import Stage, camera, place, sun
from world import open_sky


def build():
    stage = Stage("beach", 1024, 1280, 31)
    random = stage.random
    props.sand()
    props.sea()
    props.headland(random)
    open_sky(38, 138, 0.13, 0.5, sun_disc=False)
    sun(4.2, (-0.60, 0.55, -0.62), (1.0, 0.92, 0.80), 0.6)

    stage.instance("umbrella", place(props.parasol(), (-0.50, 0.75, -0.05), (6, -7, 11)))
    stage.instance("chair", place(props.deck_chair(), (-0.92, 0.0, 0.0), (0, 0, 24)))
    stage.instance(
        "chair", place(props.deck_chair(("#e0a526", "#f6f1e4")), (0.12, -0.05, 0.0), (0, 0, 36))
    )
    stage.instance("boat", place(props.rowing_boat(), (0.85, -1.75, -0.06), (4, 2, 24), 0.8))
    stage.instance("kite", place(props.kite(), (2.35, 7.0, 5.1), (-20, 24, 12), 1.4))
    camera((0.5, -5.6, 1.6), (0.28, 0.0, 1.22), 41)
    return stage
