"""docs/ganhacks.md is current, and says what each study of a trick found."""

import json
from typing import Any

import pandas as pd
import pytest

from ganlib.studies import declarations, prose, results
from tests.conftest import ROOT, text
from tools import claims, ganhacks


@pytest.fixture(scope="module")
def entries() -> list[claims.Entry]:
    return claims.entries()


def test_page_is_current_and_has_a_row_for_each_of_the_17_sections(entries):
    page = text(ROOT / ganhacks.PAGE)
    assert page == ganhacks.page(entries), "run make docs"
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    assert [row.split(".")[0] for row in rows] == [f"| {number}" for number in range(1, 18)]
    for row, trick in zip(rows, ganhacks.TRICKS, strict=True):
        assert row.count("`ganlib repro studies/dvc.yaml:study@") == len(trick.studies)
        assert ("Not tested. " in row) == (not trick.studies)
    assert "<br>`soft_labels_fast_d`: the same with D at twice its rate.<br>`flipped_labels`: Flipping one" in page


def test_every_trick_is_compared_at_equal_rates_of_d():
    known = declarations.load()
    settings = {name: trial.settings for name, trial in known.trials.items()}
    for name in (name for trick in ganhacks.TRICKS for name in trick.studies if not name.startswith("sgd")):
        arms = [settings[known.studies[name].treatment], settings[known.studies[name].control]]
        assert len({arm.lr_d for arm in arms}) == 1
        rate = {"_slow_d": 2.5e-5, "_fast_d": 1e-4}.get(name[-7:], arms[1].lr_d)
        assert {arm.lr_d for arm in arms} == {rate}


def judged(name: str, control: float, d_accuracy: float) -> dict[str, Any]:
    """The verdict on runs whose control arm has a KID of `control`, and whose treatment one of 0.2."""
    study = declarations.load().studies[name]
    arms = ((study.treatment, 0.2), (study.control, control))
    rows = [(trial, seed, kid * (1 + seed / 20)) for trial, kid in arms for seed in range(1, 7)]
    same = {"status": "lived", "step": 2400, "floor": 0.0, "scale": "preview", "samples": 250, "d_accuracy": d_accuracy}
    found = results.judge(study, pd.DataFrame(rows, columns=["trial", "seed", "kid"]).assign(**same).to_csv(index=False))
    return found | {"effect": prose.brief(study, found), "holds": False}


def test_findings_stand_beside_those_not_tried_yet(entries):
    found = {entry["name"]: {**entry, "results": {}} for entry in json.loads(json.dumps(entries))}
    found["gaussian_z"]["results"] = {"toons": judged("gaussian_z", 0.205, 0.8)}
    found["spherical_z"]["results"] = {"celeba_preview": judged("spherical_z", 0.1, 0.5)}
    row = ganhacks.page(list(found.values())).splitlines()[-15].split(" | ")
    assert row[0] == "| 3. Use a spherical Z"
    assert (
        row[2]
        == "`gaussian_z`: **cannot tell yet**, 2% nearer (10% farther to 14% nearer), 6 seeds, second look due<br>the others: not tried yet"
    )
    assert row[3].startswith("`spherical_z`: **out of regime**, 100% farther (")
    assert row[3].endswith("), 6 seeds<br>the others: not tried yet")


def test_verdict_that_remains_significant_has_a_star():
    result = {
        "answer": "holds here",
        "verdict": "holds here",
        "holds": True,
        "effect": "44% nearer (26% to 57%)",
        "seeds": 6,
    }
    assert ganhacks._finding(result) == "**holds here** `*`, 44% nearer (26% to 57%), 6 seeds"
