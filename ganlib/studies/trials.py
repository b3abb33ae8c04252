"""A trial: one training of a report with one seed. Divergence is a result, not an error."""

from pathlib import Path
from typing import Any

import torch

from ganlib.core import tables
from ganlib.core.device import described, device, machine
from ganlib.curve import settings as curve
from ganlib.curve import training as curve_training
from ganlib.data.faces import Faces
from ganlib.studies.stored import CURVE, DIVERGED, MACHINE, check_same_pictures, settings_from
from ganlib.support import console, paths
from ganlib.support.errors import DivergedError
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs
from ganlib.training import loop
from ganlib.training.checkpoint import MACHINES


def train(training: dict[str, Any], folder: Path, *, seed: int, save_every: int | None) -> None:
    """Train as training.json says; `folder` gets the outputs, the demo's metrics, and the machine.

    A training whose numbers are no longer finite leaves diverged.txt with the reason.
    """
    outputs, settings, trained_by = Outputs.below(folder), settings_from(training), []
    for output in outputs:
        output.mkdir(parents=True, exist_ok=True)
    try:
        if isinstance(settings, curve.Settings):
            tables.write_json(curve_training.train(settings, outputs, seed=seed), folder / CURVE)
        else:
            cache = paths.faces(settings.crop)
            faces = Faces.open(cache, training["split"]).first(settings.train_images)
            check_same_pictures(cache, faces.identity(settings.condition_groups), training["data"])
            times = loop.train(
                training["report"],
                settings,
                faces,
                outputs,
                paths.checkpoints(),
                seed=seed,
                log_every=training["log_every"],
                save_every=save_every,
            )
            trained_by = tables.read_json(times.with_name(MACHINES))
    except DivergedError as error:
        console.log(f"this trial counts as failed: {error}")
        with replacing(folder / DIVERGED) as target:
            target.write_text(f"{error}\n", encoding="utf-8")
    is_curve = isinstance(settings, curve.Settings)
    found = {
        **_joined(_devices(outputs) or [described(torch.device("cpu") if is_curve else device())]),
        "numerics": settings.precision,
        **_joined(trained_by or [machine(1 if is_curve else settings.threads)]),
    }
    tables.write_json(found, folder / MACHINE)


def _devices(outputs: Outputs) -> list[dict[str, str]]:
    """The devices that trained the run; empty if it diverged."""
    config = outputs.run / "config.yaml"
    return (tables.read_yaml(config) if config.exists() else {}).get("devices") or []


def _joined(records: list[dict[str, Any]]) -> dict[str, Any]:
    """One record; values that differ are joined by "and"."""
    values = {key: [*dict.fromkeys(each[key] for each in records if key in each)] for each in records for key in each}
    return {key: of[0] if len(of) == 1 else " and ".join(map(str, of)) for key, of in values.items()}
