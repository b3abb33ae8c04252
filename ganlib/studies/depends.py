"""All that a trial's training and its scores depend on, pictures and code by their digests."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ganlib import imports, paths
from ganlib.data.faces import Faces
from ganlib.files import replacing
from ganlib.params import Params
from ganlib.studies.declarations import Trial

CODE = Path(__file__).parents[2]


def training(trial: Trial, settings: Params) -> dict[str, Any]:
    """What its training depends on."""
    code = imports.digest("curve", None, CODE) if trial.is_curve else imports.digest("train", trial.report, CODE)
    values = {"report": trial.report, "scale": settings.data.scale, "settings": trial.settings.model_dump(), "code": code}
    if trial.is_curve:
        return values
    split = settings.data.split
    faces = Faces.open(paths.faces(trial.settings.crop), split).first(trial.settings.train_images)
    return values | {"split": split, "log_every": settings.log_every, "data": faces.identity(trial.settings.condition_groups)}


def scoring(trial: Trial, settings: Params) -> dict[str, Any]:
    """What its scores depend on besides; the demo has none."""
    if trial.is_curve:
        return {}
    with paths.features(trial.crop, settings.protocol).open("rb") as file:
        reals = hashlib.file_digest(file, "blake2b").hexdigest()
    code = imports.digest("evaluate", trial.report, CODE)
    asked = {"protocol": settings.protocol, "attributes": settings.attributes, "split": settings.data.split}
    return {"crop": trial.crop, **asked, "reals": reals, "code": code}


def write(values: dict[str, Any], path: Path) -> None:
    """Leave such values for the stages that read them."""
    with replacing(path) as target:
        target.write_text(json.dumps(values, indent=2) + "\n")
