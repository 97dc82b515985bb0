"""Surroundings: a soft interior and an open sky with clouds."""

import math

import bpy


def _fresh():
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    return world.node_tree


def soft_room(color, strength):
    """A room that is brighter above than below, for fill light and quiet reflections."""
    tree = _fresh()
    back = tree.nodes["Background"]
    where = tree.nodes.new("ShaderNodeTexCoord")
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    tree.links.new(where.outputs["Generated"], split.inputs[0])
    tree.links.new(split.outputs["Z"], ramp.inputs["Fac"])
    ramp.color_ramp.elements[0].color = (0.32, 0.26, 0.21, 1)
    ramp.color_ramp.elements[1].color = (*color, 1)
    tree.links.new(ramp.outputs["Color"], back.inputs["Color"])
    back.inputs["Strength"].default_value = strength


def open_sky(elevation, azimuth, strength=0.25, clouds=0.5, sun_disc=True):
    """Nishita sky (degrees) with procedural fair-weather clouds mixed in above the horizon."""
    tree = _fresh()
    nodes, links = tree.nodes, tree.links
    sky = nodes.new("ShaderNodeTexSky")
    sky.sky_type = "NISHITA"
    sky.sun_elevation, sky.sun_rotation = math.radians(elevation), math.radians(azimuth)
    sky.sun_disc, sky.sun_intensity = sun_disc, 1.0
    sky.dust_density, sky.ozone_density = 0.15, 3.5
    where = nodes.new("ShaderNodeTexCoord")
    split = nodes.new("ShaderNodeSeparateXYZ")
    links.new(where.outputs["Generated"], split.inputs[0])
    # The dome is seen as a plane of clouds: (x, y) / (z + 0.12).
    lift = nodes.new("ShaderNodeMath")
    lift.operation = "ADD"
    lift.inputs[1].default_value = 0.12
    links.new(split.outputs["Z"], lift.inputs[0])
    flat = nodes.new("ShaderNodeVectorMath")
    flat.operation = "DIVIDE"
    links.new(where.outputs["Generated"], flat.inputs[0])
    triple = nodes.new("ShaderNodeCombineXYZ")
    for axis in "XYZ":
        links.new(lift.outputs[0], triple.inputs[axis])
    links.new(triple.outputs[0], flat.inputs[1])
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 1.35
    noise.inputs["Detail"].default_value = 9.0
    noise.inputs["Roughness"].default_value = 0.55
    links.new(flat.outputs[0], noise.inputs["Vector"])
    cover = nodes.new("ShaderNodeValToRGB")
    cover.color_ramp.elements[0].position = 0.62 - 0.16 * clouds
    cover.color_ramp.elements[1].position = 0.86 - 0.1 * clouds
    cover.color_ramp.elements[1].color = (0.85, 0.85, 0.85, 1)
    links.new(noise.outputs["Fac"], cover.inputs["Fac"])
    mix = nodes.new("ShaderNodeMixRGB")
    links.new(cover.outputs["Color"], mix.inputs["Fac"])
    links.new(sky.outputs["Color"], mix.inputs["Color1"])
    mix.inputs["Color2"].default_value = (7.0, 7.1, 7.3, 1)
    links.new(mix.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = strength
