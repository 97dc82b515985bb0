"""Things for the desk: screen, laptop, keyboard, mouse, clock, plant, teddy bear. Each stands on z
= 0.
"""

import math

from kit import ball, box, copy, group, lathe, mesh, place, spline, tube
from materials import Shader, emission, metal, plain, rgba
from props_kitchen import leaf_mesh

DUSK = ["#f7c873", "#e8925f", "#b8647a", "#6d4a7e", "#39325f", "#1c1d3c"]
LAGOON = ["#dff3ee", "#8fd0d6", "#4aa3b8", "#2a7593", "#1b4f70", "#123451"]


def wallpaper(name, width, height, colors, random, strength=1.0):
    """A picture of layered hills under a graded sky, as flat glowing sheets in the xz plane."""
    s = Shader(name + " sky")
    up = s.math("ADD", s.math("DIVIDE", s.split(s.coordinates())["Z"], height), 0.5)
    sky = s.ramp(up, [(0.1, colors[0]), (0.55, colors[1]), (1.0, colors[2])])
    s.set(Base_Color=rgba("#040404"), Emission=sky, Emission_Strength=strength, Roughness=0.3)
    w, h = width / 2, height / 2
    parts = [
        mesh(
            "sky",
            [(-w, 0, -h), (w, 0, -h), (w, 0, h), (-w, 0, h)],
            [(0, 1, 2, 3)],
            s.material,
            False,
        )
    ]
    for layer in range(4):
        tint = emission(f"{name} hill {layer}", colors[min(5, layer + 2)], strength)
        base, swing = 0.16 - 0.17 * layer, 0.13 - 0.02 * layer
        waves = [(random.uniform(1, 9), random.uniform(0, 6.3), random.random()) for _ in range(5)]
        vertices, faces = [], []
        for k in range(81):
            x = -w + width * k / 80
            z = base + swing * sum(a * math.sin(f * x / width * 3 + p) for f, p, a in waves) / 2
            vertices += [
                (x, -0.0008 * (layer + 1), -h),
                (x, -0.0008 * (layer + 1), h * max(-0.96, min(0.8, z * 2))),
            ]
            if k:
                faces.append((2 * k - 2, 2 * k, 2 * k + 1, 2 * k - 1))
        parts.append(mesh("hill", vertices, faces, tint, False))
    glow = emission(name + " moon", "#fff6de", 1.3 * strength)
    disc = [
        (
            0.055 * width * math.cos(a / 24 * math.pi),
            -0.0004,
            0.055 * width * math.sin(a / 24 * math.pi),
        )
        for a in range(48)
    ]
    parts.append(
        place(mesh("moon", disc, [tuple(range(48))], glow, False), (0.2 * width, 0, 0.22 * height))
    )
    return group(name, parts)


def monitor(random, width=0.56, height=0.33):
    """A flat screen on a foot, facing -y."""
    shell, gray = plain("screen shell", "#141518", 0.35), metal("screen foot", "#8d9096", 0.3)
    lift = 0.12
    middle = lift + height / 2
    body = box("screen", (width, 0.022, height), shell, (0, 0, middle), bevel=0.006)
    back = box(
        "screen back", (width * 0.6, 0.03, height * 0.6), shell, (0, 0.02, middle), bevel=0.01
    )
    picture = place(
        wallpaper("desktop", width - 0.018, height - 0.02, DUSK, random, 1.0),
        (0, -0.0114, middle + 0.002),
    )
    neck = box("neck", (0.06, 0.018, 0.24), gray, (0, 0.035, 0.12), bevel=0.004)
    foot = box("foot", (0.24, 0.19, 0.012), gray, (0, 0.03, 0.006), bevel=0.005)
    return group("monitor", [body, back, picture, neck, foot])


def _keys(parts, columns, rows, pitch, origin, z, material, size=0.86):
    """Square keys, with wider ones at the row ends and a space bar in the nearest row."""
    x0, y0 = origin
    cap = None
    for row in range(rows):
        column = 0
        while column < columns:
            wide = 1
            if row == 0 and column == 4:
                wide = columns - 9
            elif row in (1, 2) and column in (0, columns - 2):
                wide = 2
            x, y = x0 + (column + wide / 2) * pitch, y0 + (row + 0.5) * pitch
            if wide == 1 and cap is not None:
                key = copy(cap)
                key.location = (x, y, z)
            else:
                key = box(
                    "key",
                    (pitch * (wide - 1 + size), pitch * size, 0.006),
                    material,
                    (x, y, z),
                    bevel=0.0018,
                    segments=2,
                )
                cap = key if wide == 1 else cap
            parts.append(key)
            column += wide


