"""Loads studies/catalogue.yaml and studies/params.yaml. Everything is validated, whether it is declared or not."""

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
from ganlib.studies.paths import LAST_SEED
from ganlib.studies.study import Claim, CurveTrial, FaceTrial, OpenClaim, Pooled, Study, Trial
from ganlib.studies.verdict import LOOKS, MIN_SEEDS
from ganlib.support import checks
from ganlib.support.errors import UserError
from ganlib.support.types import Block

FILE, CATALOGUE = Path("studies/params.yaml"), Path("studies/catalogue.yaml")


@dataclass(frozen=True)
class Declarations:
    """Both files, validated: `trials`, `studies`, `claims` and `pooled` are the whole catalogue; the other fields name what runs."""

    trials: dict[str, Trial]
    studies: dict[str, Study]
    claims: dict[str, OpenClaim]
    pooled: dict[str, Pooled]
    declared: list[str]
    declared_trials: list[str]
    seeds: list[int]
    other_seeds: dict[str, list[int]]
    spread_trials: list[str]
    spread_seeds: list[int]

    def seeds_of(self, study: str) -> list[int]:
        """The seeds of each arm of a declared study: those of the first look, of both looks, or further ones alone."""
        return self.other_seeds.get(study, self.seeds)


class _Catalogue(Block):
    trials: dict[str, Any]
    studies: dict[str, Any]
    claims: dict[str, Any]
    pooled: dict[str, Any] = Field(default_factory=dict)


class _Arms(Block):
    treatment: str
    control: str
    seeds: int | None = None
    first_seed: int | None = None

    @property
    def other_seeds(self) -> list[int] | None:
        """All seeds for a study with a second look, those of the second look alone with `first_seed`; None for a first look."""
        return list(range(self.first_seed or 1, LOOKS[1] + 1)) if self.seeds or self.first_seed else None


class _Spread(Block):
    trials: list[str]
    seeds: list[int]


class _File(Block):
    seeds: list[int]
    declared: dict[str, _Arms]
    trials: list[str]
    second_look: _Spread
    spread: _Spread


def load(file: Path = FILE, catalogue: Path = CATALOGUE) -> Declarations:
    """Read and validate both files; a UserError names the file, the key and the allowed values."""
    known = checks.validate(_Catalogue, checks.mapping(checks.read(catalogue), "the file", catalogue), "", catalogue)
    origin = Origin()
    trials = {name: trial(name, block, origin, catalogue) for name, block in known.trials.items()}
    studies = {name: study(name, block, trials, catalogue) for name, block in known.studies.items()}
    claims = {name: _claim(name, block, catalogue) for name, block in known.claims.items()}
    pooled = {name: _pooled(name, block, studies, catalogue) for name, block in known.pooled.items()}
    for name in (*claims, *pooled):
        if name in studies:
            raise UserError(f"{catalogue}: {'claims' if name in claims else 'pooled'}.{name}: a study has the same name: choose another")

    chosen = checks.validate(_File, checks.mapping(checks.read(file), "the file", file), "", file)
    _check_seeds(chosen, file)
    _check_declared(chosen, studies, claims, file)
    _check_trials(chosen, trials, file)
    return Declarations(
        trials,
        studies,
        claims,
        pooled,
        list(chosen.declared),
        chosen.trials,
        chosen.seeds,
        {name: seeds for name, arms in chosen.declared.items() if (seeds := arms.other_seeds)},
        chosen.spread.trials,
        chosen.spread.seeds,
    )


def trial(name: str, block: Any, origin: Origin, file: Path) -> Trial:
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


def study(name: str, block: Any, trials: Mapping[str, Trial], file: Path) -> Study:
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


def _check_declared(chosen: _File, studies: Mapping[str, Study], claims: Mapping[str, OpenClaim], file: Path) -> None:
    for name, arms in chosen.declared.items():
        if name in claims:
            raise UserError(f"{file}: declared.{name}: no study tests this claim; {': '.join(claims[name].reason).replace('_', ' ')}")
        found = studies[checks.known(name, studies, "declared", file)]
        for arm in ("treatment", "control"):
            if getattr(arms, arm) != getattr(found, arm):
                raise UserError(f"{file}: declared.{name}.{arm}: must be {getattr(found, arm)}, as in {CATALOGUE}")


def _check_trials(chosen: _File, trials: Mapping[str, Trial], file: Path) -> None:
    listed = {"trials": chosen.trials, "second_look.trials": chosen.second_look.trials, "spread.trials": chosen.spread.trials}
    for where, names in listed.items():
        for name in names:
            checks.known(name, trials, where, file)
            if names.count(name) > 1:
                raise UserError(f"{file}: {where}: {name} is listed twice")
    needed = {getattr(arms, arm): f"declared.{name}" for name, arms in chosen.declared.items() for arm in ("treatment", "control")}
    again = [name for name, arms in chosen.declared.items() if arms.other_seeds]
    for name, arm in ((name, getattr(chosen.declared[name], arm)) for name in again for arm in ("treatment", "control")):
        if arm not in chosen.second_look.trials:
            raise UserError(f"{file}: second_look.trials: {arm} is missing: add it, since declared.{name} has seeds up to {LOOKS[1]}")
    for name, where in {**dict.fromkeys(chosen.spread.trials, "spread.trials"), **needed}.items():
        if name not in chosen.trials:
            raise UserError(f"{file}: trials: {name} is missing: add it, since {where} needs it")
    for name in chosen.spread.trials:
        if isinstance(trials[name], CurveTrial):
            raise UserError(f"{file}: spread.trials: {name} is a trial of the curve demo, which has no KID: name a trial of a report")


def _check_seeds(chosen: _File, file: Path) -> None:
    count = len(chosen.seeds)
    first, last = LOOKS
    if chosen.seeds != list(range(1, count + 1)) or not MIN_SEEDS <= count <= first:
        raise UserError(
            f"{file}: seeds: must be 1 to {first}; {MIN_SEEDS} to {first - 1} seeds from 1 on give intervals and no verdict. Hand-picked"
            f" seeds prove nothing. The second look is declared with `seeds: {last}` in a study"
        )
    if chosen.second_look.seeds != list(range(first + 1, last + 1)):
        raise UserError(f"{file}: second_look.seeds: must be {first + 1} to {last}")
    for name, arms in chosen.declared.items():
        if arms.seeds not in (None, last) or (arms.seeds and count < first):
            raise UserError(f"{file}: declared.{name}.seeds: must be {last}, for the second look at an undecided study, or blank")
        if arms.first_seed not in (None, first + 1) or (arms.first_seed and (arms.seeds or count < first)):
            raise UserError(
                f"{file}: declared.{name}.first_seed: must be {first + 1}, without `seeds`, for a study that was declared when runs with"
                " lower seeds were known, or blank"
            )
    if len(set(chosen.spread.seeds)) < len(chosen.spread.seeds):
        raise UserError(f"{file}: spread.seeds: {checks.shown(chosen.spread.seeds)}: a seed is listed twice, and its run would count twice")
    if any(seed <= LAST_SEED for seed in chosen.spread.seeds):
        raise UserError(f"{file}: spread.seeds: must be above {LAST_SEED}: lower seeds belong to the studies")
