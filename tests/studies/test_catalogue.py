"""The catalogue, and how a study leaves it."""

import shutil
from pathlib import Path

import pytest

from ganlib.studies import catalogue, declarations, fit
from ganlib.support.errors import UserError
from tests.conftest import ROOT


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """A copy of studies/."""
    return Path(shutil.copytree(ROOT / "studies", tmp_path / "studies"))


def declare(name: str, studies: Path) -> list[str]:
    return catalogue.declare(name, studies / "params.yaml", studies / "catalogue")


def test_every_claim_is_there_once_and_sound():
    declared = declarations.load(ROOT / "studies" / "params.yaml")
    known = catalogue.load(declared, ROOT / "studies" / "catalogue")
    assert len(declared.studies) + len(known.studies) + len(known.claims) > 80
    used = {trial for study in known.studies.values() for trial in study.trials}
    assert set(known.trials) <= used  # and the others are declared already
    assert {claim.report for claim in known.claims.values()} >= {"dcgan112", "dcgan64", "dense64", "began64", "dcgan56"}


def test_studies_of_the_catalogue_have_sides_of_equal_length():
    declared = declarations.load(ROOT / "studies" / "params.yaml")
    known = catalogue.load(declared, ROOT / "studies" / "catalogue")
    trials = {**declared.trials, **known.trials}
    fit.check_lengths(trials, known.studies, {name: 3200 for name, trial in trials.items() if not trial.is_curve}, catalogue.FOLDER)


def test_study_moves_with_the_trials_it_needs_and_all_else_stays_as_it_was(studies):
    before = (studies / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert declare("strides_or_max_pools", studies) == ["dcgan64_max_pools"]
    declared = declarations.load(studies / "params.yaml")
    study = declared.studies["strides_or_max_pools"]
    assert (study.better, study.than, study.equal) == ("dcgan64", "dcgan64_max_pools", "steps")
    assert declared.trials["dcgan64_max_pools"].settings.sampling == "max"
    known = catalogue.load(declared, studies / "catalogue")
    assert "strides_or_max_pools" not in known.studies
    assert "dcgan64_max_pools" not in known.trials
    after = (studies / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in before if line not in after] == []  # comments too
    others = [path for path in (studies / "catalogue").glob("*.yaml") if path.name != "dcgan64.yaml"]
    assert all(
        path.read_text(encoding="utf-8") == (ROOT / "studies" / "catalogue" / path.name).read_text(encoding="utf-8") for path in others
    )


def test_trials_that_another_study_of_the_catalogue_uses_stay_known_to_it(studies):
    assert declare("uniform_or_normal", studies) == ["dcgan112", "dcgan112_gaussian"]
    assert declare("shuffled", studies) == ["dcgan112_in_order"]  # dcgan112 is declared by now


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "strides_or_max_pool",
            "strides_or_max_pool is no study of the catalogue, did you mean 'strides_or_max_pools'?; one of adam",
        ),
        ("unequal_rates", "unequal_rates is declared already: run dvc repro studies/dvc.yaml:study@unequal_rates"),
        ("instance_norm", "instance_norm has no study to declare; needs: a setting norm"),
        ("six_hours", "six_hours has no study to declare; not testable: Mostly the loading of pictures"),
    ],
)
def test_what_cannot_be_declared_is_one_line(studies, name, message):
    before = {path: path.read_text(encoding="utf-8") for path in studies.rglob("*.yaml")}
    with pytest.raises(UserError) as error:
        declare(name, studies)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert {path: path.read_text(encoding="utf-8") for path in studies.rglob("*.yaml")} == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("claims:", "claim: {}\nclaims:", "claim: unknown key, did you mean 'claims'?"),
        (
            "needs: a setting pixel_range",
            "need: a setting pixel_range",
            "claims.inputs_normalised.need: unknown key, did you mean 'need",
        ),
        ("needs: a setting pixel_range", "regime: no", "claims.inputs_normalised.regime: unknown key"),
        (
            "needs: a setting pixel_range",
            "needs: x\n    done: y",
            "claims.inputs_normalised: must hold one of needs, not_testable and",
        ),
        ("than: dcgan64_max_pools", "than: dcgan64_mux_pools", "studies.strides_or_max_pools.than: 'dcgan64_mux_pools' is unknown"),
        ("  strides_or_max_pools:", "  unequal_rates:", "studies.unequal_rates: there is another of that name"),
        ("  dcgan64_max_pools:", "  dcgan64:", "trials.dcgan64: there is another of that name"),
        ("sampling: max", "sampling: median", "trials.dcgan64_max_pools.sampling: 'median' is not allowed"),
    ],
)
def test_mistake_in_the_catalogue_is_one_line_with_file_and_key(studies, old, new, message):
    path = studies / "catalogue" / "dcgan64.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError) as error:
        catalogue.load(declarations.load(studies / "params.yaml"), studies / "catalogue")
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)