def keyboard(columns=15, rows=6, pitch=0.0205, body="#e4e4e2", cap="#fbfbf9"):
    width, depth = columns * pitch + 0.018, rows * pitch + 0.018
    parts = [
        box(
            "keyboard body",
            (width, depth, 0.012),
            plain("keyboard body", body, 0.4),
            (0, 0, 0.007),
            bevel=0.004,
        )
    ]
    _keys(
        parts,
        columns,
        rows,
        pitch,
        (-columns * pitch / 2, -rows * pitch / 2),
        0.0155,
        plain("key caps", cap, 0.45),
    )
    return group("keyboard", parts)


def mouse(color="#f2f2f0"):
    """A rounded two-button mouse, nose toward +y, 11 cm long."""
    shell = plain("mouse shell", color, 0.25)
    vertices, faces, n = [], [], 40
    for j in range(17):
        t = j / 16
        for k in range(n):
            a = 2 * math.pi * k / n
            r = math.cos(t * math.pi / 2) ** 0.62 if j < 16 else 0.0
            x, y = 0.031 * r * math.cos(a), 0.055 * r * math.sin(a)
            hump = 0.036 - 0.10 * (y + 0.012) ** 2 / 0.02
            vertices.append(
                (x * (1 - 1.4 * max(0, y)), y, 0.003 + hump * math.sin(t * math.pi / 2) ** 0.9)
            )
    for j in range(16):
        for k in range(n):
            m = (k + 1) % n
            faces.append((j * n + k, j * n + m, (j + 1) * n + m, (j + 1) * n + k))
    body = mesh("mouse", vertices, faces, shell)
    wheel = place(
        lathe(
            "wheel",
            [(0, -0.0035), (0.009, -0.0035), (0.0095, 0), (0.009, 0.0035), (0, 0.0035)],
            plain("rubber", "#2c2d31", 0.7),
            32,
        ),
        (0, 0.024, 0.0245),
        (0, 90, 0),
    )
    gap = box(
        "gap", (0.0012, 0.028, 0.004), plain("gap", "#55565a", 0.6), (0, 0.033, 0.0248), (-29, 0, 0)
    )
    return group("mouse", [body, wheel, gap])


def laptop(random, lean=18):
    """An open notebook computer, keyboard toward -y."""
    shell, dark = metal("laptop shell", "#b9bcc2", 0.32), plain("laptop keys", "#1d1e21", 0.5)
    w, d = 0.33, 0.225
    parts = [box("base", (w, d, 0.013), shell, (0, 0, 0.0085), bevel=0.005)]
    _keys(parts, 14, 5, 0.0195, (-7 * 0.0195, -0.005), 0.0145, dark, 0.88)
    parts.append(
        box(
            "touch pad",
            (0.11, 0.07, 0.001),
            plain("touch pad", "#a4a7ad", 0.4),
            (0, -0.066, 0.0152),
            bevel=0.0004,
        )
    )
    lid = [
        box("lid", (w, 0.007, d), shell, (0, 0.0045, d / 2), bevel=0.003),
        box(
            "bezel",
            (w - 0.004, 0.0015, d - 0.004),
            plain("bezel", "#0b0b0d", 0.25),
            (0, 0.0004, d / 2),
            bevel=0.0005,
        ),
        place(
            wallpaper("laptop desktop", w - 0.02, d - 0.026, LAGOON, random, 1.0),
            (0, -0.0006, d / 2 + 0.003),
        ),
    ]
    parts.append(place(group("lid", lid), (0, d / 2 - 0.004, 0.014), (-lean, 0, 0)))
    return group("laptop", parts)


def wall_clock(radius=0.15):
    """A round clock in the xz plane, facing -y, showing ten past ten."""
    rim = plain("clock rim", "#1e2328", 0.3)
    ring = lathe(
        "rim",
        spline(
            [
                (radius * 0.9, 0.0),
                (radius * 0.91, 0.02),
                (radius * 0.96, 0.03),
                (radius, 0.022),
                (radius, -0.015),
            ],
            5,
        ),
        rim,
        128,
    )
    dial = lathe("dial", [(0, 0.008), (radius * 0.93, 0.008)], plain("dial", "#f7f5ee", 0.6), 128)
    ink, red = plain("clock ink", "#15171a", 0.5), plain("second hand", "#c8321f", 0.4)
    parts = [ring, dial]
    for k in range(60):
        big = k % 5 == 0
        long, wide = (0.15, 0.030) if big else (0.05, 0.010)
        a = math.radians(6 * k)
        r = radius * (0.86 - long / 2)
        parts.append(
            box(
                "mark",
                (radius * wide, radius * long, 0.001),
                ink,
                (r * math.sin(a), r * math.cos(a), 0.009),
                (0, 0, -6 * k),
            )
        )
    for angle, long, wide, z, tint in (
        (305, 0.5, 0.05, 0.012, ink),
        (60, 0.74, 0.034, 0.014, ink),
        (210, 0.78, 0.012, 0.016, red),
    ):
        a = math.radians(angle)
        r = radius * (long / 2 - 0.06)
        parts.append(
            box(
                "hand",
                (radius * wide, radius * (long + 0.12), 0.002),
                tint,
                (r * math.sin(a), r * math.cos(a), z),
                (0, 0, -angle),
                0.0006,
            )
        )
    parts.append(
        lathe("hub", [(0.045 * radius, 0.008), (0.045 * radius, 0.02), (0, 0.021)], ink, 32)
    )
    return place(group("clock", [place(group("clock face", parts), turn=(90, 0, 0))]))


