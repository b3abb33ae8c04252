"""A user's pictures: a folder, and files put into data/incoming/."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ganlib.data.celeba import ARCHIVE
from ganlib.fetch import toons
from tests.data import archive
from tests.data.server import Site, serving

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


def test_own_pictures_train_began_on_conditions_of_their_own(fresh, tmp_path, mine):
    checkout = fresh.copy(tmp_path / "ganlib")

    def take(params: dict) -> None:
        params["dataset"] = "own"
        params["datasets"]["own"].update(source=str(mine), samples=8)
        params["reports"]["began64"]["conditions"] = {"hair": ["hair_blond", "hair_brown"], "smile": ["smiling"]}

    checkout.change(take)
    checkout.dvc("repro", "train@began64")
    table = pd.read_parquet(checkout.folder / "data/faces/tight64/table.parquet")
    assert list(table["file"]) == sorted(NAMES)
    assert np.load(checkout.folder / "data/faces/tight64/pictures.npy").shape == (60, 64, 64, 3)
    assert checkout.yaml("data/runs/began64/config.yaml")["conditions"]["hair"] == ["hair_blond", "hair_brown"]
    assert "Data and pipelines are up to date" in checkout.dvc("repro", "train@began64")


def test_file_put_into_incoming_is_used_in_the_workspace_and_in_a_temporary_experiment_and_survives_a_switch(fresh, tmp_path):
    checkout = fresh.copy(tmp_path / "ganlib")
    incoming = checkout.folder / "data" / "incoming"
    toons.draw(incoming, 160, seed=5)
    before = checkout.files("data/incoming")
    chosen = ("prepare@tight64", "-S", "dataset=celeba_preview")
    assert "non-commercial research only" in checkout.dvc("exp", "run", *chosen)
    pictures = checkout.files("data/faces/tight64")
    assert (checkout.folder / "data/raw/celeba_preview" / ARCHIVE).read_bytes() == before[ARCHIVE]
    checkout.dvc("exp", "run", "prepare@tight64", "-S", "dataset=toons")
    assert checkout.files("data/faces/tight64") != pictures
    checkout.dvc("exp", "run", *chosen)
    assert checkout.files("data/faces/tight64") == pictures
    assert checkout.files("data/incoming") == before

    shutil.rmtree(checkout.folder / "data" / "raw")
    shutil.rmtree(checkout.folder / ".dvc" / "cache")
    said = checkout.dvc("exp", "run", "--temp", *chosen)
    assert "Running stage 'download'" in said
    assert checkout.files("data/incoming") == before


def stages_run(said: str) -> set[str]:
    """The stages that DVC ran, without the check of params.yaml."""
    return set(re.findall(r"Running stage '(\S+)'", said)) - {"check"}


def change(checkout, **changes: object) -> None:
    """Set keys of the chosen data set's block."""

    def update(params: dict) -> None:
        params["dataset"] = changes.pop("dataset", params["dataset"])
        params["datasets"][params["dataset"]].update(changes)

    checkout.change(update)


def test_changed_inputs_rerun_stages_and_celeba_is_requested_once(fresh, tmp_path):
    checkout = fresh.copy(tmp_path / "ganlib")
    toons.draw(tmp_path / "mirror", 160, seed=5)
    site = Site(files={f"/{path.name}": path.read_bytes() for path in (tmp_path / "mirror").iterdir()})
    with serving(site):

        def ran(**changes: object) -> set[str]:
            change(checkout, **changes)
            return stages_run(checkout.dvc("repro", "prepare@tight64"))

        assert ran(dataset="toons") == {"download", "prepare@tight64"}
        assert ran(split="valid", scale="full", samples=7) == set()
        assert ran(images=150) == {"download", "prepare@tight64"}
        assert ran(dataset="celeba_preview", source=site.url) == {"download", "prepare@tight64"}
        assert ran(split="valid", scale="full", samples=7) == set()
        assert ran(images=150) == {"prepare@tight64"}
        assert "download" in ran(dataset="celeba", source=site.url, images=120)
        with (checkout.folder / "ganlib/fetch/toons.py").open("a", encoding="utf-8") as drawing:
            drawing.write("# edited\n")
        assert ran() == {"download"}
        change(checkout, images=170)
        said = checkout.dvc("repro", "prepare@tight64", fails=True)
    assert stages_run(said) == {"prepare@tight64"}
    assert re.search(r"^error: data/raw/celeba/img_align_celeba.zip holds 160 pictures, and 170 are needed; .*images, ", said, re.MULTILINE)
    assert sorted(path for path, _ in site.asked) == sorted(site.files)


