"""Every command of docs/dvc.md, in its order, in the tiny repository."""

import re
import shutil
import subprocess
import time

import pytest

from tests.conftest import ROOT
from tests.end_to_end.conftest import Checkout, environment

pytestmark = pytest.mark.slow


def commands() -> list[str]:
    """Those that stand behind a $ in docs/dvc.md."""
    return re.findall(r"^\$ (.*)$", (ROOT / "docs/dvc.md").read_text(encoding="utf-8"), re.MULTILINE)


def await_checkpoint(checkout: Checkout, beyond: int) -> None:
    """Until the training of dense64 has a checkpoint of a later step than `beyond`."""
    for _ in range(1200):
        if any(int(path.name[:9]) > beyond for path in checkout.folder.glob(".checkpoints/dense64-*/0*.pt")):
            return
        time.sleep(0.1)
    raise AssertionError("no checkpoint")


def run(checkout: Checkout, command: str) -> tuple[int, str]:
    """The exit status of a command and what it said; into a file, since the queue's worker would keep a pipe open until it ends."""
    said = checkout.folder.parent / "said.txt"
    with said.open("w", encoding="utf-8") as file:
        done = subprocess.run(["bash", "-c", command], cwd=checkout.folder, env=environment(), stdout=file, stderr=subprocess.STDOUT)
    return done.returncode, said.read_text(encoding="utf-8")


def lacks_baselines_alone(text: str) -> bool:
    """Whether DVC complains of nothing but the outputs of baselines that never ran, as docs/dvc.md says of `apply`."""
    _, failed, missing = text.partition("Checkout failed for following targets:\n")
    targets = missing.partition("Is your cache")[0].split()
    return bool(failed) and all(target.endswith(("/lsgan64", "/wgan64")) for target in targets)


@pytest.fixture(scope="module")
def told(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Each command with what it said."""
    checkout = finished.copy(tmp_path_factory.mktemp("dvc") / "ganlib")
    said: list[tuple[str, str]] = []
    for command in commands():
        status, text = run(checkout, command)
        assert status == 0 or lacks_baselines_alone(text), f"{command}\n{text}"
        said.append((command, text))
        if "exp apply" in command or "git checkout" in command:
            after = "apply" if "apply" in command else "checkout"
            said.append((f"lr_d after {after}", checkout.run("grep", "^lr_d:", "params.yaml")))
        elif "queue kill" in command:
            checkout.await_queue(0)
        elif command == "dvc queue start" and not any("queue kill" in before for before, _ in said):
            await_checkpoint(checkout, beyond=3)  # which the finished checkout has
        elif command == "dvc queue start":
            checkout.await_queue(1)
            said.append(("logs of the second", checkout.dvc("queue", "logs", "long")))
    shutil.rmtree(checkout.folder.parent)
    return said


def said_by(told: list[tuple[str, str]], words: str) -> str:
    return next(text for command, text in told if words in command)


def test_table_has_both_experiments_in_the_order_of_their_scores_and_no_file_of_code(told):
    shown = said_by(told, "exp show")
    assert "slow-d" in shown
    assert "fast-d" in shown
    assert "lr_d" in shown
    assert "ganlib/" not in shown


def test_applied_experiment_is_in_the_workspace_and_the_way_back_leads_to_what_is_committed(told):
    assert said_by(told, "lr_d after apply").strip() == "lr_d: 0.0001"
    assert said_by(told, "lr_d after checkout").strip() == "lr_d:"


def test_killed_experiment_that_is_queued_again_resumes_from_its_checkpoint(told):
    first, second = (
        int(re.search(r"dense64: resuming from step (\d+)/200", said_by(told, words))[1]) for words in ("queue logs", "logs of the second")
    )
    assert first == 3  # a longer run resumes where the shorter one ended
    assert 3 < second < 200


def test_fresh_clone_has_nothing_to_do_after_a_pull(told):
    assert "Data and pipelines are up to date." in said_by(told, "dvc repro --allow-missing")


def test_experiment_is_listed_at_the_remote_that_it_was_pushed_to(told):
    assert "slow-d" in said_by(told, "exp list")


def test_graph_leads_from_the_check_to_the_page(told):
    graph = said_by(told, "dvc dag")
    assert all(stage in graph for stage in ("check", "train@dense64", "section@dense64", "compare"))
