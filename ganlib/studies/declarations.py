"""studies/params.yaml: what is compared, over which seeds; read and checked as a whole, so that a mistake ends in one line."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat

from ganlib import checks, params, reports
from ganlib.curve import settings as curve
from ganlib.errors import UserError
from ganlib.params import Numerics, Origin
from ganlib.reports.base import Report
from ganlib.settings import Block, Count, Positive
from ganlib.studies import outcomes
from ganlib.studies.outcomes import Outcome
from ganlib.studies.places import STUDIED
from ganlib.studies.verdict import FEWEST, LOOKS

FILE = Path("studies/params.yaml")
MOMENTS = ("kid", "fid")  # what is scored on the way


class Claim(Block):
    """What a report says: in its own words, where it stands, and the claim as it is tested, or would be."""

    report: str
    says: str
    at: str
    claim: str


class Study(Claim):
    """A claim and how it is tested. There are three kinds.

    A comparison: the trial `better` against another, `than`, by `outcome`. Over time: both are one trial, and its end is compared with
    the first of its `moments` (steps). An expectation: both are one trial, whose outcome on average is `expected` to lie from the first
    value to the second, a blank one being no bound.
    """

    better: str
    than: str
    outcome: str
    equal: Literal["steps", "pictures"] | None = None
    margin: Positive | None = None
    regime: str | None = None
    moments: Annotated[list[Count], Field(min_length=1)] | None = None
    expected: Annotated[list[FiniteFloat | None], Field(min_length=2, max_length=2)] | None = None

    @property
    def judged_by(self) -> Outcome:
        """The outcome, with the study's own margin where it has one."""
        found = outcomes.find(self.outcome)
        return found if self.margin is None else Outcome(found.words, found.sign, self.margin, found.is_score, found.floor)

    @property
    def trials(self) -> list[str]:
        """The names of its trials, each once."""
        return list(dict.fromkeys([self.better, self.than]))


@dataclass(frozen=True)
class Trial:
    """A training of `report` with `settings`, whose fakes are scored against reals of `crop`."""

    report: str
    settings: Report | curve.Settings
    crop: str | None

    @property
    def is_curve(self) -> bool:
        """The demo has no pictures and no scores."""
        return isinstance(self.settings, curve.Settings)

    def steps(self, faces: int) -> int:
        """How many steps it trains where there are so many pictures."""
        if self.is_curve:
            return self.settings.steps
        per_epoch = self.settings.epoch_steps or (self.settings.train_images or faces) // self.settings.reals_per_step
        return min(self.settings.epochs * per_epoch, self.settings.max_steps or sys.maxsize)

    @property
    def pictures_per_step(self) -> int:
        """How many reals a step takes; the demo's are curves."""
        return self.settings.batch_size if self.is_curve else self.settings.reals_per_step

    def has(self, outcome: str) -> bool:
        """Whether its scores hold such a figure, as far as its report tells."""
        if self.is_curve:
            return outcome in outcomes.OF_CURVE
        if outcome in outcomes.OF_LOGITS:
            return "d_accuracy" in self.settings.headline
        if re.fullmatch(outcomes.OF_CONDITIONS, outcome):
            return bool(self.settings.condition_groups)
        return outcome not in outcomes.OF_CURVE


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
    whole = checks.validate(_File, checks.mapping(params.read(file), "the file", file), "", file)
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
    if problem := _problem(found, trials[found.better], trials[found.than]):
        raise UserError(f"{file}: {where}.{problem}")
    return found


def check_lengths(declared: Declarations, faces: Mapping[str, int], file: Path = FILE) -> None:
    """Refuse sides of unequal length and moments after the end; `faces`: how many pictures there are for each trial that takes any."""
    steps = {name: trial.steps(faces.get(name, 0)) for name, trial in declared.trials.items()}
    for name, count in faces.items():
        wanted = declared.trials[name].settings.train_images
        if wanted and wanted > count:
            raise UserError(f"{file}: trials.{name}.train_images: {wanted:,} is more than the {count:,} pictures of the split")
        if steps[name] == 0:
            raise UserError(f"{file}: trials.{name}.batch_size: a step takes more than the {wanted or count:,} pictures that there are")
    for name, study in declared.studies.items():
        if study.equal:
            sides = {side: declared.trials[side] for side in study.trials}
            lengths = {side: steps[side] * (of.pictures_per_step if study.equal == "pictures" else 1) for side, of in sides.items()}
            if len(set(lengths.values())) > 1:
                told = " and ".join(f"{side} has {length:,}" for side, length in lengths.items())
                raise UserError(f"{file}: studies.{name}.equal: {told} {study.equal}: max_steps and epochs, the less of both, change that")
        for moment in study.moments or ():
            if moment >= steps[study.better]:
                raise UserError(
                    f"{file}: studies.{name}.moments: {study.better} ends at step {steps[study.better]:,}, which is compared with them:"
                    f" name earlier ones than {moment:,}"
                )


def check_report(claim: Claim, where: str, file: Path) -> None:
    """The report that a claim is of must be there."""
    checks.known(claim.report, [*reports.names(), "curve"], f"{where}.report", file)


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


def _problem(study: Study, better: Trial, than: Trial) -> str | None:
    """What does not fit together, `<key>: <what is wrong>`."""
    one = study.better == study.than
    for name, trial in ((study.better, better), (study.than, than)):
        if not trial.has(study.outcome):
            return f"outcome: {study.outcome} is no figure of {name}, whose report is {trial.report}"
    if study.moments and study.expected:
        return "moments: a study is over time or of an expectation, and not both"
    if study.moments and not one:
        return "than: over time a trial is compared with itself: name the same as `better`"
    if study.expected and not one:
        return "than: an expectation is of one trial: name the same as `better`"
    if one and not (study.moments or study.expected):
        return "than: is the same trial as `better`: name another, or say `moments` or what is `expected`"
    if one and study.equal:
        return "equal: is of two sides, and there is one: leave it out"
    if one:
        return _problem_over_time(study, better) if study.moments else _problem_expected(study)
    if study.judged_by.sign == 0:
        return f"outcome: {study.outcome} is neither better nor worse where it is larger: only a range of it can be `expected`"
    if better.crop != than.crop:
        return f"than: is scored against reals of {than.crop} and `better` of {better.crop}, and no score is of both: name `scored_crop`"
    if better == than:
        return f"than: {study.than} has the settings of {study.better}: name a trial in which one is changed"
    return None if study.equal else "equal: missing: steps or pictures, which both sides then have the same number of"


def _problem_expected(study: Study) -> str | None:
    low, high = study.expected
    if low is high is None:
        return "expected: needs a bound at least"
    if study.margin is not None:
        return "margin: an expectation has none: leave it out"
    return None if low is None or high is None or low < high else "expected: must rise: the lowest value and the highest"


def _problem_over_time(study: Study, trial: Trial) -> str | None:
    if study.outcome not in MOMENTS:
        return f"outcome: on the way only {' and '.join(MOMENTS)} are taken, and not {study.outcome}"
    if study.moments != sorted(set(study.moments)):
        return "moments: must rise"
    snapshots = getattr(trial.settings, "snapshots", None)
    kept = snapshots.at if snapshots and snapshots.unit == "steps" else []
    missing = [step for step in study.moments if step not in kept]
    return f"moments: {study.better} keeps no generator at step {missing[0]}: name it in its `snapshots` (unit: steps)" if missing else None
