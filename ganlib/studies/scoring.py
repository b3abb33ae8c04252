"""The figures of a trial, and how it ended: they are what studies are made of."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import theilslopes

from ganlib.core.device import device
from ganlib.core.tables import final_metrics, read_csv, read_json
from ganlib.curve import settings as curve
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes, evaluate
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.reference import Reference
from ganlib.models.report import Report
from ganlib.studies import stored
from ganlib.support import paths
from ganlib.support.paths import Outputs
from ganlib.support.types import EXTRACTOR
from ganlib.training.monitor import COLLAPSED

UNTRAINED = 50  # fakes of the generator at step 0: its KID is far from any that learnt something


def score(training: dict[str, Any], scoring: dict[str, Any], run: Path, folder: Path, *, seed: int) -> dict[str, Any]:
    """The figures of what a training left in `run`; `folder` gets what an evaluation leaves to look at.

    `status` is "lived", or how the trial failed: "diverged" (NaN or infinity), "collapsed" (its pictures have under a twentieth of the
    reals' diversity at the end) or "learned nothing" (no better KID than its generator at step 0).
    """
    settings, outputs = stored.settings_from(training), Outputs.below(run)
    figures = {"scale": training["scale"], **read_json(run / stored.MACHINE)}
    if (run / stored.DIVERGED).exists():
        return figures | {"status": "diverged"}
    if isinstance(settings, curve.Settings):
        metrics = read_json(run / stored.CURVE)
        return figures | {"status": "lived", "step": settings.steps, **metrics}
    log = outputs.progress / "log.csv"
    figures |= _scored(settings, scoring, outputs, folder, seed) | final_metrics(log) | slopes(log)
    return figures | {"status": status(figures)}


def status(figures: dict[str, Any]) -> str:
    """How a training came to its end."""
    if figures["diversity"] < COLLAPSED:
        return "collapsed"
    return "learned nothing" if figures["kid"] >= figures["kid_untrained"] else "lived"


def slopes(log: Path) -> dict[str, float]:
    """`<column>_slope` for the losses and D's accuracy: the change in a thousand steps, by the median of all pairs (Theil 1950, Sen 1968).

    The first tenth of the run is left out: there nothing is balanced yet.
    """
    lines = read_csv(log)
    lines = lines[len(lines) // 10 :]
    columns = [name for name in lines[0] if name.endswith(("loss", "loss_keras")) or name == "d_accuracy"]
    steps = np.array([float(line["step"]) for line in lines]) / 1000
    if len(lines) < 2:
        return {}
    return {f"{name}_slope": float(theilslopes([float(line[name]) for line in lines], steps).slope) for name in columns}


def _scored(settings: Report, scoring: dict[str, Any], outputs: Outputs, folder: Path, seed: int) -> dict[str, Any]:
    crop, protocol = scoring["crop"], scoring["protocol"]
    reference, network = Reference.load(paths.features(crop, protocol)), inception.load(device(), protocol=protocol)
    faces = Faces.open(paths.faces(crop), "all")
    figures = evaluate(
        outputs,
        reference,
        Statistics.load(paths.statistics(crop, protocol), EXTRACTOR, protocol),
        faces,
        Faces.open(paths.faces(crop), scoring["split"]).first(settings.train_images),
        folder,
        network=network,
        attributes=scoring["attributes"],
        seed=seed,
    )
    if "explained" in figures:
        figures["explained_excess"] = figures["explained"] - figures["explained_real"]
    condition = torch.from_numpy(faces.conditions(settings.condition_groups)[reference.scored_rows[:UNTRAINED]])
    untrained = Fakes(settings.networks(seed)["generator"].eval(), settings, condition, faces.pictures.shape[1], seed)
    features = untrained.features(network, "features of fakes before training")
    return figures | {"kid_untrained": kid(reference.scored, features, seed=seed)[0], "samples": len(reference.scored)}
