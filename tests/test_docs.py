"""What the docs say of results is what the committed tables hold."""

from docs import seeds
from ganlib import params
from tests.conftest import ROOT


def test_ranges_over_seeds_are_those_of_the_table(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = (ROOT / "README.md").read_text()
    assert (ROOT / "docs" / "seeds.md").read_text() == seeds.page()
    assert readme == seeds.with_scores(readme)
    assert readme.count(" trainings of ") == len(params.load().reports) + 1  # the curve demo
