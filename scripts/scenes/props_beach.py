"""Things for the beach: parasol, deck chair, rowing boat, kite, sand and sea. Each stands on z =
0.
"""

import math

from kit import ball, box, group, lathe, mesh, modifier, place, sheet, spline, tube
from materials import Shader, fabric, plain, rgba, wood


def gores(name, colors, count, roughness=0.6, **more):
    """A material of `count` equal sectors around z, colors in turn."""
    s = Shader(name)
    parts = s.split(s.coordinates())
    turn = s.math(
        "ADD", s.math("DIVIDE", s.math("ARCTAN2", parts["Y"], parts["X"]), 2 * math.pi), 0.5
    )
    sector = s.math(
        "MODULO", s.math("FLOOR", s.math("MULTIPLY", turn, float(count))), float(len(colors))
    )
    tone = rgba(colors[0])
    for k, color in enumerate(colors[1:], 1):
        tone = s.mix(s.math("COMPARE", sector, float(k), 0.1), tone, color)
    return s.set(Base_Color=tone, Roughness=roughness, **more)


def parasol(colors=("#d8342b", "#f6f1e4"), radius=1.35, height=2.15, ribs=8):
    """A beach umbrella with `ribs` panels sagging between the ribs, and a hanging hem."""
    cloth = gores("parasol cloth", colors, ribs, 0.85, Sheen=0.3)
    through = cloth.node(
        "BsdfTranslucent", {"Color": cloth.bsdf.inputs["Base Color"].links[0].from_socket}
    )
    blend = cloth.node("MixShader", {"Fac": 0.3})
    cloth.tree.links.new(cloth.bsdf.outputs[0], blend.inputs[1])
    cloth.tree.links.new(through.outputs[0], blend.inputs[2])
    cloth.tree.links.new(blend.outputs[0], cloth.output.inputs["Surface"])
    dome = 0.55

    def sag(angle, r, z):
        middle = 0.5 - 0.5 * math.cos(ribs * angle)
        out = r / radius
        return r * (1 - 0.045 * middle * out), z - 0.05 * middle * out * (1.2 - out) * 2

    profile = [(0, height)]
    for k in range(1, 25):
        t = k / 24
        profile.append((radius * t, height - dome * t**1.9))
    profile += [(radius * 1.004, height - dome - 0.03), (radius * 1.0, height - dome - 0.13)]
    canopy = lathe("canopy", profile, cloth.material, ribs * 16, shape=sag)
    modifier(canopy, "SOLIDIFY", thickness=0.004)
    white = plain("pole", "#efece4", 0.35)
    pole = tube("pole", [(0, 0, -0.3), (0, 0, height + 0.09)], 0.021, white)
    tip = ball("tip", 0.032, white, (0, 0, height + 0.1), (1, 1, 1.3))
    parts = [canopy, pole, tip]
    for k in range(ribs):
        a = 2 * math.pi * k / ribs
        x, y = math.cos(a), math.sin(a)
        parts.append(
            tube(
                "strut",
                [
                    (0.02 * x, 0.02 * y, height - 0.62),
                    (radius * 0.55 * x, radius * 0.55 * y, height - 0.2),
                ],
                0.006,
                white,
                sides=8,
            )
        )
    return group("umbrella", parts)


def deck_chair(cloth_colors=("#2b6cb0", "#f3efe2"), width=0.6):
    """A folding wooden deck chair with a striped sling, facing -y."""
    teak = wood("teak", "#a8703e", "#6f4423", grain=(14, 14, 1.4))
    half = width / 2
    parts = []

    def rail(side, start, end, thick=(0.03, 0.05)):
        a, b = start, end
        length = math.dist(a, b)
        tilt = math.degrees(math.atan2(b[0] - a[0], b[1] - a[1]))
        made = box("rail", (thick[0], thick[1], length), teak, bevel=0.006)
        return place(made, (side, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2), (-tilt, 0, 0))

    for side in (-1, 1):
        parts.append(rail(side * half, (-0.62, 0.0), (0.52, 1.02)))
        parts.append(rail(side * (half - 0.045), (0.46, 0.0), (-0.52, 0.42)))
        parts.append(rail(side * (half + 0.04), (0.18, 0.74), (0.52, 0.0)))
        parts.append(rail(side * (half + 0.055), (-0.36, 0.50), (0.24, 0.56), (0.055, 0.024)))
        parts.append(rail(side * (half + 0.045), (-0.34, 0.48), (-0.34, 0.24)))
    for y, z in ((0.49, 1.0), (-0.5, 0.41), (0.44, 0.04), (-0.56, 0.06)):
        parts.append(tube("bar", [(-half - 0.02, y, z), (half + 0.02, y, z)], 0.016, teak))
    sling_line = spline(
        [
            (0.50, 1.01),
            (0.36, 0.78),
            (0.20, 0.50),
            (0.02, 0.30),
            (-0.18, 0.25),
            (-0.36, 0.32),
            (-0.51, 0.43),
        ],
        10,
    )
    cloth = fabric("sling", cloth_colors[0], cloth_colors[1], 0.052, "X", 380.0)
    vertices, faces = [], []
    for k, (y, z) in enumerate(sling_line):
        for i in range(9):
            u = i / 4 - 1
            vertices.append((u * (half - 0.03), y, z - 0.018 * (1 - u * u)))
        if k:
            faces += [(9 * k - 9 + i, 9 * k - 8 + i, 9 * k + 1 + i, 9 * k + i) for i in range(8)]
    sling = modifier(mesh("sling", vertices, faces, cloth), "SOLIDIFY", thickness=0.004)
    return group("chair", [*parts, sling])


