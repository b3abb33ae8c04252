"""The commands of the README and of docs/settings.md on the drawn faces."""

import csv
import json
import re
from pathlib import Path

import pytest

from ganlib.page.glossary import TRAINING
from tests.conftest import text
from tests.end_to_end.outputs import assert_complete, log


def test_repro_leaves_every_output(finished):
    assert_complete(finished)
    assert {"d_accuracy", "d_loss_keras", "g_loss_keras"} <= finished.yaml("data/scores/dense64/details.json").keys()


def test_git_keeps_scores_and_no_picture(finished):
    kept = finished.run("git", "ls-files").split()
    assert {f"metrics/{name}.json" for name in finished.reports} <= set(kept)
    assert "dvc.lock" in kept
    assert not [name for name in kept if name.startswith("data/")]


def test_second_repro_changes_nothing_and_none_needs_a_study(finished):
    assert "Data and pipelines are up to date." in finished.dvc("repro")
    assert finished.run("git", "status", "--porcelain") == ""
    said = finished.dvc("repro", "--dry", "--force")
    assert "Running stage 'compare'" in said
    assert "stud" not in said


def test_page_of_the_command_is_the_stages_and_says_where_the_results_come_from(finished, tmp_path):
    finished.run("python", "-m", "ganlib", "page", "-o", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_bytes()
    origin = rb"<li>commit [0-9a-f]+(?: with changes)?</li><li>[\d,]+ minutes of training on [^<]+</li>"
    assert len(re.findall(origin, page)) == 1
    assert re.sub(origin, b"", page) == finished.files("data/page")["index.html"]


def test_metrics_show_prints_every_score(finished):
    shown = finished.dvc("metrics", "show")
    assert all(f"metrics/{name}.json" in shown for name in [*finished.reports, "curve"])


def test_one_override_runs_one_branch_reaches_the_optimizer_as_a_number_and_is_undone_from_the_run_cache(checkout):
    before = checkout.trained("dcgan64")
    said = checkout.dvc("exp", "run", "evaluate@dcgan64", "-S", "lr_d=4e-5")
    assert "Running stage 'train@dcgan64'" in said
    assert "Running stage 'train@dense64'" not in said
    config = checkout.yaml("data/runs/dcgan64/config.yaml")
    assert (type(config["lr_d"]), config["lr_d"]) == (float, 4e-5)
    assert float(log(checkout, "dcgan64")[-1]["rate_discriminator"]) == pytest.approx(4e-5 * config["rate_scale"])
    after = checkout.trained("dcgan64")
    assert after.keys() == before.keys()
    for changed in ("data/runs/dcgan64/generator.safetensors", "data/progress/dcgan64/log.csv"):
        assert after[changed] != before[changed]
    assert "metrics/dcgan64.json" in checkout.dvc("metrics", "diff")
    assert "lr_d" in checkout.dvc("params", "diff")

    said = checkout.dvc("exp", "run", "evaluate@dcgan64", "-S", "lr_d=null")
    assert "Stage 'train@dcgan64' is cached - skipping run" in said
    assert "Running stage 'train@dcgan64'" not in said
    assert checkout.yaml("data/runs/dcgan64/config.yaml")["lr_d"] == 5e-5
    assert checkout.trained("dcgan64") == before


RESULTS = ("data/faces", "data/runs", "data/nets", "data/progress", "metrics")
NOWHERE = ("dataset=celeba_preview", "datasets.celeba_preview.source=nowhere")


@pytest.mark.parametrize(
    ("settings", "error", "untouched"),
    [
        (("lr_d=-1",), "lr_d: -1 is not allowed: must be greater than 0", ("data", "metrics")),
        (NOWHERE, "datasets.celeba_preview.source: .*/ganlib/nowhere does not exist; relative paths start from .*", RESULTS),
    ],
)
def test_mistake_in_params_is_one_line_and_removes_nothing(checkout, settings, error, untouched):
    before = {folder: checkout.files(folder) for folder in untouched}
    said = checkout.dvc("exp", "run", *(word for setting in settings for word in ("-S", setting)), fails=True)
    undo = "; `git checkout params.yaml` restores the committed settings"
    assert re.search(f"^error: params.yaml: {error}{undo}$", said, re.MULTILINE)
    assert "Traceback" not in said
    assert {folder: checkout.files(folder) for folder in untouched} == before


def test_snapshots_are_scored_over_training_and_the_end_alone_stays_the_same(checkout):
    before = checkout.yaml("metrics/dcgan64.json")
    checkout.dvc("exp", "run", "evaluate@dcgan64", "-S", "reports.dcgan64.preview.snapshots={unit: steps, at: [1, 2]}")
    with (checkout.folder / "data/scores/dcgan64/plots/scores.csv").open() as file:
        curve = list(csv.DictReader(file))
    assert [row["step"] for row in curve] == ["1", "2", "3"]
    checkout.dvc("plots", "show", "-o", "plots")
    drawn = plots(text(checkout.folder / "plots" / "index.html"))["dcgan64 FID and KID over training"]
    assert [part["encoding"]["y"]["title"] for part in drawn["vconcat"]] == ["FID", "KID"]
    assert drawn["data"]["values"][-1]["fid"] == curve[-1]["fid"]
    assert len({*checkout.files("data/runs/dcgan64/snapshots").values(), checkout.files("data/runs/dcgan64")["generator.safetensors"]}) == 3
    assert float(curve[-1]["fid"]) == pytest.approx(before["fid"], rel=1e-5)
    assert checkout.yaml("metrics/dcgan64.json") == before


def test_another_protocol_has_separate_statistics_and_is_named_in_the_details(checkout):
    checkout.dvc("exp", "run", "evaluate@dcgan64", "-S", "protocol=clean")
    scores = checkout.yaml("data/scores/dcgan64/details.json")
    assert scores["protocol"] == "clean"
    assert scores["fid"] != json.loads(checkout.run("git", "show", "HEAD:metrics/dcgan64.json"))["fid"]
    assert (checkout.folder / "data/reference/wide64.inception-2015-12-05.clean.npz").is_file()


def test_queued_experiments_run_side_by_side_with_the_workspace_and_are_shown(checkout):
    before = checkout.files("data/runs/dense64")
    checkout.dvc("exp", "run", "--queue", "evaluate@dense64", "-S", "lr_d=1e-4,5e-5")
    checkout.dvc("queue", "start")
    checkout.await_queue(2)
    shown = checkout.dvc("exp", "show", "--csv")
    assert "1e-04" in shown or "0.0001" in shown
    assert "5e-05" in shown
    assert checkout.files("data/runs/dense64") == before


def plots(page: str) -> dict[str, dict]:
    """The curves of DVC's page, by their titles."""
    specs = [json.loads(spec) for spec in re.findall(r"var spec = (.*);$", page, re.MULTILINE)]
    return {spec["title"]["text"]: spec for spec in specs}


def test_plots_show_curves_and_grids_in_one_page(finished, tmp_path):
    said = finished.dvc("plots", "show", "-o", str(tmp_path / "plots"))
    assert said.splitlines() == [(tmp_path / "plots" / "index.html").as_uri()]
    page = text(tmp_path / "plots" / "index.html")
    curves = plots(page)
    kid = curves["KID of all reports"]
    assert (kid["encoding"]["x"]["title"], kid["encoding"]["y"]["title"]) == ("report", "KID")
    rows = list(csv.DictReader(text(finished.folder / "data/page/kid.csv").splitlines()))
    assert [{key: point[key] for key in rows[0]} for point in kid["data"]["values"]] == rows
    for name in finished.reports:
        losses = curves[f"{name} losses"]
        titles = [(part["encoding"]["x"]["title"], part["encoding"]["y"]["title"]) for part in losses["vconcat"]]
        assert titles == [("step", "loss"), ("step", "share")]
        assert f"{name} FID and KID over training" not in curves  # there are no snapshots
        rows, drawn = log(finished, name), set(losses["transform"][0]["fold"])
        assert {figure for figure in rows[0] if figure.endswith("loss")} <= drawn <= TRAINING.keys()
        assert [{key: point[key] for key in rows[0]} for point in losses["data"]["values"]] == rows
        for sheet in (f"progress_{name}_samples_000003.png", f"progress_{name}_reals.png", f"scores_{name}_plots_closest.png"):
            assert f"workspace_data_{sheet}" in page
    assert {"d_real", "d_score", "within_bounds"} <= set(curves["curve scores"]["transform"][0]["fold"])


def test_plots_diff_draws_both_revisions_in_one_curve(checkout):
    checkout.dvc("exp", "run", "evaluate@dense64", "-S", "lr_d=5e-5")
    checkout.dvc("plots", "diff", "HEAD")
    losses = plots(text(checkout.folder / "dvc_plots" / "index.html"))["dense64 losses"]
    assert {point["rev"] for point in losses["data"]["values"]} == {"HEAD", "workspace"}


def test_forced_pipeline_gives_the_same_lock_and_keeps_going(checkout):
    lock = (checkout.folder / "dvc.lock").read_bytes()
    checkout.dvc("repro", "-k", "-f")
    assert (checkout.folder / "dvc.lock").read_bytes() == lock
    assert checkout.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("stage", ["prepare wide64", "reference wide64", "evaluate dense64", "curve"])
def test_full_disk_is_one_line_and_keeps_earlier_files(checkout, stage):
    def held() -> dict[str, bytes]:
        """Files under their final names; prepare keeps partial work, to resume, under others."""
        files = checkout.files("data") | checkout.files("metrics")
        return {name: content for name, content in files.items() if ".partial" not in name}

    before = held()
    limited = f"ulimit -f 2; exec python -m stages.{stage}"  # kB a file, which to a process is a full disk
    said = checkout.run("bash", "-c", limited, fails=True)
    assert re.search(r"^error: .*the disk is full \(File too large\).*: make room and run again$", said, re.MULTILINE), said
    assert "Traceback" not in said
    assert held() == before


def test_pipeline_runs_on_photographs_and_back_again_from_the_run_cache(checkout, celeba_folder: Path):
    before = checkout.files("metrics")
    checkout.dvc("exp", "run", "-S", "dataset=celeba_preview", "-S", f"datasets.celeba_preview.source={celeba_folder}")
    for name in checkout.reports:
        scores = checkout.yaml(f"data/scores/{name}/details.json")
        assert (scores["dataset"], scores["samples"]) == ("celeba_preview", 8)
    said = checkout.dvc("exp", "run", "-S", "dataset=toons", "-S", "datasets.celeba_preview.source=null")
    assert "> python -m stages.train" not in said
    assert checkout.files("metrics") == before
