"""Things for the kitchen: fruit, crockery, glass, a pot of basil. Each stands on z = 0."""

import math

from kit import ball, copy, group, lathe, mesh, modifier, place, spline, tube
from materials import Shader, ceramic, glass, plain, rgba


def orange(random):
    s = Shader("orange skin")
    where = s.coordinates()
    tone = s.ramp(s.noise(where, 22.0, 3.0), [(0.3, "#e8720c"), (0.7, "#f59a1c")])
    pores = s.node("TexVoronoi", {"Vector": where, "Scale": 330.0}).outputs["Distance"]
    s.set(
        Base_Color=tone,
        Roughness=0.36,
        Subsurface=0.12,
        Subsurface_Radius=(0.01, 0.004, 0.001),
        Subsurface_Color=rgba("#f08a18"),
        Normal=s.bump(pores, 0.45, 0.0012),
    )
    r = 0.038 + 0.003 * random.random()
    profile = []
    for k in range(41):
        t = math.pi * k / 40
        dimple = 0.004 * math.exp(-((t - math.pi) ** 2) / 0.02) + 0.002 * math.exp(-(t**2) / 0.02)
        profile.append((r * math.sin(t), -0.96 * r * math.cos(t) * (1 - dimple / r) + 0.96 * r))
    profile[0], profile[-1] = (0, profile[0][1]), (0, profile[-1][1])
    body = lathe("orange", profile, s.material, 64)
    button = ball(
        "button", 0.0032, plain("orange button", "#6b7c2d", 0.8), (0, 0, 1.9 * r), (1, 1, 0.5)
    )
    return group("orange", [body, button])


def apple(random, red="#8e0c14", yellow="#d9a436"):
    s = Shader("apple skin")
    where = s.coordinates()
    streak = s.noise(
        s.node("Mapping", {"Vector": where, "Scale": (60, 60, 7)}).outputs[0], 1.5, 4.0, 0.6
    )
    patch = s.noise(where, 18.0, 2.0)
    blend = s.math("ADD", s.math("MULTIPLY", streak, 0.45), s.math("MULTIPLY", patch, 0.55))
    tone = s.ramp(blend, [(0.28, yellow), (0.38, "#c0301d"), (0.52, red)])
    spots = s.node("TexVoronoi", {"Vector": where, "Scale": 190.0}).outputs["Distance"]
    tone = s.mix(s.math("LESS_THAN", spots, 0.11), tone, "#dfb377")
    s.set(Base_Color=tone, Roughness=0.24, Clearcoat=0.25)
    r = 0.038
    outline = [
        (0.0, 0.010),
        (0.008, 0.004),
        (0.017, 0.001),
        (0.027, 0.008),
        (0.035, 0.022),
        (0.0385, 0.040),
        (0.0365, 0.056),
        (0.028, 0.068),
        (0.017, 0.071),
        (0.008, 0.066),
        (0.0, 0.055),
    ]
    smooth = spline(outline, 6)
    smooth[0], smooth[-1] = (0, smooth[0][1]), (0, smooth[-1][1])
    phase = random.random() * 6

    def lobes(angle, radius, z):
        low = 1 - z / 0.072
        return radius * (1 + 0.018 * math.cos(5 * angle + phase) * low), z

    body = lathe("apple", smooth, s.material, 80, shape=lobes)
    stem = tube(
        "stem",
        spline([(0, 0, 0.055), (0.001, 0, 0.066), (0.004, 0.001, 0.077), (0.006, 0.002, 0.082)], 5),
        0.0013,
        plain("apple stem", "#4a3220", 0.8),
        sides=10,
    )
    return place(group("apple", [body, stem]), scale=r / 0.038)