def rowing_boat(outside="#2e6f95", inside="#c79a63", trim="#f2efe6"):
    """An open wooden boat 3.4 m long drawn up on the sand, bow toward +x; z = 0 is the ground."""
    paint, planks, white = (
        plain("boat paint", outside, 0.35),
        wood("boat planks", inside, "#8d5f35", grain=(1.4, 12, 12)),
        plain("boat trim", trim, 0.4),
    )
    stations = spline(
        [
            (-1.7, 0.50, 0.56, 0.16),
            (-1.0, 0.64, 0.54, 0.05),
            (0.0, 0.70, 0.55, 0.0),
            (0.9, 0.58, 0.62, 0.04),
            (1.5, 0.27, 0.72, 0.20),
            (1.78, 0.02, 0.80, 0.42),
        ],
        8,
    )
    count = 15

    def ring(x, wide, high, low):
        spans = [2 * k / (count - 1) - 1 for k in range(count)]
        return [
            (x, wide * math.copysign(abs(u) ** 0.75, u), low + (high - low) * abs(u) ** 2.4)
            for u in spans
        ]

    faces = [tuple(reversed(range(count)))]
    for j in range(len(stations) - 1):
        for k in range(j * count, (j + 1) * count - 1):
            faces.append((k + 1, k + count + 1, k + count, k))
    hull = mesh("hull", [v for station in stations for v in ring(*station)], faces, paint)
    hull.data.materials.append(planks)
    modifier(hull, "SOLIDIFY", thickness=0.03, offset=-1, material_offset=1)
    parts = [hull]
    for side in (0, count - 1):
        parts.append(tube("gunwale", [ring(*station)[side] for station in stations], 0.032, white))
    stern = ring(*stations[0])
    parts.append(tube("stern rail", [stern[0], stern[-1]], 0.03, white))
    for x, wide in ((-0.85, 1.06), (0.1, 1.18), (0.95, 0.8)):
        parts.append(box("thwart", (0.24, wide, 0.03), planks, (x, 0, 0.42), bevel=0.006))
    for side in (-1, 1):
        oar = [
            tube("loom", [(-1.45, 0.24 * side, 0.485), (0.72, 0.20 * side, 0.505)], 0.02, planks)
        ]
        oar.append(
            box("blade", (0.5, 0.14, 0.015), planks, (0.92, 0.195 * side, 0.51), bevel=0.006)
        )
        parts += oar
    return group("boat", parts)


def kite(colors=("#e0332c", "#f4b41a", "#2a78c8", "#35a35a")):
    """A diamond kite with spars and a tail of bows, in the xz plane facing -y, about 1.3 m tall."""
    corners = [(0, 0, 0.55), (0.5, 0, 0.12), (0, 0, -0.75), (-0.5, 0, 0.12)]
    middle = (0, -0.07, 0.12)
    parts = []
    for k in range(4):
        cloth = plain(f"kite {k}", colors[k], 0.6)
        parts.append(
            mesh("panel", [middle, corners[k], corners[(k + 1) % 4]], [(0, 1, 2)], cloth, False)
        )
    line = spline(
        [(0, 0, -0.75), (0.10, 0, -1.05), (-0.06, 0, -1.4), (0.12, 0, -1.75), (0.02, 0, -2.1)], 8
    )
    parts.append(tube("tail", line, 0.012, plain("tail", "#f2f0ea", 0.7), sides=8))
    for k, at in enumerate(line[5::6]):
        for side in (-1, 1):
            bow = [
                at,
                (at[0] + 0.13 * side, 0, at[2] + 0.05),
                (at[0] + 0.13 * side, 0, at[2] - 0.06),
            ]
            parts.append(
                mesh("bow", bow, [(0, 1, 2)], plain(f"bow {k % 4}", colors[k % 4], 0.6), False)
            )
    return group("kite", parts)


