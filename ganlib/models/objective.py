"""The interface between objectives and the trainer: an objective owns the training step."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor
from torch.optim import Optimizer

Call = Callable[..., Tensor]
"""A net, or any function of pictures or z (and conditions) that returns a tensor."""


@dataclass(frozen=True)
class Batch:
    """The input of one step.

    real: (N, 3, S, S) in the report's pixel range. condition: () or one (N, K) int64, which the nets take after their first argument.
    noise(count): z (count, latent_size), new at each call.
    """

    real: Tensor
    condition: tuple[Tensor, ...]
    noise: Callable[[int], Tensor]


class Net(Protocol):
    """A net as a step calls it: under autocast, with float32 outputs."""

    def __call__(self, *inputs: Tensor) -> Tensor: ...

    def frozen(self) -> AbstractContextManager[None]:
        """A block in which gradients flow through the net but not into its weights."""

    def evaluating(self) -> AbstractContextManager[None]:
        """A block in which the net is in eval mode and autograd is off."""


class TrainerInterface(Protocol):
    """What an objective uses of the trainer: the nets by name, and updates of their weights."""

    @property
    def nets(self) -> Mapping[str, Net]: ...

    def minimize(self, loss: Tensor, *names: str) -> None:
        """One optimizer step of the named nets on `loss`: `backward` and `update`."""

    def backward(self, loss: Tensor, *names: str) -> None:
        """Zero the gradients of the named nets and backpropagate `loss`."""

    def update(self, *names: str) -> None:
        """One step of the named nets' optimizers."""


class Sharding(Protocol):
    """How a batch is divided over the ranks of a run, as an objective sees it."""

    @property
    def size(self) -> int:
        """The number of ranks."""

    def shard(self, rows: Tensor) -> Tensor:
        """The part of this rank, (N / size, ...), of rows (N, ...) that every rank holds in full."""

    def gather(self, rows: Tensor) -> Tensor:
        """The rows (n, ...) of every rank, (size * n, ...) in rank order, without gradient."""


class Objective:
    """How the nets of a report are trained, with the state that lasts from step to step."""

    def step(self, trainer: TrainerInterface, batch: Batch) -> dict[str, Tensor]:
        """Update every net once; returns losses and metrics by name, on the device, with the same names at every step. All are logged.

        Each is a mean over the pictures of `batch`, which is one rank's shard in distributed training.
        """
        raise NotImplementedError

    def after_step(self, figures: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Update the state from the step's metrics, averaged over the whole batch; returns more metrics for the log."""
        return {}

    def reconstruct(self, nets: Mapping[str, Call], pictures: Tensor, condition: tuple[Tensor, ...]) -> Tensor | None:
        """The nets' reconstructions of `pictures`; None if the model has none."""
        return None

    def after_epoch(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Update what changes once per epoch, such as learning rates."""

    def state_dict(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        vars(self).update(state)
