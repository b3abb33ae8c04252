"""What every user of DVC types, in the tiny repository after `dvc repro` and the commit that README proposes."""

import re
import shlex
import shutil

from ganlib.page.epilogue import KEEP
from tests.conftest import ROOT, text

UP_TO_DATE = "Data and pipelines are up to date.\n"
README = text(ROOT / "README.md")


def test_after_the_proposed_commit_nothing_differs(finished):
    assert all(KEEP in page for page in (README, text(ROOT / "docs/dvc.md")))
    assert finished.run("git", "status", "--porcelain") == ""
    assert finished.dvc("status") == UP_TO_DATE
    assert finished.dvc("metrics", "diff") == ""


def test_without_a_remote_pull_needs_none_and_push_says_how_to_add_one(finished):
    assert finished.dvc("pull").endswith("\nEverything is up to date.\n")
    error, command = finished.dvc("push", fails=True).splitlines()
    assert error.startswith("ERROR: failed to push data to the cloud - config file error: no remote specified")
    assert command.strip().startswith("dvc remote add")


def test_checkout_brings_removed_data_back_and_git_ignores_it(checkout):
    before = {folder: checkout.files(f"data/{folder}") for folder in ("runs", "nets", "progress", "scores", "page")}
    shutil.rmtree(checkout.folder / "data")
    checkout.dvc("checkout")
    assert {folder: checkout.files(f"data/{folder}") for folder in before} == before
    assert checkout.run("git", "status", "--porcelain") == ""


def test_experiment_is_applied_and_readmes_table_fits_120_columns(checkout):
    checkout.dvc("exp", "run", "-n", "slow-d", "evaluate@dense64", "-S", "reports.dense64.lr_d=1e-4")
    (table,) = re.findall(r"^\$ (dvc exp show .*?)(?: *#.*)?$", README, re.MULTILINE)
    shown = checkout.run(*shlex.split(table)).splitlines()
    assert max(map(len, shown)) <= 120
    assert all(words in "\n".join(shown) for words in ("slow-d", "kid", "lr_d"))
    checkout.run("git", "checkout", ".")
    checkout.dvc("checkout")
    checkout.dvc("exp", "apply", "slow-d")
    assert checkout.yaml("data/runs/dense64/config.yaml")["lr_d"] == 1e-4


def test_clone_with_crlf_has_the_same_files(fresh, tmp_path):
    fresh.run("git", "clone", "-q", "-c", "core.autocrlf=true", ".", str(tmp_path / "clone"))
    assert "w/crlf" not in fresh.run("git", "-C", str(tmp_path / "clone"), "ls-files", "--eol")