def banana_bunch(count=4):
    """Bananas grown together at one stalk, lying on the table, tips toward +x."""
    s = Shader("banana skin")
    where = s.node("TexCoord").outputs["UV"]
    fine = s.coordinates()
    along = s.split(where)["X"]
    tone = s.ramp(
        along,
        [
            (0.0, "#5d5a22"),
            (0.10, "#a8a52f"),
            (0.22, "#eec21f"),
            (0.84, "#f0c526"),
            (0.92, "#b7a52f"),
            (0.95, "#33230f"),
        ],
    )
    freckle = s.noise(
        s.node("Mapping", {"Vector": fine, "Scale": (1, 1, 1)}).outputs[0], 130.0, 5.0
    )
    tone = s.mix(s.math("GREATER_THAN", freckle, 0.70), tone, "#7a4d17")
    s.set(Base_Color=tone, Roughness=0.42, Normal=s.bump(freckle, 0.08, 0.001))
    parts = []
    for k in range(count):
        spread = (k - (count - 1) / 2) / max(1, count - 1)
        length, lift = 1.0 - 0.08 * abs(spread) + 0.04 * (k % 2), 0.012 + 0.006 * (k % 2)
        parts.append(_banana(s.material, 34 * spread, length, lift))
    stalk = tube(
        "stalk",
        spline([(-0.036, 0, 0.05), (-0.016, 0, 0.042), (0.004, 0, 0.032)], 6),
        [0.0105 - 0.0001 * k for k in range(13)],
        plain("banana stalk", "#8a8433", 0.6),
    )
    tip = ball("cut", 0.0095, plain("banana cut", "#2e2416", 0.9), (-0.036, 0, 0.05), (0.5, 1, 1))
    return group("bananas", [*parts, stalk, tip])


