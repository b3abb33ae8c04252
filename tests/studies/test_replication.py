"""`ganlib replicate`: what of a recorded study is run again, what is said of it, its record, and one line for each mistake."""

import copy
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from typer.testing import CliRunner

from ganlib.cli import main
from ganlib.core import tables
from ganlib.lanes import plan, repro, sweep
from ganlib.studies import agreement, declarations, depends, paths, replication
from ganlib.support.errors import UserError
from tests.conftest import ROOT, text

SCHEMA = jsonschema.Draft202012Validator(json.loads(text(ROOT / "studies/schemas/replication.json")))
RECORDS = sorted((ROOT / paths.REPLICATIONS).glob("*/*.json"))
NAME, ARMS = "unequal_rates", ("dcgan64", "dcgan64_equal_rates")
MACHINE = {"torch": "2.14.1", "processor": "a processor", "kernels": "AVX2", "threads": 1}

# In place of stages/own.py: the report scores 0.2 and a little more with each seed, equal rates score half of that.
WORKER = """
import sys
from ganlib.core import tables
from ganlib.studies import paths
kind, trial, seed, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
dataset = "toons/" + folder
training, scoring = (tables.read_json(of(dataset, trial)) for of in (paths.training, paths.scoring))
machine = {machine}
with open("ran", "a") as ran:
    print(kind, trial, seed, folder, file=ran)
if kind == "trial":
    run = paths.run(dataset, trial, seed)
    tables.write_json(machine, run / "machine.json")
    tables.write_json(training, run / "made_of.json")
else:
    scores = paths.scores(dataset, trial, seed)
    kid = (0.2 + 0.001 * seed) / (1 if trial == "dcgan64" else 2)
    figures = dict(status="lived", step=2400, scale="preview", samples=250, kid=kid, kid_floor=0.0, kid_ema=kid)
    tables.save_metrics(figures | machine, scores / "figures.json")
    tables.write_json(dict(training=training, scoring=scoring, machine=machine), scores / "made_of.json")
"""


def recorded(kid: float = 0.2, seeds: Sequence[int] = range(1, 7), **changes: Any) -> pd.DataFrame:
    """Six runs of an arm that scores `kid` and a twentieth more or less, and of one that scores half."""
    rows = [(trial, seed, kid / half * (1 + 0.05 * (seed % 3 - 1))) for half, trial in enumerate(ARMS, 1) for seed in seeds]
    same = {"status": "lived", "step": 2400, "floor": 0.0, "kid_ema": 0.1, "scale": "preview", "samples": 250, **MACHINE, **changes}
    return pd.DataFrame(rows, columns=["trial", "seed", "kid"]).assign(**same)


def rows(found: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in json.loads(found.to_json(orient="records", double_precision=15))]


def made(new: pd.DataFrame, old: pd.DataFrame | None = None, **changes: Any) -> dict[str, Any]:
    """A record, without what follows from its rows."""
    study = tables.read_yaml(ROOT / declarations.CATALOGUE)["studies"][NAME] | changes
    old = recorded() if old is None else old
    return {"name": NAME, "dataset": "toons", "study": study, "recorded": rows(old), "rows": rows(new)}


def test_runs_as_the_recorded_ones_lie_inside_and_others_outside():
    said = agreement.said(made(recorded(0.204, [17, 18])))
    assert [result["answer"] for result in said["results"]] == ["inside"] * 3
    assert said["words"][0] == (
        "unequal_rates, replicated: at preview scale (toons, 2,400 steps, N = 250, 2 seeds per arm); machine and versions as recorded."
    )
    assert said["words"][1].startswith("dcgan64: inside; KID is 0.2037 on average of 2 new runs (6 recorded ones predict 0.1819 to 0.2195)")
    assert said["words"][3].startswith("The effect: inside; the claim's side is 100% farther from real faces by KID (predicted: ")
    new = recorded(0.2, [17, 18])
    new.loc[new["trial"] == ARMS[0], "kid"] *= 2
    said = agreement.said(made(new))
    assert [result["answer"] for result in said["results"]] == ["outside", "inside", "outside"]
    assert said["answer"] == "outside"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (recorded(0.2, [6, 17]), "recorded already, so not new: dcgan64 (seeds 6), dcgan64_equal_rates (seeds 6)"),
        (pd.concat([recorded(0.2, [17])] * 2), "the table has runs twice: dcgan64 (seeds 17), dcgan64_equal_rates (seeds 17)"),
        (recorded(0.2, [17], samples=1000), "samples of dcgan64, dcgan64_equal_rates is not that of the recorded runs"),
        (recorded(0.2, [17], scale="full"), "scale of dcgan64, dcgan64_equal_rates is not that of the recorded runs"),
        (recorded(0.2, [17], step=100), "step of dcgan64, dcgan64_equal_rates is not that of the recorded runs"),
    ],
)
def test_rows_that_replicate_nothing_are_refused(new: pd.DataFrame, said: str):
    with pytest.raises(UserError, match=re.escape(said)):
        agreement.said(made(new))


