"""Every score of fakes against reals by name: what the pipeline and the `ganlib score` command both call."""

from collections.abc import Collection
from typing import get_args

import numpy as np

from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.intervals import LEAST, fid_interval, kid_interval, mind_interval
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.mind import mind
from ganlib.support.types import Metric

METRICS = get_args(Metric)

Side = np.ndarray | Statistics


def compare(real: Side, fake: Side, metrics: Collection[str], *, seed: int) -> dict[str, float]:
    """The scores named in `metrics` from (N, D) and (M, D) features; for FID the statistics of either side do as well.

    `fid` comes with `fid_low` and `fid_high`, its 95% interval, where both sides have the features of 4 pictures or more; beside
    `kid` its `kid_std` over subsets, `kid_low` and `kid_high`; beside `mind` `mind_low` and `mind_high`. Too few pictures are a UserError.
    """
    scores = {}
    if "fid" in metrics:
        scores["fid"] = _fid(real, fake)
        if all(isinstance(side, np.ndarray) and len(side) >= LEAST for side in (real, fake)):
            scores["fid_low"], scores["fid_high"] = fid_interval(real, fake)
    if "kid" in metrics:
        scores["kid"], scores["kid_std"] = kid(real, fake, seed=seed)
        scores["kid_low"], scores["kid_high"] = kid_interval(real, fake)
    if "mind" in metrics:
        scores["mind"], scores["mind_low"], scores["mind_high"] = mind_interval(real, fake)
    asked = [metric for metric in METRICS[3:] if metric in metrics]
    if asked:
        found = manifold(real, fake)
        scores |= {metric: found[metric] for metric in asked}
    return scores


def floor(reals_a: np.ndarray, reals_b: np.ndarray, metrics: Collection[str], *, seed: int) -> dict[str, float]:
    """`fid_floor`, `kid_floor` and `mind_floor`, as far as `metrics` names them.

    They are what the features of N real pictures score against those of N others.
    """
    floors = {}
    if "fid" in metrics:
        floors["fid_floor"] = _fid(reals_a, reals_b)
    if "kid" in metrics:
        floors["kid_floor"], _ = kid(reals_a, reals_b, seed=seed)
    if "mind" in metrics:
        floors["mind_floor"] = mind(reals_a, reals_b)
    return floors


def halves(reals: np.ndarray, count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Twice `count` of (N, D) features, drawn without replacement."""
    rows = np.random.default_rng(seed).permutation(len(reals))
    return reals[rows[:count]], reals[rows[count : 2 * count]]


def _fid(real: Side, fake: Side) -> float:
    return frechet_distance(*(side if isinstance(side, Statistics) else Statistics.of(side) for side in (real, fake)))
