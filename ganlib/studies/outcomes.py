"""What a study may compare: figures of a trial, which way is better, and on which scale two of them differ."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TENTH = math.log(1.1)  # of a score's excess over its floor: about what rounding alone changes in a preview
SHARE = 0.05

OF_CURVE = ("d_real", "d_score", "within_bounds")  # all that the demo has
OF_LOGITS = ("d_accuracy", "fooled")  # of a D that tells real from fake
OF_CONDITIONS = r"explained|diversity_within|(?!share_)\w+_excess"  # a pattern: of a report with conditions


@dataclass(frozen=True)
class Outcome:
    """`sign` is 1 where smaller is better, -1 where larger is, and 0 where neither is and only a range can be expected.

    A score (`is_score`) is compared by the logarithm of its excess over `floor`, the figure of that name or 0: noise grows with the
    score, and so does what matters. Anything else is compared as it is. `margin` is the smallest difference that matters.
    """

    words: str
    sign: int
    margin: float
    is_score: bool = False
    floor: str | None = None


def _score(words: str, floor: str | None = None) -> Outcome:
    return Outcome(words, 1, TENTH, is_score=True, floor=floor)


def _share(words: str, sign: int) -> Outcome:
    return Outcome(words, sign, SHARE)


KINDS: dict[str, Callable[..., Outcome]] = {
    "kid": lambda: _score("KID", "kid_floor"),
    "fid": lambda: _score("FID", "fid_floor"),
    "mind": lambda: _score("MIND", "mind_floor"),
    "real_loss": lambda: _score("D's error in rebuilding reals"),
    "coverage": lambda: _share("the share of reals' neighbourhoods with a fake", -1),
    "precision": lambda: _share("precision", -1),
    "recall": lambda: _share("recall", -1),
    "diversity": lambda: _share("the fakes' diversity over the reals'", -1),
    "diversity_within": lambda: _share("diversity within one condition", -1),
    "sharpness": lambda: _share("sharpness over the reals'", -1),
    "explained": lambda: _share("the share of variance between conditions", 0),
    "explained_excess": lambda: _share("how much more of the fakes' variance than of the reals' lies between conditions", 0),
    "closer_than_held_out": lambda: _share("how often a fake is closer to a training picture than a new face is", 1),
    "fakes_out_of_range": lambda: Outcome("the share of values out of range", 1, 0.001),
    "d_accuracy": lambda: _share("D's accuracy", 0),
    "fooled": lambda: _share("the share of fakes that D calls real", 0),
    "kept": lambda: _share("the share of reals below the threshold", 0),
    "saturated": lambda: Outcome("steps with D right about everything for long", 1, 1),
    "d_real": lambda: _share("D's mean answer to reals", 0),
    "d_score": lambda: Outcome("mean log D(real) + log(1 - D(fake))", 0, SHARE),
    "within_bounds": lambda: _share("the share of curves within the bounds", -1),
    r"(\w+)_excess": lambda name: _share(
        f"how many more fakes than reals show {name.removeprefix('share_')}"
        if name.startswith("share_")
        else f"how much oftener {name} is shown when asked for",
        -1,
    ),
    r"share_(\w+)": lambda name: _share(f"the share of fakes that show {name}", 0),
    r"(\w+)_slope": lambda name: Outcome(f"the change of {name} in a thousand steps", 0, 0),
}


def find(name: str) -> Outcome | None:
    """The outcome of that name, or None."""
    for pattern, make in KINDS.items():
        if match := re.fullmatch(pattern, name):
            return make(*match.groups())
    return None


def costs(outcome: Outcome, better: np.ndarray, than: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """Both sides' figures (n,) as costs, and whether they are logarithms; a missing figure (NaN) costs infinity.

    An excess at or below the floor has no logarithm, and then the plain excesses of both sides are compared.
    """
    if not outcome.is_score:
        return _missing_last(outcome.sign * better), _missing_last(outcome.sign * than), False
    excess = [side - floor for side in (better, than)]
    logarithms = not any((side <= 0).any() for side in excess)
    return *(_missing_last(np.log(side) if logarithms else side) for side in excess), logarithms


def _missing_last(side: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(side), np.inf, side)
