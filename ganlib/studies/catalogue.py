"""studies/catalogue/: the claims that nobody has tested yet, and the command that makes one of them a declared study."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import model_validator
from ruamel.yaml import YAML

from ganlib.params import Origin
from ganlib.studies import declarations
from ganlib.studies.declarations import Declarations
from ganlib.studies.study import Claim, Study, Trial
from ganlib.support import checks
from ganlib.support.errors import UserError, suggestion
from ganlib.support.files import replacing
from ganlib.support.types import Block

FOLDER = Path("studies/catalogue")


class Open(Claim):
    """A claim without a study, and the one reason: a setting or figure that it `needs`, why it is `not_testable`, or where it is `done`."""

    needs: str | None = None
    not_testable: str | None = None
    done: str | None = None

    @model_validator(mode="after")
    def _has_one_reason(self) -> "Open":
        if sum(reason is not None for reason in (self.needs, self.not_testable, self.done)) != 1:
            raise ValueError("must hold one of needs, not_testable and done: why nothing is compared")
        return self


@dataclass(frozen=True)
class Catalogue:
    """All files together: `studies` stand ready, with the `trials` that nobody declared yet; `claims` have none. `file`: where each is."""

    trials: dict[str, Trial]
    studies: dict[str, Study]
    claims: dict[str, Open]
    file: dict[str, Path]


class _File(Block):
    trials: dict[str, Any]
    studies: dict[str, Any]
    claims: dict[str, Any]


def load(declared: Declarations, folder: Path = FOLDER) -> Catalogue:
    """Every file, checked; a UserError names the file, the key and what is allowed."""
    files = {
        path: checks.validate(_File, checks.mapping(checks.read(path), "the file", path), "", path)
        for path in sorted(folder.glob("*.yaml"))
    }
    found, origin = Catalogue({}, {}, {}, {}), Origin()
    for path, whole in files.items():
        for name, block in whole.trials.items():
            _once(name, "trials", {**declared.trials, **found.trials}, path)
            found.trials[name] = declarations.trial(name, block, origin, path)
    for path, whole in files.items():
        for name, block in whole.studies.items():
            _once(name, "studies", {**declared.studies, **found.file}, path)
            found.studies[name] = declarations.study(name, block, {**declared.trials, **found.trials}, path)
            found.file[name] = path
        for name, block in whole.claims.items():
            _once(name, "claims", {**declared.studies, **found.file}, path)
            found.claims[name] = checks.validate(Open, checks.mapping(block, f"claims.{name}", path), f"claims.{name}", path)
            declarations.check_report(found.claims[name], f"claims.{name}", path)
            found.file[name] = path
    return found


def _once(name: str, block: str, taken: dict[str, Any], path: Path) -> None:
    if name in taken:
        raise UserError(f"{path}: {block}.{name}: there is another of that name; give it one of its own")


def declare(name: str, file: Path = declarations.FILE, folder: Path = FOLDER) -> list[str]:
    """Move a study, and the trials that only the catalogue has, to studies/params.yaml; the names of these trials."""
    declared = declarations.load(file)
    known = load(declared, folder)
    if name in declared.studies:
        raise UserError(f"{name} is declared already: run dvc repro studies/dvc.yaml:study@{name}")
    if name in known.claims:
        claim = known.claims[name]
        reason = next(f"{why.replace('_', ' ')}: {text}" for why in ("needs", "not_testable", "done") if (text := getattr(claim, why)))
        raise UserError(f"{known.file[name]}: {name} has no study to declare; {reason}")
    if name not in known.studies:
        raise UserError(f"{name} is no study of the catalogue{suggestion(name, known.studies)}; one of {checks.listed(known.studies)}")
    moved = [trial for trial in known.studies[name].trials if trial not in declared.trials]
    yaml, values = _editable(file)
    for source in sorted(folder.glob("*.yaml")):
        other_yaml, other = _editable(source)
        for trial in moved:
            if trial in other["trials"]:
                values["trials"][trial] = other["trials"].pop(trial)
        if name in other["studies"]:
            values["studies"][name] = other["studies"].pop(name)
        _write(other_yaml, other, source)
    _write(yaml, values, file)
    return moved


def _editable(path: Path) -> tuple[YAML, Any]:
    """The file with its comments."""
    yaml = YAML()
    yaml.width = 140
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", ""))
    return yaml, yaml.load(path)


def _write(yaml: YAML, values: Any, path: Path) -> None:
    with replacing(path) as target:
        yaml.dump(values, target)
