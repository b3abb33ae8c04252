"""Pictures by their seeds."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch.nn import Module

from ganlib.core.images import to_uint8
from ganlib.core.random import Streams
from ganlib.models import store
from ganlib.models.objective import Objective
from ganlib.support import paths, progress
from ganlib.support.errors import UserError, suggestion
from ganlib.training.distributed.team import ALONE
from ganlib.use import latents
from ganlib.use.runs import Run, find

BATCH = 64


class Sampler:
    """A trained generator that draws, on the CPU, the picture of a seed: the same within one level of 255 whatever else it draws.

    Conditions are given as group="Attribute", as in sample([1, 2], hair="Blond_Hair"); what is not given is unspecified.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.net, self.settings = store.load(run.file)

    def sample(self, seeds: Sequence[int], **conditions: str) -> np.ndarray:
        """(n, 3, S, S) uint8, a picture for each seed (0 to 2^53 - 1)."""
        return self.from_latents(self.z(seeds), **conditions)

    def z(self, seeds: Sequence[int]) -> np.ndarray:
        """The z of each seed: (n, latent_size) float32."""
        for seed in seeds:
            if not 0 <= seed < latents.SEEDS:
                raise UserError(f"seed {seed}: must be 0 to {latents.SEEDS - 1}")
        return latents.from_seeds(self.settings.prior, seeds, self.settings.latent_size)

    def from_latents(self, z: np.ndarray, **conditions: str) -> np.ndarray:
        """(n, 3, S, S) uint8 of any z (n, latent_size)."""
        batches = [to_uint8(pictures, self.settings.pixel_range).numpy() for pictures, _ in self._batches(z, conditions)]
        size = self.settings.size
        return np.concatenate(batches) if batches else np.empty((0, 3, size, size), np.uint8)

    def best_of(self, count: int, seeds: Sequence[int], **conditions: str) -> list[int]:
        """For each seed s, which of the seeds count * s to count * s + count - 1 has the picture of least energy.

        That is the mean absolute error of the discriminator's reconstruction, an energy as Zhao et al. 2016 (arXiv 1609.03126) have it.
        """
        candidates = [count * seed + place for seed in seeds for place in range(count)]
        discriminator, objective = self._judge()
        energies = []
        for pictures, condition in self._batches(self.z(candidates), conditions):
            with torch.inference_mode():
                again = objective.reconstruct({"discriminator": discriminator}, pictures, condition)
            energies.append((again - pictures).abs().mean((1, 2, 3)))
        best = torch.cat(energies).unflatten(0, (-1, count)).argmin(1).tolist()
        return [count * seed + place for seed, place in zip(seeds, best, strict=True)]

    def rows(self, conditions: Mapping[str, str]) -> list[int]:
        """The row number of each condition; a UserError names what there is."""
        given = self.run.given
        for group, value in conditions.items():
            if not given:
                raise UserError(f"{group}={value}: {self.run.name} has no conditions")
            if group not in given:
                raise UserError(f"{group}={value}: {self.run.name} has no condition {group}{suggestion(group, given)}; {_listed(given)}")
            if value not in given[group]:
                raise UserError(f"{group}={value}: {value} is unknown{suggestion(value, given[group])}; one of {', '.join(given[group])}")
        return [values.index(conditions.get(group, values[0])) for group, values in given.items()]

    def _batches(self, z: np.ndarray, conditions: Mapping[str, str]) -> Iterator[tuple[torch.Tensor, tuple[torch.Tensor, ...]]]:
        """Pictures (n, 3, S, S) in the report's pixel range, and what the nets are given beside them."""
        rows = self.rows(conditions)
        with progress.bar(total=len(z), desc=f"drawing with {self.run.name}", unit="picture", delay=2, leave=False) as bar:
            for part in torch.from_numpy(z).split(BATCH):
                condition = (torch.tensor([rows]).expand(len(part), -1),) if rows else ()
                with torch.inference_mode():
                    pictures = self.net(part, *condition)
                yield pictures, condition
                bar.update(len(part))

    def _judge(self) -> tuple[Module, Objective]:
        objective = self.settings.objective(Streams(0), ALONE)
        if "discriminator" not in self.settings.optimizers or type(objective).reconstruct is Objective.reconstruct:
            raise UserError(f"--best-of: {self.run.name} has no discriminator that gives a picture an energy, as began64's does")
        path = paths.outputs(self.run.name).nets / "discriminator.safetensors"
        file = self.run.get(path)
        if file is None:
            raise UserError(f"--best-of: {path}: not there, and the energy is the discriminator's; name the run of a whole checkout")
        discriminator, _ = store.load(file)
        return discriminator, objective


def load(run: str, rev: str | None = None) -> Sampler:
    """The generator of a report, a folder or a .safetensors file, at a commit or an experiment `rev` where it is given."""
    return Sampler(find(run, rev))


def _listed(given: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(f"{group} ({', '.join(values)})" for group, values in given.items())
