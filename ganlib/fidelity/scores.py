"""All scores of fakes against reals, by name, for the pipeline and for `ganlib score`."""

from collections.abc import Collection
from typing import get_args

import numpy as np

from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.intervals import LEAST, fid_interval, kid_interval, mind_interval
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.mind import mind
from ganlib.support.types import Metric

METRICS: tuple[Metric, ...] = get_args(Metric)
MANIFOLD: tuple[Metric, ...] = ("precision", "recall", "density", "coverage")

Side = np.ndarray | Statistics


def compare(real: Side, fake: Side, metrics: Collection[str]) -> dict[str, float]:
    """The scores named in `metrics` from (N, D) and (M, D) features; for FID alone, either side may be statistics.

    `fid`, `kid` and `mind` come with the ends of their 95% intervals, `<name>_low` and `<name>_high`; `fid` without them if a side is
    statistics or has fewer than 4 pictures. Too few pictures are a UserError.
    """
    scores: dict[str, float] = {}
    if "fid" in metrics:
        scores["fid"] = _fid(real, fake)
    if isinstance(real, Statistics) or isinstance(fake, Statistics):
        return scores
    if "fid" in metrics and min(len(real), len(fake)) >= LEAST:
        scores["fid_low"], scores["fid_high"] = fid_interval(real, fake)
    if "kid" in metrics:
        scores["kid"], scores["kid_low"], scores["kid_high"] = kid_interval(real, fake)
    if "mind" in metrics:
        scores["mind"], scores["mind_low"], scores["mind_high"] = mind_interval(real, fake)
    if any(metric in metrics for metric in MANIFOLD):
        scores |= {metric: value for metric, value in manifold(real, fake).items() if metric in metrics}
    return scores


def floor(reals_a: np.ndarray, reals_b: np.ndarray, metrics: Collection[str]) -> dict[str, float]:
    """`fid_floor`, `kid_floor` and `mind_floor`, as far as `metrics` names them: what (N, D) real features score against N others."""
    floors = {}
    if "fid" in metrics:
        floors["fid_floor"] = _fid(reals_a, reals_b)
    if "kid" in metrics:
        floors["kid_floor"] = kid(reals_a, reals_b)
    if "mind" in metrics:
        floors["mind_floor"] = mind(reals_a, reals_b)
    return floors


def halves(reals: np.ndarray, count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two disjoint random samples of `count` of (N, D) features."""
    rows = np.random.default_rng(seed).permutation(len(reals))
    return reals[rows[:count]], reals[rows[count : 2 * count]]


def _fid(real: Side, fake: Side) -> float:
    return frechet_distance(*(side if isinstance(side, Statistics) else Statistics.of(side) for side in (real, fake)))
