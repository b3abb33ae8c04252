"""The only training loop of the five image GANs; all that tells them apart is in their objective and their settings."""

import sys
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from torch import Tensor
from torch.nn import Module
from torch.optim import Adam

from ganlib import generator as generators
from ganlib import progress
from ganlib.data.faces import Faces
from ganlib.files import replacing
from ganlib.objectives.objective import Batch, Objective
from ganlib.system import Report, System
from ganlib.training.feed import Feed
from ganlib.training.log import Log
from ganlib.training.sheets import Sheets

BETA2 = 0.999


def train(name: str, report: Report, faces: Faces, folder: Path, timing: Path, *, seed: int, log_every: int) -> None:
    """Train the report's nets on `faces` and leave the run in `folder`; the GPU is used where there is one.

    `folder` gets generator.safetensors, config.yaml, log.csv (every `log_every` steps and the last), reals.png, samples/<step>.png,
    snapshots/<step>.safetensors (the generator on the way, never the last) and, of a discriminator that autoencodes,
    reconstructions/<step>.png. The same arguments give the same bytes on the same machine.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rng = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout draws from torch's own generators and takes no other
    sheets = Sheets(report, faces, folder, torch.Generator().manual_seed(seed))
    trainer = Trainer(report, device, rng)
    feed = Feed(report, faces, device, rng)
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


class Trainer:
    """The two nets, their optimizers and their objective: all that a step changes. Channels-last wins or ties for every net here."""

    def __init__(self, system: System, device: torch.device, rng: torch.Generator) -> None:
        generator, discriminator = system.networks(rng)
        self.generator: Module = generator.to(device, memory_format=torch.channels_last)
        self.discriminator: Module = discriminator.to(device, memory_format=torch.channels_last)
        betas = (system.beta1, BETA2)
        self.optimizer_g = Adam(self.generator.parameters(), system.lr_g * system.rate_scale, betas, fused=True)
        self.optimizer_d = Adam(self.discriminator.parameters(), system.lr_d * system.rate_scale, betas, fused=True)
        self.objective: Objective = system.objective(rng)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One update of D and one of G; returns the losses by name, still on the device."""
        objective, discriminator = self.objective, self.discriminator
        fake = self.generator(batch.z_d, *batch.condition) if objective.shares_fakes else self._fakes_apart(batch)
        d_losses = objective.discriminator_losses(discriminator, batch, fake.detach())
        self.optimizer_d.zero_grad()
        d_losses["d_loss"].backward()
        if not objective.simultaneous:
            self.optimizer_d.step()

        if not objective.shares_fakes:
            fake = self.generator(batch.z_g, *batch.condition)
        discriminator.requires_grad_(False)
        g_losses = objective.generator_losses(discriminator, batch, fake)
        self.optimizer_g.zero_grad()
        g_losses["g_loss"].backward()
        discriminator.requires_grad_(True)
        if objective.simultaneous:
            self.optimizer_d.step()
        self.optimizer_g.step()
        return {name: loss.detach() for name, loss in (d_losses | g_losses | objective.after_step()).items()}

    def _fakes_apart(self, batch: Batch) -> Tensor:
        self.generator.eval()
        with torch.no_grad():
            fake = self.generator(batch.z_d, *batch.condition)
        self.generator.train()
        return fake
