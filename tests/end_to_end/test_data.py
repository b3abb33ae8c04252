"""Pictures that a person brings: a folder of their own, and files put into data/incoming/."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from ganlib.data import toons
from ganlib.data.celeba import ARCHIVE
from tests.data import archive

NAMES = [f"set{i % 2}/{i:02d}.{'png' if i % 3 else 'jpg'}" for i in range(60)]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Sixty pictures of several sizes in two folders, with hair colours and smiles."""
    for i, name in enumerate(NAMES):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        image = archive.picture(4 * i, (60 + i, 100 - i))
        (tmp_path / "mine" / name).write_bytes(archive.encoded(image, "PNG" if name.endswith("png") else "JPEG"))
    table = pd.DataFrame({"file": NAMES, "hair": ["blond", "brown", ""] * 20, "smiling": [0, 1] * 30})
    table.to_csv(tmp_path / "mine" / "attributes.csv", index=False)
    return tmp_path / "mine"


@pytest.mark.slow
def test_own_pictures_train_began_on_conditions_of_their_own(fresh, tmp_path, mine):
    checkout = fresh.copy(tmp_path / "ganlib")
    yaml = YAML()
    values = yaml.load(checkout.folder / "params.yaml")
    values["dataset"] = "own"
    values["datasets"]["own"].update(source=str(mine), samples=8)
    values["reports"]["began64"]["conditions"] = {"hair": ["hair_blond", "hair_brown"], "smile": ["smiling"]}
    yaml.dump(values, checkout.folder / "params.yaml")
    checkout.dvc("repro", "train@began64")
    table = pd.read_parquet(checkout.folder / "data/faces/tight64/table.parquet")
    assert list(table["file"]) == sorted(NAMES)
    assert np.load(checkout.folder / "data/faces/tight64/00000.npy").shape == (60, 64, 64, 3)
    assert checkout.yaml("data/runs/began64/config.yaml")["conditions"]["hair"] == ["hair_blond", "hair_brown"]
    assert "Data and pipelines are up to date" in checkout.dvc("repro", "train@began64")


@pytest.mark.slow
def test_file_put_into_incoming_is_used_in_the_workspace_and_in_a_temporary_experiment_and_survives_a_switch(fresh, tmp_path):
    checkout = fresh.copy(tmp_path / "ganlib")
    incoming = checkout.folder / "data" / "incoming"
    toons.draw(incoming, 160, seed=5)
    before = checkout.files("data/incoming")
    chosen = ("prepare@tight64", "-S", "dataset=celeba_preview")
    assert "non-commercial research only" in checkout.dvc("exp", "run", *chosen)
    pictures = (checkout.folder / "data/faces/tight64/00000.npy").read_bytes()
    assert (checkout.folder / "data/raw/celeba_preview" / ARCHIVE).read_bytes() == before[ARCHIVE]
    checkout.dvc("exp", "run", "prepare@tight64", "-S", "dataset=toons")
    assert (checkout.folder / "data/faces/tight64/00000.npy").read_bytes() != pictures
    checkout.dvc("exp", "run", *chosen)
    assert (checkout.folder / "data/faces/tight64/00000.npy").read_bytes() == pictures
    assert checkout.files("data/incoming") == before

    shutil.rmtree(checkout.folder / "data" / "raw")
    shutil.rmtree(checkout.folder / ".dvc" / "cache")
    told = checkout.dvc("exp", "run", "--temp", *chosen)
    assert "Running stage 'download'" in told
    assert checkout.files("data/incoming") == before
