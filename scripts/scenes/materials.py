"""Procedural materials: Principled shaders fed by Blender's own texture nodes."""

import bpy


class Shader:
    """A material with its node tree; `node` adds a node, `join` links two sockets."""

    def __init__(self, name):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.bsdf = self.tree.nodes["Principled BSDF"]
        self.output = self.tree.nodes["Material Output"]

    def node(self, kind, inputs=None, **attributes):
        made = self.tree.nodes.new("ShaderNode" + kind)
        for key, value in attributes.items():
            setattr(made, key, value)
        for key, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, made.inputs[key])
            else:
                made.inputs[key].default_value = value
        return made

    def set(self, **inputs):
        """Sets Principled inputs; underscores stand for blanks, sockets are linked."""
        for key, value in inputs.items():
            socket = self.bsdf.inputs[key.replace("_", " ")]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return self

    def coordinates(self, kind="Object", scale=(1, 1, 1), rotation=(0, 0, 0)):
        source = self.node("TexCoord").outputs[kind]
        return self.node(
            "Mapping", {"Vector": source, "Scale": scale, "Rotation": rotation}
        ).outputs["Vector"]

    def ramp(self, factor, stops):
        """A color ramp from [(position, color), ...]."""
        made = self.node("ValToRGB", {"Fac": factor})
        elements = made.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, color) in zip(elements, stops):
            element.position = position
            element.color = rgba(color)
        return made.outputs["Color"]

    def noise(self, vector, scale, detail=4.0, roughness=0.5, distortion=0.0):
        return self.node(
            "TexNoise",
            {
                "Vector": vector,
                "Scale": scale,
                "Detail": detail,
                "Roughness": roughness,
                "Distortion": distortion,
            },
        ).outputs["Fac"]

    def mix(self, factor, a, b, blend="MIX"):
        made = self.node("MixRGB", {"Fac": factor}, blend_type=blend)
        for key, value in (("Color1", a), ("Color2", b)):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, made.inputs[key])
            else:
                made.inputs[key].default_value = rgba(value)
        return made.outputs["Color"]

    def math(self, operation, *values):
        made = self.node("Math", operation=operation)
        for socket, value in zip(made.inputs, values):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return made.outputs[0]

    def bump(self, height, strength=0.3, distance=0.002):
        return self.node(
            "Bump", {"Height": height, "Strength": strength, "Distance": distance}
        ).outputs["Normal"]

    def split(self, vector):
        return self.node("SeparateXYZ", {"Vector": vector}).outputs


def rgba(color):
    """'#rrggbb' (sRGB) or a linear triple as a linear RGBA."""
    if isinstance(color, str):
        parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        color = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return (*color[:3], 1.0)


def plain(name, color, roughness=0.5, **more):
    return Shader(name).set(Base_Color=rgba(color), Roughness=roughness, **more).material


def ceramic(name, color, roughness=0.12, speckle=0.0):
    s = Shader(name)
    base = rgba(color)
    if speckle:
        dots = s.node("TexVoronoi", {"Vector": s.coordinates(), "Scale": 260.0}).outputs["Distance"]
        mask = s.math("LESS_THAN", dots, speckle)
        base = s.mix(mask, color, "#5b4a3c")
    return s.set(Base_Color=base, Roughness=roughness, Clearcoat=0.6).material


def metal(name, color="#c9cbd0", roughness=0.25):
    return plain(name, color, roughness, Metallic=1.0)


def emission(name, color, strength):
    return (
        Shader(name)
        .set(
            Base_Color=rgba("#050505"),
            Emission=rgba(color),
            Emission_Strength=strength,
            Roughness=0.25,
        )
        .material
    )


def glass(name, color=(1, 1, 1), roughness=0.0, ior=1.45):
    """Glass that lets shadow rays through (tinted), so that no caustics are needed."""
    s = Shader(name)
    solid = s.node("BsdfGlass", {"Color": rgba(color), "Roughness": roughness, "IOR": ior})
    clear = s.node("BsdfTransparent", {"Color": rgba([0.15 + 0.8 * c for c in rgba(color)[:3]])})
    path = s.node("LightPath")
    shade = s.node("MixShader", {"Fac": path.outputs["Is Shadow Ray"]})
    s.tree.links.new(solid.outputs[0], shade.inputs[1])
    s.tree.links.new(clear.outputs[0], shade.inputs[2])
    s.tree.links.new(shade.outputs[0], s.output.inputs["Surface"])
    return s.material


