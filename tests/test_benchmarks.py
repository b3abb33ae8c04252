"""The benchmarks do what they say: equal work on both sides, and a run to the last line, on a machine without a GPU too."""

import json
from pathlib import Path

import pytest

from benchmarks import fidelity_memory, flops, pictures, reports, train
from tests.conftest import python, text


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
def test_memory_of_scores_is_measured_over_whole_stages(capsys: pytest.CaptureFixture[str]) -> None:
    fidelity_memory.main(share=0.001, stride=1)
    shown = capsys.readouterr().out
    assert "162 seen and 39 held out" in shown
    assert all(f"{stage} memory ratio" in shown for stage in ("reference", "scores"))


@pytest.mark.slow
def test_every_part_of_the_gpus_benchmark_runs_and_a_second_run_measures_nothing_again(tmp_path: Path) -> None:
    first, again = (python("-m", "benchmarks.gpu", "--out", str(tmp_path / "gpu.json")) for _ in range(2))
    assert first.returncode == 0, first.stderr
    rows = json.loads(text(tmp_path / "gpu.json"))["rows"]
    parts = "parity determinism resume throughput compile graphs checkpoint evaluation feeding processes".split()
    assert list(dict.fromkeys(key.partition(":")[0] for key in rows)) == parts
    assert [key for key, row in rows.items() if row.get("good") is False] == []
    assert again.stdout == first.stdout  # the same times too


def test_gpus_benchmark_imports_no_package_of_the_command_line_or_of_drawing() -> None:
    modules = set(python("-c", "import sys, benchmarks.gpu; print(*sys.modules)").stdout.split())
    assert {"torch", "ganlib.training.loop"} <= modules
    assert not modules & {"dvc", "typer", "dicebear", "resvg_py", "gdown", "fsspec.implementations.http", "jinja2", "onnx"}


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


def test_full_report_has_the_values_of_params_yaml_without_its_scales():
    report = reports.full("began64", width=0.5, unknown=1)
    assert (report.batch_size, report.epochs, report.gamma, report.max_steps, report.width) == (16, 127, 0.4, None, 0.5)
