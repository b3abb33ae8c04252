"""Every command of docs/dvc.md, in its order, in the tiny repository."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT, text
from tests.end_to_end.conftest import Checkout, environment


def commands() -> list[str]:
    """Those after a $ in docs/dvc.md."""
    return re.findall(r"^\$ (.*)$", text(ROOT / "docs/dvc.md"), re.MULTILINE)


def run(checkout: Checkout, command: str) -> tuple[int, str]:
    """The exit status and output of a command; into a file, since the queue's worker would keep a pipe open until it ends."""
    output = checkout.folder.parent / "output.txt"
    with output.open("w", encoding="utf-8") as file:
        done = subprocess.run(["bash", "-c", command], cwd=checkout.folder, env=environment(), stdout=file, stderr=subprocess.STDOUT)
    return done.returncode, text(output)


@pytest.fixture(scope="module")
def outputs(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Each command with its output."""
    checkout = finished.copy(tmp_path_factory.mktemp("dvc") / "ganlib")
    checkout.run("git", "reset", "-q", "HEAD~1")  # the baseline, which docs/dvc.md commits
    said: list[tuple[str, str]] = []
    for command in commands():
        status, output = run(checkout, re.sub("^ganlib ", f"{sys.executable} -m ganlib ", command))  # this copy's code
        assert status == 0, f"{command}\n{output}"
        said.append((command, output))
        if "exp apply" in command or "git checkout" in command:
            after = "apply" if "apply" in command else "checkout"
            said.append((f"lr_d after {after}", checkout.run("grep", "^lr_d:", "params.yaml")))
        elif "queue kill" in command:
            checkout.await_queue(0)
        elif command == "dvc queue start" and not any("queue kill" in before for before, _ in said):
            checkout.await_checkpoint(lambda: True, checkout.folder.parent / "output.txt")
        elif command == "dvc queue start":
            checkout.await_queue(1)
            said.append(("logs of the second", checkout.dvc("queue", "logs", "long")))
    shutil.rmtree(checkout.folder.parent)
    return said


def output_of(outputs: list[tuple[str, str]], words: str) -> str:
    return next(output for command, output in outputs if words in command)


def test_table_has_both_experiments_in_the_order_of_their_scores_and_no_file_of_code(outputs):
    shown = output_of(outputs, "exp show")
    assert all(name in shown for name in ("slow-d", "fast-d", "lr_d"))
    assert "ganlib/" not in shown


def test_applied_experiment_is_in_the_workspace_and_can_be_undone(outputs):
    assert output_of(outputs, "lr_d after apply").strip() == "lr_d: 0.0001"
    assert output_of(outputs, "lr_d after checkout").strip() == "lr_d:"


def test_killed_experiment_that_is_queued_again_resumes_from_its_checkpoint(outputs):
    logs = (output_of(outputs, words) for words in ("queue logs", "logs of the second"))
    first, second = (int(re.search(r"dense64: resuming from step (\d+)/200", log)[1]) for log in logs)
    assert first == 3  # a longer run resumes where the shorter one ended
    assert 3 < second < 200


def test_clone_is_up_to_date_after_a_pull_and_the_pushed_experiment_is_listed_and_the_graph_is_whole(outputs):
    assert "Data and pipelines are up to date." in output_of(outputs, "dvc repro --allow-missing")
    assert "slow-d" in output_of(outputs, "exp list")
    graph = output_of(outputs, "dvc dag")
    assert all(stage in graph for stage in ("check", "train@dense64", "section@dense64", "compare"))
