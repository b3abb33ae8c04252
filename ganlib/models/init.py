"""First weights, drawn from a generator that is passed in."""

import torch
from torch import nn

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def normal(module: nn.Module, rng: torch.Generator, std: float = 0.02) -> nn.Module:
    """Weights N(0, `std`), batch-norm gains N(1, 0.02), biases 0: Radford et al. 2015 (DCGAN), section 4."""
    for layer in module.modules():
        if isinstance(layer, LAYERS):
            nn.init.normal_(layer.weight, 0.0, std, generator=rng)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02, generator=rng)
        _zero_bias(layer)
    return module


def glorot(module: nn.Module, rng: torch.Generator) -> nn.Module:
    """Weights uniform as Glorot & Bengio 2010 (equation 16), embeddings uniform(-0.05, 0.05), biases 0: Keras' defaults."""
    for layer in module.modules():
        if isinstance(layer, LAYERS):
            nn.init.xavier_uniform_(layer.weight, generator=rng)
        elif isinstance(layer, nn.Embedding):
            nn.init.uniform_(layer.weight, -0.05, 0.05, generator=rng)
        _zero_bias(layer)
    return module


def uniform(module: nn.Module, rng: torch.Generator) -> nn.Module:
    """Dense weights and biases uniform within 1 / sqrt(inputs): PyTorch's own default."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=rng)
            nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
    return module


def _zero_bias(layer: nn.Module) -> None:
    if getattr(layer, "bias", None) is not None:
        nn.init.zeros_(layer.bias)
