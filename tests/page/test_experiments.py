"""The table of experiments shows the output of `dvc exp show --json`."""

from ganlib.page.experiments import NONE, tabulate


def revision(rev: str, kid: float | None, lr_d: float | None, **more: object) -> dict:
    metrics = {"metrics/dcgan64.json": {"data": {"kid": kid, "coverage": 0.1}} if kid else {"error": {"msg": "none"}}}
    params = {"params.yaml": {"data": {"seed": 1, "lr_d": lr_d, "datasets": {"toons": {"samples": 250}}}}}
    return {"rev": rev, "data": {"metrics": metrics, "params": params}, **more}


def test_scores_come_first_then_differing_settings_and_differences_from_the_workspace_are_marked():
    experiments = [{"revs": [revision("b" * 40, 0.25, 2e-4, name="faster"), revision("c" * 40, None, None)]}]
    found = tabulate([revision("workspace", 0.2, None), revision("a" * 40, 0.2, None, name="main", experiments=experiments)])
    assert found["header"] == ["experiment", "dcgan64 KID", "lr_d"]
    assert [row["name"] for row in found["rows"]] == ["workspace", "main", "faster", "ccccccc"]
    assert [row["cells"] for row in found["rows"]] == [
        [("0.200", False), ("default", False)],
        [("0.200", False), ("default", False)],
        [("0.250", True), ("0.0002", True)],
        [(NONE, True), ("default", False)],
    ]


def test_scores_of_an_earlier_training_are_left_out():
    """As after `dvc exp run train@dcgan64`: the metrics file is still that of the training before."""
    retrained = revision("d" * 40, 0.2, 1e-3)
    retrained["data"] |= {kind: {"data/runs/dcgan64": {"hash": f"{kind}.dir"}} for kind in ("outs", "deps")}
    scored = revision("e" * 40, 0.3, 1e-3)
    scored["data"] |= {kind: {"data/runs/dcgan64": {"hash": "a.dir"}} for kind in ("outs", "deps")}
    rows = tabulate([revision("workspace", 0.2, None), retrained, scored])["rows"]
    assert [row["cells"][0] for row in rows] == [("0.200", False), (NONE, True), ("0.300", True)]
