"""Figures on the disk."""

import json

import pytest

from ganlib.figures import Log, closing_figures, save_metrics


def test_log_closes_with_the_mean_of_its_last_tenth_but_counts_balance_and_rates_stand_as_they_were_last(tmp_path):
    log = Log(tmp_path / "log.csv")
    standing = "collapsed saturated left_out k rate_generator".split()
    for step in range(1, 31):
        log.write(10 * step, {"d_loss": step**2, "kept": 1 / step, **dict.fromkeys(standing, step)})
    means = {"d_loss": (28**2 + 29**2 + 30**2) / 3, "kept": (1 / 28 + 1 / 29 + 1 / 30) / 3}
    assert closing_figures(log.path) == pytest.approx({"step": 300, **means, **dict.fromkeys(standing, 30)}, rel=1e-5)


def test_log_of_a_few_lines_closes_with_the_last(tmp_path):
    log = Log(tmp_path / "log.csv")
    for step in (1, 2, 3):
        log.write(step, {"d_loss": step})
    assert closing_figures(log.path) == {"step": 3, "d_loss": 3}


def test_metrics_have_six_digits_and_keep_counts_and_words(tmp_path):
    save_metrics({"fid": 12.3456789, "samples": 50000, "split": "train"}, tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"fid": 12.3457, "samples": 50000, "split": "train"}
