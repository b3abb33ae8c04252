"""How much the runs of one trial vary over seeds, and the smallest difference that a study can detect."""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import brentq

from ganlib.studies import outcomes, runs
from ganlib.studies.runs import MACHINE, Row, check_comparable
from ganlib.studies.verdict import LEVEL, LOOKS

COLUMNS = ("step", "kid", "kid_floor", "fid", "coverage", "diversity", "d_accuracy", "scale", "samples", *MACHINE)
POWER = 0.9


def rows(trial: str, dataset: str, seeds: list[int]) -> list[Row]:
    """One row per seed."""
    found = {seed: runs.figures(dataset, trial, seed) for seed in seeds}
    return [
        {"trial": trial, "seed": seed, "status": of["status"], **{column: of.get(column, "") for column in COLUMNS}}
        for seed, of in found.items()
    ]


def summary(found: list[Row]) -> dict[str, Any]:
    """The spread of KID over the runs that lived, and the effect that studies of 6 and 12 seeds per arm detect.

    `kid_spread` is the standard deviation of the logarithm of the excess over the floor: 0.07 is about 7%. `min_detectable_effect_n6`
    is the share of the excess by which one arm must be better to be detected with a power of 0.9, if both arms have this spread; with
    `_low` and `_high` for the 95% interval of a standard deviation (chi-squared).
    """
    check_comparable(pd.DataFrame(found))
    lived = [row for row in found if row["status"] == "lived"]
    shown: dict[str, Any] = {"seeds": len(found), "failed": len(found) - len(lived)}
    kids = np.array([row["kid"] for row in lived], float)
    if len(kids) < 3:
        return shown
    shown |= {"kid_mean": float(kids.mean()), "kid_lowest": float(kids.min()), "kid_highest": float(kids.max())}
    excess, _ = outcomes.costs(outcomes.KINDS["kid"](), kids, kids, float(lived[0]["kid_floor"] or 0))
    spread = float(excess.std(ddof=1))
    freedom = len(kids) - 1
    ends = {"": 1.0, **{f"_{end}": math.sqrt(freedom / stats.chi2.isf(p, freedom)) for end, p in (("low", 0.025), ("high", 0.975))}}
    effects = {f"min_detectable_effect_n{n}{end}": -math.expm1(-detectable(spread * of, n)) for n in LOOKS for end, of in ends.items()}
    return shown | {"kid_spread": spread, **effects}


def detectable(spread: float, n: int) -> float:
    """The difference of two means that a study of `n` runs per arm detects with a power of 0.9, by the noncentral t distribution.

    Detected: the interval excludes 0 on the right side. All runs have the standard deviation `spread`.
    """
    freedom = 2 * n - 2
    critical = stats.t.ppf((1 + LEVEL) / 2, freedom)
    shift = brentq(lambda shift: stats.nct.sf(critical, freedom, shift) - POWER, 0, 50)
    return float(shift * spread * math.sqrt(2 / n))
