"""The folder for the Hub: what its card says to the Hub and to people, and that it is a generator again."""

import json
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

import ganlib
from ganlib.use.export import hub
from ganlib.use.export.licence import CELEBA
from tests.cli.test_commands import FIGURES, scored_generator, seen
from tests.conftest import text
from tests.use.lively import in_checkout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml and dense64, trained and scored on drawn faces."""
    in_checkout(tmp_path, "dense64")
    score(tmp_path, "toons")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def score(root: Path, dataset: str) -> None:
    (root / "data/scores/dense64").mkdir(parents=True, exist_ok=True)
    figures = FIGURES | scored_generator(root) | {"dataset": dataset}
    (root / "data/scores/dense64/details.json").write_text(json.dumps(figures), encoding="utf-8")


def metadata(folder: Path) -> dict:
    """The card's front matter."""
    _, head, _ = text(folder / "README.md").split("---\n", 2)
    return YAML(typ="safe").load(head)


def test_card_states_each_score_with_n_interval_and_floor(checkout: Path) -> None:
    hub.export(ganlib.load("dense64"), checkout / "hub")
    known = metadata(checkout / "hub")
    assert (known["library_name"], known["pipeline_tag"]) == ("ganlib", "unconditional-image-generation")
    ((result,),) = (entry["results"] for entry in known["model-index"])
    assert result["dataset"] == {"type": "toons", "name": "toons", "split": "train"}
    assert {metric["type"]: metric["value"] for metric in result["metrics"]} == {"fid": 243.577, "kid": 0.202915, "coverage": 0.25}
    shared = {"samples": 250, "extractor": "inception-2015-12-05", "protocol": "pytorch-fid"}
    assert result["metrics"][0]["args"] == {**shared, "low": 236.085, "high": 251.069, "floor": 43.6587}


def test_folder_is_a_generator_again_and_shows_its_pictures(checkout: Path) -> None:
    said = hub.export(ganlib.load("dense64"), checkout / "hub")
    assert said.splitlines()[-1] == f"hf upload USER/dense64 {checkout}/hub"
    assert sorted(path.name for path in (checkout / "hub").iterdir()) == ["README.md", "config.json", "model.safetensors", "sheet.png"]
    again = ganlib.load(checkout / "hub")
    np.testing.assert_array_equal(again.sample([3, 4]), ganlib.load("dense64").sample([3, 4]))
    assert json.loads(text(checkout / "hub/config.json")) == {"report": "dense64", "settings": again.settings.model_dump()}
    assert abs(seen(checkout / "hub/sheet.png")[:, 2:66, 2:66] - again.sample([1])[0]).max() <= 1


@pytest.mark.parametrize(
    ("dataset", "warned"), [("toons", False), ("own", False), ("celeba_preview", True), ("celeba", True), ("no longer there", True)]
)
def test_restrictions_of_celeba_are_in_card_and_output_unless_it_was_surely_not_used(checkout: Path, dataset: str, warned: bool) -> None:
    score(checkout, dataset)
    said = hub.export(ganlib.load("dense64"), checkout / "hub")
    assert [CELEBA in words for words in (said, text(checkout / "hub/README.md"))] == [warned, warned]
    assert (metadata(checkout / "hub")["license_name"] == "celeba") == warned
    trained = {"toons": "trained on drawn faces with ganlib", "own": "trained with ganlib", "no longer there": "trained with ganlib"}
    card = text(checkout / "hub/README.md")
    assert f"A generator of 64x64 faces, {trained.get(dataset, 'trained on CelebA' + chr(39) + 's photographs with ganlib')}. " in card
    assert ("a remix of Avataaars by Pablo Stanley" in card) == (dataset == "toons")


def test_file_of_unknown_origin_is_warned_of_and_states_no_scores(checkout: Path) -> None:
    (checkout / "alone").mkdir()
    file = (checkout / "data/runs/dense64/generator.safetensors").rename(checkout / "alone/generator.safetensors")
    assert CELEBA in hub.export(ganlib.load(file), checkout / "hub")
    assert "model-index" not in metadata(checkout / "hub")
