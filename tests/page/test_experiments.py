"""The table of experiments, and its text, show the output of `dvc exp show --json`."""

from pathlib import Path

import pytest

from ganlib.page import spread
from ganlib.page.experiments import NONE, WIDTH, lines, tabulate


def revision(rev: str, kid: float | None, lr_d: float | None, **more: object) -> dict:
    metrics = {"metrics/dcgan64.json": {"data": {"kid": kid, "coverage": 0.1}} if kid else {"error": {"msg": "none"}}}
    params = {"params.yaml": {"data": {"seed": 1, "lr_d": lr_d, "datasets": {"toons": {"samples": 250}}}}}
    return {"rev": rev, "data": {"metrics": metrics, "params": params}, **more}


def test_differing_settings_come_first_then_differing_scores_and_differences_from_the_workspace_are_marked():
    experiments = [{"revs": [revision("b" * 40, 0.25, 2e-4, name="faster"), revision("c" * 40, None, None)]}]
    found = tabulate([revision("workspace", 0.2, None), revision("a" * 40, 0.2, None, name="main", experiments=experiments)])
    assert found["header"] == ["experiment", "lr_d", "dcgan64 KID"]
    assert [row["name"] for row in found["rows"]] == ["workspace", "main", "faster", "ccccccc"]
    assert [row["cells"] for row in found["rows"]] == [
        [("default", False), ("0.200", False)],
        [("default", False), ("0.200", False)],
        [("0.0002", True), ("0.250", True)],
        [("default", False), (NONE, True)],
    ]


def test_scores_of_an_earlier_training_are_left_out():
    """As after `dvc exp run train@dcgan64`: the metrics file is still that of the training before."""
    retrained = revision("d" * 40, 0.2, 1e-3)
    retrained["data"] |= {kind: {"data/runs/dcgan64": {"hash": f"{kind}.dir"}} for kind in ("outs", "deps")}
    scored = revision("e" * 40, 0.3, 1e-3)
    scored["data"] |= {kind: {"data/runs/dcgan64": {"hash": "a.dir"}} for kind in ("outs", "deps")}
    rows = tabulate([revision("workspace", 0.2, None), retrained, scored])["rows"]
    assert [row["cells"][-1] for row in rows] == [("0.200", False), (NONE, True), ("0.300", True)]


def measured(rev: str, kids: dict[str, float], settings: dict[str, object], **more: object) -> dict:
    metrics = {
        f"metrics/{report}.json": {"data": {"kid": kid, "kid_low": kid - 0.01, "kid_high": kid + 0.01}} for report, kid in kids.items()
    }
    data = {"dataset": "toons", "datasets": {"toons": {"scale": "preview", "samples": 250}}, **settings}
    return {"rev": rev, "data": {"metrics": metrics, "params": {"params.yaml": {"data": data}}}, **more}


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of two trainings of each report."""
    kids = {"dense64": (0.203, 0.272), "dcgan56": (0.168, 0.216), "vae64": (0.193, 0.215)}
    rows = [f"{report},toons,,preview,250,AVX2,{kid},200,4000" for report, both in kids.items() for kid in both]
    (tmp_path / spread.FILE).parent.mkdir()
    (tmp_path / spread.FILE).write_text(
        "\n".join(["report,dataset,pictures,scale,samples,kernels,kid,fid,step", *rows, ""]), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)


def test_text_shows_what_differs_from_the_commit_that_an_experiment_started_from(seeds):
    own = {"dense64": 0.22, "dcgan56": 0.19, "vae64": 0.2}
    slow = measured("b" * 40, own | {"dense64": 0.9}, {"reports": {"dense64": {"lr_d": 1e-4}}}, name="slow-d")
    long = measured("c" * 40, own | {"dcgan56": 0.2}, {"reports": {"dcgan56": {"lr_d": 1e-4}}}, name="x" * 50)
    unscored = measured("d" * 40, {"vae64": 0.2, "dcgan56": 0.19}, {"seed": 2}, name="unscored")
    found = [
        *lines(
            [
                measured("workspace", own, {}),
                measured("a" * 40, own, {}, name="main", experiments=[{"revs": [slow, long]}, {"revs": [unscored]}]),
            ]
        )
    ]
    cells = [[part.strip() for part in line.split("  ") if part.strip()] for line in found]
    assert cells == [
        ["experiment", "changed settings", "KID (95% interval)", "other trainings"],
        ["workspace"],
        ["main", "dcgan56 0.190 (0.180 to 0.200)", "in 0.168 to 0.216"],
        ["dense64 0.220 (0.210 to 0.230)", "in 0.203 to 0.272"],
        ["slow-d", "dense64.lr_d 0.0001", "dense64 0.900 (0.890 to 0.910)", "outside 0.203 to 0.272"],
        ["x" * 24, "dcgan56.lr_d 0.0001", "dcgan56 0.200 (0.190 to 0.210)", "in 0.168 to 0.216"],
        ["x" * 24],
        ["xx"],
        ["unscored", "seed 2", "dense64 not scored"],
    ]


def test_text_fits_its_width_whatever_was_changed(seeds):
    many = {"reports": {"dcgan64": {f"setting_{i}": i for i in range(40)}, "dense64": {"hidden": "x" * 300}}}
    revs = [measured("b" * 40, {"dcgan112": 0.2}, many, name="y" * 90)]
    found = [
        *lines([measured("workspace", {"dcgan112": 0.1}, {}), measured("a" * 40, {"dcgan112": 0.1}, {}, experiments=[{"revs": revs}])])
    ]
    assert max(map(len, found)) <= WIDTH
    assert sum("setting_" in line for line in found) == 40
