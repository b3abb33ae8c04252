"""Which way is better, and on which scale."""

import math

import numpy as np
import pytest

from ganlib.studies import outcomes


def test_scores_are_compared_by_the_ratio_of_their_excess_over_the_floor():
    better, than, logarithms = outcomes.costs(outcomes.find("kid"), np.array([0.12]), np.array([0.22]), 0.02)
    assert logarithms
    assert than - better == pytest.approx(math.log(2))
    assert outcomes.find("kid").margin == pytest.approx(math.log(1.1))


@pytest.mark.parametrize("better", [0.02, 0.01])
def test_excess_at_or_below_the_floor_is_compared_as_it_is(better):
    ours, theirs, logarithms = outcomes.costs(outcomes.find("kid"), np.array([better, 0.1]), np.array([0.22, 0.2]), 0.02)
    assert not logarithms
    assert (theirs - ours).tolist() == pytest.approx([0.22 - better, 0.1])


def test_shares_are_compared_by_their_difference_with_the_better_side_cheaper():
    better, than, logarithms = outcomes.costs(outcomes.find("coverage"), np.array([0.5]), np.array([0.4]), 0.0)
    assert (float((than - better)[0]), logarithms) == (pytest.approx(0.1), False)
    better, than, _ = outcomes.costs(outcomes.find("fakes_out_of_range"), np.array([0.1]), np.array([0.4]), 0.0)
    assert float((than - better)[0]) == pytest.approx(0.3)


@pytest.mark.parametrize("name", ["kid", "coverage", "closer_than_held_out"])
def test_missing_figure_costs_infinity_whichever_way_is_better(name):
    better, than, _ = outcomes.costs(outcomes.find(name), np.array([0.5, math.nan]), np.array([math.nan, 0.4]), 0.0)
    assert (better[1], than[0]) == (math.inf, math.inf)
    assert np.isfinite([better[0], than[1]]).all()


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        *(("kid", 1), ("fid", 1), ("real_loss", 1), ("diversity_within", -1), ("sharpness", -1), ("d_accuracy", 0), ("d_score", 0)),
        *(("hair_excess", -1), ("share_Smiling_excess", -1), ("share_Smiling", 0), ("explained_excess", 0), ("g_loss_keras_slope", 0)),
    ],
)
def test_outcome_knows_which_way_is_better(name, sign):
    assert outcomes.find(name).sign == sign


def test_unknown_outcome_is_none():
    assert outcomes.find("prettiness") is None


def test_words_tell_what_an_excess_is_of():
    assert "than reals show Smiling" in outcomes.find("share_Smiling_excess").words
    assert "hair is shown when asked for" in outcomes.find("hair_excess").words
