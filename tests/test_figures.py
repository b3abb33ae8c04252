"""What of a log goes into the metrics."""

from pathlib import Path

import pytest

from ganlib.figures import Log, closing_figures


def log(folder: Path, lines: int) -> Path:
    written = Log(folder / "log.csv")
    for line in range(1, lines + 1):
        written.write(20 * line, {"d_loss": line**2, "d_accuracy": 1 / line, "collapsed": line, "k": 0.1 * line, "lr_d": 0.1 / line})
    return written.path


@pytest.mark.parametrize(("lines", "closing"), [(1, [1]), (9, [9]), (19, [19]), (20, [19, 20]), (39, [37, 38, 39])])
def test_losses_and_accuracy_are_means_over_the_last_tenth_of_lines(tmp_path: Path, lines: int, closing: list[int]) -> None:
    figures = closing_figures(log(tmp_path, lines))
    assert figures["d_loss"] == pytest.approx(sum(line**2 for line in closing) / len(closing))
    assert figures["d_accuracy"] == pytest.approx(sum(1 / line for line in closing) / len(closing), rel=1e-5)


def test_step_counts_and_what_a_run_adjusts_are_those_of_the_last_line(tmp_path: Path) -> None:
    figures = closing_figures(log(tmp_path, 40))
    assert {name: figures[name] for name in ("step", "collapsed", "k", "lr_d")} == {"step": 800, "collapsed": 40, "k": 4.0, "lr_d": 0.0025}
    assert isinstance(figures["step"], int)
    assert list(figures) == ["step", "d_loss", "d_accuracy", "collapsed", "k", "lr_d"]
