"""A discriminator under spectral norm (section 2.1): pictures (N, 3, 64, 64) in [-1, 1] to logits (N,)."""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganlib.models import unnormed
from ganlib.models.dcgan import LayerFactory


class Discriminator(unnormed.Discriminator):
    """Each layer's weights, as a matrix (outputs, inputs x k x k), are divided by their largest singular value.

    Each pass in training mode improves its estimate by one power iteration (algorithm 1), whose vectors are in the state dict.
    """

    def __init__(self, width: float, make: LayerFactory) -> None:
        super().__init__(width, make)
        for layer in self:
            if isinstance(layer, nn.Conv2d):
                spectral_norm(layer)
