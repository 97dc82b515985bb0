"""Weights of the first masklet-n (masklet-n-start/checkpoint.pt), from which training goes on.

That network is this one with 48 channels at stride 4 and without a predicted IoU. What this one has
more begins without effect on the
outputs: new channels are read with weight 0, so that they can only grow useful."""

import torch

from trunk import convolutions_in_order, stem_weights

# Its names, and ours.
MODULES = {
    "l8": "lateral.0",
    "l16": "lateral.1",
    "l32": "lateral.2",
    "d8": "to4",
    "l4": "from4",
    "l2.0": "from2.0",
    "l2.1": "from2.2",
    "proto": "maps",
    "hi.0": "head.0.0",
    "hi.1": "head.1.0",
    "hi.2": "head.2.0",
    "ho": "head_out",
}
BLOCKS = {"b8": "blocks8", "b4": "blocks4", "hb": "head_blocks"}
PARTS = {"a": "depthwise", "b": "mix"}


def our_name(name):
    """A name of the checkpoint's mask branch -> that of MaskBranch."""
    head, rest = name.split(".", 1)
    if head in BLOCKS:
        index, part, rest = rest.split(".", 2)
        return f"{BLOCKS[head]}.{index}.{PARTS[part]}.{rest}"
    whole = next(theirs for theirs in MODULES if name.startswith(theirs + "."))
    return f"{MODULES[whole]}.{name[len(whole) + 1:]}"


def grown(ours, theirs):
    """`theirs` in the first channels of every axis. New inputs of old outputs get weight 0; new
    outputs stay as they were initialised.
    """
    tensor = ours.clone()
    old = tuple(slice(0, n) for n in theirs.shape)
    if ours.ndim > 1 and ours.shape[1] > theirs.shape[1]:
        tensor[: theirs.shape[0], theirs.shape[1] :] = 0
    tensor[old] = theirs
    return tensor


def load_branch(branch, state):
    ours = branch.state_dict()
    for name, tensor in state.items():
        target = our_name(name)
        ours[target] = grown(ours[target], tensor) if tensor.ndim else tensor
    branch.load_state_dict(ours)
    if branch.quality:
        with torch.no_grad():
            branch.head_out.weight[-1] = 0
            branch.head_out.bias[-1] = 0


def load_trunk(trunk, state):
    """The checkpoint's convolutions are in the order in which they run, the stem's first."""
    names = [name for name in state if name.endswith(".weight")]
    modules = convolutions_in_order(trunk)
    if len(names) != len(modules):
        raise ValueError(f"checkpoint has {len(names)} convolutions, the trunk {len(modules)}")
    with torch.no_grad():
        for name, module in zip(names, modules):
            weight = state[name]
            module.weight.copy_(stem_weights(weight) if module is trunk.stem.conv else weight)
            module.bias.copy_(state[name[: -len("weight")] + "bias"])


def load_start(network, path):
    """Fills a network of 80 classes and 3 levels from the checkpoint at `path`; one of the mask
    branch alone leaves the trunk as it is.
    """
    checkpoint = torch.load(str(path), map_location="cpu", weights_only=False)
    if "yolo" in checkpoint:
        load_trunk(network.trunk, checkpoint["yolo"])
    load_branch(network.branch, checkpoint["ema"])
    return network
