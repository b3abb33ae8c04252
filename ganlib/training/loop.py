"""The only training loop of the five image GANs; all that tells them apart is in their objective and their settings."""

import sys
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML

from ganlib import generator as generators
from ganlib import progress
from ganlib.data.faces import Faces
from ganlib.files import replacing
from ganlib.system import Report
from ganlib.training import machine
from ganlib.training.feed import Feed
from ganlib.training.log import Log
from ganlib.training.sheets import Sheets
from ganlib.training.trainer import Trainer


def train(name: str, report: Report, faces: Faces, folder: Path, timing: Path, *, seed: int, log_every: int) -> None:
    """Train the report's nets on `faces` and leave the run in `folder`; the GPU is used where there is one.

    `folder` gets generator.safetensors, config.yaml, log.csv (every `log_every` steps and the last), reals.png, samples/<step>.png,
    snapshots/<step>.safetensors (the generator on the way, never the last) and, of a discriminator that autoencodes,
    reconstructions/<step>.png. The same arguments give the same bytes on the same machine.
    """
    device = machine.prepare(report.precision)
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout draws from torch's own generators and takes no other
    sheets = Sheets(report, faces, folder, torch.Generator().manual_seed(seed))
    trainer = Trainer(report, device, rng)
    feed = Feed(report, faces, device, rng, trainer.memory_format)
    steps = min(report.epochs * feed.steps_per_epoch, report.max_steps or sys.maxsize)
    kept = report.snapshots.steps(feed.steps_per_epoch) if report.snapshots else ()
    log = Log(folder / "log.csv", timing)
    save_config({"report": name, "seed": seed, "steps": steps, **report.model_dump()}, folder / "config.yaml")

    bar = progress.bar(range(1, steps + 1), desc=f"training {name} on {device.type}", unit="step")
    for step in bar:
        losses = trainer.step(feed.next(shares_fakes=trainer.objective.shares_fakes))
        if step % feed.steps_per_epoch == 0:
            trainer.objective.after_epoch((trainer.optimizer_g, trainer.optimizer_d))
        if step % log_every == 0 or step == steps:
            figures = {key: float(value) for key, value in losses.items()}
            log.write(step, {**figures, "lr_d": trainer.optimizer_d.param_groups[0]["lr"]})
            bar.set_postfix_str(f"d_loss {figures['d_loss']:.3f} g_loss {figures['g_loss']:.3f}", refresh=False)
        if step % report.sample_every == 0 or step == steps:
            sheets.save(step, trainer.generator)
            if trainer.objective.autoencodes:
                sheets.save_reconstructions(step, trainer.generator, trainer.discriminator)
        if step in kept and step != steps:
            # A snapshot says of itself that its run ended there, however long the run becomes.
            so_far = report.model_copy(update={"epochs": -(-step // feed.steps_per_epoch), "max_steps": step})
            generators.save(trainer.generator, name, so_far, folder / "snapshots" / f"{step:06d}.safetensors")
    generators.save(trainer.generator, name, report, folder / "generator.safetensors")


def save_config(config: dict[str, Any], path: Path) -> None:
    """Write a run's resolved settings as YAML."""
    with replacing(path) as target, target.open("w") as file:
        YAML().dump(config, file)
