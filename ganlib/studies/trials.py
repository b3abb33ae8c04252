"""A trial: one training of a report with one seed. Divergence is a result, not an error."""

from pathlib import Path
from typing import Any

import torch

from ganlib.core import tables
from ganlib.core.device import described, device, kernels, processor
from ganlib.curve import settings as curve
from ganlib.curve import training as curve_training
from ganlib.data.faces import Faces
from ganlib.studies.stored import CURVE, DIVERGED, MACHINE, settings_from
from ganlib.support import console, paths
from ganlib.support.errors import DivergedError
from ganlib.support.files import replacing
from ganlib.support.paths import Outputs
from ganlib.training import loop


def train(training: dict[str, Any], folder: Path, *, seed: int, save_every: int | None) -> None:
    """Train as training.json says; `folder` gets the outputs, the demo's metrics, and the machine.

    A training whose numbers are no longer finite leaves diverged.txt with the reason.
    """
    outputs, settings = Outputs.below(folder), settings_from(training)
    for output in outputs:
        output.mkdir(parents=True, exist_ok=True)
    try:
        if isinstance(settings, curve.Settings):
            tables.write_json(curve_training.train(settings, outputs, seed=seed), folder / CURVE)
        else:
            faces = Faces.open(paths.faces(settings.crop), training["split"]).first(settings.train_images)
            loop.train(
                training["report"],
                settings,
                faces,
                outputs,
                paths.checkpoints(),
                seed=seed,
                log_every=training["log_every"],
                save_every=save_every,
            )
    except DivergedError as error:
        console.log(f"this trial counts as failed: {error}")
        with replacing(folder / DIVERGED) as target:
            target.write_text(f"{error}\n", encoding="utf-8")
    machine = {
        **_devices(outputs, torch.device("cpu") if isinstance(settings, curve.Settings) else device()),
        "numerics": settings.precision,
        "processor": processor(),
        "kernels": kernels(),
        "threads": 1 if isinstance(settings, curve.Settings) else settings.threads or torch.get_num_threads(),
    }
    tables.write_json(machine, folder / MACHINE)


def _devices(outputs: Outputs, current: torch.device) -> dict[str, str]:
    """What trained the run, which may have been finished elsewhere; where its record has several devices, the names of all."""
    config = outputs.run / "config.yaml"  # missing if the run diverged
    devices = (tables.read_yaml(config) if config.exists() else {}).get("devices") or [described(current)]
    keys = dict.fromkeys(key for each in devices for key in each)
    return {key: " and ".join(dict.fromkeys(each[key] for each in devices if key in each)) for key in keys}
