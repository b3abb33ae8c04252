"""Loads studies/params.yaml, which declares the studies of the catalogue that run, and their seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganlib.studies import catalogue
from ganlib.studies.catalogue import Catalogue
from ganlib.studies.paths import LAST_SEED
from ganlib.studies.study import CurveTrial, Trial
from ganlib.studies.verdict import LOOKS, MIN_SEEDS
from ganlib.support import checks
from ganlib.support.errors import UserError
from ganlib.support.types import Block

FILE, CATALOGUE = Path("studies/params.yaml"), catalogue.FILE


@dataclass(frozen=True)
class Declarations(Catalogue):
    """The whole catalogue, and the names of what runs."""

    declared: list[str]
    declared_trials: list[str]
    seeds: list[int]
    other_seeds: dict[str, list[int]]
    spread_trials: list[str]
    spread_seeds: list[int]

    def seeds_of(self, study: str) -> list[int]:
        """The seeds of each arm of a declared study: those of the first look, of both looks, or further ones alone."""
        return self.other_seeds.get(study, self.seeds)


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


def load(file: Path = FILE, listed: Path = CATALOGUE) -> Declarations:
    """Read and validate both files; a UserError names the file, the key and the allowed values."""
    known = catalogue.load(listed)
    chosen = checks.validate(_File, checks.mapping(checks.read(file), "the file", file), "", file)
    _check_seeds(chosen, file)
    _check_declared(chosen, known, file)
    _check_trials(chosen, known.trials, file)
    return Declarations(
        known.trials,
        known.studies,
        known.claims,
        known.pooled,
        list(chosen.declared),
        chosen.trials,
        chosen.seeds,
        {name: seeds for name, arms in chosen.declared.items() if (seeds := arms.other_seeds)},
        chosen.spread.trials,
        chosen.spread.seeds,
    )


def _check_declared(chosen: _File, known: Catalogue, file: Path) -> None:
    for name, arms in chosen.declared.items():
        if name in known.claims:
            reason = ": ".join(known.claims[name].reason).replace("_", " ")
            raise UserError(f"{file}: declared.{name}: no study tests this claim; {reason}")
        found = known.studies[checks.known(name, known.studies, "declared", file)]
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
