"""The face that every objective shows to the training loop."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer


@dataclass(frozen=True)
class Batch:
    """What one step is made of.

    real: (N, 3, S, S) in the report's pixel range; condition: () or one (N, K) int64, to be passed on to the nets behind their first
    argument; z_d: (N, latent_size) for D's fakes; z_g: (M, latent_size) for G's own step.
    """

    real: Tensor
    condition: tuple[Tensor, ...]
    z_d: Tensor
    z_g: Tensor


class Objective:
    """What D and G want, and what is kept between their steps.

    A step's losses come by name, the one to descend as `d_loss` or `g_loss`, and stay on the device; all of them are logged.
    """

    shares_fakes: ClassVar[bool]
    """D's fakes serve G's step too; otherwise D's are drawn from z_d by G in eval mode, and G's own from z_g."""
    simultaneous: ClassVar[bool] = False
    """G's gradient is taken before D's weights change."""
    autoencodes: ClassVar[bool] = False
    """D gives back pictures, which are worth a look."""

    def discriminator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        """D's losses on the batch's reals and on `fake` (N, 3, S, S), which carries no gradient."""
        raise NotImplementedError

    def generator_losses(self, discriminator: Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        """G's losses on `fake`, whose gradient leads to G."""
        raise NotImplementedError

    def after_step(self) -> dict[str, Tensor]:
        """Update what is kept, and return what is worth a line in the log."""
        return {}

    def after_epoch(self, optimizers: tuple[Optimizer, Optimizer]) -> None:
        """Update what lasts for an epoch, learning rates included."""

    def state_dict(self) -> dict[str, Any]:
        """All that is kept between steps."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        vars(self).update(state)
