"""The benchmarks do what they say: equal work on both sides, and a run of the whole."""

from pathlib import Path

import pytest

from benchmarks import fidelity_memory, pictures, train


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


@pytest.mark.slow
def test_memory_of_scores_is_taken_of_whole_stages(capsys: pytest.CaptureFixture[str]) -> None:
    fidelity_memory.main(share=0.001, stride=1)
    told = capsys.readouterr().out
    assert "162 seen and 39 held out" in told
    assert all(f"{stage} memory ratio" in told for stage in ("reference", "scores"))
