"""The benchmarks do what they say: equal work on both sides, and a run to the last line, on a machine without a GPU too."""

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from ruamel.yaml import YAML

from benchmarks import fidelity_memory, flops, gpu, hours, pictures, reports, train
from ganlib import params
from ganlib.fetch import toons
from ganlib.support.checks import FILE
from ganlib.support.errors import TrainingInterruptedError, UserError
from tests.conftest import python, text


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    pictures.draw(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", train.LOOPS)
def test_both_sides_have_the_same_losses(name: str, drawn: Path) -> None:
    report = reports.full(name, width=0.125)
    train.check(name, report, pictures.cached(drawn, report))


@pytest.mark.slow
def test_memory_of_scores_is_measured_over_whole_stages(capsys: pytest.CaptureFixture[str]) -> None:
    fidelity_memory.main(share=0.001, stride=1)
    shown = capsys.readouterr().out
    assert "162 seen and 39 held out" in shown
    assert all(f"{stage} memory ratio" in shown for stage in ("reference", "scores"))


@pytest.mark.slow
def test_gpus_benchmark_ends_in_time_and_a_later_run_measures_only_what_is_missing(tmp_path: Path) -> None:
    toons.draw(tmp_path / "celeba", 64)
    command = ("-m", "benchmarks.gpu", "--out", str(tmp_path / "gpu"))
    cut = python(*command, "--minutes", "0.02", "parity")
    assert cut.returncode == 0, cut.stderr
    rows = json.loads(text(tmp_path / "gpu" / "gpu.json"))["rows"]
    done = {label: row for label, row in rows.items() if "left_out" not in row}
    assert 0 < len(done) < len(rows) == len(gpu.NAMES) * 3
    assert "rows had no time: parity" in cut.stdout

    whole = python(*command, "--minutes", "30", "--data", str(tmp_path / "celeba"))
    assert whole.returncode == 0, whole.stderr
    rows = json.loads(text(tmp_path / "gpu" / "gpu.json"))["rows"]
    assert rows.items() >= done.items()
    assert {label.split()[0].strip(":") for label in rows} == {*gpu.PARTS} - {"compile"}  # which needs a GPU
    assert [label for label, row in rows.items() if "error" in row or row.get("good") is False] == []
    for name in gpu.NAMES:
        trained = tmp_path / "gpu" / name
        assert rows[f"train {name}"]["steps"] == 4
        assert {"000000.png", "000004.png"} <= {path.name for path in (trained / "progress" / "samples").iterdir()}
        with ZipFile(trained / "fakes.zip") as fakes:
            assert len(fakes.namelist()) == gpu.FAKES


def test_gpus_benchmark_names_the_rows_without_time_and_trains_every_report(tmp_path: Path) -> None:
    gpu.measure(["speed", "equal"], 0, tmp_path, None)
    rows = json.loads(text(tmp_path / "gpu.json"))["rows"]
    assert {*rows} == {f"speed {name} {precision}" for name in gpu.NAMES for precision in gpu.PRECISIONS} | {
        f"equal {name} tf32" for name in gpu.NAMES
    }
    assert all(row == {"left_out": "0 s left"} for row in rows.values())
    values = YAML(typ="safe").load(FILE)
    assert {*gpu.NAMES} == {*gpu.SHARES} == {*values["reports"], *values["baselines"]}
    assert sum(gpu.SHARES.values()) == pytest.approx(1)


def test_failed_row_of_the_gpus_benchmark_is_a_row_and_is_tried_again(tmp_path: Path) -> None:
    def fail() -> gpu.Row:
        raise ValueError("no\nkernel")

    def added(**works: Callable[[], gpu.Row]) -> dict[str, gpu.Row]:
        record = gpu.Record(tmp_path / "gpu.json", {"device": "a"})
        for label, work in works.items():
            record.add(label, seconds=5, left=4 if label == "long" else 6, work=work)
        stored: dict[str, gpu.Row] = json.loads(text(tmp_path / "gpu.json"))["rows"]
        return stored

    rows = added(good=lambda: {"ms": 1}, bad=fail, long=lambda: {"ms": 2}, last=lambda: {"ms": 3})
    assert [row.get("ms") for row in rows.values()] == [1, None, None, 3]
    assert rows["bad"]["error"] == "ValueError: no kernel"
    assert str(rows["bad"]["at"]).startswith(__file__)
    assert rows["long"] == {"left_out": "4 s left"}
    again = added(good=fail, bad=lambda: {"ms": 4}, last=fail)
    assert {label: row["ms"] for label, row in again.items()} == {"good": 1, "last": 3, "bad": 4}

    def interrupt() -> gpu.Row:
        raise TrainingInterruptedError("train@dense64: interrupted by SIGINT after step 3/4")

    with pytest.raises(UserError, match="interrupted"):
        added(training=interrupt)
    with pytest.raises(UserError, match="is of another machine"):
        gpu.Record(tmp_path / "gpu.json", {"device": "b"})


def test_training_on_a_gpu_gets_its_share_of_the_time_and_what_others_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, float] = {}
    monkeypatch.setattr(gpu, "train", lambda name, _out, _work, _place, seconds: given.setdefault(name, seconds) and {})
    left = [1000.0 + 10 * len(gpu.NAMES)]  # and 10 s for each start and end
    for label, _, work in gpu.trainings(tmp_path, tmp_path, gpu.CPU, lambda: left[0]):
        if label != "train: crops":
            work()
            left[0] -= 10 + (given["dense64"] if label == "train dense64" else 0)  # all others end at once
    assert given["dense64"] == pytest.approx(1000 * gpu.SHARES["dense64"])
    assert given["dcgan64"] == pytest.approx(1000 * gpu.SHARES["dcgan64"])
    assert given["began64"] == pytest.approx(1000 * (1 - gpu.SHARES["dense64"]))


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


