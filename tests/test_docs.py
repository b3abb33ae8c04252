"""What the docs say of results is what the committed tables hold."""

import numpy as np
import pytest
from PIL import Image

from ganlib.page.glossary import ENDS, PROTOCOL, SCORES, SHARES, TRAINING
from tests.conftest import ROOT
from tools import reading, seeds


def test_ranges_over_seeds_are_those_of_the_table(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "seeds.md").read_text(encoding="utf-8") == seeds.page()
    assert readme == seeds.with_scores(readme)
    assert readme.count(" trainings of ") == seeds.trainings("toons", "preview")["report"].nunique()


def test_list_of_metrics_is_the_glossarys(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = reading.PAGE.read_text(encoding="utf-8")
    assert page == reading.with_metrics(page)
    assert page.count("\n- `") == len(SCORES) + len(ENDS) + len(SHARES) + len(TRAINING) + len(PROTOCOL) + 1  # the rates


@pytest.mark.parametrize("name", reading.RUNS)
def test_run_stands_beside_its_picture_and_the_command_that_makes_it(name):
    page = (ROOT / reading.PAGE).read_text(encoding="utf-8")
    heading = f"## {name.replace('d-wins', 'd wins').capitalize()}\n"
    section = page[page.index(heading) :].partition("\n## ")[0]
    assert f"$ {reading.command(name)}\n" in section
    assert f"(reading/{name}.png)" in section
    assert (ROOT / reading.FOLDER / f"{name}.png").is_file()


def test_picture_of_a_run_has_its_curves_and_a_corner_of_its_last_sheet(tmp_path):
    rows = [f"{step},{step / 10},{1 - step / 20},0.5,0.25,{step / 10}" for step in (1, 5, 10)]
    (tmp_path / "log.csv").write_text("\n".join(["step,d_loss,g_loss,d_accuracy,fooled,diversity", *rows, ""]), encoding="utf-8")
    (tmp_path / "samples").mkdir()
    for step, colour in ((1, "blue"), (10, "red")):
        Image.new("RGB", (530, 530), colour).save(tmp_path / "samples" / f"{step:06d}.png")
    reading.draw(tmp_path, 64, tmp_path / "run.png")
    with Image.open(tmp_path / "run.png") as picture:
        assert picture.size == (3 * reading.EDGE, reading.EDGE)
        pixels = np.asarray(picture.convert("RGB"), int)
    assert (pixels[:, 2 * reading.EDGE :] == (255, 0, 0)).all()
    blue = abs(pixels[reading.MARGIN : -reading.MARGIN, : reading.EDGE] - (31, 119, 180)).max(axis=2) < 40  # d_loss, from 0.1 to 1
    heights = [np.flatnonzero(column).mean() for column in blue.T if column.any()]
    assert heights[0] > 150 > 20 > heights[-1]
