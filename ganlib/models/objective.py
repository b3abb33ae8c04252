"""The face that every objective shows to the trainer, and the trainer to it: the objective owns a step."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor
from torch.optim import Optimizer

Call = Callable[..., Tensor]
"""A net, or whatever else takes pictures or z, conditions behind them, and gives a tensor."""


@dataclass(frozen=True)
class Batch:
    """What one step is made of.

    real: (N, 3, S, S) in the report's pixel range; condition: () or one (N, K) int64, to be passed on to the nets behind their first
    argument; noise(count): z (count, latent_size), new ones at each call.
    """

    real: Tensor
    condition: tuple[Tensor, ...]
    noise: Callable[[int], Tensor]


class Net(Protocol):
    """A net as a step calls it, under autocast and with outputs in float32."""

    def __call__(self, *inputs: Tensor) -> Tensor: ...

    def frozen(self) -> AbstractContextManager[None]:
        """A block in which gradients pass through the net and none is taken for its weights."""

    def evaluating(self) -> AbstractContextManager[None]:
        """A block in which the net is in eval mode and no gradient is taken."""


class TrainerInterface(Protocol):
    """The trainer as an objective sees it: nets by name, and how a loss changes them."""

    nets: Mapping[str, Net]

    def minimize(self, loss: Tensor, *names: str) -> None:
        """One update of the named nets down `loss`."""

    def backward(self, loss: Tensor, *names: str) -> None:
        """The gradients of `loss` in place of those that the named nets have."""

    def update(self, *names: str) -> None:
        """One step of the named nets' optimizers."""


class Sharding(Protocol):
    """How a batch is divided over the ranks of a run, as an objective sees it."""

    size: int

    def shard(self, rows: Tensor) -> Tensor:
        """The part of this rank, of rows (N, ...) that every rank holds in full: (N / size, ...)."""

    def gather(self, rows: Tensor) -> Tensor:
        """The rows (n, ...) of every rank, (size * n, ...) in rank order, without gradient."""


class Objective:
    """How the nets of a report learn, and what is kept between steps."""

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """One update of every net; losses and figures by name, still on the device and the same names at every step. All are logged.

        Each is a mean over the pictures of `batch`, which may be one process's share.
        """
        raise NotImplementedError

    def after_step(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Update what is kept by the step's figures, means over the whole batch; more figures for the log."""
        return {}

    def reconstruct(self, nets: Mapping[str, Call], pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor | None:
        """What the nets make of pictures that they are shown; None where they make none."""
        return None

    def after_epoch(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Update what lasts for an epoch, learning rates included."""

    def state_dict(self) -> dict[str, Any]:
        """All that is kept between steps."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` gave."""
        vars(self).update(state)