def test_other_reals_are_named():
    old, new = recorded(floor=0.001), recorded(0.2, [17], floor=0.05)
    assert agreement.said(made(new, old))["words"][0].endswith("; other reals (their floor is 0.05 instead of 0.001).")
    assert agreement.said(made(recorded(0.2, [17], floor=0.0010001), old))["words"][0].endswith("; machine and versions as recorded.")


def test_without_a_floor_scores_are_predicted_as_they_are():
    with_floor, without = (
        agreement.said(made(*(recorded(0.2, seeds, floor=floor) for seeds in ([17, 18], range(1, 7))))) for floor in (0.0, None)
    )
    assert without == with_floor


def test_another_machine_and_version_are_named():
    said = agreement.said(made(recorded(0.2, [17], torch="2.15.0", processor="AMD EPYC")))
    assert said["words"][0].endswith("1 seed per arm); torch 2.15.0 instead of 2.14.1, processor AMD EPYC instead of a processor.")


def test_expectation_is_of_its_one_arm_and_is_no_ratio():
    change = {"treatment": "dcgan64", "control": "dcgan64", "expected": [0.1, 0.3], "equal": None}
    old, new = (found[found["trial"] == "dcgan64"] for found in (recorded(), recorded(0.3, [17, 18])))
    said = agreement.said(made(new, old, **change))
    assert (len(said["results"]), said["answer"], said["results"][0]["mean"]) == (1, "outside", 0.3)


def test_moments_of_one_run_are_compared_in_pairs():
    """Runs that differ threefold and all improve by half: the pairs predict that to the digit, where two groups could not."""

    def moments(seeds: Sequence[int], gain: float) -> pd.DataFrame:
        end = [(seed, 2400, 0.1 * (1 + seed % 3)) for seed in seeds]
        of = [*end, *((seed, 800, kid * gain) for seed, _, kid in end)]
        return recorded()[:1].drop(columns=["seed", "step", "kid"]).merge(pd.DataFrame(of, columns=["seed", "step", "kid"]), how="cross")

    change = {"control": "dcgan64", "moments": [800], "equal": None}
    for gain, answer in ((2.0, "inside"), (2.2, "outside")):
        old, new = moments(range(1, 7), 2), moments([17, 18], gain)
        old.loc[0, "kid"] *= 1.001
        said = agreement.said(made(new, old, **change))
        assert (said["results"][0]["of"], said["results"][1]["of"], said["answer"]) == ("the end", "step 800", answer)
    assert said["words"][-1].startswith("The effect: outside; the end of training is 55% nearer to real faces by KID (predicted: ")


def test_failed_run_leaves_counts_and_ranks_and_no_interval():
    new = recorded(0.2, [17, 18])
    new.loc[0, ["status", "kid"]] = ["diverged", None]
    said = agreement.said(made(new))
    assert [result["answer"] for result in said["results"]] == ["no prediction", "inside", "no prediction"]
    assert said["words"][1] == (
        "dcgan64: no prediction, since runs failed: 1 of 2 new runs failed, recorded 0 of 6; 1 of 2 new runs lie between the recorded ones."
    )
    assert said["words"][3] == (
        "The effect: no prediction, since runs failed; by ranks, the claim's side is better in 0 of 4 pairs of new runs, recorded 0 of 36."
    )
    assert "low" not in said["results"][2]


