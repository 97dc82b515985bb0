"""Small modeling kit on top of Blender's Python API (3.4 or newer), used by every scene.

Lengths are meters, z points up. Nothing is loaded from disk: every mesh and every
material is made here or in `props_*.py`. `Stage` keeps the list of annotated instances.
"""

import math
import random

import bpy
from mathutils import Euler, Vector


class Stage:
    """The scene under construction and the register of its annotated instances.

    An instance is one object of a COCO-80 class. It gets the next id (1, 2, ...) and every
    Blender object that belongs to it carries that id as `pass_index`; 0 is everything else.
    """

    def __init__(self, name, width, height, seed):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.name = name
        self.width = width
        self.height = height
        self.random = random.Random(seed)
        self.instances = []
        self.scene = bpy.context.scene

    def instance(self, category, objects):
        """Registers `objects` as one instance of the COCO class `category`."""
        number = len(self.instances) + 1
        self.instances.append({"id": number, "category": category})
        for root in objects if isinstance(objects, (list, tuple)) else [objects]:
            for member in [root, *root.children_recursive]:
                member.pass_index = number
        return objects


# --- objects ---------------------------------------------------------------------------------


def linked(data, name, material=None, parent=None):
    """Makes an object of `data`, puts it into the scene, optionally with material and parent."""
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    if material is not None:
        data.materials.append(material)
    if parent is not None:
        thing.parent = parent
    return thing


def group(name, children=()):
    """An empty that carries `children`, so that a prop moves as one."""
    root = linked(None, name)
    for child in children:
        child.parent = root
    return root


def place(thing, at=(0, 0, 0), turn=(0, 0, 0), scale=1.0):
    """Sets position (m), rotation (degrees, XYZ Euler) and scale (number or triple)."""
    thing.location = at
    thing.rotation_euler = Euler([math.radians(a) for a in turn])
    thing.scale = (scale,) * 3 if isinstance(scale, (int, float)) else scale
    return thing


def mesh(name, vertices, faces, material=None, smooth=True, parent=None):
    """An object from vertex and face lists; `smooth` turns on smooth shading below 40 degrees."""
    data = bpy.data.meshes.new(name)
    data.from_pydata([tuple(v) for v in vertices], [], faces)
    data.validate()
    data.update()
    for polygon in data.polygons:
        polygon.use_smooth = smooth
    data.use_auto_smooth = smooth
    data.auto_smooth_angle = math.radians(40)
    return linked(data, name, material, parent)


def modifier(thing, kind, **settings):
    made = thing.modifiers.new(kind.lower(), kind)
    for key, value in settings.items():
        setattr(made, key, value)
    return thing


def box(name, size, material, at=(0, 0, 0), turn=(0, 0, 0), bevel=0.0, segments=3, parent=None):
    """A box of `size` centered on `at`, edges rounded by `bevel` meters."""
    x, y, z = (s / 2 for s in size)
    corners = [(sx * x, sy * y, sz * z) for sx in (-1, 1) for sy in (-1, 1) for sz in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    thing = mesh(name, corners, faces, material, True, parent)
    if bevel > 0:
        modifier(thing, "BEVEL", width=bevel, segments=segments, limit_method="NONE")
    return place(thing, at, turn)


def lathe(name, profile, material, steps=96, parent=None, shape=None):
    """Turns a profile [(radius, z), ...] around the z axis.

    Radius 0 at an end closes the surface. `shape(angle, radius, z) -> (radius, z)` may bend it.
    """
    vertices, faces, rings = [], [], []
    for radius, z in profile:
        if radius <= 1e-9:
            rings.append([len(vertices)])
            vertices.append((0, 0, z))
            continue
        ring = []
        for k in range(steps):
            angle = 2 * math.pi * k / steps
            r, h = shape(angle, radius, z) if shape else (radius, z)
            ring.append(len(vertices))
            vertices.append((r * math.cos(angle), r * math.sin(angle), h))
        rings.append(ring)
    for low, high in zip(rings, rings[1:]):
        for k in range(steps):
            n = (k + 1) % steps
            if len(low) == 1 and len(high) == 1:
                break
            if len(low) == 1:
                faces.append((low[0], high[n], high[k]))
            elif len(high) == 1:
                faces.append((low[k], low[n], high[0]))
            else:
                faces.append((low[k], low[n], high[n], high[k]))
    return mesh(name, vertices, faces, material, True, parent)


def spline(points, per=8):
    """Catmull-Rom points through `points` (tuples of any length), `per` steps a segment."""
    padded = [points[0], *points, points[-1]]
    out = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):
        for k in range(per):
            t = k / per
            out.append(
                tuple(
                    0.5
                    * (
                        2 * q
                        + (r - p) * t
                        + (2 * p - 5 * q + 4 * r - s) * t * t
                        + (3 * q - p - 3 * r + s) * t**3
                    )
                    for p, q, r, s in zip(a, b, c, d)
                )
            )
    out.append(tuple(points[-1]))
    return out