@pytest.mark.parametrize("links", ["reflink,hardlink,symlink,copy", "hardlink"])
def test_neither_dvc_nor_an_edit_of_the_raw_files_reaches_the_download(fresh, tmp_path, links):
    checkout = fresh.copy(tmp_path / "ganlib")
    checkout.dvc("config", "cache.type", links)
    toons.draw(tmp_path / "mirror", 160, seed=5)
    whole = (tmp_path / "mirror" / ARCHIVE).read_bytes()
    site = Site(files={f"/{path.name}": path.read_bytes() for path in (tmp_path / "mirror").iterdir()})
    raw = checkout.folder / "data" / "raw" / "celeba_preview"
    with serving(site):
        change(checkout, dataset="celeba_preview", source=site.url)
        checkout.dvc("repro", "download")
    downloaded = checkout.files("data/incoming")
    assert whole in downloaded.values()
    assert (raw / ARCHIVE).read_bytes() == whole

    shutil.rmtree(raw)
    checkout.dvc("checkout", "download")
    assert (raw / ARCHIVE).read_bytes() == whole
    checkout.dvc("unprotect", str(raw))
    with (raw / ARCHIVE).open("r+b") as file:
        file.write(b"edited")
    assert checkout.files("data/incoming") == downloaded
    checkout.dvc("repro", "download")  # finds what was edited, and puts it right without the server
    assert (raw / ARCHIVE).read_bytes() == whole
    shutil.rmtree(checkout.folder / "data" / "incoming")
    assert (raw / ARCHIVE).read_bytes() == whole
    checkout.dvc("gc", "-w", "-f")
    assert (raw / ARCHIVE).read_bytes() == whole


def test_new_and_mended_pictures_and_another_source_are_noticed(fresh, tmp_path, mine):
    checkout = fresh.copy(tmp_path / "ganlib")
    change(checkout, dataset="own", source=str(mine))
    pictures, table = mine / NAMES[0], mine / "attributes.csv"

    def rows() -> tuple[int, int]:
        assert stages_run(checkout.dvc("repro", "prepare@tight64")) == {"download", "prepare@tight64"}
        assert "Data and pipelines are up to date" in checkout.dvc("repro", "prepare@tight64")
        found = pd.read_parquet(checkout.folder / "data/faces/tight64/table.parquet")
        return found.shape

    whole, text_of_table = pictures.read_bytes(), table.read_text(encoding="utf-8")
    pictures.write_bytes(whole[:300])
    assert f"{NAMES[0]} cannot be read" in checkout.dvc("repro", "prepare@tight64", fails=True)
    pictures.write_bytes(whole)
    table.write_text(text_of_table.replace("set0/", "nowhere/x"), encoding="utf-8")
    assert f"error: {table}: 'nowhere/x00.jpg'" in checkout.dvc("repro", "prepare@tight64", fails=True)
    table.write_text(text_of_table, encoding="utf-8")
    assert rows() == (60, 5)
    shutil.copy(pictures, mine / "60.JPG")
    (mine / ".lock").symlink_to("nowhere")  # as editors leave them; DVC reads no hidden file
    assert rows() == (61, 5)

    (tmp_path / "zips").mkdir()
    without = archive.pack(tmp_path / "zips" / "mine.zip", dict.fromkeys(NAMES[:20], whole))
    change(checkout, source=str(without))
    assert rows() == (20, 2)
    shutil.copy(table, tmp_path / "zips")
    assert "is not the name of a picture" in checkout.dvc("repro", "prepare@tight64", fails=True)
    (tmp_path / "zips" / "attributes.csv").write_text("file,smiling\n00.jpg,1\n", encoding="utf-8")
    assert rows() == (20, 3)
