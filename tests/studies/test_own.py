"""`ganlib try`: the study of a setting of one's own, what of it is run, its verdict, and one line for each mistake."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from ganlib.cli import main
from ganlib.core import tables
from ganlib.lanes import plan, repro, sweep
from ganlib.studies import depends, extra, own, paths, stored
from ganlib.support.errors import UserError
from tests.conftest import ROOT, text

FASTER = "reports.dcgan64.lr_d=2e-4"
NAME = "dcgan64-lr_d=0.0002"
MACHINE = {"torch": "2.14.1", "processor": "a processor", "kernels": "AVX2", "threads": 1}

# In place of stages/own.py: the report scores 0.2 and a little more with each seed, the changed report a third of that.
WORKER = """
import sys
from ganlib.core import tables
from ganlib.studies import paths
kind, trial, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
training, scoring = (tables.read_json(of("toons/own", trial)) for of in (paths.training, paths.scoring))
machine = {machine}
with open("ran", "a") as ran:
    print(kind, trial, seed, file=ran)
if kind == "trial":
    run = paths.run("toons/own", trial, seed)
    tables.write_json(machine, run / "machine.json")
    tables.write_json(training, run / "made_of.json")
else:
    scores = paths.scores("toons/own", trial, seed)
    kid = (0.2 + 0.001 * seed) / (1 if trial == "dcgan64" else 3)
    figures = dict(status="lived", step=2400, scale="preview", samples=250, kid=kid, kid_floor=0.0, d_accuracy=0.7)
    tables.save_metrics(figures | machine, scores / "figures.json")
    tables.write_json(dict(training=training, scoring=scoring, machine=machine), scores / "made_of.json")
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """params.yaml alone, with trials that depend on nothing but their settings."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(plan, "root", lambda: tmp_path)
    monkeypatch.setattr(sweep, "COMMAND", (sys.executable, "-c", WORKER.format(machine=MACHINE)))
    monkeypatch.setattr(repro, "repro", lambda stages, lanes, keep_going: False)
    monkeypatch.setattr(depends, "training", lambda trial, params: {"settings": trial.settings.model_dump()})
    monkeypatch.setattr(depends, "scoring", lambda trial, params: {"crop": trial.crop})
    monkeypatch.setattr(depends, "picture_counts", lambda trials, params: dict.fromkeys(trials, 3200))
    return tmp_path


def ran() -> list[str]:
    """What the workers did since the last call."""
    log = Path("ran")
    lines = sorted(text(log).splitlines()) if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_arms_are_the_report_with_the_setting_and_as_it_is(checkout: Path) -> None:
    before = (checkout / "params.yaml").read_bytes()
    study = own.resolve([FASTER])
    assert (checkout / "params.yaml").read_bytes() == before
    assert study.study.claim == "dcgan64 is better with lr_d 0.0002 instead of 5e-05."
    assert (study.name, study.study.control, study.study.outcome) == (NAME, "dcgan64", "kid")
    assert study.changes == {"lr_d": (5e-05, 2e-4)}
    changed, kept = study.trials[NAME].settings, study.trials["dcgan64"].settings
    assert changed == kept.model_copy(update={"lr_d": 2e-4})
    assert kept.max_steps == 2400  # at the data set's scale


@pytest.mark.parametrize(
    ("override", "name", "outcome"),
    [
        ("reports.dcgan64.preview.lr_d=1e-4", "dcgan64-lr_d=0.0001", "kid"),
        ("reports.dense64.hidden=[20, 30, 20]", "dense64-hidden=-20-30-20-e057d94c", "kid"),
        ("baselines.lsgan64.beta1=0.4", "lsgan64-beta1=0.4", "kid"),
        ("curve.steps=200", "curve-steps=200", "within_bounds"),
    ],
)
def test_settings_of_each_kind_have_a_name_that_names_a_file(checkout: Path, override: str, name: str, outcome: str) -> None:
    study = own.resolve([override])
    assert (study.name, study.study.outcome) == (name, outcome)
    assert own.resolve([override], outcome).name == name


def test_settings_that_only_their_ends_tell_apart_have_different_names(checkout: Path) -> None:
    many = [f"reports.dcgan64.{setting}" for setting in ("optimizer_d=sgd", "optimizer_g=sgd", "beta1=0.123456", "beta2=0.123456")]
    many += [f"reports.dcgan64.{setting}" for setting in ("lr_g=0.000123456", "lr_d=0.000123456", "leaky_slope=0.123456")]
    names = {own.resolve([*many, f"reports.dcgan64.d_steps={steps}"]).name for steps in (2, 3)}
    assert [len(name) for name in names] == [own.LONGEST] * 2
    signs = {own.resolve([f"reports.dcgan64.soft_fake=[{low}, 0.3]"]).name for low in ("0.1", "0.2")}
    assert len(names | signs) == 4


def test_another_outcome_has_a_table_of_its_own(checkout: Path) -> None:
    study = own.resolve([FASTER], "fid")
    assert (study.name, study.study.treatment) == (f"{NAME}-fid", NAME)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ("lr_d=2e-4", "-S lr_d=2e-4: lr_d changes every report; must name a setting of one report, as in reports.dcgan64.lr_d=2e-4"),
        ("seed=3", "-S seed=3: must name a setting of one report, as in "),
        ("reports.dcgan64.lr_d", "-S reports.dcgan64.lr_d: must name a setting of one report, as in "),
        ("reports.dcgan64=3", "-S reports.dcgan64=3: must name a setting of dcgan64, as in "),
        ("dcgan64.lr_d=1", "-S dcgan64.lr_d=1: dcgan64 is no block of settings of reports, did you mean reports.dcgan64.lr_d?; one of "),
        ("reports.dcgan6.lr_d=1", "-S reports.dcgan6.lr_d=1: 'dcgan6' is unknown, did you mean 'dcgan64'?; one of dcgan112, "),
        ("reports.dcgan64.lr=1", "-S reports.dcgan64.lr: unknown key, did you mean 'lr_g'?"),
        ("reports.dcgan64.lr_d=abc", "-S reports.dcgan64.lr_d: 'abc' is not allowed: must be a valid number"),
        ("reports.dcgan64.lr_d=[1", "-S reports.dcgan64.lr_d=[1: line "),
        ("reports.dcgan64.lr_d=2020-13-45", "-S reports.dcgan64.lr_d=2020-13-45: '2020-13-45' is no value that YAML knows"),
        ("reports.dcgan64.lr_d.x=3", "-S reports.dcgan64.lr_d.x=3: lr_d holds a value and no settings"),
        ("reports.dcgan64.lr_d=5e-5", "-S reports.dcgan64.lr_d=5e-5: changes nothing; dcgan64 has lr_d 5e-05 at scale preview"),
        (
            "reports.dcgan64.batch_size=64",
            "-S reports.dcgan64.batch_size=64: changes nothing; dcgan64 has batch_size 16 at scale preview, from"
            " reports.dcgan64.preview.batch_size",
        ),
        (
            f"{FASTER} reports.dense64.lr_d=1",
            f"-S {FASTER} -S reports.dense64.lr_d=1: changes dcgan64 and dense64; a study is about one report",
        ),
        ("reports.dcgan64.seeds.z=2", "-S reports.dcgan64.seeds.z=2: dcgan64 has `seeds`, but a study sets the seed of each run: "),
        ("reports.dcgan64.preview.sample_every=100", "-S reports.dcgan64.preview.sample_every=100: changes nothing in the training"),
        ("reports.dcgan64.crop=tight64", "-S reports.dcgan64.crop=tight64: changes the reals too, those of wide64 and tight64, so "),
    ],
)
def test_mistake_is_one_line(checkout: Path, overrides: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        own.resolve(overrides.split())
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("kit", "--outcome: 'kit' is unknown, did you mean 'kid'?; one of kid, "),
        ("d_real", f"--outcome: {NAME} has no d_real"),
        ("d_accuracy", "--outcome: d_accuracy has no better direction"),
    ],
)
def test_outcome_that_cannot_be_compared_is_one_line(checkout: Path, outcome: str, said: str) -> None:
    with pytest.raises(UserError) as raised:
        own.resolve([FASTER], outcome)
    assert str(raised.value).startswith(said)


def test_other_numbers_of_seeds_and_a_step_back_from_the_second_look_are_refused(checkout: Path) -> None:
    study = own.resolve([FASTER])
    for allowed in (3, 4, 5, 6, 12):
        own.check_seeds(allowed, study)
    for refused in (1, 2, 7, 13):
        with pytest.raises(UserError, match=rf"--seeds {refused}: must be 3 to 6, or 12 for a second look; 3 to 5 give an interval and no"):
            own.check_seeds(refused, study)
    path = paths.results(study.dataset, study.name)
    path.parent.mkdir(parents=True)
    path.write_text("seed\n" + "".join(f"{seed}\n" for seed in range(1, 13)), encoding="utf-8")
    own.check_seeds(12, study)
    with pytest.raises(UserError, match="has 12 seeds per arm already, and its verdict counts"):
        own.check_seeds(6, study)


def test_sweep_runs_what_is_missing_and_answers_as_a_study_does(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = own.resolve([FASTER])
    extra.write_settings(study)
    declared = paths.run("toons", "dcgan64_of_the_catalogue", 2)  # has the control's settings, and was trained and scored
    training, scoring = (tables.read_json(of(study.dataset, "dcgan64")) for of in (paths.training, paths.scoring))
    tables.write_json(MACHINE, declared / stored.MACHINE)
    tables.write_json(training, declared / stored.MADE_OF)
    scores = paths.scores("toons", "dcgan64_of_the_catalogue", 2)
    tables.save_metrics(
        {"status": "lived", "step": 2400, "scale": "preview", "samples": 250, "kid": 0.202, **MACHINE}, scores / "figures.json"
    )
    tables.write_json({"training": training, "scoring": scoring, "machine": MACHINE}, scores / stored.MADE_OF)

    said = sweep.sweep(study, 3, 2)
    tasks = [f"{kind} {trial} {seed}" for kind in ("score", "trial") for trial in ("dcgan64", NAME) for seed in (1, 2, 3)]
    assert ran() == [task for task in tasks if not task.endswith("dcgan64 2")]
    assert "stages to run: 10, about " in capsys.readouterr().err
    assert said.startswith("At preview scale (toons, 2,400 steps, N = 250, 3 seeds per arm): no verdict at 3 seeds, only at 6 and 12;")
    assert "the claim's side is 67% nearer to real faces by KID (97.5% CI: " in said
    found = pd.read_csv(paths.results(study.dataset, NAME))
    assert found["trial"].tolist() == [NAME] * 3 + ["dcgan64"] * 3
    assert tables.read_json(paths.verdict(study.dataset, NAME))["verdict"] == "no verdict"

    (paths.scores(study.dataset, NAME, 3) / stored.MADE_OF).unlink()  # as after a kill
    assert ": holds here; " in sweep.sweep(study, 6, 2)
    assert ran() == sorted(
        [f"score {NAME} 3", *(f"{kind} {trial} {seed}" for kind in ("score", "trial") for trial in ("dcgan64", NAME) for seed in (4, 5, 6))]
    )
    sweep.sweep(study, 6, 2)
    assert ran() == []


def test_setting_that_changes_nothing_ends_after_the_first_seed_of_each_arm(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sweep.first_runs,
        "change_nothing",
        lambda dataset, arms, seed: all((paths.run(dataset, arm, seed) / stored.MADE_OF).exists() for arm in arms),
    )
    done = CliRunner().invoke(main.app, ["try", "-S", FASTER, "--seeds", "3", "-j", "2"], catch_exceptions=False)
    assert done.stdout == "not testable: the setting changes nothing; with seed 1, both arms end with equal nets\n"
    assert "dcgan64 is better with lr_d 0.0002 instead of 5e-05. Is it?" in done.stderr
    assert ran() == ["trial dcgan64 1", f"trial {NAME} 1"]


def test_failed_training_is_one_line_and_the_others_of_its_lane_do_not_start(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "COMMAND", (sys.executable, "-c", "import sys; sys.exit('error: no')"))
    with pytest.raises(UserError, match=rf"^failed: trial@{NAME}-1; not run: "):
        sweep.sweep(own.resolve([FASTER]), 3, 1)
