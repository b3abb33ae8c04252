"""A generator as the page's engine (page/engine.js) runs it: a list of operations and one array of their weights.

Maps are stored as (pixel, channel). Batch norm is folded into the product before it; the columns of products are stored in panels of 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganlib.models.dcgan import FromVector, UpsampleConv
from ganlib.models.upsample import Double
from ganlib.support.errors import UserError

PANEL = 8
ACTIVATIONS = {nn.ReLU: "relu", nn.LeakyReLU: "leaky", nn.ELU: "elu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
SUPPORTED = (
    "Linear, Unflatten, ConvTranspose2d, Conv2d 3x3, Double and Upsample by 2, BatchNorm2d with running statistics, Dropout, Identity,"
    " Embedding, ReLU, LeakyReLU, ELU, Tanh, Sigmoid"
)
OTHER = "--format onnx takes any net"

Geometry = dict[str, Any]
Floats = NDArray[np.float32]


@dataclass
class Product:
    """An operation that multiplies by `weight` (inputs, taps, channels) and adds `bias` (taps or 1, channels)."""

    geometry: Geometry
    weight: Floats
    bias: Floats


@dataclass(frozen=True)
class Plan:
    """The operations as JSON holds them, those that multiply with offsets into `weights`; and the embedding table of each condition."""

    layers: list[Geometry]
    tables: list[list[list[float]]]
    weights: Floats


@dataclass(frozen=True)
class Step:
    """A layer of the net with its input and output in a forward pass of one picture."""

    layer: nn.Module
    input: Tensor
    output: Tensor


def plan(net: nn.Module, z: Tensor, conditions: Sequence[Tensor]) -> Plan:
    """The plan of `net` in eval mode, traced while it draws one picture from z (1, latent_size) and `conditions`, () or one (1, K).

    A UserError names a layer that the engine lacks, or the layer before which the net computes something outside of its layers.
    """
    steps, picture = _trace(net, z, conditions)
    tables: list[list[list[float]]] = [step.layer.weight.tolist() for step in steps if isinstance(step.layer, nn.Embedding)]
    current = torch.cat([z, *(step.output for step in steps if isinstance(step.layer, nn.Embedding))], dim=1)
    steps = [step for step in steps if not isinstance(step.layer, nn.Embedding)]
    colours_last = bool(steps) and steps[-1].output.shape != picture.shape  # a final Unflatten may give (row, column, colour)
    operations: list[Product | Geometry] = []
    for step in steps:
        # A map that is flattened or unflattened outside of its layers would have its pixels in another order.
        if not torch.equal(current.flatten(), step.input.flatten()) or prod(current.shape[2:]) != prod(step.input.shape[2:]):
            raise UserError(f"--format web: the net computes something outside of its layers before {_name(step)}; {OTHER}")
        current = step.output
        if operation := _start_op(step):
            operations.append(operation)
        elif not operations or not _fuse(operations[-1], step, reorder=not (colours_last and step is steps[-1])):
            raise UserError(f"--format web: the page cannot run {_name(step)} there; it runs {SUPPORTED}; {OTHER}")
    drawn = current if colours_last else current.movedim(1, -1)
    if not torch.equal(drawn.flatten(), picture.movedim(1, -1).flatten()):
        raise UserError(f"--format web: the net computes something after its last layer; {OTHER}")
    return _pack(operations, tables)


def _name(step: Step) -> str:
    return f"{type(step.layer).__name__}({step.layer.extra_repr()})"


def _trace(net: nn.Module, z: Tensor, conditions: Sequence[Tensor]) -> tuple[list[Step], Tensor]:
    """The layers in the order in which they run, and the picture. A layer with parametrized weights (spectral norm) is one layer."""
    steps: list[Step] = []
    inputs: list[Tensor] = []

    def before(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        inputs.append(arguments[0].clone())  # an in-place layer overwrites it

    def after(layer: nn.Module, _: object, output: Tensor) -> None:
        steps.append(Step(layer, inputs.pop(), output.clone()))

    parametrized = [layer for layer in net.modules() if parametrize.is_parametrized(layer)]
    inside = {inner for layer in parametrized for inner in layer.get_submodule("parametrizations").modules()}
    layers = [layer for layer in net.modules() if layer in parametrized or not (layer in inside or any(layer.children()))]
    hooks = [hook for layer in layers for hook in (layer.register_forward_pre_hook(before), layer.register_forward_hook(after))]
    try:
        with torch.inference_mode():
            picture = net(z, *conditions)
    finally:
        for hook in hooks:
            hook.remove()
    return steps, picture


def _start_op(step: Step) -> Product | Geometry | None:
    """The operation that a layer starts; None for a layer that belongs to the operation before it."""
    layer, edge, channels = step.layer, step.input.shape[-1], step.output.shape[1]
    doubles = step.output.shape[2:] == (2 * edge, 2 * edge)
    match layer:
        case FromVector():
            weight = _array(layer.weight.permute(0, 2, 3, 1).flatten(1, 2))
            return Product(_dense(step), weight, _bias(layer, weight).repeat(weight.shape[1], axis=0))
        case nn.Linear():
            weight = _array(layer.weight.T[:, None])
            return Product(_dense(step), weight, _bias(layer, weight))
        case UpsampleConv():
            weight = _array(layer.kernel.permute(0, 2, 3, 1).flatten(1, 2))
            geometry = {"op": "up", "edge": edge, "kernel": 4, "stride": 2, "padding": 1, "out": 2 * edge, "channels": channels}
            return Product(geometry, weight, _bias(layer, weight))
        case nn.ConvTranspose2d(dilation=(1, 1), groups=1) if _is_square(layer):
            weight = _array(layer.weight.permute(0, 2, 3, 1).flatten(1, 2))
            shape = {"kernel": layer.kernel_size[0], "stride": layer.stride[0], "padding": layer.padding[0], "out": step.output.shape[-1]}
            return Product({"op": "up", "edge": edge, **shape, "channels": channels}, weight, _bias(layer, weight))
        case nn.Conv2d(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1, padding_mode="zeros"):
            weight = _array(layer.weight.permute(2, 3, 1, 0).flatten(0, 2)[:, None])
            geometry = {"op": "convolution", "edge": edge, "inChannels": layer.in_channels, "channels": channels}
            return Product(geometry, weight, _bias(layer, weight))
        case Double() | nn.Upsample(mode="bilinear", align_corners=None | False) if doubles:
            return {"op": "bilinear", "edge": edge, "channels": channels}
        case nn.Upsample(mode="nearest") if doubles:
            return {"op": "nearest", "edge": edge, "channels": channels}
    return None


def _fuse(operation: Product | Geometry, step: Step, *, reorder: bool) -> bool:
    """Add a layer to the operation before it, an Unflatten with its outputs reordered to (pixel, channel); False if that is impossible."""
    layer = step.layer
    if isinstance(layer, nn.Dropout | nn.Identity):
        return True
    if not isinstance(operation, Product):
        return False
    if isinstance(layer, nn.Unflatten) and operation.geometry["op"] == "dense":
        if reorder:
            channels = step.output.shape[1]
            operation.weight = operation.weight.reshape(len(operation.weight), channels, -1).transpose(0, 2, 1)
            operation.bias = operation.bias.reshape(channels, -1).T
        return True
    if "activation" in operation.geometry:
        return False
    match layer:
        case nn.BatchNorm2d(running_mean=Tensor() as mean, running_var=Tensor() as variance):
            scale = _array((layer.weight if layer.affine else 1) / (variance + layer.eps).sqrt())
            shift = _array(layer.bias) if layer.affine else np.float32(0)
            operation.weight, operation.bias = operation.weight * scale, (operation.bias - _array(mean)) * scale + shift
        case nn.LeakyReLU(negative_slope=parameter) | nn.ELU(alpha=parameter):
            operation.geometry |= {"activation": ACTIVATIONS[type(layer)], "parameter": float(parameter)}
        case nn.ReLU() | nn.Tanh() | nn.Sigmoid():
            operation.geometry["activation"] = ACTIVATIONS[type(layer)]
        case _:
            return False
    return True


def _pack(operations: Sequence[Product | Geometry], tables: list[list[list[float]]]) -> Plan:
    layers: list[Geometry] = []
    arrays = [np.empty(0, np.float32)]
    for operation in operations:
        if isinstance(operation, Product):
            matrix = operation.weight.reshape(len(operation.weight), -1)
            padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % PANEL)))
            panels = padded.reshape(len(matrix), -1, PANEL).transpose(1, 0, 2).ravel()
            offset = sum(map(len, arrays))
            arrays += [panels, operation.bias.ravel()]
            offsets = {"weight": offset, "bias": offset + len(panels)}
            layers.append({**operation.geometry, "inputs": len(matrix), "columns": padded.shape[1], **offsets})
        else:
            layers.append(operation)
    return Plan(layers, tables, np.concatenate(arrays))


def _dense(step: Step) -> Geometry:
    return {"op": "dense", "outputs": step.output.numel()}


def _is_square(layer: nn.ConvTranspose2d) -> bool:
    return all(len(set(pair)) == 1 for pair in (layer.kernel_size, layer.stride, layer.padding, layer.output_padding))


def _bias(layer: nn.Linear | nn.ConvTranspose2d | nn.Conv2d, weight: Floats) -> Floats:
    return np.zeros((1, weight.shape[-1]), np.float32) if layer.bias is None else _array(layer.bias)[None]


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy())