def test_new_runs_of_two_machines_are_refused():
    with pytest.raises(UserError, match=r"processor: the runs of a verdict must have the same"):
        agreement.said(made(pd.concat([recorded(0.2, [17]), recorded(0.2, [18], processor="another")])))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings, the studies and a recorded table, with trials that depend on nothing but their settings."""
    (tmp_path / "studies").mkdir()
    for name in ("params.yaml", "studies/params.yaml", "studies/catalogue.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(plan, "root", lambda: tmp_path)
    monkeypatch.setattr(sweep, "COMMAND", (sys.executable, "-c", WORKER.format(machine=MACHINE)))
    monkeypatch.setattr(repro, "repro", lambda stages, lanes, keep_going: False)
    digest = "0" * 128
    training = {"report": "dcgan64", "scale": "preview", "split": "train", "data": digest, "code": digest, "versions": {}}
    reals = {"split": "train", "samples": 250, "protocol": "pytorch-fid", "pictures": digest, "code": digest, "versions": {}}
    monkeypatch.setattr(depends, "training", lambda trial, params: {**training, "settings": trial.settings.model_dump()})
    monkeypatch.setattr(depends, "scoring", lambda trial, params: {"crop": trial.crop, "reals": reals, "code": digest, "versions": {}})
    monkeypatch.setattr(depends, "picture_counts", lambda trials, params: {name: 3200 for name in trials if name != "curve"})
    record()
    return tmp_path


def record(**changes: Any) -> None:
    table = paths.results("toons", NAME)
    table.parent.mkdir(parents=True, exist_ok=True)
    recorded(**changes).to_csv(table, index=False)


def replicate(*typed: str) -> Any:
    return CliRunner().invoke(main.app, ["replicate", *typed], catch_exceptions=False)


def test_command_trains_new_seeds_and_writes_a_record_that_gives_its_words(checkout: Path):
    done = replicate(NAME, "-j", "2")
    assert "stages to run: 8, about " in done.stderr
    (path,) = replication.records(NAME)
    found = replication.check(path)
    SCHEMA.validate(found)
    assert done.stdout.splitlines() == found["words"]
    assert sorted(text(checkout / "ran").splitlines()) == sorted(
        f"{kind} {trial} {seed} replications" for kind in ("trial", "score") for trial in ARMS for seed in (17, 18)
    )
    assert {row["seed"] for row in found["rows"]} == {17, 18}
    assert found["trials"]["dcgan64"]["training"]["settings"]["lr_d"] == 5e-05
    assert replication.counts(NAME, text(paths.results("toons", NAME))) == {"inside": 1}
    record(kid=0.1)
    assert replication.counts(NAME, text(paths.results("toons", NAME))) == {}  # another table


def test_interrupted_replication_resumes_with_its_seeds_and_the_next_one_has_others(checkout: Path):
    replicate(NAME, "--seeds", "1")
    (path,) = replication.records(NAME)
    path.unlink()  # as before its end
    replicate(NAME, "--seeds", "2")
    assert sorted({line.split()[2] for line in text(checkout / "ran").splitlines()}) == ["17", "18"]
    assert len(text(checkout / "ran").splitlines()) == 8
    assert replication.resolve(NAME, 2).seeds == [19, 20]
    record(seeds=[*range(1, 7), 30])
    assert replication.resolve(NAME, 2).seeds == [31, 32]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["unequal_rate"], "studies/params.yaml: declared: 'unequal_rate' is unknown, did you mean 'unequal_rates'?; one of "),
        (["beta1_of_05"], "studies/params.yaml: declared: 'beta1_of_05' is unknown; one of "),
        ([NAME, "--seeds", "0"], "--seeds 0: must be 1 to 12 new runs per arm"),
        ([NAME, "--seeds", "13"], "--seeds 13: must be 1 to 12 new runs per arm"),
        (
            ["curve_half"],
            "studies/results/toons/curve_half.csv: missing: curve_half has no recorded runs on toons to replicate; it has none",
        ),
    ],
)
def test_mistake_is_one_line(checkout: Path, typed: list[str], said: str):
    with pytest.raises(UserError) as raised:
        replicate(*typed)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"step": 4000}, "dcgan64 has step 4000 there, and 2400 now: record the study again first: ganlib repro studies/dvc.yaml:study@"),
        ({"samples": 1000}, "dcgan64 has samples 1000 there, and 250 now"),
        ({"scale": "full"}, "dcgan64 has scale full there, and preview now"),
    ],
)
def test_recorded_runs_of_other_settings_are_refused_before_any_training(checkout: Path, changes: dict[str, Any], said: str):
    record(**changes)
    with pytest.raises(UserError, match=said):
        replicate(NAME)
    assert not Path("ran").exists()


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_committed_record_follows_its_schema_and_its_rows_give_its_words(path: Path):
    SCHEMA.validate(tables.read_json(path))
    replication.check(path)
    assert path.parent.name == tables.read_json(path)["name"]


def test_altered_record_is_refused(checkout: Path):
    """A digit of a recorded or of a new row, of a number, and a word."""
    replicate(NAME)
    (path,) = replication.records(NAME)
    found = tables.read_json(path)
    for where, key, value in (("rows", "kid", 0.2171), ("recorded", "kid", 0.1901), ("results", "high", 0.3), ("rows", "seed", 19)):
        altered = copy.deepcopy(found)
        altered[where][0][key] = value
        tables.write_json(altered, path)
        with pytest.raises(UserError, match=rf"{path.name}: its rows give other \w+.*: was it edited\?"):
            replication.check(path)
    tables.write_json({**found, "words": [words.replace("inside", "outside") for words in found["words"]]}, path)
    with pytest.raises(UserError, match="its rows give other words: was it edited"):
        replication.check(path)
    tables.write_json(found, path)
    replication.check(path)


def test_damaged_record_is_one_line_that_names_it(checkout: Path):
    """Without any of the keys that are read, with other values than theirs, and without a row's keys."""
    replicate(NAME)
    (path,) = replication.records(NAME)
    found = tables.read_json(path)
    read = ("study", "dataset", "name", "table", "recorded", "rows")
    damaged = [{other: value for other, value in found.items() if other != key} for key in read]
    damaged += [{**found, key: value} for key in ("study", "dataset", "recorded", "rows") for value in (None, [], {}, 5, [{}])]
    for record in ([], *damaged):
        tables.write_json(record, path)
        with pytest.raises(UserError, match=path.name):
            replication.check(path)
    with pytest.raises(UserError, match=path.name):
        replicate(NAME)


