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
    return re.findall(r"^\$ (.*)$", (ROOT / "docs/dvc.md").read_text(), re.MULTILINE)


def wait_for(checkout: Checkout, pattern: str) -> None:
    """Until a file of the checkout is there."""
    for _ in range(1200):
        if list(checkout.folder.glob(pattern)):
            return
        time.sleep(0.1)
    raise AssertionError(pattern)


def lacks_baselines_alone(text: str) -> bool:
    """Whether DVC complains of nothing but the outputs of baselines that never ran, as docs/dvc.md says of `apply`."""
    _, failed, missing = text.partition("Checkout failed for following targets:\n")
    targets = missing.partition("Is your cache")[0].split()
    return bool(failed) and all(target.endswith(("/lsgan64", "/wgan64")) for target in targets)


@pytest.fixture(scope="module")
def told(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Each command with what it said."""
    checkout = finished.copy(tmp_path_factory.mktemp("dvc") / "ganlib")
    said = []
    for command in commands():
        if "queue logs" in command:  # the first time that the queue runs
            wait_for(checkout, ".checkpoints/dense64-*/0000000[1-9]*.pt")
        if command == "dvc queue status":
            time.sleep(2)
        done = subprocess.run(
            ["bash", "-c", command], cwd=checkout.folder, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0 or lacks_baselines_alone(done.stdout), f"{command}\n{done.stdout}"
        said.append((command, done.stdout))
        if "exp apply" in command or "git checkout" in command:
            after = "apply" if "apply" in command else "checkout"
            said.append((f"lr_d after {after}", checkout.run("grep", "^lr_d:", "params.yaml")))
        if "queue kill" in command:
            checkout.await_queue(0)
        if command == "dvc queue start" and any("queue remove" in before for before, _ in said):
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


def test_killed_experiment_that_is_queued_again_goes_on_from_its_checkpoint(told):
    assert "dense64: going on from step" not in said_by(told, "queue logs")
    assert "dense64: going on from step" in said_by(told, "logs of the second")


def test_fresh_clone_has_nothing_to_do_after_a_pull(told):
    assert "Data and pipelines are up to date." in said_by(told, "--allow-missing")


def test_experiment_is_listed_at_the_remote_that_it_was_pushed_to(told):
    assert "slow-d" in said_by(told, "exp list")


def test_graph_leads_from_the_check_to_the_page(told):
    graph = said_by(told, "dvc dag")
    assert all(stage in graph for stage in ("check", "train@dense64", "section@dense64", "compare"))
