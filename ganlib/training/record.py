"""All that a run writes into its folder as it goes: settings, figures, pictures and generators."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlib import generator as generators
from ganlib.data.faces import Faces
from ganlib.figures import Log, save_config
from ganlib.system import Report
from ganlib.training import sheets
from ganlib.training.trainer import Trainer
from ganlib.training.watch import Watch


class Record:
    """The record in `folder` of a run of `steps` steps; it changes nothing of what it shows."""

    def __init__(
        self, name: str, report: Report, faces: Faces, folder: Path, *, steps: int, steps_per_epoch: int, seed: int, log_every: int
    ) -> None:
        self.name, self.report, self.folder = name, report, folder
        self.steps, self.steps_per_epoch, self.log_every = steps, steps_per_epoch, log_every
        self.snapshots = report.snapshots.steps(steps_per_epoch) if report.snapshots else frozenset()
        self.watch = Watch(steps_per_epoch)
        self.log = Log(folder / "log.csv")
        self.sheets = sheets.Sheets(report, faces, folder, torch.Generator().manual_seed(seed))
        save_config({"report": name, "seed": seed, "steps": steps, **report.model_dump()}, folder / "config.yaml")

    def write(self, step: int, losses: Mapping[str, Tensor], trainer: Trainer) -> dict[str, float] | None:
        """Write what is due after `step`; returns the figures where a line of them is."""
        last = step == self.steps
        generator = trainer.generator
        if step % self.report.sample_every == 0 or last:
            self.sheets.save(step, generator)
            if trainer.objective.autoencodes:
                self.sheets.save_reconstructions(step, generator, trainer.discriminator)
        if step in self.snapshots and not last:
            # A snapshot says of itself that its run ended there, however long the run becomes.
            so_far = self.report.model_copy(update={"epochs": -(-step // self.steps_per_epoch), "max_steps": step})
            generators.save(generator, self.name, so_far, self.folder / "snapshots" / f"{step:06d}.safetensors")
        if last:
            generators.save(generator, self.name, self.report, self.folder / "generator.safetensors")
        if step % self.log_every and not last:
            return None
        figures = {key: float(value) for key, value in losses.items()}
        figures |= self.watch.figures(step, self.sheets.diversity(generator)) | {"lr_d": trainer.optimizer_d.param_groups[0]["lr"]}
        self.log.write(step, figures)
        return figures

    def state_dict(self) -> dict[str, Any]:
        return {"watch": self.watch.state_dict(), "log": self.log.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.watch.load_state_dict(state["watch"])
        self.log.load_state_dict(state["log"])


def bytes_needed(report: Report, trainer: Trainer, steps: int, steps_per_epoch: int) -> int:
    """About how much the whole record of a run takes, its pictures uncompressed."""
    pictures = (steps // report.sample_every + 1) * (2 if trainer.objective.autoencodes else 1)
    generators = 1 + len(report.snapshots.steps(steps_per_epoch) if report.snapshots else ())
    return pictures * sheets.nbytes(report) + generators * sum(tensor.nbytes for tensor in trainer.generator.state_dict().values())
