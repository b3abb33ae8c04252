"""dcgan64's discriminator as a critic: pictures (N, 3, 64, 64) in [-1, 1] to scores (N,)."""

from torch import nn

from ganlib.reports.dcgan64.nets import Discriminator


class Critic(Discriminator):
    """Layer norm in place of batch norm, which would join the pictures whose slopes are penalised each by itself (section 4)."""

    def __init__(self, width: float) -> None:
        super().__init__(width)
        for place, layer in enumerate(self):
            if isinstance(layer, nn.BatchNorm2d):
                self[place] = nn.GroupNorm(1, layer.num_features)
