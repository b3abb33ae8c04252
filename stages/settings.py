"""Resolve every trial's settings and check every study: data/trials/<dataset>/settings/.

A trial's two files hold all that its training and its scores depend on, pictures and code by their digests, so that a trial is run again
where something of its own has changed, and only there.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from ganlib import imports, params, paths
from ganlib.data.faces import Faces
from ganlib.files import replacing
from ganlib.params import Params
from ganlib.studies import catalogue, declarations, places
from ganlib.studies.declarations import Trial
from stages import run

CODE = Path(__file__).parents[1]


def main() -> None:
    """Check studies/params.yaml and write down what each trial depends on."""
    settings, declared = params.load(), declarations.load()
    catalogue.load(declared)
    for name, trial in declared.trials.items():
        _write(_training(trial, settings), places.training(settings.dataset, name))
        _write(_scoring(trial, settings), places.scoring(settings.dataset, name))


def _training(trial: Trial, settings: Params) -> dict[str, Any]:
    code = imports.digest("curve", None, CODE) if trial.is_curve else imports.digest("train", trial.report, CODE)
    values = {"report": trial.report, "scale": settings.data.scale, "settings": trial.settings.model_dump(), "code": code}
    if trial.is_curve:
        return values
    split = settings.data.split
    faces = Faces.open(paths.faces(trial.settings.crop), split).first(trial.settings.train_images)
    return values | {"split": split, "log_every": settings.log_every, "data": faces.identity(trial.settings.condition_groups)}


def _scoring(trial: Trial, settings: Params) -> dict[str, Any]:
    if trial.is_curve:
        return {}
    with paths.features(trial.crop, settings.protocol).open("rb") as file:
        reals = hashlib.file_digest(file, "blake2b").hexdigest()
    code = imports.digest("evaluate", trial.report, CODE)
    asked = {"protocol": settings.protocol, "attributes": settings.attributes, "split": settings.data.split}
    return {"crop": trial.crop, **asked, "reals": reals, "code": code}


def _write(values: dict[str, Any], path: Path) -> None:
    with replacing(path) as target:
        target.write_text(json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    run(main)
