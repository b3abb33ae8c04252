"""What the docs say of results is what the committed tables hold."""

import pytest

from docs import seeds
from ganlib.page.glossary import ENDS, PROTOCOL, SCORES, SHARES, TRAINING
from tests.conftest import ROOT
from tools import reading


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
