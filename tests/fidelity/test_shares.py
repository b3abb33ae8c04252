"""Shares of attributes by a classifier whose answers are known."""

import numpy as np
import pytest

from ganlib.fidelity.attributes import Classifier
from ganlib.fidelity.shares import shares

CLASSIFIER = Classifier(["Smiling", "Bald"], np.eye(2), np.zeros(2), {"Smiling": 0.8})
FAKES, REALS = np.float32([[1, -1], [1, -1], [1, 1], [-1, -1]]), np.float32([[1, -1], [-1, -1]])


def test_shares_of_fakes_and_reals_are_reported_and_missing_ones_have_a_reason():
    figures, missing = shares(CLASSIFIER, ["Smiling", "Bald", "Young"], FAKES, REALS)
    smiling = {"share_Smiling": 0.75, "share_Smiling_real": 0.5, "share_Smiling_excess": 0.25, "share_Smiling_accuracy": 0.8}
    assert figures == pytest.approx(smiling | {"share_Bald": 0.25})
    assert list(missing) == ["share_Bald_real", "share_Young"]
    assert missing["share_Young"].startswith("fewer than 5 of the real pictures have it")
