"""Stages in lanes, with a script in place of DVC: order, number at once, failures, signals."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.fs import LocalFileSystem
from dvc.repo import Repo
from ruamel.yaml import YAML

from ganlib.lanes import dvc_main, lane, plan, repro
from ganlib.lanes.schedule import Schedule
from ganlib.lanes.times import TYPICAL, Times
from ganlib.support.errors import UserError
from tests.conftest import IMPORTABLE, ROOT, python, text
from tests.end_to_end.conftest import await_true

DIAMONDS = {"a": set(), "b": set(), "c": {"a", "b"}, "d": {"a"}, "e": {"c", "d"}, "f": {"b"}, "alone": set()}
KID = "dense64: KID 0.220 (0.212 to 0.227), FID 245, N = 250"
FAKE = """
import pathlib, sys, time
stage = sys.argv[-1]
with open("events", "a", buffering=1) as events:
    print("start", stage, file=events)
    print("running", stage, end="", flush=True)
    time.sleep(0.2)
    print(f"\\r10%\\r90% of {stage}\\nerror: {stage} says why", flush=True)
    if stage == "f":
        print("KID_LINE", flush=True)
    print("end", stage, file=events)
sys.exit(255 if pathlib.Path(f"{stage}.fails").exists() else 0)
""".replace("KID_LINE", KID)


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs DIAMONDS in a folder; returns (what happened, stage) in order."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lane, "DVC", [sys.executable, "-c", FAKE])
    monkeypatch.setattr(plan, "root", lambda: tmp_path)
    monkeypatch.setattr(plan, "stale", lambda targets: DIAMONDS)

    def run(lanes: int, keep_going: bool = True, error: str | None = None) -> list[list[str]]:
        if error:
            with pytest.raises(UserError, match=f"^{error}$"):
                repro.repro([], lanes, keep_going)
        else:
            assert repro.repro([], lanes, keep_going)
        return [line.split() for line in text(tmp_path / "events").splitlines()]

    return run


def test_stage_with_the_longest_chain_after_it_is_first():
    schedule = Schedule({"short": set(), "a": set(), "b": {"a"}, "c": {"b"}})
    assert schedule.ready() == ["a", "short"]
    schedule.start("a")
    assert schedule.ready() == ["short"]
    schedule.finish("a")
    assert schedule.ready() == ["b", "short"]


def test_stage_with_the_longest_chain_in_seconds_is_first():
    schedule = Schedule({"quick": set(), "after": {"quick"}, "long": set()}, {"quick": 1.0, "after": 2.0, "long": 4.0}.__getitem__)
    assert schedule.ready() == ["long", "quick"]
    assert schedule.chain == 4.0
    schedule.start("long")
    assert (schedule.chain, schedule.unfinished) == (4.0, ["long", "quick", "after"])
    schedule.finish("long")
    assert (schedule.chain, schedule.unfinished) == (3.0, ["quick", "after"])


def test_times_are_kept_and_tell_how_much_is_left_at_the_speed_of_this_machine(tmp_path):
    times = Times(tmp_path / "seconds.json")
    assert times.of("train@dcgan112") > times.of("evaluate@dcgan112") > 1.0  # typical ones
    typical = times.of("train@dcgan112")
    assert times.left(["train@dcgan112"], typical, 2) == f", about {round(typical / 60)} min left"
    times.record("check", 2 * times.of("check"))  # seconds, most of them imports, say nothing about trainings
    assert times.left(["train@dcgan112"], typical, 2) == f", about {round(typical / 60)} min left"
    times.record("train@vae64", 2 * times.of("train@vae64"))
    assert times.left(["train@dcgan112"], typical, 2) == f", about {round(2 * typical / 60)} min left"
    assert times.left(["train@dcgan112"] * 4, typical, 2) == f", about {round(4 * typical / 60)} min left"
    assert times.left(["train@dcgan112", "of another pipeline"], typical, 2) == ""
    assert times.left([], 0.0, 2) == ""
    times.record("studies/dvc.yaml:trial@dcgan64-1", 30.0)
    assert times.of("studies/dvc.yaml:trial@dcgan64-12") == 30
    assert times.of("studies/dvc.yaml:trial@dcgan64_slow-1") == 1
    assert Times(tmp_path / "seconds.json").of("train@vae64") == times.of("train@vae64") > 300


def test_times_are_of_the_stages_of_the_pipeline():
    pipeline = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    assert {stage.partition("@")[0] for stage in json.loads(TYPICAL.read_text(encoding="utf-8"))} == pipeline.keys()


def test_dvc_is_asked_once_for_all_of_many_stages_that_may_be_unchanged(events, capsys, monkeypatch):
    many = {f"trial-{i}": {"settings"} for i in range(20)}
    monkeypatch.setattr(plan, "stale", lambda targets: {"settings": set(), **many, "last": set(many)})
    asked = []
    monkeypatch.setattr(plan, "unchanged", lambda stages: asked.append(stages) or stages[:-1])
    ran = {stage for _, stage in events(2)}
    assert (ran, len(asked)) == ({"settings", *list(many)[:2], asked[0][-1], "last"}, 1)
    assert capsys.readouterr().err.count("unchanged trial-") == len(asked[0]) - 1 == 17


@pytest.mark.parametrize("lanes", [1, 3])
def test_each_stage_runs_once_after_its_needs_and_no_more_than_the_lanes_at_once(events, capsys, lanes):
    ended, running, most = set(), set(), 0
    happened = events(lanes)
    for what, stage in happened:
        if what == "start":
            assert DIAMONDS[stage] <= ended
        (running.add if what == "start" else running.remove)(stage)
        most = max(most, len(running))
        ended |= {stage} if what == "end" else set()
    assert (ended, len(happened), most) == (set(DIAMONDS), 2 * len(DIAMONDS), lanes)
    before, *said, after = capsys.readouterr().err.splitlines()
    assert before.startswith("stages to run: 7; Ctrl-C is safe")
    said = [line for line in said if line.startswith("stage ")]
    assert [line.partition(": ")[0] for line in said] == [f"stage {n + 1} of 7" for n in range(7)]
    assert sorted(re.search("done (.*) in ", line)[1] for line in said) == sorted(DIAMONDS)
    assert re.fullmatch(r"done in \d:\d\d", after)


def test_scores_of_an_evaluation_are_shown(events, capsys):
    events(2)
    assert f"\n    {KID}\n" in capsys.readouterr().err


def test_failure_stops_only_what_needs_it_and_is_shown_with_its_last_lines(events, capsys, tmp_path):
    (tmp_path / "a.fails").touch()
    happened = events(2, error="failed: a; not run: c, d, e")
    assert {stage for _, stage in happened} == {"a", "b", "f", "alone"}
    said = capsys.readouterr().err
    assert "failed a after 0:0" in said
    assert "; all its output: .checkpoints/logs/a.log\n    90% of a\n    error: a says why\n" in said


def test_fail_fast_finishes_what_runs_and_starts_nothing(events, tmp_path):
    (tmp_path / "a.fails").touch()
    happened = events(2, keep_going=False, error="failed: a; not run: .*")
    assert {stage for what, stage in happened if what == "end"} == {stage for _, stage in happened}
    assert len(happened) < 2 * 4


DVC = """
import signal, subprocess, sys
if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: print("DVC got it", flush=True))
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode or 1)
"""
TRAINING = """
import time
from ganlib.support.interruption import Interruption
with Interruption() as interruption:
    print("training", flush=True)
    while not interruption.reason:
        time.sleep(0.1)
