"""Pictures by their seeds."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from ganlib.core.images import to_uint8
from ganlib.core.random import Streams
from ganlib.models import store
from ganlib.models.objective import Objective
from ganlib.support import console, paths
from ganlib.support.errors import UserError, suggestion
from ganlib.training.distributed.team import ALONE
from ganlib.use import latents
from ganlib.use.runs import Run, find

BATCH = 64


class Sampler:
    """Draws pictures with a trained generator, on the CPU. A seed's picture does not depend on the others of a call, up to +-1 of 255.

    Conditions are keyword arguments, as in sample([1, 2], hair="Blond_Hair"); a condition that is left out is "unspecified".
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.net, self.settings = store.load(run.file)

    def sample(self, seeds: Sequence[int], **conditions: str) -> NDArray[np.uint8]:
        """(n, 3, S, S) uint8, one picture for each seed (0 to 2^53 - 1)."""
        return self.from_latents(self.z(seeds), **conditions)

    def z(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        """The z of each seed: (n, latent_size) float32."""
        for seed in seeds:
            if not 0 <= seed < latents.SEEDS:
                raise UserError(f"seed {seed}: must be 0 to {latents.SEEDS - 1}")
        return latents.from_seeds(self.settings.prior, seeds, self.settings.latent_size)

    def from_latents(self, z: NDArray[np.float32], **conditions: str) -> NDArray[np.uint8]:
        """(n, 3, S, S) uint8 for z (n, latent_size)."""
        batches = [to_uint8(pictures, self.settings.pixel_range).numpy() for pictures, _ in self._batches(z, conditions)]
        size = self.settings.size
        return np.concatenate(batches) if batches else np.empty((0, 3, size, size), np.uint8)

    def best_of(self, count: int, seeds: Sequence[int], **conditions: str) -> list[int]:
        """For each seed s the one of the seeds count * s to count * s + count - 1 whose picture has the lowest energy.

        The energy is the mean absolute error of the discriminator's reconstruction (Zhao et al. 2016, arXiv 1609.03126).
        """
        candidates = [count * seed + offset for seed in seeds for offset in range(count)]
        discriminator, objective = self._energy_model()
        energies = []
        for pictures, condition in self._batches(self.z(candidates), conditions):
            with torch.inference_mode():
                reconstructed = objective.reconstruct({"discriminator": discriminator}, pictures, condition)
            if reconstructed is not None:  # never: `_energy_model` refuses such a report
                energies.append((reconstructed - pictures).abs().mean((1, 2, 3)))
        best = torch.cat(energies).unflatten(0, (-1, count)).argmin(1).tolist()
        return [count * seed + offset for seed, offset in zip(seeds, best, strict=True)]

    def rows(self, conditions: Mapping[str, str]) -> list[int]:
        """The row number of each condition's value; a UserError lists the values that exist."""
        known = self.run.condition_values
        for group, value in conditions.items():
            if not known:
                raise UserError(f"{group}={value}: {self.run.name} has no conditions")
            if group not in known:
                listed = ", ".join(f"{group} ({', '.join(values)})" for group, values in known.items())
                raise UserError(f"{group}={value}: {self.run.name} has no condition {group}{suggestion(group, known)}; it has {listed}")
            if value not in known[group]:
                raise UserError(f"{group}={value}: {value} is unknown{suggestion(value, known[group])}; one of {', '.join(known[group])}")
        return [values.index(conditions.get(group, values[0])) for group, values in known.items()]

    def _batches(self, z: NDArray[np.float32], conditions: Mapping[str, str]) -> Iterator[tuple[torch.Tensor, tuple[torch.Tensor, ...]]]:
        """Pictures (n, 3, S, S) in the report's pixel range, with the nets' other inputs: () or one tensor of rows (n, K)."""
        rows = self.rows(conditions)
        with console.bar(total=len(z), desc=f"drawing with {self.run.name}", unit="picture", delay=2, leave=False) as bar:
            for part in torch.from_numpy(z).split(BATCH):
                condition = (torch.tensor([rows]).expand(len(part), -1),) if rows else ()
                with torch.inference_mode():
                    pictures = self.net(part, *condition)
                yield pictures, condition
                bar.update(len(part))

    def _energy_model(self) -> tuple[torch.nn.Module, Objective]:
        """The discriminator, and the objective that knows how to reconstruct with it."""
        objective = self.settings.objective(Streams(0), ALONE)
        if "discriminator" not in self.settings.optimizers or type(objective).reconstruct is Objective.reconstruct:
            raise UserError(f"--best-of: {self.run.name} has no discriminator that reconstructs pictures, as began64's does")
        path = paths.outputs(self.run.name).nets / "discriminator.safetensors"
        file = self.run.get(path)
        if file is None:
            raise UserError(f"--best-of: {path}: not found, and it computes the energy; name a run in a checkout")
        discriminator, _ = store.load(file)
        return discriminator, objective


def load(run: str, rev: str | None = None) -> Sampler:
    """The sampler of a report, a folder or a .safetensors file; of a commit or an experiment if `rev` names one."""
    return Sampler(find(run, rev, pretrained=True))
