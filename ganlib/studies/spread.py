"""How far runs of one setting lie apart, and so what differences between two settings any study can see."""

import math
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from ganlib.core.tables import read_json
from ganlib.studies import outcomes, places
from ganlib.studies.results import Row
from ganlib.studies.verdict import LEVEL, LOOKS

COLUMNS = ("step", "kid", "kid_floor", "fid", "coverage", "diversity", "d_accuracy", "scale", "samples", "processor", "kernels", "threads")
POWER = 0.9


def rows(trial: str, dataset: str, seeds: list[int]) -> list[Row]:
    """A row for each seed."""
    found = {seed: read_json(places.figures(dataset, trial, seed)) for seed in seeds}
    return [
        {"trial": trial, "seed": seed, "status": figures["status"], **{column: figures.get(column, "") for column in COLUMNS}}
        for seed, figures in found.items()
    ]


def summary(found: list[Row]) -> dict[str, Any]:
    """The spread of KID over the runs that lived, and the smallest share of its excess that studies of 6 and 12 seeds a side see.

    `kid_spread` is the standard deviation of the logarithm of the excess, 0.07 for about 7 %. `seen_by_6` is the share of it by which one
    side must be better to be found so nine times in ten, where both sides spread alike.
    """
    lived = [row for row in found if row["status"] == "lived"]
    told: dict[str, Any] = {"seeds": len(found), "failed": len(found) - len(lived)}
    kids = np.array([row["kid"] for row in lived], float)
    if len(kids) < 3:
        return told
    told |= {"kid_mean": float(kids.mean()), "kid_lowest": float(kids.min()), "kid_highest": float(kids.max())}
    excess, _, logarithms = outcomes.costs(outcomes.find("kid"), kids, kids, lived[0]["kid_floor"])
    if not logarithms:
        return told
    spread = float(excess.std(ddof=1))
    return told | {"kid_spread": spread, **{f"seen_by_{n}": -math.expm1(-visible(spread, n)) for n in LOOKS}}


def visible(spread: float, n: int) -> float:
    """The difference of two means that the interval of `n` runs a side, all of standard deviation `spread`, excludes 0 for, in POWER of all
    studies and in the right direction: by the noncentral t distribution.
    """
    freedom = 2 * n - 2
    beyond = stats.t.ppf((1 + LEVEL) / 2, freedom)
    shift = brentq(lambda shift: stats.nct.sf(beyond, freedom, shift) - POWER, 0, 50)
    return shift * spread * math.sqrt(2 / n)
