"""The only training loop of the five image GANs; all that tells them apart is in their objective and their settings."""

import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import torch

from ganlib import disk, progress
from ganlib.data.faces import Faces
from ganlib.device import prepare_device
from ganlib.errors import UserError
from ganlib.figures import add_line
from ganlib.system import Report
from ganlib.training import checkpoint
from ganlib.training.checkpoint import Checkpoints
from ganlib.training.feed import Feed
from ganlib.training.interruption import Interruption
from ganlib.training.record import Record, bytes_needed
from ganlib.training.trainer import Trainer
from ganlib.training.watch import not_finite


def train(
    name: str, report: Report, faces: Faces, folder: Path, checkpoints: Path, *, seed: int, log_every: int, checkpoint_every: int
) -> None:
    """Train the report's nets on `faces` and leave the run in `folder`; the GPU is used where there is one.

    `folder` gets generator.safetensors, config.yaml, log.csv (every `log_every` steps and the last), reals.png, samples/<step>.png,
    snapshots/<step>.safetensors (the generator on the way, never the last) and, of a discriminator that autoencodes,
    reconstructions/<step>.png; all at once, when the run is complete. The same arguments give the same bytes on the same machine, however
    often the run was cut off: it goes on from what it left below `checkpoints` every `checkpoint_every` steps.
    """
    device = prepare_device(report.precision)
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout draws from torch's own generators and takes no other
    trainer = Trainer(report, device, rng)
    feed = Feed(report, faces, device, rng)
    steps = min(report.epochs * feed.steps_per_epoch, report.max_steps or sys.maxsize)
    identity = checkpoint.identity(name, report, faces, seed=seed, log_every=log_every)
    needed = 2 * bytes_needed(report, trainer, steps, feed.steps_per_epoch) + 3 * checkpoint.bytes_needed(trainer)
    with (
        Checkpoints.open(checkpoints, name, identity, steps) as saved,
        disk.writing(saved.folder, needed - saved.bytes_held()),
        Interruption() as interruption,
    ):
        first, losses = 0, {}
        state = saved.load()
        record = Record(name, report, faces, saved.run, steps=steps, steps_per_epoch=feed.steps_per_epoch, seed=seed, log_every=log_every)
        parts = {"trainer": trainer, "feed": feed, "record": record}
        if state is not None:
            first, losses = state["step"], state["losses"]
            for key, part in parts.items():
                part.load_state_dict(state[key])
            progress.note(f"{name}: going on from step {first} of {steps}")

        started = time.perf_counter()
        todo = range(max(first, 1), steps + 1)
        bar = progress.bar(todo, desc=f"training {name} on {device.type}", unit="step", initial=todo.start - 1, total=steps)
        for step in bar:
            if step > first:
                losses = trainer.step(feed.next(shares_fakes=trainer.objective.shares_fakes))
                record.watch.see(losses)
                if step % feed.steps_per_epoch == 0:
                    trainer.objective.after_epoch((trainer.optimizer_g, trainer.optimizer_d))
                ended_by = interruption.reason
                due = step % checkpoint_every == 0 or step == steps or ended_by
                if (due or step % log_every == 0) and (problem := not_finite(losses, trainer.nets)):
                    raise UserError(f"train@{name}: {problem} at step {step}; {saved.last}; try a smaller lr_g or lr_d")
                if due:
                    saved.save({"step": step, "losses": losses, **{key: part.state_dict() for key, part in parts.items()}})
                if ended_by:
                    raise UserError(f"train@{name}: ended by {ended_by} after step {step} of {steps}, and saved: run it again to go on")
            # Only after the checkpoint: whether this step is the last is for the run that goes on from there to know.
            figures = record.write(step, losses, trainer)
            if figures is not None:
                seconds = time.perf_counter() - started
                add_line(saved.timing, {"step": step, "seconds": f"{seconds:.3f}"})
                bar.set_postfix_str(_status(figures, (step - first) * report.reals_per_step / seconds), refresh=False)
        saved.finish(folder)


def _status(figures: Mapping[str, float], speed: float) -> str:
    memory = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return f"d_loss {figures['d_loss']:.3f} g_loss {figures['g_loss']:.3f}, {speed:.0f} pictures/s, {memory / 1e9:.1f} GB"
