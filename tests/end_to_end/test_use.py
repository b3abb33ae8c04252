"""Every command and every line of Python that the docs show for a generator: dcgan64 is trained, the others are pretrained."""

import doctest
import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image

from tests.conftest import ROOT, text
from tests.end_to_end.conftest import Checkout

PAGES = ("README.md", "docs/use.md")


def commands(page: str) -> list[list[str]]:
    """The words of each `ganlib` command in a page's blocks, except for those that score and those with a placeholder."""
    blocks = re.findall(r"^```console\n(.*?)^```", text(ROOT / page), re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ").partition("#")[0].split() for block in blocks for line in block.splitlines()]
    return [words for words in lines if words[:1] == ["ganlib"] and words[1] in ("sample", "animate", "info", "export", "handin")]


@pytest.fixture(scope="module")
def used(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy of the finished checkout in which README's commands have run."""
    checkout = finished.copy(tmp_path_factory.mktemp("used") / "ganlib")
    checkout.run("git", "checkout", "-q", "HEAD~2", "--", "params.yaml")
    checkout.commit("all reports")
    for words in commands("README.md"):
        checkout.run("python", "-m", *words)
    return checkout


def test_readmes_commands_write_the_files_they_name(used: Checkout) -> None:
    assert sorted(used.files("exports/dcgan112")) == ["faces.html", "walk.webp"]
    assert sorted(used.files("exports/dcgan64")) == ["sheet.png"]
    assert used.run("git", "status", "--porcelain") == ""
    with Image.open(used.folder / "exports/dcgan112/walk.webp") as walk:
        assert walk.size == (336, 336)


def test_every_command_of_the_page_on_use_runs(used: Checkout) -> None:
    typed = commands("docs/use.md")
    assert len(typed) > 10
    (used.folder / "report.md").write_text("# Mine\n", encoding="utf-8")
    used.dvc("repro", "train@began64")  # whose D --best-of needs
    for words in typed:
        said = used.run("python", "-m", *words, "--force") if words[1] != "info" else used.run("python", "-m", *words)
        assert "dcgan64" in said or "began64" in said


def test_python_of_the_docs_prints_what_it_shows(used: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    used.run("python", "-m", "ganlib", "export", "dcgan64", "--format", "onnx", "--force")
    monkeypatch.chdir(used.folder)
    for page, examples in zip(PAGES, (3, 7), strict=True):
        blocks = "".join(re.findall(r"^```python\n(.*?)^```", text(ROOT / page), re.MULTILINE | re.DOTALL))
        runner = doctest.DocTestRunner()
        result = runner.run(doctest.DocTestParser().get_doctest(blocks, {}, page, page, 0))
        assert (result.failed, result.attempted) == (0, examples)


def test_generator_of_a_commit_and_of_an_experiment_is_read_without_the_data_set(checkout: Checkout, tmp_path: Path) -> None:
    before = draw(checkout, tmp_path / "before.npy")
    checkout.dvc("exp", "run", "-q", "-n", "faster", "train@dense64", "-S", "lr_g=0.01")
    now = draw(checkout, tmp_path / "now.npy")
    checkout.run("git", "checkout", "-q", ".")
    for folder in ("faces", "raw", "runs", "progress"):
        checkout.run("rm", "-rf", f"data/{folder}")
    assert now != before
    assert draw(checkout, tmp_path / "head.npy", "--rev", "HEAD") == before
    assert draw(checkout, tmp_path / "faster.npy", "--rev", "faster") == now
    known = json.loads(checkout.run("python", "-m", "ganlib", "info", "dense64", "--rev", "HEAD", "--json"))
    assert known["commit"] == checkout.run("git", "rev-parse", "HEAD").strip()
    assert known["scores"]["samples"] == 8
    for place, run in (("old", ["--rev", "HEAD"]), ("new", ["--rev", "faster"])):
        said = checkout.run("python", "-m", "ganlib", "handin", "dense64", *run, "-o", str(tmp_path / f"{place}.zip"))
        assert "hand-in of dense64" in said
    with ZipFile(tmp_path / "new.zip") as new, ZipFile(tmp_path / "old.zip") as old:
        assert b"lr_g" in new.read("new/changes.patch")
        assert "old/changes.patch" not in old.namelist()
        assert new.read("new/pictures.png") != old.read("old/pictures.png")
        assert {"old/nearest.png", "old/scores.json"} <= {*old.namelist()}
        assert "new/scores.json" not in new.namelist()  # the experiment trained and scored nothing
    refused = "error: --rev nowhere: unknown Git revision 'nowhere'; name a commit, branch, tag or experiment of this checkout\n"
    assert checkout.run("python", "-m", "ganlib", "info", "dense64", "--rev", "nowhere", fails=True) == refused
    checkout.run("rm", "-rf", ".dvc/cache")
    lost = checkout.run("python", "-m", "ganlib", "info", "dense64", "--rev", "HEAD", fails=True)
    assert lost.startswith("error: data/runs/dense64")
    assert "neither DVC's cache nor a remote holds it" in lost
    assert lost.count("\n") == 1


def draw(checkout: Checkout, path: Path, *options: str) -> bytes:
    """The bytes of two pictures of dense64."""
    checkout.run("python", "-m", "ganlib", "sample", "dense64", "--seeds", "1,2", "-o", str(path), *options)
    return path.read_bytes()