def wood(
    name, light, dark, grain=(1.2, 18.0, 18.0), plank=None, roughness=0.38, rotation=(0, 0, 0)
):
    """Grain along x; `plank` = (length, width) in meters gives boards with their own tone."""
    s = Shader(name)
    flat = s.coordinates(rotation=rotation)
    stretched = s.node("Mapping", {"Vector": flat, "Scale": grain}).outputs["Vector"]
    if plank:
        brick = s.node(
            "TexBrick",
            {
                "Vector": flat,
                "Color1": (0, 0, 0, 1),
                "Color2": (1, 1, 1, 1),
                "Mortar": (0.5, 0.5, 0.5, 1),
                "Scale": 1.0,
                "Mortar Size": 0.0006,
                "Brick Width": plank[0],
                "Row Height": plank[1],
            },
        )
        shifted = s.node(
            "VectorMath",
            {0: stretched, 1: s.math("MULTIPLY", brick.outputs["Color"], 9.0)},
            operation="ADD",
        ).outputs[0]
    else:
        brick, shifted = None, stretched
    rings = s.noise(shifted, 1.1, 3.0, 0.55, 1.4)
    fiber = s.noise(s.node("Mapping", {"Vector": shifted, "Scale": (1, 9, 9)}).outputs[0], 3.0, 5.0)
    blend = s.math("ADD", s.math("MULTIPLY", rings, 0.7), s.math("MULTIPLY", fiber, 0.3))
    color = s.ramp(blend, [(0.32, dark), (0.5, light), (0.72, dark)])
    height = blend
    if brick:
        tone = s.ramp(brick.outputs["Color"], [(0.0, (0.78, 0.76, 0.74)), (1.0, (1.12, 1.1, 1.06))])
        color = s.mix(1.0, color, tone, "MULTIPLY")
        gap = brick.outputs["Fac"]
        color = s.mix(gap, color, [0.35 * c for c in rgba(dark)[:3]])
        height = s.math("SUBTRACT", blend, s.math("MULTIPLY", gap, 2.0))
    return s.set(
        Base_Color=color,
        Roughness=s.math("ADD", roughness - 0.1, s.math("MULTIPLY", fiber, 0.2)),
        Normal=s.bump(height, 0.15, 0.001),
    ).material


def tiles(name, color, joint, size=(0.15, 0.075), axes="XZ", roughness=0.12):
    """Glazed wall tiles in running bond, joints set back, every tile a little different."""
    s = Shader(name)
    parts = s.split(s.coordinates())
    flat = s.node("CombineXYZ", {"X": parts[axes[0]], "Y": parts[axes[1]], "Z": 0.0}).outputs[0]
    brick = s.node(
        "TexBrick",
        {
            "Vector": flat,
            "Color1": rgba(color),
            "Color2": rgba([0.9 * c for c in rgba(color)[:3]]),
            "Mortar": rgba(joint),
            "Scale": 1.0,
            "Mortar Size": 0.0013,
            "Mortar Smooth": 0.3,
            "Brick Width": size[0],
            "Row Height": size[1],
        },
    )
    waves = s.math("MULTIPLY", s.noise(flat, 9.0, 2.0), 0.5)
    height = s.math("SUBTRACT", waves, brick.outputs["Fac"])
    rough = s.math("ADD", roughness, s.math("MULTIPLY", brick.outputs["Fac"], 0.6))
    return s.set(
        Base_Color=brick.outputs["Color"], Roughness=rough, Normal=s.bump(height, 0.35, 0.003)
    ).material


def plaster(name, color, scale=30.0, strength=0.12):
    s = Shader(name)
    place = s.coordinates()
    tone = s.ramp(
        s.noise(place, 1.7, 5.0), [(0.3, [0.94 * c for c in rgba(color)[:3]]), (0.7, color)]
    )
    return s.set(
        Base_Color=tone, Roughness=0.85, Normal=s.bump(s.noise(place, scale, 6.0), strength, 0.004)
    ).material


def fabric(name, color, other=None, stripe=0.0, axis="X", weave=700.0, roughness=0.9):
    """Woven cloth; `other` with `stripe` > 0 gives stripes of that width across `axis`."""
    s = Shader(name)
    place = s.coordinates()
    base = rgba(color)
    if other and stripe:
        turns = s.math("DIVIDE", s.split(place)[axis], 2 * stripe)
        base = s.mix(s.math("GREATER_THAN", s.math("FRACT", turns), 0.5), color, other)
    height = s.node("TexVoronoi", {"Vector": place, "Scale": weave}).outputs["Distance"]
    tone = s.mix(s.math("MULTIPLY", s.noise(place, 14.0, 6.0), 0.35), base, (0.0, 0.0, 0.0))
    return s.set(
        Base_Color=tone, Roughness=roughness, Sheen=0.4, Normal=s.bump(height, 0.35, 0.0012)
    ).material
