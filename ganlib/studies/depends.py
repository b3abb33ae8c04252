"""Everything that a trial's training and its scores depend on; pictures and code by their digests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlib.core import tables
from ganlib.data.faces import Faces
from ganlib.fidelity.reference import check_samples
from ganlib.params import Params
from ganlib.studies.study import CurveTrial, FaceTrial, Trial
from ganlib.support import codehash, paths
from ganlib.support.errors import UserError

CODE = Path(__file__).parents[2]

# The trial's own code, besides that of the training. Their imports are left out: a trial runs only one of the two kinds of training.
TRIAL = [Path("stages/trial.py"), Path("ganlib/studies/stored.py"), Path("ganlib/studies/trials.py")]

REALS = [Path("ganlib/fidelity/inception.py"), Path("ganlib/fidelity/reference.py")]  # compute the features of reals


def training_code(report: str) -> list[Path]:
    """The code that a trial of `report`, or of the curve demo, runs."""
    starts: list[str | Path] = (
        ["ganlib/curve/training.py"] if report == "curve" else ["ganlib/training/loop.py", *codehash.report_files(report, CODE)]
    )
    return sorted({*codehash.closure(starts, CODE), *TRIAL})


def scoring_code(report: str) -> list[Path]:
    """The code that scores a trial of `report`."""
    return codehash.closure(["ganlib/studies/scoring.py", *codehash.report_files(report, CODE)], CODE)


def check_code(files: list[Path], recorded: str) -> None:
    """A UserError if the code of a trial is no longer what its settings recorded, which its results would be stored with."""
    if codehash.digest(files, CODE) != recorded:
        raise UserError("the code was edited since this study began: run the same command again")


def training(trial: Trial, params: Params) -> dict[str, Any]:
    """The dependencies of a training."""
    code = codehash.digest(training_code(trial.report), CODE)
    values = {"report": trial.report, "scale": params.data.scale, "settings": trial.settings.model_dump(), "code": code}
    values |= {"versions": _versions("numpy", "torch")}
    if isinstance(trial, CurveTrial):
        return values
    split = params.data.split
    faces = Faces.open(paths.faces(trial.settings.crop), split).first(trial.settings.train_images)
    return values | {"split": split, "log_every": params.log_every, "data": faces.identity(trial.settings.condition_groups)}


def scoring(trial: Trial, params: Params) -> dict[str, Any]:
    """The further dependencies of its scores. The demo's metrics are copied as they are."""
    code = codehash.digest(scoring_code(trial.report), CODE)
    if isinstance(trial, CurveTrial):
        return {"code": code}
    versions = _versions("numpy", "pillow", "scipy", "torch")
    asked = {"crop": trial.crop, "attributes": params.attributes, "reals": reals(trial.crop, params), "code": code, "versions": versions}
    conditions = [name for names in trial.settings.condition_groups.values() for name in names]
    asked["labels"] = Faces.open(paths.faces(trial.crop), "all").labels_digest([*conditions, *params.attributes])
    return asked | ({"mean_over_moments": True} if trial.mean_over_moments else {})


def reals(crop: str, params: Params) -> dict[str, Any]:
    """The dependencies of the features of a crop's reals, which all trials that are scored on the crop share."""
    faces, code = Faces.open(paths.faces(crop), params.data.split), codehash.closure(REALS, CODE)
    check_samples(params.data.samples, faces)
    asked = {"split": params.data.split, "samples": params.data.samples, "protocol": params.protocol}
    return {**asked, "pictures": faces.identity({}), "code": codehash.digest(code, CODE), "versions": _versions("numpy", "torch")}


def picture_counts(trials: Mapping[str, Trial], params: Params) -> dict[str, int]:
    """The number of pictures for each trial that trains on any."""
    crops = {name: trial.settings.crop for name, trial in trials.items() if isinstance(trial, FaceTrial)}
    counts = {crop: len(Faces.open(paths.faces(crop), params.data.split)) for crop in set(crops.values())}
    return {name: counts[crop] for name, crop in crops.items()}


def _versions(*packages: str) -> dict[str, str]:
    """The installed versions that stage `check` has recorded."""
    recorded = tables.read_yaml(paths.CHECKED / "environment.yaml")
    return {package: str(recorded[package]) for package in packages}
