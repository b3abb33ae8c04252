"""The training loop of all image reports, which differ only in their settings, nets and objectives."""

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganlib.core.device import described, machine, prepare_device
from ganlib.core.random import Streams, derived_seed
from ganlib.core.tables import Log
from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support import console, disk
from ganlib.support.errors import DivergedError, TrainingInterruptedError
from ganlib.support.interruption import Interruption
from ganlib.support.paths import Outputs
from ganlib.support.schedule import CheckpointSchedule
from ganlib.training import checkpoint, writer
from ganlib.training.checkpoint import Checkpoints
from ganlib.training.distributed.team import ALONE, Team
from ganlib.training.feed import Feed, steps_per_epoch
from ganlib.training.monitor import not_finite
from ganlib.training.trainer import Trainer
from ganlib.training.writer import RunWriter


def train(
    name: str,
    report: Report,
    faces: Faces,
    outputs: Outputs,
    checkpoints: Path,
    join: AbstractContextManager[Team] = nullcontext(ALONE),  # noqa: B008 (stateless)
    *,
    seed: int,
    log_every: int,
    save_every: int | None = None,
) -> Path:
    """Train the report's nets on `faces`, write the run to the folders of `outputs`, and return the CSV file of its times.

    `outputs.run` gets generator.safetensors, config.yaml and snapshots/<step>.safetensors (earlier generators); `outputs.nets` the other
    nets, <name>.safetensors, and the raw generators if those of `outputs.run` are averages; `outputs.progress` log.csv (every `log_every`
    steps and the last), reals.png, samples/<step>.png and, if the nets reconstruct, reconstructions/<step>.png. All appear at once when
    the run is complete. Equal arguments give equal bytes on the same machine, also after interruptions: a run resumes from its checkpoint
    in `checkpoints`, and the result of a complete run is reused.

    Checkpoints are written as often as `CheckpointSchedule` says or, in tests, every `save_every` steps. With several processes, `join`
    joins the process group once the run is locked; this is rank 0, and the others run `distributed.worker`. Raises a UserError if the run
    is interrupted, and a DivergedError if a number is no longer finite.
    """
    steps = min(report.epochs * steps_per_epoch(report, len(faces)), report.max_steps or sys.maxsize)
    identity = checkpoint.identity(name, report, faces, seed=seed, log_every=log_every)
    with Checkpoints.open(checkpoints, name, identity, steps) as saved, join as team:
        if saved.finished:
            team.broadcast(None)
            console.log(f"{name}: already trained; reusing {saved.folder}")
        else:
            _train(name, report, faces, saved, team, seed=seed, log_every=log_every, save_every=save_every)
        saved.copy_to(outputs)
    return saved.timing


def _train(
    name: str, report: Report, faces: Faces, saved: Checkpoints, team: Team, *, seed: int, log_every: int, save_every: int | None
) -> None:
    steps, state = saved.steps, saved.load()
    team.broadcast({"steps": steps, "checkpoint": state})
    parts = build(report, faces, seed, team)
    saved.record_machine(machine(report.threads))
    trainer, feed = parts["trainer"], parts["feed"]
    needed = 2 * writer.bytes_needed(report, trainer, steps, feed.steps_per_epoch) + 3 * checkpoint.bytes_needed(trainer)
    with disk.writing(saved.folder, needed - saved.bytes_held()), Interruption() as interruption:
        run = RunWriter(
            name,
            report,
            faces,
            saved.outputs,
            device=described(trainer.device),
            steps=steps,
            steps_per_epoch=feed.steps_per_epoch,
            seed=seed,
            log_every=log_every,
        )
        timing = Log(saved.timing)
        parts |= {"writer": run, "timing": timing}
        first, losses, seconds_before = 0, {}, 0.0
        if state is None:
            run.begin(trainer)
        else:
            first, losses, seconds_before = state["step"], state["losses"], state["seconds"]
            load_states(parts, state)
            console.log(f"{name}: resuming from step {first}/{steps}")

        schedule, started = CheckpointSchedule(save_every), time.perf_counter()
        todo = range(max(first, 1), steps + 1)
        where = trainer.device.type if team.size == 1 else f"{team.size} x {trainer.device.type}"
        bar = console.bar(todo, desc=f"training {name} on {where}", unit="step", initial=todo.start - 1, total=steps)
        for step in bar:
            if step > first:
                losses = train_step(step, trainer, feed)
                interrupted = team.any(interruption.reason is not None)
                run.monitor.update(losses)
                due = schedule.due(step) or step == steps or interrupted
                if (due or step % log_every == 0) and (problem := not_finite(losses, trainer.modules)):
                    raise DivergedError(f"train@{name}: {problem} at step {step}; {saved.last}; try a smaller learning rate")
                if due:
                    begun = time.perf_counter()
                    states = {key: part.state_dict() for key, part in parts.items()}
                    saved.save({"step": step, "losses": losses, "seconds": seconds_before + begun - started, **states})
                    schedule.saved(time.perf_counter() - begun)
                if interrupted:
                    by = interruption.reason or "a signal to another process"
                    raise TrainingInterruptedError(
                        f"train@{name}: interrupted by {by} after step {step}/{steps}; checkpoint saved."
                        " Run the same command again to resume."
                    )
            # Written after the checkpoint: a longer run that resumes from it must not contain what only the last step writes.
            figures = run.write(step, losses, trainer)
            if figures is not None:
                elapsed = time.perf_counter() - started
                timing.write(step, {"seconds": seconds_before + elapsed})
                bar.set_postfix_str(_status(figures, (step - first) * report.reals_per_step / elapsed, trainer.device), refresh=False)
        saved.finish()


def build(report: Report, faces: Faces, seed: int, team: Team = ALONE) -> dict[str, Any]:
    """What every rank holds, by the name of its state in a checkpoint: the "trainer", the "feed" and the random "streams"."""
    device = prepare_device(report.precision, report.threads)
    streams = Streams(seed, report.own_seeds)
    torch.manual_seed(derived_seed(streams.seed_of("dropout"), "dropout"))  # dropout alone draws from torch's global generators
    return {"streams": streams, "trainer": Trainer(report, device, streams, team), "feed": Feed(report, faces, device, streams, team)}


def load_states(parts: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Load each part's state from a checkpoint."""
    for key, part in parts.items():
        part.load_state_dict(state[key])


def train_step(step: int, trainer: Trainer, feed: Feed) -> dict[str, Tensor]:
    """One step, and the end of its epoch if it is the last of one; losses and figures by name."""
    losses = trainer.step(feed.next())
    if step % feed.steps_per_epoch == 0:
        trainer.objective.after_epoch(trainer.optimizers)
    return losses


def _status(figures: Mapping[str, float], speed: float, device: torch.device) -> str:
    shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items() if name in ("d_loss", "g_loss", "elbo"))
    memory = f", {torch.cuda.max_memory_allocated(device) / 1e9:.1f} GB" if device.type == "cuda" else ""
    return f"{shown}, {speed:.0f} pictures/s{memory}"
