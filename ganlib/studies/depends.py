"""All that a trial's training and its scores depend on, pictures and code by their digests."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganlib.data.faces import Faces
from ganlib.params import Params
from ganlib.studies.study import Trial
from ganlib.support import codehash, paths

CODE = Path(__file__).parents[2]

# The code of a trial beside that of the training it runs; nothing that they import, since each trial is of one kind of training.
TRIAL = [Path("stages/trial.py"), Path("ganlib/studies/stored.py"), Path("ganlib/studies/trials.py")]


def training_code(report: str) -> list[Path]:
    """The code that a trial of `report`, or of the curve demo, runs."""
    starts = ["ganlib/curve/training.py"] if report == "curve" else ["ganlib/training/loop.py", *codehash.report_files(report, CODE)]
    return sorted({*codehash.closure(starts, CODE), *TRIAL})


def scoring_code(report: str) -> list[Path]:
    """The code that scores a trial of `report`."""
    return codehash.closure(["ganlib/studies/scoring.py", *codehash.report_files(report, CODE)], CODE)


def training(trial: Trial, settings: Params) -> dict[str, Any]:
    """What its training depends on."""
    code = codehash.digest(training_code(trial.report), CODE)
    values = {"report": trial.report, "scale": settings.data.scale, "settings": trial.settings.model_dump(), "code": code}
    if trial.is_curve:
        return values
    split = settings.data.split
    faces = Faces.open(paths.faces(trial.settings.crop), split).first(trial.settings.train_images)
    return values | {"split": split, "log_every": settings.log_every, "data": faces.identity(trial.settings.condition_groups)}


def pictures(trials: Mapping[str, Trial], settings: Params) -> dict[str, int]:
    """How many pictures there are for each trial that takes any."""
    crops = {name: trial.settings.crop for name, trial in trials.items() if not trial.is_curve}
    counts = {crop: len(Faces.open(paths.faces(crop), settings.data.split)) for crop in set(crops.values())}
    return {name: counts[crop] for name, crop in crops.items()}


def scoring(trial: Trial, settings: Params) -> dict[str, Any]:
    """What its scores depend on besides; of the demo its figures are told, and that is all."""
    if trial.is_curve:
        return {"code": codehash.digest(scoring_code("curve"), CODE)}
    with paths.features(trial.crop, settings.protocol).open("rb") as file:
        reals = hashlib.file_digest(file, "blake2b").hexdigest()
    code = codehash.digest(scoring_code(trial.report), CODE)
    asked = {"protocol": settings.protocol, "attributes": settings.attributes, "split": settings.data.split}
    return {"crop": trial.crop, **asked, "reals": reals, "code": code}
