"""Zhang & Zhao's demo: a GAN learns to generate the parabolas y = a x^2 + c."""

import torch
from torch import Tensor

from ganlib.core import random
from ganlib.core.random import Streams, stream
from ganlib.core.tables import Log, write_json, write_yaml
from ganlib.curve.settings import Settings
from ganlib.models.objective import Batch
from ganlib.support import console
from ganlib.support.errors import DivergedError
from ganlib.support.paths import Outputs
from ganlib.training.monitor import not_finite
from ganlib.training.trainer import Trainer

MOMENTS = 40  # after the start at which curves are recorded, at growing distances
RECORDED = 24  # curves recorded each time
JUDGED = 1000  # curves from which each metric is computed
LOG_EVERY = 100


def train(settings: Settings, outputs: Outputs, *, seed: int) -> dict[str, float]:
    """Train on the CPU; write config.yaml and learning.json to `outputs.run`, log.csv to `outputs.progress`.

    Returns the last metrics of `judge`.
    """
    torch.set_num_threads(1)  # nets this small are slower with two threads
    streams = Streams(seed)
    trainer = Trainer(settings, torch.device("cpu"), streams)
    log = Log(outputs.progress / "log.csv")
    write_yaml({"seed": seed, **settings.model_dump()}, outputs.run / "config.yaml")
    recorded_z = random.sample_latent("gaussian", RECORDED, settings.latent_size, stream(seed, "sheets", "z"))
    moments = {round(settings.steps * (number / MOMENTS) ** 2) for number in range(1, MOMENTS + 1)} - {0}
    recorded = {0: curves_of(trainer, recorded_z)}

    def noise(count: int) -> Tensor:
        return random.sample_latent("gaussian", count, settings.latent_size, streams["noise"])

    for step in console.bar(range(1, settings.steps + 1), desc="training curve", unit="step"):
        losses = trainer.step(Batch(real_curves(settings.batch_size, settings, streams["curves"]), (), noise))
        if step % LOG_EVERY == 0 or step == settings.steps:
            if problem := not_finite(losses, trainer.modules):
                raise DivergedError(f"curve: {problem} at step {step}; try a smaller curve.lr_g or curve.lr_d")
            metrics = judge(trainer, settings, streams["judging"])
            log.write(step, {"d_loss": float(losses["d_loss"]), "g_loss": float(losses["g_loss"]), **metrics})
        if step in moments:
            recorded[step] = curves_of(trainer, recorded_z)
    write_json({"steps": list(recorded), "curves": list(recorded.values())}, outputs.run / "learning.json", compact=True)
    return metrics


def abscissas(settings: Settings) -> Tensor:
    """x (points,) from -1 to 1."""
    return torch.linspace(-1, 1, settings.points)


def real_curves(count: int, settings: Settings, rng: torch.Generator) -> Tensor:
    """(count, points): a ~ U(1, 2), and c = a - 1 if coupled, else c ~ U(0, 1)."""
    a = 1 + torch.rand(count, 1, generator=rng)
    c = a - 1 if settings.coupled else torch.rand(count, 1, generator=rng)
    return a * abscissas(settings) ** 2 + c


def within_bounds(curves: Tensor, settings: Settings) -> float:
    """The share of curves (N, points) that lie between x^2 and 2 x^2 + 1 at every point."""
    x = abscissas(settings)
    return float(((curves >= x**2) & (curves <= 2 * x**2 + 1)).all(dim=1).float().mean())


@torch.inference_mode()
def curves_of(trainer: Trainer, z: Tensor) -> list[list[float]]:
    """The generator's curves for z (N, latent_size): (N, points), rounded to three decimals."""
    return [[round(value, 3) for value in curve] for curve in trainer.generator(z).tolist()]


@torch.inference_mode()
def judge(trainer: Trainer, settings: Settings, rng: torch.Generator) -> dict[str, float]:
    """Metrics on new curves: `d_real`, mean D(real), tends to 0.5; `d_score`, mean log D(real) + log(1 - D(fake)), to -2 ln 2."""
    fakes = trainer.generator(random.sample_latent("gaussian", JUDGED, settings.latent_size, rng))
    discriminator = trainer.modules["discriminator"]
    real = discriminator(real_curves(JUDGED, settings, rng))
    log_right = torch.nn.functional.logsigmoid(torch.stack([real, -discriminator(fakes)]))
    return {
        "d_real": float(real.sigmoid().mean()),
        "d_score": float(log_right.mean(dim=1).sum()),
        "within_bounds": within_bounds(fakes, settings),
    }
