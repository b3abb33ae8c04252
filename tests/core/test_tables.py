"""What of a log goes into the metrics, and how the metrics are written."""

import json
from pathlib import Path

import pytest

from ganlib.core import tables
from ganlib.core.tables import Log, final_metrics, save_metrics
from ganlib.support.errors import UserError

STANDING = "collapsed saturated left_out k rate_generator rate_encoder".split()


def log(folder: Path, lines: int) -> Path:
    written = Log(folder / "log.csv")
    for line in range(1, lines + 1):
        written.write(20 * line, {"d_loss": line**2, "kept": 1 / line, "kl": line, **dict.fromkeys(STANDING, line)})
    return written.path


@pytest.mark.parametrize(("lines", "closing"), [(1, [1]), (9, [9]), (19, [19]), (20, [19, 20]), (39, [37, 38, 39])])
def test_losses_and_shares_are_means_over_the_last_tenth_of_lines(tmp_path, lines, closing):
    figures = final_metrics(log(tmp_path, lines))
    means = {"d_loss": [line**2 for line in closing], "kept": [1 / line for line in closing], "kl": closing}
    assert {name: figures[name] for name in means} == pytest.approx({name: sum(some) / len(some) for name, some in means.items()}, rel=1e-5)


def test_final_step_balance_and_rates_come_from_the_last_row(tmp_path):
    figures = final_metrics(log(tmp_path, 40))
    assert {name: figures[name] for name in ("step", *STANDING)} == {"step": 800, **dict.fromkeys(STANDING, 40)}
    assert isinstance(figures["step"], int)
    assert list(figures) == ["step", "d_loss", "kept", "kl", *STANDING]


def test_metrics_have_six_digits_and_keep_counts_and_words(tmp_path):
    save_metrics({"fid": 12.3456789, "samples": 50000, "split": "train"}, tmp_path / "metrics.json")
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")) == {"fid": 12.3457, "samples": 50000, "split": "train"}


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (tables.read_json, b'{"kid": 0.'),
        (tables.read_json, b""),
        (tables.read_json, b"\xff"),
        (tables.read_yaml, b"settings: {a"),
        (tables.read_columns, b"step,kid\n10,0.5\n20"),
        (tables.read_columns, b"step,kid\n10,0,5\n20,x"),
    ],
)
def test_damaged_file_is_one_line(tmp_path, read, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read(path)
    assert str(raised.value).startswith(f"{path}: damaged (")
    assert str(raised.value).endswith("): restore it, or delete the results that it belongs to, and run again")
    assert "\n" not in str(raised.value)
