"""Reports small enough to train in a test, and faces for them."""

from pathlib import Path

import torch

from ganlib import params
from ganlib.data.faces import Faces
from ganlib.models.objective import Batch
from ganlib.models.registry import names, settings_of
from ganlib.models.report import Report
from ganlib.support import paths
from tests.data import archive

NAMES = tuple(names())
TRICKS = {
    "output": "sigmoid",
    "norm": "instance",
    "dropout": 0.5,
    "sample_dropout": True,
    "minibatch_std": True,
    "soft_real": [0.7, 1.2],
    "soft_fake": [0.0, 0.3],
    "flip_labels": 0.1,
    "replay": 6,
    "input_noise": 0.1,
    "input_noise_steps": 6,
    "d_steps": 2,
}
"""All of dcgan64's tricks."""


def report(name: str, **changes: object) -> Report:
    """The report with narrow nets, a few pictures a step, four steps and an average of G."""
    settings = params.load().report(name).model_dump()
    narrow = {key: value for key, value in {"width": 0.03, "critic_steps": 2}.items() if key in settings}
    return settings_of(name).model_validate(
        {**settings, **narrow, "batch_size": 4, "rate_scale": 1.0, "ema": 0.9, "max_steps": 4, "sample_every": 2, **changes}
    )


def small_faces(folder: Path, settings: Report, count: int = 12, first: int = 0) -> Faces:
    """`count` gradients of the report's crop, in `folder`/faces; every second has black hair."""
    pictures = [archive.jpeg(archive.picture(5 * (first + i))) for i in range(count)]
    raw = archive.write(folder, pictures, {"Black_Hair": list(range(0, count, 2))})
    crop = params.load().crop(settings.crop)
    archive.prepare(raw, crop, folder / "faces")
    return Faces.open(folder / "faces", "all")


def batch(report: Report, device: str | torch.device = "cpu", count: int | None = None) -> Batch:
    """A step's inputs, of `count` random reals or as many as a step takes, with fixed seeds; every condition is 0."""
    rng, (low, high) = torch.Generator().manual_seed(1), report.pixel_range
    count, groups = count or report.reals_per_step, len(report.condition_groups)
    condition = (torch.zeros(count, groups, dtype=torch.int64).to(device),) if groups else ()
    real = torch.rand(count, 3, report.size, report.size, generator=rng) * (high - low) + low
    return Batch(real.to(device), condition, lambda size: torch.randn(size, report.latent_size, generator=rng).to(device))


def prepare_faces(folder: Path, count: int = 12) -> None:
    """Such faces where stages that run in `folder` look for the crop wide64."""
    small_faces(folder / "raw", report("dense64"), count)
    target = folder / paths.faces("wide64")
    target.parent.mkdir(parents=True)
    (folder / "raw" / "faces").rename(target)
