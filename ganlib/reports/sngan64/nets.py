"""dcgan64's discriminator under spectral norm (section 2.1): pictures (N, 3, 64, 64) in [-1, 1] to logits (N,)."""

from dataclasses import replace

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganlib.models.dcgan import LayerFactory
from ganlib.reports.dcgan64 import nets


class Discriminator(nets.Discriminator):
    """Without batch norm. Each layer's weights, as a matrix (outputs, inputs x k x k), are divided by their largest singular value.

    Each pass in training mode improves its estimate by one power iteration (algorithm 1), whose vectors are in the state dict.
    """

    def __init__(self, width: float, make: LayerFactory) -> None:
        super().__init__(width, replace(make, normalization="none"))
        for layer in self:
            if isinstance(layer, nn.Conv2d):
                spectral_norm(layer)
