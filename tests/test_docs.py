"""What the README says of results is what the committed tables hold."""

from benchmarks import seeds
from ganlib import params
from tests.conftest import ROOT


def test_readme_has_the_ranges_over_seeds(monkeypatch):
    monkeypatch.chdir(ROOT)
    readme = (ROOT / "README.md").read_text()
    for report in params.load().reports:
        assert seeds.summary(report) in readme, report
