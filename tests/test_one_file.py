"""examples/one_file.py: short, by itself, and the pipeline's training to the last digit."""

import ast
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from examples import one_file
from ganlib import params
from ganlib.data.faces import PICTURES, Faces
from ganlib.training import loop
from tests.conftest import ROOT, text
from tests.data import archive

PATH = ROOT / "examples" / "one_file.py"


@pytest.fixture
def cache(tmp_path) -> Path:
    """45 pictures in the crop of dcgan64, and the cache's folder."""
    raw = archive.write(tmp_path / "raw", [archive.jpeg(archive.picture(5 * i)) for i in range(45)])
    archive.prepare(raw, params.load().crop("wide64"), tmp_path / "faces")
    return tmp_path / "faces"


def test_first_ten_losses_are_those_of_the_pipelines_preview(cache, tmp_path):
    """36 of the 45 pictures are trained on, so an epoch has two steps."""
    found = one_file.train(one_file.read(cache / PICTURES), 10, tmp_path)
    settings = params.load()
    report = settings.report("dcgan64")
    parts = loop.build(report, Faces.open(cache, "all").first(36), settings.seed)
    assert settings.dataset == "toons"
    for step, losses in enumerate(found, 1):
        expected = loop.train_step(step, parts["trainer"], parts["feed"])
        assert losses == (float(expected["d_loss"]), float(expected["g_loss"]))
    assert (len(found), one_file.STEPS) == (10, report.max_steps)


def test_folder_of_pictures_trains_and_sheets_show_the_average(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / "own" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        archive.picture(10 * number, (90, 70)).save(tmp_path / "own" / str(number % 2) / f"{number}.PNG")
    pictures = one_file.read(tmp_path / "own")
    assert (pictures.shape, pictures.dtype) == ((20, 3, 64, 64), torch.uint8)
    monkeypatch.setattr(one_file, "SHEET_EVERY", 2)
    one_file.train(pictures, 3, tmp_path / "sheets")
    (sheet,) = (tmp_path / "sheets").iterdir()
    with Image.open(sheet) as shown:
        assert (sheet.name, shown.size, shown.mode) == ("000002.png", (512, 512), "RGB")


def test_too_few_pictures_end_in_one_line(tmp_path):
    line = "nowhere: 0 pictures, a step takes 16: run ganlib repro prepare@wide64, or name a folder"
    with pytest.raises(SystemExit, match=f"^{line}$"):
        one_file.read(Path("nowhere"))


def test_example_is_short_and_needs_torch_numpy_and_pillow_alone():
    code = text(PATH)
    assert len(code.splitlines()) <= 120
    imported = {name.partition(".")[0] for node in ast.walk(ast.parse(code)) for name in names(node)}
    assert imported - sys.stdlib_module_names == {"torch", "numpy", "PIL"}


def names(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
