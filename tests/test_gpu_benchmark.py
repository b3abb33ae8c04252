"""The GPU's benchmark runs to its last line where there is no GPU, so that its first run on one is about numbers."""

import json
import subprocess
import sys

import pytest

from benchmarks import flops, reports
from tests.conftest import ROOT


def run(out, *parts: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks.gpu", "--out", str(out), *parts]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_every_part_runs_and_goes_on_from_the_rows_that_it_has(tmp_path):
    done = run(tmp_path / "gpu.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))["rows"]
    parts = "parity determinism resume throughput compile graphs checkpoint evaluation feeding processes".split()
    assert list(dict.fromkeys(key.partition(":")[0] for key in rows)) == parts
    assert [key for key, row in rows.items() if row.get("good") is False] == []
    again = run(tmp_path / "gpu.json")
    assert again.stdout == done.stdout  # the same times too: nothing was measured again


def test_it_needs_no_package_of_the_command_line_or_of_drawing():
    code = "import sys, benchmarks.gpu; print(*sys.modules)"
    modules = set(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert {"torch", "ganlib.training.loop"} <= modules
    assert not modules & {"dvc", "typer", "dicebear", "resvg_py", "gdown", "fsspec.implementations.http", "jinja2", "onnx"}


def test_mistakes_are_one_line(tmp_path):
    assert run(tmp_path / "gpu.json", "speed").stderr.startswith("error: no part 'speed'; one of parity, determinism, ")
    (tmp_path / "gpu.json").write_text('{"machine": {"device": "another"}, "rows": {}}', encoding="utf-8")
    assert "is of another machine" in run(tmp_path / "gpu.json", "parity").stderr


def test_work_of_a_step_grows_with_the_batch_and_is_that_of_its_layers():
    """dense64 by hand: two operations for each weight and picture, forwards and twice backwards, once in the first layer."""
    report = reports.full("dense64")
    reals = report.reals_per_step
    sizes = [(report.latent_size, 100), (100, 200), (200, 100), (100, 3 * 64 * 64)]
    generator = sum(inputs * outputs for inputs, outputs in sizes)
    discriminator = 3 * 64 * 64 * 100 + 100 * 200 + 200 * 100 + 100
    first_g, first_d = report.latent_size * 100, 3 * 64 * 64 * 100
    d_step = reals * generator + 2 * reals * (3 * discriminator - first_d)  # fakes without gradients, then D on both halves
    g_step = 2 * reals * (3 * generator - first_g + 2 * discriminator)  # D's weights are frozen
    assert flops.of(report) == 2 * (d_step + g_step)


def test_full_report_is_what_params_yaml_says_without_its_scales():
    report = reports.full("began64", width=0.5, unknown=1)
    assert (report.batch_size, report.epochs, report.gamma, report.max_steps, report.width) == (16, 127, 0.4, None, 0.5)