def test_recorded_rows_that_are_not_those_of_their_table_are_refused(checkout: Path):
    """A value that changes no word, as of a column beside the outcome."""
    replicate(NAME, "--seeds", "1")
    (path,) = replication.records(NAME)
    found = tables.read_json(path)
    found["recorded"][0]["step"] -= 1
    path.unlink()
    path = path.with_name(replication._file(found))
    tables.write_json(found, path)
    with pytest.raises(UserError, match="its rows give other recorded: was it edited"):
        replication.check(path)
    record(kid=0.1)  # which replaces the table
    replication.check(path)


@pytest.mark.parametrize(
    ("arm", "part", "key"), [("dcgan64", "training", "data"), ("dcgan64", "training", "code"), ("dcgan64", "scoring", "reals")]
)
def test_schema_requires_the_digests_of_pictures_and_code(checkout: Path, arm: str, part: str, key: str):
    replicate(NAME, "--seeds", "1")
    found = tables.read_json(*replication.records(NAME))
    SCHEMA.validate(found)
    del found["trials"][arm][part][key]
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(found)


@pytest.mark.parametrize(("key", "value"), [("version", 2), ("answer", "perhaps"), ("rows", []), ("table", "0"), ("more", 1)])
def test_schema_refuses_what_is_no_record(checkout: Path, key: str, value: Any):
    replicate(NAME, "--seeds", "1")
    found = tables.read_json(*replication.records(NAME))
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate({**found, key: value})
