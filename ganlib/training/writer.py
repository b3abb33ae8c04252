"""Writes a run's settings, log, sheets and nets."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ganlib.core.tables import Log, write_yaml
from ganlib.data.faces import Faces
from ganlib.models import store
from ganlib.models.report import Report
from ganlib.support.paths import Outputs
from ganlib.training import sheets
from ganlib.training.monitor import Monitor, to_floats
from ganlib.training.trainer import Trainer, nbytes


class RunWriter:
    """Writes a run of `steps` steps into the folders of `outputs`; read-only with respect to training.

    config.yaml has the settings, and the `devices` that trained the run, several if it was resumed on another one.
    """

    def __init__(
        self,
        name: str,
        report: Report,
        faces: Faces,
        outputs: Outputs,
        *,
        device: dict[str, str],
        steps: int,
        steps_per_epoch: int,
        seed: int,
        log_every: int,
    ) -> None:
        self.name, self.report, self.outputs = name, report, outputs
        self.steps, self.steps_per_epoch, self.log_every = steps, steps_per_epoch, log_every
        self.snapshots = report.snapshots.steps(steps_per_epoch) if report.snapshots else frozenset()
        self.monitor = Monitor(steps_per_epoch)
        self.log = Log(outputs.progress / "log.csv")
        self.sheets = sheets.Sheets(report, faces, outputs.progress, seed)
        self.config = {"report": name, "seed": seed, "steps": steps, **report.model_dump(), "devices": [device]}
        write_yaml(self.config, outputs.run / "config.yaml")

    def begin(self, trainer: Trainer) -> None:
        """Write the sheets of the untrained nets."""
        self.sheets.save(0, trainer)

    def write(self, step: int, losses: Mapping[str, Tensor], trainer: Trainer) -> dict[str, float] | None:
        """Write what is due after `step`; returns the figures if it logs a line."""
        last = step == self.steps
        if has_sheet(step, self.report.sample_every) or last:
            self.sheets.save(step, trainer)
        if step in self.snapshots and not last:
            # A snapshot equals the generator of a run that ended here, so its settings have that run's length.
            so_far = self.report.model_copy(update={"epochs": -(-step // self.steps_per_epoch), "max_steps": step})
            kept = [(self.outputs.run, trainer.generator), *([(self.outputs.nets, trainer.modules["generator"])] if trainer.ema else [])]
            for folder, module in kept:
                store.save(module, "generator", self.name, so_far, folder / "snapshots" / f"{step:06d}.safetensors")
        if last:
            store.save(trainer.generator, "generator", self.name, self.report, self.outputs.run / "generator.safetensors")
            for net, module in trainer.modules.items():
                if module is not trainer.generator:
                    store.save(module, net, self.name, self.report, self.outputs.nets / f"{net}.safetensors")
            if trainer.ema:
                self.sheets.save_raw(step, trainer)
        if step % self.log_every and not last:
            return None
        figures = to_floats({**losses, "variance": self.sheets.variance(trainer.generator), "saturated": self.monitor.saturated})
        figures |= self.monitor.figures(step, self.sheets.diversity(figures.pop("variance")), int(figures.pop("saturated")))
        figures |= {f"rate_{net}": rate for net, rate in trainer.rates.items()}
        self.log.write(step, figures)
        return figures

    def state_dict(self) -> dict[str, Any]:
        return {"monitor": self.monitor.state_dict(), "log": self.log.state_dict(), "devices": self.config["devices"]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.monitor.load_state_dict(state["monitor"])
        self.log.load_state_dict(state["log"])
        before, now = state["devices"], self.config["devices"]
        self.config["devices"] = before + [device for device in now if device not in before]
        write_yaml(self.config, self.outputs.run / "config.yaml")


def has_sheet(step: int, every: int) -> bool:
    """Whether a sheet is due: at multiples of `every`, and before the first of them at 10, 20, 50, 100, ..., when pictures change fastest.

    It does not depend on the length of the run, so a run that is made longer has the same sheets as one that was long from the start.
    """
    return step % every == 0 or (10 <= step < every and str(step).rstrip("0") in ("1", "2", "5"))


def bytes_needed(report: Report, trainer: Trainer, steps: int, steps_per_epoch: int) -> int:
    """Upper estimate of the size of a run's files: uncompressed sheets, with reconstructions, and all nets."""
    early = 3 * len(str(report.sample_every))  # at most three of each power of ten
    pictures = 2 * (steps // report.sample_every + 2 + early)
    generators = len(report.snapshots.steps(steps_per_epoch) if report.snapshots else ())
    nets = sum(nbytes(module) for module in {*trainer.modules.values(), trainer.generator})
    return pictures * sheets.nbytes(report) + nets + generators * nbytes(trainer.generator) * (2 if trainer.ema else 1)
