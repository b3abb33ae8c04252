"""A report that is added as docs/reports.md says: a folder and a block in params.yaml."""

import copy
import json
import shutil

from tests.end_to_end.conftest import Checkout


def checkpoints(checkout: Checkout) -> set[str]:
    """The folders of checkpoints, each named by a report and a run's identity."""
    return {path.name for path in checkout.folder.glob(".checkpoints/*-*") if path.is_dir()}


def test_new_report_trains_and_disturbs_no_other(checkout):
    def add(params: dict) -> None:
        params["reports"]["mine64"] = copy.deepcopy(params["reports"]["dcgan64"])

    others = checkout.reports
    reports = checkout.folder / "ganlib" / "reports"
    shutil.copytree(reports / "dcgan64", reports / "mine64", ignore=shutil.ignore_patterns("__pycache__"))
    checkout.edit("ganlib/reports/mine64/settings.py", "ganlib.reports.dcgan64", "ganlib.reports.mine64")
    checkout.change(add)

    output = checkout.dvc("status", "--json")
    changed = json.loads(output[output.index("{") :]).keys()
    assert {f"{stage}@mine64" for stage in ("train", "evaluate", "section")} | {"compare"} == changed - {"check"}

    before = checkpoints(checkout)
    assert {name.rsplit("-", 1)[0] for name in before} == set(others)
    for name in ("dcgan64", "dense64"):  # whose folder was copied, and one that has nothing to do with it
        checkout.dvc("repro", "--single-item", "--force", f"train@{name}")
    assert checkpoints(checkout) == before

    ran = {line for line in checkout.dvc("repro", "train@mine64").splitlines() if line.startswith("Running")}
    assert ran <= {"Running stage 'check':", "Running stage 'train@mine64':"}
    assert checkout.yaml("data/runs/mine64/config.yaml")["report"] == "mine64"
    assert (checkout.folder / "data/runs/mine64/generator.safetensors").is_file()