def rubber_plant(random, leaves=26, height=0.42, pot="#e9e6df"):
    """A broad-leaved house plant in a straight white pot."""
    wall = [
        (0.0, 0.0),
        (0.07, 0.0),
        (0.074, 0.003),
        (0.082, 0.13),
        (0.082, 0.137),
        (0.0795, 0.14),
        (0.077, 0.137),
        (0.075, 0.12),
        (0, 0.12),
    ]
    parts = [
        lathe("pot", wall, plain("pot glaze", pot, 0.25)),
        lathe("soil", [(0.0, 0.126), (0.076, 0.122)], plain("soil", "#2a1d14", 1.0)),
    ]
    leaf = leaf_mesh("broad leaf", 0.19, 0.10, 0.42, "#174d25", "#2f7d3a")
    bark = plain("bark", "#5a4632", 0.8)
    stems = []
    for k in range(3):
        a = 2.1 * k + 0.4
        points = spline(
            [
                (0.02 * math.cos(a), 0.02 * math.sin(a), 0.12),
                (0.04 * math.cos(a), 0.04 * math.sin(a), 0.12 + height * 0.5),
                (0.075 * math.cos(a), 0.075 * math.sin(a), 0.12 + height * (1 - 0.16 * k)),
            ],
            8,
        )
        stems.append(points)
        parts.append(tube("stem", points, 0.006, bark, sides=10))
    for k in range(leaves):
        points = stems[k % 3]
        t = 0.18 + 0.82 * (k // 3) / max(1, leaves // 3)
        x, y, z = points[min(len(points) - 1, int(t * (len(points) - 1)))]
        twin = copy(leaf)
        place(
            twin,
            (x, y, z),
            (
                random.uniform(-14, 14),
                -22 - 34 * t + random.uniform(-10, 10),
                137.5 * k + random.uniform(-15, 15),
            ),
            random.uniform(0.75, 1.1) * (1.08 - 0.3 * t),
        )
        parts.append(twin)
    place(leaf, stems[0][-1], (0, -72, 30), 0.7)
    parts.append(leaf)
    return group("potted plant", parts)


def teddy(fur="#a8743f", light="#d9b483"):
    """A sitting plush bear about 0.3 m tall, facing -y."""
    plush, pale = _plush("plush", fur), _plush("plush light", light)
    dark = plain("bear eye", "#0d0a08", 0.08)
    parts = [
        ball("belly", 0.085, plush, (0, 0, 0.085), (1.0, 0.86, 1.08)),
        ball("head", 0.072, plush, (0, -0.012, 0.228), (1.08, 0.95, 0.96)),
        ball("muzzle", 0.032, pale, (0, -0.073, 0.213), (1.15, 0.85, 0.85)),
        ball("patch", 0.05, pale, (0, -0.046, 0.088), (1.05, 0.62, 1.15)),
    ]
    for side in (-1, 1):
        parts.append(ball("ear", 0.03, plush, (0.058 * side, 0.0, 0.289), (1, 0.55, 1)))
        parts.append(ball("ear inside", 0.02, pale, (0.058 * side, -0.0125, 0.288), (1, 0.4, 1)))
        parts.append(ball("arm", 0.034, plush, (0.094 * side, -0.035, 0.115), (0.95, 0.95, 1.75)))
        parts[-1].rotation_euler = (math.radians(-38), math.radians(-30 * side), 0)
        parts.append(ball("leg", 0.04, plush, (0.064 * side, -0.085, 0.04), (0.95, 1.65, 0.95)))
        parts[-1].rotation_euler = (0, 0, math.radians(24 * side))
        parts.append(ball("sole", 0.031, pale, (0.09 * side, -0.142, 0.041), (0.95, 0.45, 1)))
        parts[-1].rotation_euler = (0, 0, math.radians(24 * side))
    for side in (-1, 1):
        parts.append(ball("eye", 0.0085, dark, (0.029 * side, -0.0745, 0.243)))
    parts.append(ball("nose", 0.0125, dark, (0, -0.0985, 0.222), (1.3, 0.7, 0.9)))
    return group("teddy bear", parts)


def _plush(name, color):
    s = Shader(name)
    where = s.coordinates()
    clumps = s.noise(where, 260.0, 6.0, 0.7)
    tone = s.ramp(clumps, [(0.3, [0.55 * c for c in rgba(color)[:3]]), (0.62, color)])
    return s.set(
        Base_Color=tone, Roughness=0.95, Sheen=0.8, Normal=s.bump(clumps, 0.8, 0.006)
    ).material
