"""The command as its user types it: what it prints, and one line for each mistake."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import pytorch_fid.fid_score
from PIL import Image

from benchmarks.referee import pytorch_fid_network
from ganlib.cli import main
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.weights import find_weights, read_weights
from tests.conftest import ROOT, python, text


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `fakes/`, `reals/` and `reals.zip` of smooth noise, and `.npz` statistics."""
    home = tmp_path_factory.mktemp("places")
    for side, count, low, seed in (("fakes", 6, 0, 0), ("reals", 12, 90, 1)):
        (home / side).mkdir()
        noise = np.random.default_rng(seed).integers(low, low + 150, (count, 8, 8, 3), dtype=np.uint8)
        for i, picture in enumerate(noise):
            Image.fromarray(picture).resize((64, 64), Image.Resampling.BICUBIC).save(home / side / f"{i:03}.png")
    with zipfile.ZipFile(home / "reals.zip", "w") as archive:
        for file in sorted((home / "reals").iterdir()):
            archive.write(file, f"nested/{file.name}")
    rng = np.random.default_rng(2)
    for name, protocol in (("one", "pytorch-fid"), ("two", "pytorch-fid"), ("clean", "clean")):
        features = rng.normal(size=(40, 2048)).astype(np.float32)
        Statistics.of(features).save(home / f"{name}.npz", "inception-2015-12-05", protocol)
    return home


@pytest.fixture(scope="module")
def ran(places: Path) -> subprocess.CompletedProcess[str]:
    """The command on pictures, one of them broken, from a folder that is not the checkout."""
    (places / "fakes" / "broken.png").write_bytes(b"no picture")
    return python("-m", "ganlib", "score", "fakes", "reals.zip", "--json", "--skip-broken", cwd=places)


def test_json_is_one_object_with_fid_at_its_top(ran: subprocess.CompletedProcess[str]) -> None:
    assert ran.returncode == 0, ran.stderr
    figures = json.loads(ran.stdout)
    assert next(iter(figures)) == "fid"
    assert figures.keys() >= {*main.METRICS, "fid_low", "fid_high", "fid_floor", "kid_low", "kid_high", "kid_floor", "mind_floor"}
    assert (figures["fake_samples"], figures["real_samples"]) == (6, 12)
    assert (figures["extractor"], figures["protocol"]) == ("inception-2015-12-05", "pytorch-fid")
    assert figures["skipped"] == ["fakes/broken.png"]