def _banana(material, heading, length, lift):
    path = spline(
        [
            (0.0, 0, 0.034),
            (0.022, 0.002, 0.026),
            (0.05, 0.009, 0.02),
            (0.09, 0.026, 0.018),
            (0.13, 0.055, 0.018),
            (0.158, 0.092, 0.018),
            (0.168, 0.114, 0.019),
            (0.171, 0.124, 0.02),
        ],
        7,
    )
    widths = spline(
        [(0.008,), (0.0088,), (0.0145,), (0.0178,), (0.0178,), (0.0135,), (0.006,), (0.0038,)], 7
    )
    points = [
        (length * x, length * y, z + lift * math.sin(min(1, x / 0.1) * 1.57)) for x, y, z in path
    ]
    ridge = lambda a: 1 + 0.055 * math.cos(5 * a)  # noqa: E731
    body = tube("banana", points, [w[0] for w in widths], material, sides=30, squash=ridge)
    layer = body.data.uv_layers.new(name="along")
    rings = len(points)
    for loop in body.data.loops:
        layer.data[loop.index].uv = ((loop.vertex_index // 30) / (rings - 1), 0.5)
    return place(body, turn=(0, 0, heading - 18))


def bowl(color="#2f5f86", inside="#eef0ea", radius=0.125):
    outer = [
        (0.0, 0.004),
        (0.042, 0.004),
        (0.045, 0.0),
        (0.05, 0.0),
        (0.052, 0.008),
        (0.078, 0.022),
        (0.105, 0.046),
        (0.121, 0.074),
        (0.125, 0.088),
    ]
    rim = [(0.1246, 0.0895), (0.1232, 0.0902), (0.1215, 0.0895)]
    inner = [
        (0.1208, 0.088),
        (0.1165, 0.073),
        (0.1, 0.047),
        (0.074, 0.026),
        (0.04, 0.015),
        (0.0, 0.012),
    ]
    k = radius / 0.125
    scaled = lambda part: [(r * k, z * k) for r, z in part]  # noqa: E731
    out = lathe("bowl outside", spline(scaled(outer), 5), ceramic("bowl glaze", color, 0.1))
    within = lathe(
        "bowl inside",
        spline(scaled(outer[-1:] + rim + inner), 5),
        ceramic("bowl lining", inside, 0.14),
    )
    return group("bowl", [out, within])


def mug(color="#d9513c", drink="#3a1d0d", radius=0.041, height=0.095):
    r, h = radius, height
    wall = [
        (0.0, 0.003),
        (r - 0.008, 0.003),
        (r - 0.006, 0.0),
        (r - 0.003, 0.0015),
        (r - 0.0005, 0.006),
        (r, 0.012),
        (r, h - 0.003),
        (r - 0.0006, h - 0.0008),
        (r - 0.002, h),
        (r - 0.0034, h - 0.0008),
        (r - 0.004, h - 0.003),
        (r - 0.004, 0.012),
        (r - 0.008, 0.006),
        (0.0, 0.006),
    ]
    glaze = ceramic("mug glaze", color, 0.1, 0.0)
    body = lathe("mug", wall, glaze)
    grip = tube(
        "handle",
        spline(
            [
                (r - 0.003, 0, h * 0.83),
                (r + 0.012, 0, h * 0.87),
                (r + 0.027, 0, h * 0.74),
                (r + 0.029, 0, h * 0.52),
                (r + 0.021, 0, h * 0.31),
                (r + 0.008, 0, h * 0.21),
                (r - 0.003, 0, h * 0.2),
            ],
            8,
        ),
        0.0062,
        glaze,
        squash=lambda a: 1 + 0.25 * abs(math.sin(a)),
    )
    coffee = lathe("coffee", [(0.0, h * 0.84), (r - 0.0035, h * 0.84)], plain("drink", drink, 0.06))
    return group("mug", [body, grip, coffee])


def wine_glass():
    """A glass of red wine on a short stem; the drink is set a hair into the wall, so that no gap
    shows.
    """
    foot = [
        (0.0, 0.0),
        (0.034, 0.0),
        (0.0355, 0.0012),
        (0.034, 0.0025),
        (0.012, 0.006),
        (0.0048, 0.014),
        (0.0038, 0.026),
    ]
    outer = [
        (0.0037, 0.05),
        (0.005, 0.063),
        (0.014, 0.071),
        (0.029, 0.083),
        (0.0395, 0.103),
        (0.042, 0.123),
        (0.0395, 0.147),
        (0.0335, 0.18),
    ]
    inner = [
        (0.0323, 0.1802),
        (0.0383, 0.147),
        (0.0406, 0.123),
        (0.0382, 0.1035),
        (0.028, 0.0845),
        (0.013, 0.0745),
        (0.0, 0.0725),
    ]
    profile = spline(foot + outer, 5) + spline(inner, 5)
    profile[0], profile[-1] = (0, 0), (0, profile[-1][1])
    vessel = lathe("wine glass", profile, glass("clear glass"), 112)
    s = Shader("red wine")
    s.set(Base_Color=rgba("#4a0512"), Roughness=0.03, Specular=0.6, Transmission=0.25, IOR=1.34)
    drink = [
        (0.0, 0.0735),
        (0.0127, 0.075),
        (0.0277, 0.0848),
        (0.0379, 0.1037),
        (0.0404, 0.123),
        (0.0397, 0.132),
        (0.0, 0.132),
    ]
    return group("wine glass", [vessel, lathe("wine", drink, s.material, 112)])


def wine_bottle():
    dark = Shader("bottle glass")
    dark.set(Base_Color=rgba("#12250f"), Roughness=0.04, Transmission=0.35, Specular=0.7, IOR=1.5)
    outline = [
        (0.0, 0.012),
        (0.02, 0.004),
        (0.033, 0.0),
        (0.0365, 0.004),
        (0.0375, 0.012),
        (0.0375, 0.03),
        (0.0375, 0.16),
        (0.0374, 0.174),
        (0.0358, 0.19),
        (0.029, 0.214),
        (0.018, 0.233),
        (0.0142, 0.25),
        (0.0138, 0.286),
    ]
    body = lathe("bottle", spline(outline, 6), dark.material)
    lip = lathe(
        "lip",
        [(0.0138, 0.286), (0.0155, 0.287), (0.0158, 0.296), (0.0145, 0.2975), (0.0, 0.2975)],
        dark.material,
    )
    foil = lathe(
        "foil",
        [
            (0.0146, 0.238),
            (0.0149, 0.239),
            (0.0144, 0.252),
            (0.0142, 0.284),
            (0.0162, 0.2855),
            (0.0164, 0.2975),
            (0.015, 0.299),
            (0, 0.299),
        ],
        plain("foil", "#6d1220", 0.3, Metallic=0.7),
    )
    return group("bottle", [body, lip, foil, *_label(0.03778, 0.06, 0.15)])


def _label(radius, low, high):
    """A paper label with a colored band and a crest, wrapped around the side facing -y."""

    def patch(name, start, stop, z0, z1, offset, material):
        steps = 40
        vertices, faces = [], []
        for k in range(steps + 1):
            angle = math.radians(start + (stop - start) * k / steps)
            x, y = (radius + offset) * math.cos(angle), (radius + offset) * math.sin(angle)
            vertices += [(x, y, z0), (x, y, z1)]
            if k:
                faces.append((2 * k - 2, 2 * k, 2 * k + 1, 2 * k - 1))
        return mesh(name, vertices, faces, material)

    paper = plain("label paper", "#efe6d2", 0.75)
    ink, gold = plain("label ink", "#3a2a22", 0.7), plain(
        "label gold", "#b08a3a", 0.35, Metallic=0.8
    )
    span = high - low
    parts = [patch("label", 195, 345, low, high, 0.0, paper)]
    parts.append(patch("band", 195, 345, low + 0.10 * span, low + 0.16 * span, 0.0001, gold))
    parts.append(patch("band", 195, 345, low + 0.86 * span, low + 0.90 * span, 0.0001, gold))
    for k, half in enumerate((26, 18, 22)):
        z = low + (0.62 - 0.13 * k) * span
        parts.append(patch("line", 270 - half, 270 + half, z, z + 0.045 * span, 0.0001, ink))
    return parts


def basil(random, pot="#c26b43", leaves=95):
    """A clay pot of basil, about 0.3 m tall."""
    clay = Shader("clay")
    tone = clay.ramp(clay.noise(clay.coordinates(), 26.0, 6.0), [(0.3, pot), (0.75, "#d99a74")])
    clay.set(Base_Color=tone, Roughness=0.8)
    wall = [
        (0.0, 0.0),
        (0.044, 0.0),
        (0.046, 0.003),
        (0.06, 0.085),
        (0.06, 0.088),
        (0.066, 0.089),
        (0.068, 0.112),
        (0.066, 0.114),
        (0.061, 0.113),
        (0.058, 0.1),
        (0.056, 0.094),
        (0.0, 0.094),
    ]
    vessel = lathe("pot", wall, clay.material)
    soil = lathe("soil", [(0.0, 0.101), (0.058, 0.098)], plain("soil", "#2a1d14", 1.0))
    parts = [vessel, soil]
    leaf = leaf_mesh("basil leaf", 0.062, 0.036, 0.35, "#2e7d1f", "#5ba52e")
    for _ in range(leaves):
        rise = random.random()
        angle, out = random.uniform(0, 2 * math.pi), (0.02 + 0.075 * math.sqrt(random.random())) * (
            1.05 - 0.4 * rise
        )
        twin = copy(leaf)
        place(
            twin,
            (out * math.cos(angle), out * math.sin(angle), 0.115 + 0.135 * rise),
            (
                random.uniform(-20, 20),
                random.uniform(-45, 25) - 15 * (1 - rise),
                math.degrees(angle) + random.uniform(-35, 35),
            ),
            random.uniform(0.65, 1.15),
        )
        parts.append(twin)
    green = plain("basil stem", "#5f8f38", 0.6)
    for _ in range(9):
        angle = random.uniform(0, 2 * math.pi)
        x, y = math.cos(angle), math.sin(angle)
        parts.append(
            tube(
                "stem",
                spline(
                    [
                        (0.01 * x, 0.01 * y, 0.09),
                        (0.03 * x, 0.03 * y, 0.16),
                        (0.05 * x, 0.05 * y, 0.22),
                    ],
                    4,
                ),
                0.002,
                green,
                sides=8,
            )
        )
    place(leaf, (0, 0, 0.235), (0, -20, 40))
    parts.append(leaf)
    return group("potted plant", parts)


def leaf_mesh(name, length, width, curl, dark, light):
    """A leaf from the origin along +x, folded at its midrib and bending down by `curl`."""
    s = Shader(name)
    place_ = s.coordinates()
    tone = s.ramp(s.noise(place_, 45.0, 4.0), [(0.3, dark), (0.75, light)])
    s.set(
        Base_Color=tone,
        Roughness=0.38,
        Subsurface=0.08,
        Subsurface_Radius=(0.004, 0.008, 0.002),
        Subsurface_Color=rgba(light),
    )
    nx, ny = 12, 6
    vertices, faces = [], []
    for i in range(nx + 1):
        t = i / nx
        half = width / 2 * (math.sin(math.pi * t**0.8) ** 0.75 if 0 < t < 1 else 0.02)
        for j in range(ny + 1):
            u = 2 * j / ny - 1
            z = (
                -curl * length * t * t
                + 0.22 * half * (abs(u) ** 1.5)
                + 0.012 * length * math.sin(9 * t) * (1 - abs(u))
            )
            vertices.append((length * t, half * u, z))
    for i in range(nx):
        for j in range(ny):
            k = i * (ny + 1) + j
            faces.append((k, k + ny + 1, k + ny + 2, k + 1))
    return modifier(mesh(name, vertices, faces, s.material), "SUBSURF", levels=1, render_levels=1)
