"""dcgan64's discriminator as a critic: pictures (N, 3, 64, 64) in [-1, 1] to scores (N,)."""

from torch import nn

from ganlib.models.dcgan import LayerFactory
from ganlib.reports.dcgan64.nets import Discriminator


class Critic(Discriminator):
    """Layer norm instead of batch norm, since the penalty is on the gradient of each picture alone (section 4)."""

    def __init__(self, width: float, make: LayerFactory) -> None:
        super().__init__(width, make)
        for index, layer in enumerate(self):
            if isinstance(layer, nn.BatchNorm2d):
                self[index] = nn.GroupNorm(1, layer.num_features)
