"""Which way is treatment, and on which scale."""

import math

import numpy as np
import pytest

from ganlib.studies import outcomes


def costs(name: str, treatment: list[float], control: list[float], *floor: float) -> tuple[np.ndarray, np.ndarray]:
    return outcomes.costs(outcomes.KINDS[name](), np.array(treatment), np.array(control), *floor)


def test_scores_are_compared_by_the_ratio_of_their_excess_over_the_floor():
    treatment, control = costs("kid", [0.12], [0.22], 0.02)
    assert control - treatment == pytest.approx(math.log(2))
    assert outcomes.KINDS["kid"]().margin == pytest.approx(math.log(1.1))


@pytest.mark.parametrize("kid", [0.02, 0.01, 0.0201])
def test_excess_below_the_standard_error_counts_as_the_standard_error(kid):
    treatment, control = costs("kid", [kid, 0.1], [0.22, 0.2], 0.02, 0.005)
    assert (control - treatment).tolist() == pytest.approx([math.log(0.2 / 0.005), math.log(0.18 / 0.08)])


def test_excess_at_the_floor_counts_as_the_smallest_one_if_the_standard_error_is_unknown():
    treatment, control = costs("kid", [0.02, 0.1], [0.22, 0.03], 0.02)
    assert (control - treatment).tolist() == pytest.approx([math.log(0.2 / 0.01), math.log(0.01 / 0.08)])
    assert costs("kid", [0.01], [0.02], 0.02) == (0, 0)  # nothing is above the floor


def test_shares_are_compared_by_their_difference_with_the_better_arm_cheaper():
    for name, *arms, difference in (("coverage", [0.5], [0.4], 0.1), ("fakes_out_of_range", [0.1], [0.4], 0.3)):
        treatment, control = costs(name, *arms)
        assert control - treatment == pytest.approx(difference)


@pytest.mark.parametrize("name", ["kid", "coverage", "closer_than_held_out"])
def test_missing_figure_costs_infinity_whichever_way_is_better(name):
    treatment, control = costs(name, [0.5, math.nan], [math.nan, 0.4])
    assert (treatment[1], control[0]) == (math.inf, math.inf)
    assert np.isfinite([treatment[0], control[1]]).all()


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        *(("kid", 1), ("fid", 1), ("real_loss", 1), ("diversity_within", -1), ("sharpness", -1), ("d_accuracy", 0), ("d_score", 0)),
        *(("hair_lift", -1), ("share_Smiling_excess", -1), ("share_Smiling", 0), ("explained_excess", 0), ("g_loss_keras_slope", 0)),
    ],
)
def test_outcome_knows_which_way_is_better(name, sign):
    assert outcomes.find(name).sign == sign


def test_label_of_an_excess_has_its_name_and_an_unknown_outcome_has_no_label():
    assert outcomes.find("prettiness") is None
    assert "than reals show Smiling" in outcomes.find("share_Smiling_excess").label
    assert "hair is shown when asked for" in outcomes.find("hair_lift").label