print("saved", flush=True)
time.sleep({})
"""
MAIN = """
import sys
from pathlib import Path
from ganlib.lanes import lane, plan, repro
lane.DVC, plan.root, plan.stale = [sys.executable, "-c", *sys.argv[1:]], Path.cwd, lambda targets: {"a": set(), "b": set(), "c": {"a"}}
repro.repro([], 2, True)
"""


@pytest.mark.parametrize(
    ("ignored", "signals", "pause"),
    [("", [signal.SIGINT], 0), ("", [signal.SIGTERM], 0), ("INT", [signal.SIGTERM], 0), ("", [signal.SIGINT, signal.SIGINT], 60)],
)
def test_signal_lets_commands_save_and_spares_dvc_and_a_second_one_ends_them(tmp_path, ignored, signals, pause):
    arguments = ["sh", "-c", f'trap "" {ignored}; exec "$@"', "sh", sys.executable, "-c", MAIN, DVC, TRAINING.format(pause)]
    logs = [tmp_path / ".checkpoints" / "logs" / f"{stage}.log" for stage in "ab"]
    with subprocess.Popen(arguments, cwd=tmp_path, env=IMPORTABLE, stderr=subprocess.PIPE, text=True) as child:
        for number, line in zip(signals, ["training\n", "training\nsaved\n"], strict=False):
            await_true(lambda line=line: all(log.exists() and text(log) == line for log in logs), 30)
            child.send_signal(number)
        said = child.communicate(timeout=20)[1]
    assert said.endswith(f" training\ninterrupted by {signals[0].name}; run the same command again to resume\n")
    assert child.returncode == 128 + signals[0]
    assert [text(log) for log in logs] == ["training\nsaved\n"] * 2


def test_record_is_replaced_only_when_it_is_complete(tmp_path):
    record = tmp_path / "dvc.lock"
    record.write_text("old", encoding="utf-8")
    with dvc_main.open_special(None, str(record), "w+", encoding="utf-8") as file:
        file.write("new")
        file.flush()
        assert text(record) == "old"
    assert (text(record), [path.name for path in tmp_path.iterdir()]) == ("new", ["dvc.lock"])


@pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")  # in DVC
@pytest.mark.parametrize("folder", dvc_main.HIDDEN)
def test_pipeline_that_bare_commands_of_dvc_skip_runs_in_lanes(tmp_path, monkeypatch, folder):
    monkeypatch.setattr(LocalFileSystem, "open", dvc_main.open_file)
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True)
    Path(folder).mkdir()
    shutil.copy(ROOT / folder / ".dvcignore", folder)
    for file, name, deps in (("dvc.yaml", "first", []), (f"{folder}/dvc.yaml", "second", ["../first.txt"])):
        YAML().dump({"stages": {name: {"cmd": "true", "deps": deps, "outs": [f"{name}.txt"]}}}, Path(file))
    with Repo() as repo:
        assert set(repo.status()) == {"first"}
    assert plan.stale([f"{folder}/dvc.yaml"]) == {"first": set(), f"{folder}/dvc.yaml:second": {"first"}}


def test_mistake_ends_in_one_line(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for initialized in (False, True):
        if initialized:
            (tmp_path / ".dvc").mkdir()
            (tmp_path / "dvc.yaml").write_text("stages: {a: {cmd: echo}}", encoding="utf-8")
        ended = python("-m", "ganlib", "repro", "no-such-stage", cwd=tmp_path)
        assert ended.returncode == 1
        assert ended.stderr.startswith("error: ")
        assert ended.stderr.count("\n") == 1
        assert ("no-such-stage" in ended.stderr) == initialized
