"""What a stage takes from params.yaml and hands on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ganlib import paths
from ganlib.training import loop
from stages import train
from tests.conftest import ROOT
from tests.training import small


@pytest.fixture
def given(tmp_path, monkeypatch, changed_params) -> Callable[[dict], dict]:
    """What `stages.train` calls the loop with, in a folder with nine pictures, three of each split."""

    def call(changes: dict) -> dict:
        seen = {}
        monkeypatch.setattr(loop, "train", lambda *arguments, **named: seen.update(arguments=arguments, named=named))
        changed_params(changes)
        train.main("dense64")
        return seen

    small.small_faces(tmp_path / "raw", small.report("dense64"), 9)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    paths.faces("wide64").parent.mkdir(parents=True)
    (tmp_path / "raw" / "faces").rename(paths.faces("wide64"))
    return call


@pytest.mark.parametrize(("split", "rows"), [("train", [0, 3, 6]), ("test", [2, 5, 8]), ("all", [*range(9)])])
def test_train_shows_the_loop_the_chosen_split_and_no_other_picture(given, split, rows):
    assert given({"datasets.toons.split": split})["arguments"][2].rows.tolist() == rows


def test_train_passes_seed_report_and_log_on(given):
    seen = given({"seed": 77, "log_every": 13, "lr_d": 0.125})
    name, report, _, outputs, checkpoints = seen["arguments"]
    assert (name, report.lr_d) == ("dense64", 0.125)
    assert seen["named"] == {"seed": 77, "log_every": 13, "save_every": None}
    assert [str(folder) for folder in outputs] == [f"data/{kind}/dense64" for kind in ("runs", "nets", "progress")]
    assert checkpoints == Path.cwd() / ".checkpoints"


def test_train_says_which_overrides_change_nothing(given, capfd):
    given({"lr_d": 2e-4})
    assert "train@dense64: lr_d: 0.0002 is dense64's own value" in capfd.readouterr().err
    assert (ROOT / "params.yaml").is_file()
