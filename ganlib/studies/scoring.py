"""Scores a trial, and says how it ended."""

import math
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from scipy.stats import theilslopes

from ganlib.core import tables
from ganlib.core.device import device
from ganlib.core.random import derived_seed
from ganlib.curve import settings as curve
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import Fakes, evaluate, generators_of
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.inception import Inception
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.reference import Reference
from ganlib.models.report import Report
from ganlib.studies import stored
from ganlib.studies.regime import COLLAPSED
from ganlib.support import paths
from ganlib.support.locks import locked
from ganlib.support.paths import Outputs

GENERATOR = "generator.safetensors"
DIVERSITY = 1000  # fakes at most
UNTRAINED = 50  # fakes of the generator at step 0, whose KID is far above that of any trained one
MAX_LINES = 1000  # of a log, for slopes: the memory for all pairs grows with the square


def score(training: dict[str, Any], scoring: dict[str, Any], run: Path, reals: Path, folder: Path, *, seed: int) -> dict[str, Any]:
    """The metrics of the training in `run`; `folder` gets the files of an evaluation, and `reals` the features of the crop's reals.

    The raw generator is scored, since no report averaged its own; `kid_ema` is the KID of the average, if there is one. A trial with
    `mean_over_moments` has `kid_moments` in its place, which needs no more fakes. `status` is
    "lived", or how the trial failed: "diverged" (NaN or infinity), "collapsed" (`diversity` under a twentieth: the fakes' standard
    deviation as a share of the reals', over all conditions) or "learned nothing" (no better KID than its generator at step 0).
    """
    settings, outputs = stored.settings_from(training), Outputs.below(run)
    found = {"scale": training["scale"], **tables.read_json(run / stored.MACHINE)}
    if (run / stored.DIVERGED).exists():
        return found | {"status": "diverged"}
    if isinstance(settings, curve.Settings):
        return found | {"status": "lived", "step": settings.steps, **tables.read_json(run / stored.CURVE)}
    log = outputs.progress / "log.csv"
    found |= tables.final_metrics(log) | slopes(log) | _scored(settings, scoring, outputs, reals, folder, seed)
    return found | {"status": status(found)}


def status(found: dict[str, Any]) -> str:
    """How a training with finite numbers ended."""
    if found["diversity"] < COLLAPSED:
        return "collapsed"
    return "learned nothing" if found["kid"] >= found["kid_untrained"] else "lived"


def slopes(log: Path) -> dict[str, float]:
    """`<column>_slope` for the losses and D's accuracy: the change per thousand steps, by the Theil-Sen estimator (Sen 1968).

    The first tenth of the run is left out, since nothing is balanced yet. A long log is thinned evenly.
    """
    rows = tables.read_csv(log)
    rows = rows[len(rows) // 10 :]
    rows = rows[:: max(1, -(-len(rows) // MAX_LINES))]
    if len(rows) < 2:
        return {}
    columns = [name for name in rows[0] if name.endswith(("loss", "loss_keras")) or name == "d_accuracy"]
    steps = np.array([float(row["step"]) for row in rows]) / 1000
    return {f"{name}_slope": float(theilslopes([float(row[name]) for row in rows], steps).slope) for name in columns}


def reference(scoring: dict[str, Any], folder: Path, network: Inception) -> Reference:
    """The features of the reals, which are computed unless `folder` holds those of the same pictures, N and protocol."""
    asked, path, cache = scoring["reals"], folder / "features.npz", paths.faces(scoring["crop"])
    faces = Faces.divide(cache, asked["split"])
    stored.check_same_pictures(cache, faces[0].identity({}), asked["pictures"])
    with locked(folder, "another process computes the features of reals"), stored.build_if_stale(folder, asked) as stale:
        if stale:
            Reference.of(partial(inception.features, network), *faces, samples=asked["samples"]).save(path)
        return Reference.load(path)


def kid_of_moments(outputs: Outputs, real: Reference, faces: Faces, network: Inception, seed: int) -> float:
    """The mean KID of a run's snapshots and final generator, of which each makes an equal share of the N fakes, from different z."""
    kept = generators_of(outputs)
    kids = []
    for (step, path), rows in zip(kept, np.array_split(real.scored_rows, len(kept)), strict=True):
        fakes = Fakes.of(path, faces, rows, derived_seed(seed, "scores", step))
        kids.append(kid(real.scored, fakes.features(network, f"features of fakes, step {step}")))
    return fmean(kids)


def _scored(settings: Report, scoring: dict[str, Any], outputs: Outputs, reals: Path, folder: Path, seed: int) -> dict[str, Any]:
    network = inception.load(device(), protocol=scoring["reals"]["protocol"])
    real, cache = reference(scoring, reals, network), paths.faces(scoring["crop"])
    faces = Faces.open(cache, "all")
    raw, mean_over_moments = outputs._replace(run=outputs.nets) if settings.ema else outputs, "mean_over_moments" in scoring
    found: dict[str, Any] = {
        **evaluate(
            raw,
            real,
            Statistics.of(real.scored),
            faces,
            Faces.open(cache, scoring["reals"]["split"]).first(settings.train_images),
            folder,
            network=network,
            attributes=scoring["attributes"],
            seed=seed,
            snapshots=not mean_over_moments,
        )
    }
    if "explained" in found:
        found["explained_excess"] = found["explained"] - found["explained_real"]
    found["diversity"] = _diversity(raw.run / GENERATOR, faces, real.scored_rows[:DIVERSITY], seed)
    if mean_over_moments:
        found["kid_moments"] = kid_of_moments(raw, real, faces, network, seed)
    elif settings.ema:
        average = Fakes.of(outputs.run / GENERATOR, faces, real.scored_rows, seed)
        found["kid_ema"] = kid(real.scored, average.features(network, "features of fakes of the average"))
    condition = torch.from_numpy(faces.conditions(settings.condition_groups)[real.scored_rows[:UNTRAINED]])
    untrained = Fakes(settings.networks(seed)["generator"].eval(), settings, condition, faces.pictures.shape[1], seed)
    features = untrained.features(network, "features of fakes before training")
    return found | {"kid_untrained": kid(real.scored, features)}


def _diversity(generator: Path, faces: Faces, rows: np.ndarray, seed: int) -> float:
    """Standard deviation of fakes with the conditions of the reals `rows`, as a share of that of these reals."""
    fakes, reals = torch.cat([*Fakes.of(generator, faces, rows, seed)]), torch.from_numpy(faces[rows])
    fake, real = (float(pictures.float().var(0).mean()) for pictures in (fakes, reals))
    return math.sqrt(fake / max(real, 1.0))  # all reals of a folder may be equal