def test_fid_is_the_one_that_pytorch_fid_gives_two_folders(ran: subprocess.CompletedProcess[str], places: Path) -> None:
    network = pytorch_fid_network(read_weights(find_weights()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a batch size above the number of pictures, and sqrtm's deprecation
        files = [sorted((places / side).glob("0*.png")) for side in ("fakes", "reals")]
        sides = [pytorch_fid.fid_score.get_activations(side, network, batch_size=12, num_workers=0) for side in files]
        # A rotation changes no distance: in the dimensions that the features span sqrtm takes no time, in all 2048 half a minute.
        basis, _ = np.linalg.qr(np.concatenate(sides).T)
        moments = [moment for side in sides for moment in ((side @ basis).mean(0), np.cov(side @ basis, rowvar=False))]
        expected = pytorch_fid.fid_score.calculate_frechet_distance(*moments)
    assert json.loads(ran.stdout)["fid"] == pytest.approx(expected, abs=1e-3)


def test_bars_and_warnings_are_on_stderr(ran: subprocess.CompletedProcess[str]) -> None:
    figures = json.loads(ran.stdout)
    assert "features of fakes" in ran.stderr
    assert "12/12" in ran.stderr
    warnings = [line for line in ran.stderr.splitlines() if line.startswith("warning: ")]
    assert warnings == [
        "warning: skipped 1 unreadable: fakes/broken.png",
        f"warning: FID is biased upwards at N = 6, below 2,048; prefer KID ({figures['kid']:.6f}), which is unbiased;"
        f" the floor, the FID between two sets of 6 real pictures, is {figures['fid_floor']:.4f}",
    ]


def test_text_has_fid_first_and_every_score_with_its_interval_and_floor(tmp_path: Path, typed) -> None:
    for name, count in (("fakes", 4), ("reals", 8)):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(count).integers(0, 256, (count, 3, 32, 32), dtype=np.uint8))
    status, out, _ = typed("score", tmp_path / "fakes.npy", tmp_path / "reals.npy", "--protocol", "clean")
    assert status == 0
    number = r"-?\d+\.\d{4}"
    pattern = rf"""FID:  {number}
    95% interval {number} to {number}
    floor {number}
KID:  {number}\d\d
    95% interval {number}\d\d to {number}\d\d
    floor {number}\d\d
MIND:  {number}
    95% interval {number} to {number}
    floor {number}
precision:  {number}
recall:  {number}
density:  {number}
coverage:  {number}
N:  4 fakes, 8 reals
extractor:  inception-2015-12-05
protocol:  clean
"""
    assert re.fullmatch(pattern, out)


def test_statistics_are_printed_as_pytorch_fid_prints_them_without_the_network(places: Path, typed) -> None:
    status, out, err = typed("score", places / "one.npz", places / "two.npz", "--weights", places / "no weights are read")
    assert status == 0
    first, *rest = out.splitlines()
    assert float(first.removeprefix("FID:  ")) > 0
    assert rest == ["N:  40 fakes, 40 reals", "extractor:  inception-2015-12-05", "protocol:  pytorch-fid"]
    assert err == (
        "warning: FID is biased upwards at N = 40, below 2,048; prefer KID, which is unbiased;"
        " the floor, the FID between two sets of 40 real pictures, needs 80 of them\n"
    )


def test_statistics_of_another_tool_have_an_unknown_n(places: Path, tmp_path: Path, typed) -> None:
    with np.load(places / "one.npz") as stored:
        np.savez(tmp_path / "theirs.npz", mu=stored["mu"], sigma=stored["sigma"])
    status, out, err = typed("score", tmp_path / "theirs.npz", tmp_path / "theirs.npz")
    assert (status, err) == (0, "")
    assert "N:  unknown fakes, unknown reals" in out.splitlines()


MISTAKES = [
    (["reals", "nowhere"], "nowhere: does not exist"),
    (["reals", "notes.txt"], "notes.txt: is neither a folder nor a .zip, .npy or .npz"),
    (["empty", "reals"], "empty: contains no picture: no file ends in "),
    (["cut", "reals"], "cut/a.png: cannot be read as a picture: "),
    (["reals", "fake.zip"], "fake.zip: not a complete zip: "),
    (["reals", "reals", "--weights", "notes.txt"], "notes.txt: not the weights of inception-2015-12-05 "),
    (["one.npz", "clean.npz"], "clean.npz: computed with inception-2015-12-05 and clean, not with inception-2015-12-05 and pytorch-fid"),
    (["one.npz", "reals", "--metrics", "fid,kid"], "--metrics: kid: need pictures, and one.npz holds statistics, which give only fid"),
    (["reals", "reals", "--metrics", "fid,presision"], "--metrics: 'presision' is unknown, did you mean 'precision'?; any of fid, kid, "),
    (["single", "single", "--metrics", "fid"], "a Frechet distance needs at least 2 pictures on each side, not 1"),
]


@pytest.mark.parametrize(("arguments", "said"), MISTAKES)
def test_mistakes_end_in_one_line(places: Path, monkeypatch: pytest.MonkeyPatch, typed, arguments: list[str], said: str) -> None:
    monkeypatch.chdir(places)
    for name in ("empty", "cut", "single"):
        Path(name).mkdir(exist_ok=True)
    Path("notes.txt").write_text("no pictures here", encoding="utf-8")
    Path("fake.zip").write_text("nor here", encoding="utf-8")
    picture = Path("reals/000.png").read_bytes()
    Path("cut/a.png").write_bytes(picture[:100])
    Path("single/a.png").write_bytes(picture)
    line, _, _ = typed("score", *arguments)
    assert isinstance(line, str)  # which the interpreter prints to stderr, exiting with 1
    assert line.startswith(f"error: {said}")
    assert "\n" not in line


def test_mistake_exits_with_1_and_no_traceback(tmp_path: Path) -> None:
    done = python("-m", "ganlib", "score", "nowhere", "nowhere", "--metrics", "fud", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    known = "fid, kid, mind, precision, recall, density, coverage"
    assert done.stderr.splitlines() == [f"error: --metrics: 'fud' is unknown, did you mean 'fid'?; any of {known}"]


def test_python_without_the_requirements_says_what_to_do() -> None:
    done = python("-S", "-m", "ganlib", "info", "dense64")
    expected = f"error: {sys.executable} has no typer: run make install, then source .venv/bin/activate\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_help_shows_every_option_and_an_example(typed) -> None:
    status, shown, _ = typed("score", "--help")
    assert status == 0
    assert all(option in shown for option in ("--protocol", "--metrics", "--json", "--skip-broken", "--weights"))
    assert "\n    ganlib score fakes/ reals.zip\n" in shown


def test_project_names_the_command() -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
    module, function = project["scripts"]["ganlib"].split(":")
    assert getattr(importlib.import_module(module), function) is main.main
