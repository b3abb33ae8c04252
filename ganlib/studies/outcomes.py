"""The outcomes that a study may compare: the better direction, the margin, and the scale on which differences are taken."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

TENTH = math.log(1.1)  # of a score's excess over its floor: about the effect of rounding alone in a preview
SHARE = 0.05

OF_CURVE = ("d_real", "d_score", "within_bounds")  # everything that the demo has
OF_LOGITS = ("d_accuracy", "fooled")  # needs a D that tells real from fake
OF_CONDITIONS = r"explained|diversity_within|explained_excess|\w+_lift"  # a pattern: needs a report with conditions

UNBOUNDED, POSITIVE, UNIT, SIGNED = (-math.inf, math.inf), (0.0, math.inf), (0.0, 1.0), (-1.0, 1.0)


@dataclass(frozen=True)
class Outcome:
    """`sign`: 1 if smaller is better, -1 if larger is better, 0 if neither is, so that only a range can be expected.

    A score (`is_score`) is compared by the logarithm of its excess over `floor`, the metric of that name or 0: noise grows with the
    score, and so does what matters. Other outcomes are compared by their difference. `margin` is the smallest difference that matters,
    `limits` the lowest and highest possible value. `of_collapse`: it measures whether a run collapsed, which is then no failure.
    """

    label: str
    sign: int
    margin: float
    limits: tuple[float, float] = UNBOUNDED
    is_score: bool = False
    floor: str | None = None
    of_collapse: bool = False


def _score(label: str, floor: str | None = None, limits: tuple[float, float] = POSITIVE) -> Outcome:
    return Outcome(label, 1, TENTH, limits, is_score=True, floor=floor)


def _share(label: str, sign: int, limits: tuple[float, float] = UNIT) -> Outcome:
    return Outcome(label, sign, SHARE, limits)


def _diversity(label: str) -> Outcome:
    return Outcome(label, -1, SHARE, POSITIVE, of_collapse=True)


KINDS: dict[str, Callable[..., Outcome]] = {
    "kid": lambda: _score("KID", "kid_floor", UNBOUNDED),  # an unbiased estimate, which may be negative
    "kid_ema": lambda: _score("KID", "kid_floor", UNBOUNDED),  # of the EMA generator
    "kid_moments": lambda: _score("the mean KID over moments", "kid_floor", UNBOUNDED),
    "fid": lambda: _score("FID", "fid_floor"),
    "mind": lambda: _score("MIND", "mind_floor"),
    "real_loss": lambda: _score("D's error in rebuilding reals"),
    "coverage": lambda: _share("the share of reals' neighbourhoods with a fake", -1),
    "precision": lambda: _share("precision", -1),
    "recall": lambda: _share("recall", -1),
    "diversity": lambda: _diversity("the fakes' diversity over the reals'"),
    "diversity_within": lambda: _diversity("diversity within one condition"),
    "sharpness": lambda: _share("sharpness over the reals'", -1, POSITIVE),
    "explained": lambda: _share("the share of variance between conditions", 0),
    "explained_excess": lambda: _share("how much more of the fakes' variance than of the reals' lies between conditions", 0, SIGNED),
    "closer_than_held_out": lambda: _share("how often a fake is closer to a training picture than a new face is", 1),
    "fakes_out_of_range": lambda: Outcome("the share of values out of range", 1, 0.001, UNIT),
    "d_accuracy": lambda: _share("D's accuracy", 0),
    "fooled": lambda: _share("the share of fakes that D calls real", 0),
    "kept": lambda: _share("the share of reals below the threshold", 0),
    "saturated": lambda: Outcome("steps with D right about everything for long", 1, 1, POSITIVE),
    "d_real": lambda: _share("D's mean answer to reals", 0),
    "d_score": lambda: Outcome("mean log D(real) + log(1 - D(fake))", 0, SHARE, (-math.inf, 0.0)),
    "within_bounds": lambda: _share("the share of curves within the bounds", -1),
    r"share_(\w+)_excess": lambda name: _share(f"how many more fakes than reals show {name}", -1, SIGNED),
    r"(\w+)_lift": lambda name: _share(f"how much more often {name} is shown when asked for", -1, SIGNED),
    r"share_(\w+)": lambda name: _share(f"the share of fakes that show {name}", 0),
    r"(\w+)_slope": lambda name: Outcome(f"the change of {name} in a thousand steps", 0, 0),
}


def find(name: str) -> Outcome | None:
    """The outcome called `name`, or None."""
    for pattern, make in KINDS.items():
        if match := re.fullmatch(pattern, name):
            return make(*match.groups())
    return None


def costs(outcome: Outcome, treatment: Values, control: Values, floor: float = 0.0, error: float = 0.0) -> tuple[Values, Values]:
    """The values (n,) and (m,) of both arms as costs, on the scale of the margin; a missing value (NaN) costs infinity.

    A score's excess has no logarithm at or below the floor, and means nothing below `error`, the score's standard error. Such an excess
    counts as `error`, or as the smallest positive one if the error is unknown. All runs of both arms share that limit, so the
    transformation is blind to the arms and keeps the level of a test of equality.
    """
    if not outcome.is_score:
        return _missing_last(outcome.sign * treatment), _missing_last(outcome.sign * control)
    excess = np.concatenate([treatment, control]) - floor
    positive = excess[excess > 0]
    least = error if error > 0 else positive.min() if len(positive) else 1.0
    logarithms = _missing_last(np.log(np.maximum(excess, least)))  # NaN stays NaN
    return logarithms[: len(treatment)], logarithms[len(treatment) :]


def _missing_last(values: Values) -> Values:
    return np.where(np.isnan(values), np.inf, values)
