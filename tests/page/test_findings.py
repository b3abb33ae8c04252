"""The page's words about a run: its diagnosis, its place among other trainings, and what to try next."""

import subprocess

import pytest
from PIL import Image

from ganlib.core import tables
from ganlib.core.device import processor
from ganlib.page import advice, document, findings, section
from ganlib.page.collect import collect
from ganlib.page.origin import origin
from ganlib.page.spread import Spread
from ganlib.params import load
from ganlib.support import paths
from tests.conftest import ROOT, text
from tests.page import workspace

ROWS = 100


def log(**values: float) -> dict[str, list[float]]:
    """A log with a row per 10 steps, whose columns have one value; running totals end at theirs."""
    return {"step": [10.0 * row for row in range(1, ROWS + 1)], **{name: [value] * ROWS for name, value in values.items()}}


@pytest.mark.parametrize(
    ("values", "word", "reason"),
    [
        ({"d_accuracy": 0.8, "diversity": 0.7}, "healthy", "D is right about 80% of the pictures"),
        ({"d_accuracy": 0.96, "diversity": 0.7}, "D wins", "D is right about 96% of the pictures"),
        ({"d_accuracy": 1.0, "diversity": 0.7, "saturated": 400}, "saturated", "for 400 of 1,000 steps, D is right about every picture"),
        ({"d_accuracy": 1.0, "diversity": 0.7, "saturated": 99}, "D wins", "D is right about 100% of the pictures"),
        ({"d_accuracy": 1.0, "diversity": 0.01, "saturated": 400}, "collapsed", "the diversity is 0.01"),
        (
            {"diversity": 0.06, "collapsed": 10},
            "collapsed",
            "the diversity is 0.06, and was below 0.05 in 10 of 100 rows of the log",
        ),
        ({"diversity": 0.06, "collapsed": 9}, "healthy", "no sign of a collapse"),
    ],
)
def test_diagnosis_is_that_of_reading_a_run(values, word, reason):
    found = findings.diagnosis(log(**values), 1000)
    assert (found.word, found.reason, found.care) == (word, reason, word in ("collapsed", "saturated"))


def test_one_collapsed_sheet_at_the_end_is_a_collapse_and_a_log_without_diversity_has_no_diagnosis():
    assert findings.diagnosis({**log(), "diversity": [0.5] * (ROWS - 1) + [0.04]}, 1000).word == "collapsed"
    assert findings.diagnosis({**log(), "diversity": [0.04] + [0.5] * (ROWS - 1)}, 1000).word == "healthy"
    assert findings.diagnosis(log(d_loss=1.0), 1000) is None
    assert findings.diagnosis({}, 1000) is None


@pytest.mark.parametrize(("kid", "within"), [(0.1, True), (0.0997, True), (0.3, True), (0.31, False), (0.09, False)])
def test_place_is_that_among_the_other_trainings(kid, within):
    words = f"{'within' if within else 'outside'} the range of 3 other trainings, 0.100 to 0.300"
    assert findings.place(kid, Spread((0.3, 0.1, 0.2), 400)) == (within, words)


def test_finding_names_the_lowest_kid_and_the_ill_and_counts_those_within_the_range(results):
    other = "report,dataset,pictures,scale,samples,seed,kernels,kid,fid,step\n" + "".join(
        f"{name},toons,,preview,250,{seed},AVX2,{kid},200,30\n" for name in ("dcgan64", "dense64") for seed, kid in ((2, 0.1), (3, 0.15))
    )
    (results / "benchmarks/seeds.csv").write_text(other, encoding="utf-8")
    workspace.scored("dense64", kid=0.12, kid_low=0.11, kid_high=0.13)
    sections = [collect(name) for name in ("dcgan64", "dense64")]
    sections[0]["log"]["diversity"] = [0.01] * len(sections[0]["log"]["step"])
    page = document.page(sections, None, load().data, [])
    assert "<h1>Lowest KID: dense64, 0.120. dcgan64 collapsed; 1 of 2 within the range of other trainings.</h1>" in page
    assert page.count('<p class="small care">outside the range') == 1
    (trial,) = [trial for trial in advice.trials([section.view(each, []) for each in sections]) if "collapsed" in trial.why]
    assert trial.command == "dvc exp run evaluate@dcgan64 -S reports.dcgan64.lr_g=0.0001"
    assert trial.takes == "about 4 minutes in a preview"


def test_change_is_proposed_at_the_key_that_counts_for_the_data_set(results):
    (results / "params.yaml").write_text(
        text(ROOT / "params.yaml").replace("dataset: toons ", "dataset: celeba_preview "), encoding="utf-8"
    )
    collapsed = collect("dense64")
    collapsed["log"]["diversity"] = [0.01] * len(collapsed["log"]["step"])
    first, again, *_ = advice.trials([section.view(collapsed, [])])
    key = "reports.dense64.preview.photographs.lr_g=0.0001"
    assert (first.command, again.command) == (f"dvc exp run evaluate@dense64 -S {key}", f"ganlib try -S {key} --seeds 6")


def test_origin_has_the_commit_with_its_changes_and_the_minutes_of_trainings_of_this_checkout_only(results):
    assert origin(["dense64"]) == []
    for command in ("init -q", "add .", "-c user.name=x -c user.email=x commit -qm x"):
        subprocess.run(["git", *command.split()], check=True)
    (commit,) = origin(["dense64"])
    assert commit.startswith("commit ")
    assert not commit.endswith("changes")
    (results / "params.yaml").write_text((results / "params.yaml").read_text() + "\n", encoding="utf-8")
    for name, seconds in (("dense64", 60), ("vae64", 241.5)):
        paths.timing(name).parent.mkdir(parents=True, exist_ok=True)
        paths.timing(name).write_text(f"step,seconds\n10,3\n30,{seconds}\n", encoding="utf-8")
    assert origin(["dense64", "dcgan64"]) == [f"{commit} with changes"]
    known, minutes = origin(["dense64", "vae64"])
    assert known == f"{commit} with changes"
    assert minutes == f"5 minutes of training on {processor()}"
    config = paths.outputs("vae64").run / "config.yaml"
    tables.write_yaml(tables.read_yaml(config) | {"devices": [{"device": "a GPU"}]}, config)
    assert origin(["vae64"])[1:] == ["4 minutes of training on a GPU"]


def test_pairs_have_different_training_pictures(results):
    file = paths.scores("dense64") / "closest.png"
    sheet = Image.open(file).convert("RGB")
    for column in range(10):  # three training pictures
        sheet.paste((80 * (column % 3), 0, 0), (2 + 66 * column, 68, 66 + 66 * column, 132))
    sheet.save(file)
    closest = collect("dense64")["closest"]
    assert (closest["rows"], closest["columns"]) == (2, 3)