def sand(width=60.0, depth=26.0):
    """The beach, sloping toward +y, with soft dunes; wet and dark near the water line."""
    s = Shader("sand")
    where = s.coordinates()
    grain = s.noise(where, 420.0, 4.0, 0.7)
    ripples = s.noise(
        s.node("Mapping", {"Vector": where, "Scale": (3.0, 5.0, 3.0)}).outputs[0], 1.3, 5.0, 0.55
    )
    tone = s.ramp(
        s.math("ADD", s.math("MULTIPLY", ripples, 0.65), s.math("MULTIPLY", grain, 0.35)),
        [(0.3, "#c9a877"), (0.62, "#ecd6ab")],
    )
    shore = s.node(
        "MapRange",
        {
            "Value": s.split(where)["Y"],
            "From Min": 4.0,
            "From Max": 7.2,
            "To Min": 0.0,
            "To Max": 1.0,
        },
    ).outputs[0]
    tone = s.mix(shore, tone, "#9c7d55")
    lumps = s.noise(where, 11.0, 8.0, 0.6)
    height = s.math(
        "ADD",
        s.math("ADD", ripples, s.math("MULTIPLY", lumps, 0.16)),
        s.math("MULTIPLY", grain, 0.05),
    )
    s.set(
        Base_Color=tone,
        Roughness=s.math("SUBTRACT", 0.9, s.math("MULTIPLY", shore, 0.6)),
        Normal=s.bump(height, 0.55, 0.12),
    )

    def level(x, y):
        return 0.03 * math.sin(0.9 * x + 0.6) * math.sin(0.7 * y) - 0.045 * max(0.0, y - 3.0)

    return place(sheet("sand", width, depth, s.material, (200, 90), level), (0, 0, 0))


def sea(start=6.0, far=1600.0, level=-0.22):
    """Water from the shore to the horizon: turquoise shallows, darker depth, foam at the edge."""
    s = Shader("sea")
    where = s.coordinates()
    out = s.math("SUBTRACT", s.split(where)["Y"], start)
    swell = s.noise(
        s.node("Mapping", {"Vector": where, "Scale": (0.35, 1.1, 1.0)}).outputs[0], 0.9, 6.0, 0.55
    )
    fine = s.noise(
        s.node("Mapping", {"Vector": where, "Scale": (1.0, 2.4, 1.0)}).outputs[0], 2.2, 4.0
    )
    depth = s.node("MapRange", {"Value": out, "From Min": 0.0, "From Max": 70.0}).outputs[0]
    tone = s.ramp(depth, [(0.0, "#8fd3c4"), (0.12, "#3fb0b5"), (0.45, "#1a86a6"), (1.0, "#0f5f8c")])
    edge = s.math("ADD", out, s.math("MULTIPLY", s.math("SUBTRACT", swell, 0.5), 5.0))
    wash = s.node(
        "MapRange", {"Value": edge, "From Min": 0.9, "From Max": 2.6, "To Min": 1.0, "To Max": 0.0}
    ).outputs[0]
    bands = s.math(
        "GREATER_THAN",
        s.math(
            "SINE", s.math("MULTIPLY", s.math("ADD", out, s.math("MULTIPLY", swell, 5.0)), 1.05)
        ),
        0.88,
    )
    near = s.node(
        "MapRange", {"Value": out, "From Min": 4.0, "From Max": 16.0, "To Min": 1.0, "To Max": 0.0}
    ).outputs[0]
    lace = s.math("GREATER_THAN", fine, 0.47)
    foam = s.math("MAXIMUM", wash, s.math("MULTIPLY", s.math("MULTIPLY", bands, near), lace))
    tone = s.mix(foam, tone, "#f4f7f5")
    s.set(
        Base_Color=tone,
        Roughness=s.math("ADD", 0.08, s.math("MULTIPLY", foam, 0.7)),
        Specular=0.5,
        Normal=s.bump(s.math("ADD", swell, s.math("MULTIPLY", fine, 0.3)), 0.6, 0.35),
    )
    w = far
    return mesh(
        "sea",
        [(-w, start, level), (w, start, level), (w, far, level), (-w, far, level)],
        [(0, 1, 2, 3)],
        s.material,
        False,
    )


def headland(random, at=(-420, 1100), length=620, height=70):
    """A wooded hill on the horizon, as a lit ridge."""
    n, m = 80, 14
    waves = [
        (random.uniform(2, 16), random.uniform(0, 6.3), random.random() / (1 + k)) for k in range(7)
    ]
    vertices, faces = [], []
    for i in range(n + 1):
        u = i / n
        ridge = (
            height
            * math.sin(math.pi * u) ** 0.7
            * (0.72 + 0.16 * sum(a * math.sin(f * u + p) for f, p, a in waves))
        )
        for j in range(m + 1):
            v = j / m
            bump = 5 * math.sin(31 * u + 5 * v) * math.sin(3.1 * v)
            vertices.append(
                (
                    at[0] + length * (u - 0.5),
                    at[1] + 160 * v,
                    max(0, ridge * math.sin(v * math.pi / 2) + bump * v),
                )
            )
    for i in range(n):
        for j in range(m):
            k = i * (m + 1) + j
            faces.append((k, k + m + 1, k + m + 2, k + 1))
    s = Shader("woods")
    tone = s.ramp(s.noise(s.coordinates(), 0.05, 8.0, 0.65), [(0.35, "#6f8f86"), (0.7, "#94a894")])
    return mesh("headland", vertices, faces, s.set(Base_Color=tone, Roughness=1.0).material)
