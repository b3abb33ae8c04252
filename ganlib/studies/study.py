"""What a study is: a claim of a report, how it is tested, and the trials that it compares."""

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from ganlib.curve import settings as curve
from ganlib.models.report import Report
from ganlib.studies import outcomes
from ganlib.studies.outcomes import Outcome
from ganlib.support.types import Block, Count, Positive


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
