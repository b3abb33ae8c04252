"""Claims of the reports, the studies that test them, and the trials that a study compares."""

import re
import sys
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from ganlib.curve import settings as curve
from ganlib.models.report import Report
from ganlib.studies import outcomes
from ganlib.studies.outcomes import Outcome
from ganlib.support.types import Block, Count, Positive

Text = Annotated[str, Field(min_length=1)]

REASONS = ("needs", "not_testable", "done")


class Claim(Block):
    """A claim in testable form, with a quotation and its place in the report if the report makes it."""

    report: str
    says: Text | None = None
    at: Text | None = None
    claim: Text

    @model_validator(mode="after")
    def _has_quotation_and_place(self) -> "Claim":
        if (self.says is None) != (self.at is None):
            raise ValueError("must have both says and at, a quotation and its place in the report, or neither")
        return self


class OpenClaim(Claim):
    """A claim without a study, with exactly one reason."""

    needs: str | None = None  # a setting or metric that does not exist
    not_testable: str | None = None
    done: str | None = None  # where it is tested instead

    @model_validator(mode="after")
    def _has_one_reason(self) -> "OpenClaim":
        if sum(getattr(self, reason) is not None for reason in REASONS) != 1:
            raise ValueError(f"must have exactly one of {', '.join(REASONS)}: why no study tests the claim")
        return self

    @property
    def reason(self) -> tuple[str, str]:
        """Its key and its text."""
        return next((key, text) for key in REASONS if (text := getattr(self, key)) is not None)


class Study(Claim):
    """A claim and its test, of one of three kinds.

    A comparison: the trial `treatment` against the trial `control`, by `outcome`; with `moments` (steps), the effect is given at each of
    them too, and the verdict is of the end alone. With `as_good` it holds unless the treatment is worse by the margin. Over time: both arms
    are one trial, whose end is compared with its first moment. An expectation: both arms are one trial, whose mean outcome is `expected` to
    lie between two bounds, either of which may be blank. `scale` describes the nets and the training of trials that override the
    data set's scale. `regime` explains how a smaller scale differs from the report's.
    """

    treatment: str
    control: str
    outcome: str
    equal: Literal["steps", "pictures", "minutes"] | None = None
    margin: Positive | None = None
    as_good: Literal[True] | None = None
    scale: str | None = None
    regime: str | None = None
    moments: Annotated[list[Count], Field(min_length=1)] | None = None
    expected: Annotated[list[FiniteFloat | None], Field(min_length=2, max_length=2)] | None = None

    @property
    def judged_by(self) -> Outcome:
        """The outcome, with the study's margin in place of the default."""
        found = outcomes.find(self.outcome)
        assert found is not None, self.outcome  # noqa: S101 (declarations.load has checked it)
        return found if self.margin is None else replace(found, margin=self.margin)

    @property
    def is_over_time(self) -> bool:
        """Whether it compares moments of one trial."""
        return self.moments is not None and self.treatment == self.control

    @property
    def trials(self) -> list[str]:
        """The names of its trials, without duplicates."""
        return list(dict.fromkeys([self.treatment, self.control]))


class Pooled(Block):
    """A claim about the nets of several reports: the mean effect of `studies`, by name; -1 if a study's claim is the opposite."""

    claim: str
    studies: Annotated[dict[str, Literal[1, -1]], Field(min_length=2)]


@dataclass(frozen=True)
class FaceTrial:
    """A training of a report's nets, whose fakes are scored against reals of `crop`.

    `mean_over_moments`: its snapshots are scored together with the end, as `kid_moments`, and the EMA generator is not.
    """

    report: str
    settings: Report
    crop: str
    mean_over_moments: bool = False

    def steps(self, faces: int) -> int:
        """Length of the training on a data set of `faces` pictures."""
        per_epoch = self.settings.steps_per_epoch(self.settings.train_images or faces)
        return min(self.settings.epochs * per_epoch, self.settings.max_steps or sys.maxsize)

    @property
    def reals_per_step(self) -> int:
        return self.settings.reals_per_step

    def has(self, outcome: str) -> bool:
        """Whether its scores include `outcome`, as far as the report's settings tell."""
        if outcome in ("kid_moments", "kid_ema"):
            return self.mean_over_moments == (outcome == "kid_moments")
        if outcome in outcomes.OF_LOGITS:
            return "d_accuracy" in self.settings.headline
        if re.fullmatch(outcomes.OF_CONDITIONS, outcome):
            return bool(self.settings.condition_groups)
        return outcome not in outcomes.OF_CURVE


@dataclass(frozen=True)
class CurveTrial:
    """A training of the curve demo, which has neither pictures nor scores."""

    settings: curve.Settings
    report = "curve"

    def steps(self, faces: int = 0) -> int:
        return self.settings.steps

    @property
    def reals_per_step(self) -> int:
        return self.settings.batch_size

    def has(self, outcome: str) -> bool:
        return outcome in outcomes.OF_CURVE


Trial = FaceTrial | CurveTrial
