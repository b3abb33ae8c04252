"""studies/params.yaml: what is compared, over which seeds; read and checked as a whole, so that a mistake ends in one line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganlib.models import registry
from ganlib.params import Numerics, Origin
from ganlib.studies import fit, outcomes
from ganlib.studies.places import STUDIED
from ganlib.studies.study import Claim, Study, Trial
from ganlib.studies.verdict import FEWEST, LOOKS
from ganlib.support import checks
from ganlib.support.errors import UserError
from ganlib.support.types import Block

FILE = Path("studies/params.yaml")


@dataclass(frozen=True)
class Declarations:
    """The file, checked. `noise` names trials whose spread is told by itself, over `noise_seeds` as well."""

    seeds: list[int]
    trials: dict[str, Trial]
    studies: dict[str, Study]
    noise: list[str]
    noise_seeds: list[int]


class _Noise(Block):
    trials: dict[str, None]
    seeds: list[int]


class _File(Block):
    seeds: list[int]
    trials: dict[str, Any]
    studies: dict[str, Any]
    noise: _Noise


def load(file: Path = FILE) -> Declarations:
    """All that is declared; a UserError names the file, the key and what is allowed."""
    whole = checks.validate(_File, checks.mapping(checks.read(file), "the file", file), "", file)
    _check_seeds(whole, file)
    origin = Origin()
    trials = {name: trial(name, block, origin, file) for name, block in whole.trials.items()}
    for name in whole.noise.trials:
        if trials[checks.known(name, trials, "noise.trials", file)].is_curve:
            raise UserError(f"{file}: noise.trials.{name}: is a trial of the demo, which has no KID to spread: name one with pictures")
    studies = {name: study(name, block, trials, file) for name, block in whole.studies.items()}
    return Declarations(whole.seeds, trials, studies, list(whole.noise.trials), whole.noise.seeds)


def trial(name: str, block: Any, origin: Origin, file: Path) -> Trial:
    """One of `trials`, resolved."""
    where = f"trials.{_name(name, 'trials', file)}"
    changes = dict(checks.mapping(block, where, file))
    if not isinstance(report := changes.pop("report", None), str):
        raise UserError(f"{file}: {where}.report: missing; it names the report whose settings the others change")
    for key in Numerics.model_fields:
        if key in changes:
            raise UserError(f"{file}: {where}.{key}: unknown key; it belongs under numerics in params.yaml, for all")
    if report == "curve":
        return Trial(report, origin.resolve(report, changes, where, file), None)
    scored_crop = changes.pop("scored_crop", None)
    settings = origin.resolve(report, changes, where, file)
    crop = settings.crop if scored_crop is None else scored_crop
    if not isinstance(crop, str):
        raise UserError(f"{file}: {where}.scored_crop: {checks.shown(crop)} is no crop; one of {checks.listed(origin.params.crops)}")
    checks.known(crop, origin.params.crops, f"{where}.scored_crop", file)
    return Trial(report, settings, crop)


def study(name: str, block: Any, trials: Mapping[str, Trial], file: Path) -> Study:
    """One of `studies`, whose trials are there and fit it."""
    where = f"studies.{_name(name, 'studies', file)}"
    found = checks.validate(Study, checks.mapping(block, where, file), where, file)
    check_report(found, where, file)
    for side in ("better", "than"):
        checks.known(getattr(found, side), trials, f"{where}.{side}", file)
    if outcomes.find(found.outcome) is None:
        checks.known(found.outcome, [kind for kind in outcomes.KINDS if kind.isidentifier()], f"{where}.outcome", file)
    if problem := fit.problem(found, trials[found.better], trials[found.than]):
        raise UserError(f"{file}: {where}.{problem}")
    return found


def check_report(claim: Claim, where: str, file: Path) -> None:
    """The report that a claim is of must be there."""
    checks.known(claim.report, [*registry.names(), "curve"], f"{where}.report", file)


def _name(name: str, block: str, file: Path) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise UserError(f"{file}: {block}: {checks.shown(name)} names files and stages, so it is of a-z, 0-9 and _ alone")
    return name


def _check_seeds(whole: _File, file: Path) -> None:
    count = len(whole.seeds)
    if whole.seeds != list(range(1, count + 1)) or not (FEWEST <= count <= LOOKS[0] or count == LOOKS[1]):
        raise UserError(
            f"{file}: seeds: must be 1 to {LOOKS[0]}, or 1 to {LOOKS[1]} for the second look; {FEWEST} to {LOOKS[0] - 1} seeds from 1 on"
            " give intervals and no verdict. Seeds that somebody chose prove nothing"
        )
    if any(seed <= STUDIED for seed in whole.noise.seeds):
        raise UserError(f"{file}: noise.seeds: must be above {STUDIED}: those up to there are the studies'")