def test_estimated_step_counts_the_flop_of_a_real_one_and_takes_the_longer_of_device_and_host() -> None:
    report = reports.full("dense64", precision="tf32")
    operations = hours.step(report)
    assert sum(one.flop for one in operations) == flops.of(report)
    weights = sum(weight.nbytes for net in report.build().values() for weight in net.parameters())
    assert sum(one.bytes for one in operations) > 8 * weights  # Adam's alone: weights, gradients and two moments, read and written
    device, host = hours.milliseconds("dense64", report, operations, hours.CARDS["H100"])
    assert device < host == pytest.approx(2.8 + 0.0025 * sum(one.kernels for one in operations))
    assert hours.seconds("dense64", report, operations, hours.CARDS["H100"]) == pytest.approx(2000 * host / 1e3)
    slow = hours.Card({"tf32": 1e-3}, 1e9, 0)
    assert hours.milliseconds("dense64", report, operations, slow)[0] == pytest.approx(sum(one.flop for one in operations) / 1e6)


def test_began64s_products_are_counted_as_on_a_gpu() -> None:
    report = reports.full("began64", precision="tf32", width=0.02, batch_size=2)
    assert sum(one.flop for one in hours.step(report)) > flops.of(report)


@pytest.mark.parametrize(
    ("seconds", "text"), [(6.54, "6.5 s"), (99, "99 s"), (120, "2 min"), (5999, "100 min"), (14760, "4.1 h"), (6e5, "6.9 days")]
)
def test_estimated_times_have_two_digits(seconds: float, text: str) -> None:
    assert hours.shown(seconds) == text


def test_full_report_has_the_values_of_params_yaml_without_its_scales():
    report = reports.full("began64", width=0.5, unknown=1)
    assert (report.batch_size, report.epochs, report.gamma, report.max_steps, report.width) == (16, 127, 0.4, None, 0.5)


def test_evening_report_is_that_of_the_data_set_celeba(changed_params: Callable[[dict[str, object]], Path]) -> None:
    expected = params.load(changed_params({"dataset": "celeba", "datasets.celeba.scale": "evening"}))
    for name in gpu.NAMES:
        assert reports.evening(name) == expected.report(name)
