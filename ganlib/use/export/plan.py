"""A generator as the page's engine (page/engine.js) runs it: layers in their order, and one array of weights.

Maps lie as (pixel, channel). Batch norm is folded into the product before it, and products have their columns in panels of 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganlib.models.dcgan import FromVector
from ganlib.models.upsample import Double
from ganlib.support.errors import UserError

PANEL = 8
ACTIVATIONS = {nn.ReLU: "relu", nn.LeakyReLU: "leaky", nn.ELU: "elu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}
LAYERS = "Linear, Unflatten, ConvTranspose2d, Conv2d 3x3, Double, BatchNorm2d, Dropout, Embedding, ReLU, LeakyReLU, ELU, Tanh, Sigmoid"
OTHER = "--format onnx takes any net"


@dataclass
class Layer:
    """A layer of the engine. `weight` (inputs, taps, channels) and `bias` (taps or 1, channels) are those of products."""

    geometry: dict[str, Any]
    weight: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclass
class Plan:
    """`layers` as JSON knows them, each with the places of its weights in `weights` (float32), and the embeddings of each condition."""

    layers: list[dict[str, Any]] = field(default_factory=list)
    tables: list[list[list[float]]] = field(default_factory=list)
    weights: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))

    def add(self, layer: Layer) -> None:
        if layer.weight is None or layer.bias is None:
            self.layers.append(layer.geometry)
            return
        matrix = layer.weight.reshape(len(layer.weight), -1)
        padded = np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % PANEL)))
        panels = padded.reshape(len(matrix), -1, PANEL).transpose(1, 0, 2)
        places = {"weight": len(self.weights), "bias": len(self.weights) + panels.size}
        self.weights = np.concatenate([self.weights, panels.ravel(), layer.bias.ravel()])
        self.layers.append({**layer.geometry, "inputs": len(matrix), "columns": padded.shape[1], **places})


@dataclass(frozen=True)
class Step:
    """What one layer of the net was given and what it made of it, in a forward pass of one picture."""

    layer: nn.Module
    given: Tensor
    made: Tensor


def plan(net: nn.Module, z: Tensor, conditions: Sequence[Tensor]) -> Plan:
    """The plan of `net` in eval mode, by watching it draw one picture of z (1, latent_size) and `conditions`, () or one (1, K).

    A UserError names a layer that the engine lacks, or the layer before which the net computes something that is no layer.
    """
    steps, picture = _watch(net, z, conditions)
    made = Plan()
    embedded = [step for step in steps if isinstance(step.layer, nn.Embedding)]
    made.tables = [step.layer.weight.tolist() for step in embedded]
    steps = [step for step in steps if step not in embedded]
    before = torch.cat([z, *(step.made for step in embedded)], dim=1)
    layer: Layer | None = None
    for step in steps:
        if not torch.equal(before.flatten(), step.given.flatten()):
            raise UserError(f"--format web: the page cannot do what the net does before its {_name(step)}, which is no layer; {OTHER}")
        before = step.made
        last = step is steps[-1]
        if opened := _opened(step):
            if layer:
                made.add(layer)
            layer = opened
        elif layer is None or not _joined(layer, step, last):
            raise UserError(f"--format web: the page's engine has no {_name(step)} there; it has {LAYERS}; {OTHER}")
    if layer:
        made.add(layer)
    drawn = before.flatten() if isinstance(steps[-1].layer, nn.Unflatten) else before.permute(0, 2, 3, 1).flatten()
    if not torch.equal(drawn, picture.permute(0, 2, 3, 1).flatten()):
        raise UserError(f"--format web: the page cannot do what the net does behind its last layer; {OTHER}")
    return made


def _name(step: Step) -> str:
    return type(step.layer).__name__


def _watch(net: nn.Module, z: Tensor, conditions: Sequence[Tensor]) -> tuple[list[Step], Tensor]:
    """Each layer in the order in which it runs, and the picture."""
    steps: list[Step] = []
    waiting: list[Tensor] = []

    def before(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        waiting.append(given[0].clone())  # which the layer may overwrite

    def after(layer: nn.Module, _: object, made: Tensor) -> None:
        steps.append(Step(layer, waiting.pop(), made.clone()))

    leaves = [layer for layer in net.modules() if not any(layer.children())]
    hooks = [hook for leaf in leaves for hook in (leaf.register_forward_pre_hook(before), leaf.register_forward_hook(after))]
    try:
        with torch.inference_mode():
            picture = net(z, *conditions)
    finally:
        for hook in hooks:
            hook.remove()
    return steps, picture


def _opened(step: Step) -> Layer | None:
    """The layer that a step begins; None if it belongs to the one before."""
    layer, edge = step.layer, step.given.shape[-1]
    match layer:
        case FromVector():
            weight = _array(layer.weight.permute(0, 2, 3, 1).flatten(1, 2))
            return Layer(_dense(step), weight, _bias(layer, weight).repeat(weight.shape[1], axis=0))
        case nn.Linear():
            weight = _array(layer.weight.T[:, None])
            return Layer(_dense(step), weight, _bias(layer, weight))
        case nn.ConvTranspose2d() if layer.dilation == (1, 1) and layer.groups == 1 and _square(layer):
            weight = _array(layer.weight.permute(0, 2, 3, 1).flatten(1, 2))
            shape = {"kernel": layer.kernel_size[0], "stride": layer.stride[0], "padding": layer.padding[0], "out": step.made.shape[-1]}
            return Layer({"op": "up", "edge": edge, **shape, "channels": layer.out_channels}, weight, _bias(layer, weight))
        case nn.Conv2d(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1, padding_mode="zeros"):
            weight = _array(layer.weight.permute(2, 3, 1, 0).flatten(0, 2)[:, None])
            geometry = {"op": "convolution", "edge": edge, "inChannels": layer.in_channels, "channels": layer.out_channels}
            return Layer(geometry, weight, _bias(layer, weight))
        case Double():
            return Layer({"op": "double", "edge": edge, "channels": step.given.shape[1]})
    return None


def _joined(layer: Layer, step: Step, last: bool) -> bool:
    """Let the layer before do what a step does as well; False if it cannot."""
    match step.layer:
        case nn.Dropout():
            return True
        case nn.Unflatten() if layer.geometry["op"] == "dense":
            if not last:  # from (channel, pixel) to the engine's order; pictures at the end are in it already
                channels = step.made.shape[1]
                layer.weight = layer.weight.reshape(len(layer.weight), channels, -1).transpose(0, 2, 1)
                layer.bias = layer.bias.reshape(channels, -1).T
            return True
        case nn.BatchNorm2d() as norm if layer.weight is not None and "activation" not in layer.geometry:
            scale = _array(norm.weight / (norm.running_var + norm.eps).sqrt())
            layer.weight, layer.bias = layer.weight * scale, (layer.bias - _array(norm.running_mean)) * scale + _array(norm.bias)
            return True
        case nn.LeakyReLU(negative_slope=slope) if slope != 0.2:
            return False
        case _ if type(step.layer) in ACTIVATIONS and layer.weight is not None and "activation" not in layer.geometry:
            layer.geometry["activation"] = ACTIVATIONS[type(step.layer)]
            return True
    return False


def _dense(step: Step) -> dict[str, Any]:
    return {"op": "dense", "outputs": step.made.numel()}


def _square(layer: nn.ConvTranspose2d) -> bool:
    return all(len(set(pair)) == 1 for pair in (layer.kernel_size, layer.stride, layer.padding, layer.output_padding))


def _bias(layer: nn.Module, weight: np.ndarray) -> np.ndarray:
    return np.zeros((1, weight.shape[-1]), np.float32) if layer.bias is None else _array(layer.bias)[None]


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().numpy())
