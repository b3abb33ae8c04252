"""The only training loop of the image reports, which differ in their settings, nets and objectives alone."""

import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlib.core.device import prepare_device
from ganlib.core.random import Streams, derived_seed
from ganlib.core.tables import Log
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support import disk, progress
from ganlib.support.errors import DivergedError, UserError
from ganlib.support.interruption import Interruption
from ganlib.support.paths import Outputs
from ganlib.support.schedule import CheckpointSchedule
from ganlib.training import checkpoint
from ganlib.training.checkpoint import Checkpoints
from ganlib.training.distributed.team import ALONE, Team
from ganlib.training.feed import Feed, check_batch
from ganlib.training.monitor import not_finite
from ganlib.training.trainer import Trainer
from ganlib.training.writer import RunWriter, bytes_needed


def train(
    name: str,
    report: Report,
    faces: Faces,
    outputs: Outputs,
    checkpoints: Path,
    team: Team = ALONE,
    *,
    seed: int,
    log_every: int,
    save_every: int | None = None,
) -> Path | None:
    """Train the report's nets on `faces` and leave the run in the folders of `outputs`, on the device that `device.device` names.

    `outputs.run` gets generator.safetensors, config.yaml and snapshots/<step>.safetensors (the generator on the way, never the last);
    `outputs.nets` the other nets, <name>.safetensors; `outputs.progress` log.csv (every `log_every` steps and the last), reals.png,
    samples/<step>.png and, where the nets reconstruct, reconstructions/<step>.png; all at once, when the run is complete. The same
    arguments give the same bytes on the same machine, however often the run was interrupted: it resumes from the checkpoints below
    `checkpoints`, written as often as `CheckpointSchedule` says or, in tests, every `save_every` steps. All processes of a team call
    this alike; its leader writes, and gets the file of the times, which lies there too.
    """
    check_batch(report, team.size)
    device = prepare_device(report.precision)
    streams = Streams(seed)
    torch.manual_seed(derived_seed(seed, "dropout"))  # which draws from torch's own generators and takes no other
    trainer = Trainer(report, device, streams, team)
    feed = Feed(report, faces, device, streams, team)
    steps = min(report.epochs * feed.steps_per_epoch, report.max_steps or sys.maxsize)
    parts = {"streams": streams, "trainer": trainer, "feed": feed}
    if not team.leads:
        _follow(parts, steps, team)
        return None
    identity = checkpoint.identity(name, report, faces, seed=seed, log_every=log_every)
    needed = 2 * bytes_needed(report, trainer, steps, feed.steps_per_epoch) + 3 * checkpoint.bytes_needed(trainer)
    with (
        Checkpoints.open(checkpoints, name, identity, steps) as saved,
        disk.writing(saved.folder, needed - saved.bytes_held()),
        Interruption() as interruption,
    ):
        first, losses, seconds_before = 0, {}, 0.0
        state = team.from_leader(saved.load())
        record = RunWriter(
            name, report, faces, saved.outputs, steps=steps, steps_per_epoch=feed.steps_per_epoch, seed=seed, log_every=log_every
        )
        timing = Log(saved.timing)
        parts |= {"record": record, "timing": timing}
        if state is not None:
            first, losses, seconds_before = state["step"], state["losses"], state["seconds"]
            for key, part in parts.items():
                part.load_state_dict(state[key])
            progress.log(f"{name}: going on from step {first} of {steps}")

        pace, started = CheckpointSchedule(save_every), time.perf_counter()
        todo = range(max(first, 1), steps + 1)
        where = device.type if team.size == 1 else f"{team.size} x {device.type}"
        bar = progress.bar(todo, desc=f"training {name} on {where}", unit="step", initial=todo.start - 1, total=steps)
        for step in bar:
            if step > first:
                losses, ended = _advance(step, trainer, feed, interruption, team)
                record.monitor.update(losses)
                due = pace.due(step) or step == steps or ended
                if (due or step % log_every == 0) and (problem := not_finite(losses, trainer.modules)):
                    raise DivergedError(f"train@{name}: {problem} at step {step}; {saved.last}; try a smaller learning rate")
                if due:
                    begun = time.perf_counter()
                    seconds = seconds_before + begun - started
                    states = {key: part.state_dict() for key, part in parts.items()}
                    saved.save({"step": step, "losses": losses, "seconds": seconds, **states})
                    pace.saved(time.perf_counter() - begun)
                if ended:
                    by = interruption.reason or "a signal to another process"
                    raise UserError(f"train@{name}: ended by {by} after step {step} of {steps}, and saved: run it again to go on")
            # Only after the checkpoint: whether this step is the last is for the run that goes on from there to know.
            figures = record.write(step, losses, trainer)
            if figures is not None:
                elapsed = time.perf_counter() - started
                timing.write(step, {"seconds": seconds_before + elapsed})
                bar.set_postfix_str(_status(figures, (step - first) * report.reals_per_step / elapsed, device), refresh=False)
        saved.finish(outputs)
    return saved.timing


def _follow(parts: Mapping[str, Any], steps: int, team: Team) -> None:
    """The steps of a process that does not lead: it goes on from where the leader does, and writes nothing."""
    with Interruption() as interruption:
        state = team.from_leader(None) or {"step": 0}
        if state["step"]:
            for key, part in parts.items():
                part.load_state_dict(state[key])
        for step in range(state["step"] + 1, steps + 1):
            _, ended = _advance(step, parts["trainer"], parts["feed"], interruption, team)
            if ended:
                return


def _advance(step: int, trainer: Trainer, feed: Feed, interruption: Interruption, team: Team) -> tuple[dict[str, Tensor], bool]:
    """One step: its figures, and whether the run is to end after it, which all processes of the team hear at once."""
    losses = trainer.step(feed.next())
    if step % feed.steps_per_epoch == 0:
        trainer.objective.after_epoch(trainer.optimizers)
    return losses, team.any(interruption.reason is not None)


def _status(figures: Mapping[str, float], speed: float, device: torch.device) -> str:
    shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items() if name in ("d_loss", "g_loss", "elbo"))
    return f"{shown}, {speed:.0f} pictures/s, {_memory(device) / 1e9:.1f} GB"


def _memory(device: torch.device) -> int:
    """The most bytes held so far: of the GPU's memory where there is one, else of this process'."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts in bytes on macOS and in kB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
