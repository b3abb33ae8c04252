"""The training benchmark compares equal work."""

from pathlib import Path

import pytest

from benchmarks import pictures, train


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    pictures.draw(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", train.LOOPS)
def test_both_sides_have_the_same_losses(name: str, drawn: Path) -> None:
    report = pictures.report(name, 0.125)
    train.check(name, report, pictures.cached(drawn, report))
