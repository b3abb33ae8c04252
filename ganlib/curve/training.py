"""Zhang & Zhao's demo: a GAN learns to draw the parabolas y = a x^2 + c, and its learning can be watched."""

from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from ganlib.core import random
from ganlib.core.random import Streams, stream
from ganlib.core.tables import Log, write_json, write_yaml
from ganlib.curve.settings import Settings
from ganlib.models.objective import Batch
from ganlib.support import progress
from ganlib.support.errors import DivergedError
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs
from ganlib.training.monitor import not_finite
from ganlib.training.trainer import Trainer

MOMENTS = 40  # recorded of the training, ever farther apart, beside its start
RECORDED = 24  # curves of each
PANELS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1)  # moments of the training, as shares of its length
JUDGED = 1000  # curves that each figure is taken over
LOG_EVERY = 100


def train(settings: Settings, outputs: Outputs, *, seed: int) -> dict[str, float]:
    """Train on the CPU; leave config.yaml and learning.json in `outputs.run`, log.csv and learning.png in `outputs.progress`.

    Returns `judge`'s last figures.
    """
    torch.set_num_threads(1)  # nets this small lose more by waiting for a second thread than it gives
    streams = Streams(seed)
    judging = streams["judging"]
    trainer = Trainer(settings, torch.device("cpu"), streams)
    log = Log(outputs.progress / "log.csv")
    write_yaml({"seed": seed, **settings.model_dump()}, outputs.run / "config.yaml")
    panels = {round(share * settings.steps): Tensor() for share in PANELS}
    panels[0] = generate_curves(trainer, settings, judging)
    recorded_z = random.sample_latent("gaussian", RECORDED, settings.latent_size, stream(seed, "sheets", "z"))
    moments = {round(settings.steps * (place / MOMENTS) ** 2) for place in range(1, MOMENTS + 1)} - {0}
    recorded = {0: curves_of(trainer, recorded_z)}

    def noise(count: int) -> Tensor:
        return random.sample_latent("gaussian", count, settings.latent_size, streams["noise"])

    for step in progress.bar(range(1, settings.steps + 1), desc="training curve", unit="step"):
        losses = trainer.step(Batch(real_curves(settings.batch_size, settings, streams["curves"]), (), noise))
        if step % LOG_EVERY == 0 or step == settings.steps:
            if problem := not_finite(losses, trainer.modules):
                raise DivergedError(f"curve: {problem} at step {step}; try a smaller curve.lr_g or curve.lr_d")
            figures = judge(trainer, settings, judging)
            log.write(step, {"d_loss": float(losses["d_loss"]), "g_loss": float(losses["g_loss"]), **figures})
        if step in panels:
            panels[step] = generate_curves(trainer, settings, judging)
        if step in moments:
            recorded[step] = curves_of(trainer, recorded_z)
    save_learning(recorded, outputs.run / "learning.json")
    plot_learning(panels, settings, outputs.progress / "learning.png")
    return figures


def abscissas(settings: Settings) -> Tensor:
    """x (points,) from -1 to 1."""
    return torch.linspace(-1, 1, settings.points)


def real_curves(count: int, settings: Settings, rng: torch.Generator) -> Tensor:
    """(count, points): a ~ U(1, 2), and c = a - 1 or, uncoupled, c ~ U(0, 1)."""
    a = 1 + torch.rand(count, 1, generator=rng)
    c = a - 1 if settings.coupled else torch.rand(count, 1, generator=rng)
    return a * abscissas(settings) ** 2 + c


def within_bounds(curves: Tensor, settings: Settings) -> float:
    """The share of curves (N, points) that lie between x^2 and 2 x^2 + 1 at every point."""
    x = abscissas(settings)
    return float(((curves >= x**2) & (curves <= 2 * x**2 + 1)).all(dim=1).float().mean())


@torch.inference_mode()
def generate_curves(trainer: Trainer, settings: Settings, rng: torch.Generator) -> Tensor:
    """(JUDGED, points) curves of the generator."""
    return trainer.generator(random.sample_latent("gaussian", JUDGED, settings.latent_size, rng))


@torch.inference_mode()
def curves_of(trainer: Trainer, z: Tensor) -> list[list[float]]:
    """The generator's curves from the same (N, latent_size) z each time, (N, points) to three decimals."""
    return [[round(value, 3) for value in curve] for curve in trainer.generator(z).tolist()]


def save_learning(recorded: dict[int, list[list[float]]], path: Path) -> None:
    """Write what `curves_of` gave at each step, for the page to play."""
    write_json({"steps": list(recorded), "curves": list(recorded.values())}, path, compact=True)


@torch.inference_mode()
def judge(trainer: Trainer, settings: Settings, rng: torch.Generator) -> dict[str, float]:
    """The demo's figures on new curves: mean D(real), which tends to 0.5; mean log D(real) + log(1 - D(fake)), to -2 ln 2."""
    fakes = generate_curves(trainer, settings, rng)
    discriminator = trainer.modules["discriminator"]
    real = discriminator(real_curves(JUDGED, settings, rng))
    log_right = torch.nn.functional.logsigmoid(torch.stack([real, -discriminator(fakes)]))
    return {
        "d_accuracy": float(real.sigmoid().mean()),
        "d_score": float(log_right.mean(dim=1).sum()),
        "within_bounds": within_bounds(fakes, settings),
    }


def plot_learning(panels: dict[int, Tensor], settings: Settings, path: Path) -> None:
    """A panel for each step: some of the generator's curves between the bounds."""
    x = abscissas(settings)
    figure = Figure(figsize=(12, 6), layout="constrained")
    for axes, (step, curves) in zip(figure.subplots(2, -(-len(panels) // 2), sharex=True, sharey=True).flat, panels.items(), strict=False):
        axes.fill_between(x, x**2, 2 * x**2 + 1, color="0.85", label="bounds of the real curves")
        axes.plot(x, curves[:30].T, color="tab:green", linewidth=0.8)
        axes.set(title=f"step {step}: {within_bounds(curves, settings):.0%} within bounds", ylim=(-0.5, 3.5))
    figure.suptitle("Curves that the generator draws; the real ones fill the grey band")
    with replacing(path) as target:
        figure.savefig(target, dpi=100)
