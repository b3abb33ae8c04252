"""Scores by name: each equals the value of its function, and features are checked."""

import numpy as np
import pytest

from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.fidelity.intervals import fid_interval, kid_interval, mind_interval
from ganlib.fidelity.kernel import kid
from ganlib.fidelity.manifold import manifold
from ganlib.fidelity.mind import mind
from ganlib.fidelity.scores import MANIFOLD, METRICS, compare, floor, halves
from ganlib.support.errors import UserError
from tests.fidelity.features import drawn

REAL, FAKE = drawn(60, 16, seed=0), drawn(40, 16, shift=1, seed=1)


def test_all_scores_equal_those_of_their_functions_fid_first() -> None:
    found = compare(REAL, FAKE, METRICS)
    assert next(iter(found)) == "fid"
    assert found["fid"] == frechet_distance(Statistics.of(REAL), Statistics.of(FAKE))
    assert (found["fid_low"], found["fid_high"]) == fid_interval(REAL, FAKE)
    assert found["kid"] == pytest.approx(kid(REAL, FAKE), rel=1e-9)
    assert (found["kid"], found["kid_low"], found["kid_high"]) == kid_interval(REAL, FAKE)
    assert found["mind"] == mind(REAL, FAKE)
    assert (found["mind"], found["mind_low"], found["mind_high"]) == mind_interval(REAL, FAKE)
    assert {metric: found[metric] for metric in MANIFOLD} == manifold(REAL, FAKE)
    assert set(found) == {*METRICS, "fid_low", "fid_high", "kid_low", "kid_high", "mind_low", "mind_high"}


@pytest.mark.parametrize("metrics", [["recall"], ["coverage", "precision"]])
def test_only_the_requested_scores_are_returned(metrics: list[str]) -> None:
    assert set(compare(REAL, FAKE, metrics)) == set(metrics)


def test_statistics_give_the_same_fid_without_an_interval() -> None:
    with_features = compare(REAL, FAKE, ["fid"])["fid"]
    for sides in ((Statistics.of(REAL), FAKE), (REAL, Statistics.of(FAKE)), (Statistics.of(REAL), Statistics.of(FAKE))):
        assert compare(*sides, ["fid"]) == {"fid": pytest.approx(with_features, rel=1e-9)}


def test_two_pictures_a_side_have_an_fid_and_no_interval() -> None:
    assert set(compare(REAL[:2], FAKE[:2], ["fid"])) == {"fid"}


@pytest.mark.parametrize(
    ("metric", "reals", "fakes", "message"),
    [
        ("fid", 2, 1, "a Frechet distance needs at least 2 pictures on each side, not 1"),
        ("kid", 4, 3, "KID's interval needs 4 or more fake pictures, not 3"),
        ("mind", 3, 4, "MIND's interval needs 4 or more real pictures, not 3"),
        ("precision", 6, 3, "recall needs 4 or more fake pictures, not 3"),
        ("coverage", 5, 6, "coverage needs 6 or more real pictures, not 5"),
    ],
)
def test_fewer_pictures_than_a_metric_needs_are_refused(metric: str, reals: int, fakes: int, message: str) -> None:
    with pytest.raises(UserError, match=f"^{message}$"):
        compare(REAL[:reals], FAKE[:fakes], [metric])


def test_floor_is_the_score_of_reals_against_reals() -> None:
    one, other = REAL[:30], REAL[30:]
    assert floor(one, other, ["fid", "kid", "mind", "recall"]) == {
        f"{metric}_floor": pytest.approx(compare(one, other, [metric])[metric], rel=1e-9) for metric in ("fid", "kid", "mind")
    }
    assert set(floor(one, other, ["kid"])) == {"kid_floor"}


def test_halves_are_disjoint_and_drawn_from_all() -> None:
    features = np.arange(1000)[:, None]
    one, other = (set(half[:, 0].tolist()) for half in halves(features, 100, seed=0))
    assert len(one) == len(other) == 100
    assert not one & other
    assert max(one | other) > 900 > 100 > min(one | other)