def tube(name, points, radius, material, parent=None, sides=20, squash=None):
    """A closed tube along `points`; `radius` is a number or one value a point.

    `squash(angle) -> factor` shapes the cross-section.
    """
    radii = [radius] * len(points) if isinstance(radius, (int, float)) else radius
    centers = [Vector(p) for p in points]
    vertices, faces = [], []
    normal = None
    for i, center in enumerate(centers):
        ahead = centers[min(i + 1, len(centers) - 1)] - centers[max(i - 1, 0)]
        ahead.normalize()
        if normal is None:
            normal = ahead.orthogonal().normalized()
        normal = (normal - ahead * normal.dot(ahead)).normalized()
        side = ahead.cross(normal)
        for k in range(sides):
            angle = 2 * math.pi * k / sides
            r = radii[i] * (squash(angle) if squash else 1.0)
            vertices.append(center + (normal * math.cos(angle) + side * math.sin(angle)) * r)
    for i in range(len(centers) - 1):
        for k in range(sides):
            n = (k + 1) % sides
            faces.append((i * sides + k, i * sides + n, (i + 1) * sides + n, (i + 1) * sides + k))
    faces.append(tuple(reversed(range(sides))))
    faces.append(tuple(range((len(centers) - 1) * sides, len(centers) * sides)))
    return mesh(name, vertices, faces, material, True, parent)


def ball(name, radius, material, at=(0, 0, 0), scale=(1, 1, 1), parent=None, steps=48):
    profile = [
        (radius * math.sin(math.pi * k / 32), -radius * math.cos(math.pi * k / 32))
        for k in range(33)
    ]
    return place(lathe(name, profile, material, steps, parent), at, scale=scale)


def sheet(name, width, depth, material, parts=(1, 1), height=None, parent=None):
    """A grid in the xy plane centered on the origin; `height(x, y) -> z`."""
    nx, ny = parts
    vertices, faces = [], []
    for j in range(ny + 1):
        for i in range(nx + 1):
            x, y = width * (i / nx - 0.5), depth * (j / ny - 0.5)
            vertices.append((x, y, height(x, y) if height else 0.0))
    for j in range(ny):
        for i in range(nx):
            k = j * (nx + 1) + i
            faces.append((k, k + 1, k + nx + 2, k + nx + 1))
    return mesh(name, vertices, faces, material, True, parent)


def copy(thing, parent=None):
    """A second object on the same mesh and modifiers (children are not copied)."""
    twin = thing.copy()
    bpy.context.scene.collection.objects.link(twin)
    twin.parent = parent
    return twin


# --- light and camera ------------------------------------------------------------------------


def sun(strength, toward, color=(1.0, 0.93, 0.82), softness=1.5):
    """A sun shining along the vector `toward`; `softness` is its angular diameter in degrees."""
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.color, data.angle = strength, color, math.radians(softness)
    thing = linked(data, "sun")
    thing.rotation_euler = Vector(toward).to_track_quat("-Z", "Y").to_euler()
    return thing


def window_light(power, at, target, size, color=(0.86, 0.93, 1.0)):
    """A rectangular area light of `size` meters at `at`, aimed at `target`."""
    data = bpy.data.lights.new("window", "AREA")
    data.shape, data.energy, data.color = "RECTANGLE", power, color
    data.size, data.size_y = size
    thing = linked(data, "window")
    thing.location = at
    thing.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    return thing


def camera(at, target, lens, focus=None, aperture=0.0):
    """A 36 mm camera; `aperture` is the f-number (0: everything sharp), `focus` a point."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width, data.sensor_fit = lens, 36.0, "HORIZONTAL"
    data.clip_end = 5000
    thing = linked(data, "camera")
    thing.location = at
    thing.rotation_euler = (Vector(target) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    if aperture:
        data.dof.use_dof = True
        data.dof.aperture_fstop = aperture
        data.dof.focus_distance = (Vector(focus or target) - Vector(at)).length
    bpy.context.scene.camera = thing
    return thing
