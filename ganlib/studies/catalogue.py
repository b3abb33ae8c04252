"""Loads studies/catalogue.yaml: every trial, study and claim, validated whether it is declared or not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from ganlib.curve import settings as curve
from ganlib.models import registry
from ganlib.params import Numerics, Origin
from ganlib.studies import outcomes, validation
from ganlib.studies.study import Claim, CurveTrial, FaceTrial, OpenClaim, Pooled, Study, Trial
from ganlib.support import checks
from ganlib.support.errors import UserError
from ganlib.support.types import Block

FILE = Path("studies/catalogue.yaml")


@dataclass(frozen=True)
class Catalogue:
    """The entries of the file, by name."""

    trials: dict[str, Trial]
    studies: dict[str, Study]
    claims: dict[str, OpenClaim]
    pooled: dict[str, Pooled]


class _File(Block):
    trials: dict[str, Any]
    studies: dict[str, Any]
    claims: dict[str, Any]
    pooled: dict[str, Any] = Field(default_factory=dict)


def load(file: Path = FILE) -> Catalogue:
    """Read and validate the file; a UserError names it, the key and the allowed values."""
    known = checks.validate(_File, checks.mapping(checks.read(file), "the file", file), "", file)
    origin = Origin()
    trials = {name: _trial(name, block, origin, file) for name, block in known.trials.items()}
    studies = {name: _study(name, block, trials, file) for name, block in known.studies.items()}
    claims = {name: _claim(name, block, file) for name, block in known.claims.items()}
    pooled = {name: _pooled(name, block, studies, file) for name, block in known.pooled.items()}
    for name in (*claims, *pooled):
        if name in studies:
            raise UserError(f"{file}: {'claims' if name in claims else 'pooled'}.{name}: a study has the same name: choose another")
    return Catalogue(trials, studies, claims, pooled)


def _trial(name: str, block: Any, origin: Origin, file: Path) -> Trial:
    """Resolve an entry of `trials`."""
    where = f"trials.{_name(name, 'trials', file)}"
    changes = dict(checks.mapping(block, where, file))
    if not isinstance(report := changes.pop("report", None), str):
        raise UserError(f"{file}: {where}.report: missing; it names the report whose settings the others change")
    for key in Numerics.model_fields:
        if key in changes:
            raise UserError(f"{file}: {where}.{key}: unknown key; it belongs under numerics in params.yaml, for all")
    scored_crop, mean_over_moments = (None if report == "curve" else changes.pop(key, None) for key in ("scored_crop", "mean_over_moments"))
    settings = origin.resolve(report, changes, where, file)
    if isinstance(settings, curve.Settings):
        return CurveTrial(settings)
    crop = settings.crop if scored_crop is None else scored_crop
    if not isinstance(crop, str):
        raise UserError(f"{file}: {where}.scored_crop: {checks.shown(crop)} is no crop; one of {checks.listed(origin.params.crops)}")
    if mean_over_moments not in (None, True) or (mean_over_moments and settings.snapshots is None):
        raise UserError(f"{file}: {where}.mean_over_moments: must be true, with `snapshots`, or blank")
    return FaceTrial(report, settings, checks.known(crop, origin.params.crops, f"{where}.scored_crop", file), bool(mean_over_moments))


def _study(name: str, block: Any, trials: Mapping[str, Trial], file: Path) -> Study:
    """Validate an entry of `studies` together with its trials."""
    where = f"studies.{_name(name, 'studies', file)}"
    found = checks.validate(Study, checks.mapping(block, where, file), where, file)
    _check_report(found, where, file)
    for arm in ("treatment", "control"):
        checks.known(getattr(found, arm), trials, f"{where}.{arm}", file)
    if outcomes.find(found.outcome) is None:
        checks.known(found.outcome, [kind for kind in outcomes.KINDS if kind.isidentifier()], f"{where}.outcome", file)
    if problem := validation.problem(found, trials[found.treatment], trials[found.control]):
        raise UserError(f"{file}: {where}.{problem}")
    return found


def _pooled(name: str, block: Any, studies: Mapping[str, Study], file: Path) -> Pooled:
    where = f"pooled.{_name(name, 'pooled', file)}"
    found = checks.validate(Pooled, checks.mapping(block, where, file), where, file)
    of = [studies[checks.known(study, studies, f"{where}.studies", file)] for study in found.studies]
    if any(study.treatment == study.control or study.as_good or not study.judged_by.is_score for study in of):
        raise UserError(f"{file}: {where}.studies: must be comparisons of two trials by a score, without `as_good`")
    if len({(study.outcome, study.judged_by.margin) for study in of}) > 1:
        raise UserError(f"{file}: {where}.studies: must have the same outcome and margin")
    return found


def _claim(name: str, block: Any, file: Path) -> OpenClaim:
    where = f"claims.{_name(name, 'claims', file)}"
    found = checks.validate(OpenClaim, checks.mapping(block, where, file), where, file)
    _check_report(found, where, file)
    return found


def _check_report(claim: Claim, where: str, file: Path) -> None:
    checks.known(claim.report, [*registry.names(), "curve"], f"{where}.report", file)


def _name(name: str, block: str, file: Path) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise UserError(f"{file}: {block}: {checks.shown(name)} names files and stages: use only a-z, 0-9 and _")
    return name
