"""Weight initialization, drawn from a generator that is passed in."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganlib.support.errors import UserError

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
POWER_ITERATIONS = 15  # as many as torch's spectral_norm starts with


def normal(module: nn.Module, rng: torch.Generator, std: float = 0.02) -> nn.Module:
    """Weights N(0, `std`), gains of batch and instance norm N(1, 0.02), biases 0: Radford et al. 2015 (DCGAN), section 4."""
    for layer in module.modules():
        if isinstance(layer, LAYERS):
            _fill(layer, partial(nn.init.normal_, std=std, generator=rng))
        elif isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02, generator=rng)
        _zero_bias(layer)
    return module


def glorot(module: nn.Module, rng: torch.Generator) -> nn.Module:
    """Weights uniform as in Glorot & Bengio 2010 (equation 16), embeddings uniform(-0.05, 0.05), biases 0: Keras' defaults."""
    for layer in module.modules():
        if isinstance(layer, LAYERS):
            _fill(layer, partial(nn.init.xavier_uniform_, generator=rng))
        elif isinstance(layer, nn.Embedding):
            _fill(layer, partial(nn.init.uniform_, a=-0.05, b=0.05, generator=rng))
        _zero_bias(layer)
    return module


def uniform(module: nn.Module, rng: torch.Generator) -> nn.Module:
    """Weights and biases of dense layers uniform within 1 / sqrt(inputs): PyTorch's own default."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            _fill(layer, partial(nn.init.uniform_, a=-bound, b=bound, generator=rng))
            nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
    return module


def checked(module: nn.Module, draw: Callable[[nn.Module], object]) -> None:
    """Initialize with `draw`, and refuse a net in which a parameter keeps PyTorch's random default, which is not of our seed."""
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    draw(module)
    for name, weight in module.named_parameters():
        if torch.equal(weight, before[name]) and weight.min() < weight.max():  # gains of 1 and biases of 0 are not random
            raise UserError(f"{type(module).__name__}: nothing initializes {name}: draw it in the report's init_weights()")


def _fill(layer: nn.Module, draw: "partial[Tensor]") -> None:
    """Draw `layer.weight`; where a parametrization (torch.nn.utils.parametrizations) computes it, set what it is computed from."""
    if not parametrize.is_parametrized(layer, "weight"):
        draw(layer.weight)
        return
    with torch.no_grad():
        layer.weight = draw(torch.empty_like(layer.weight))  # type: ignore[arg-type]  # the setter inverts the parametrization
        for name, vector in layer.named_buffers():
            if name.endswith(("_u", "_v")):  # spectral norm's estimate of the singular vectors, from PyTorch's default weights
                nn.init.normal_(vector, generator=draw.keywords["generator"])
        for _ in range(POWER_ITERATIONS):  # spectral norm takes one at each access in training mode
            _ = layer.weight


def _zero_bias(layer: nn.Module) -> None:
    if isinstance(bias := getattr(layer, "bias", None), Tensor):
        nn.init.zeros_(bias)
