"""What is committed: docs/claims.md and studies/claims.json are current, and each verdict follows from its table."""

import json
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from ganlib.core.tables import save_metrics
from ganlib.studies import declarations, paths, replication, results, spread, verdict
from ganlib.studies.study import Study
from ganlib.support.errors import UserError
from tests.conftest import ROOT, text
from tools import claims

VERDICTS = ROOT / paths.VERDICTS
COMMITTED = sorted(VERDICTS.glob("**/*.json"))


@pytest.fixture(scope="module")
def entries() -> list[claims.Entry]:
    return claims.entries()


def test_page_and_data_are_current(entries):
    assert claims.PAGE.read_text(encoding="utf-8") == claims.page(entries), "run make docs"
    assert paths.CLAIMS.read_text(encoding="utf-8") == claims.data(entries), "run make docs"
    jsonschema.Draft202012Validator(json.loads(text(ROOT / "studies/schemas/claims.json"))).validate(json.loads(text(paths.CLAIMS)))
    assert len(entries) > 80
    assert {entry["state"] for entry in entries} >= {"tested", "ready", "needs", "not_testable", "done"}


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.relative_to(VERDICTS).as_posix())
def test_committed_verdict_or_spread_follows_from_its_table(path, tmp_path):
    table = ROOT / paths.RESULTS / path.relative_to(VERDICTS).with_suffix(".csv")
    if path.parent.name == "spread":
        found = spread.summary(pd.read_csv(table).to_dict("records"))
    else:
        study = declarations.load(ROOT / declarations.FILE, ROOT / declarations.CATALOGUE).studies[path.stem]
        found = results.metrics(results.judge(study, table.read_text(encoding="utf-8")))
    save_metrics(found, tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text(encoding="utf-8")) == json.loads(path.read_text(encoding="utf-8"))


def test_studies_with_results_are_declared_and_undecided_ones_with_their_second_look(entries):
    known = declarations.load()
    for entry in entries:
        for result in entry.get("results", {}).values():
            assert entry["name"] in known.declared
            if result["answer"] == "cannot tell yet" and result["first_seed"] == 1:
                assert len(known.seeds_of(entry["name"])) == verdict.LOOKS[1], entry["name"]


def test_quoted_verdict_is_the_committed_one(entries):
    study = next(entry for entry in entries if entry["name"] == "curve_half")
    assert f"> curve_half: {study['results']['toons']['sentence']}\n" in (ROOT / "docs/studies.md").read_text(encoding="utf-8")


def test_claims_of_another_report_follow_those_of_the_five_and_need_no_quotation(entries):
    study = Study(report="mygan", claim="My faces are better.", treatment="mygan", control="dcgan64", outcome="kid")
    other = claims._entry("mine", study, "ready")
    page = claims.page([*entries, other])
    assert page.index("## `dcgan56`: A. Saviolo") < page.index("## `mygan`\n") < page.index("|  | My faces are better. | ready: `mine` |")


def test_results_are_counted_and_marked(tmp_path, monkeypatch):
    """Two studies with results: one remains significant, and each has its sentence."""
    for name in ("params.yaml", "studies"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(paths, "RESULTS", Path("results"))
    monkeypatch.setattr(paths, "VERDICTS", Path("verdicts"))
    monkeypatch.setattr(replication, "counts", lambda name, table: {"inside": 2, "outside": 1} if name == "gaussian_z" else {})
    for name, kids in {"unequal_rates": (0.2, 0.1), "gaussian_z": (0.2, 0.205)}.items():
        paths.results("toons", name).parent.mkdir(parents=True, exist_ok=True)
        sides = zip(("dcgan64", declarations.load().studies[name].control), kids, strict=True)
        rows = [(trial, seed, kid * (1 + seed / 20)) for trial, kid in sides for seed in range(1, 7)]
        same = {"status": "lived", "step": 4000, "floor": 0.0, "scale": "preview", "samples": 250, "processor": "a processor"}
        pd.DataFrame(rows, columns=["trial", "seed", "kid"]).assign(**same).to_csv(paths.results("toons", name), index=False)
    found = {"kid_mean": 0.2, "kid_lowest": 0.1, "kid_highest": 0.3, "kid_spread": 0.07, "seeds": 10}
    effects = {"n6_low": 0.11, "n6_high": 0.27, "n12_low": 0.07, "n12_high": 0.2}
    found |= {f"min_detectable_effect_{end}": effect for end, effect in effects.items()}
    save_metrics(found, paths.verdict("toons", "spread/dcgan64"))
    found = {entry["name"]: entry for entry in claims.entries()}
    assert found["unequal_rates"]["state"] == "tested"
    result = found["unequal_rates"]["results"]["toons"]
    assert (result["holds"], result["processors"]) == (True, ["a processor"])
    assert len(result["per_seed"]["treatment"]) == len(result["per_seed"]["control"]) == 6
    assert result["shares"] == {"dcgan64": ["gaussian_z"]}
    assert not found["gaussian_z"]["results"]["toons"]["holds"]
    renamed = {"dcgan64": "dcgan64_average_pools", "dcgan64_uniform": "dcgan64_max_pools"}
    table = pd.read_csv(paths.results("toons", "gaussian_z")).replace({"trial": renamed})
    table.to_csv(paths.results("toons", "average_or_max_pools"), index=False)
    (average,) = (of for of in claims.entries() if of["name"] == "average_or_max_pools")
    assert average["results"]["toons"]["shares"] == {
        "dcgan64_average_pools": ["unequal_rates", "gaussian_z"],
        "dcgan64_max_pools": ["gaussian_z"],
    }
    page = claims.page(list(found.values()))
    assert "**On `toons`**: 2 studies: cannot tell yet (1), the reverse here (1)." in page
    assert "1 of 2 remain significant" in page
    assert "Replications: 2 inside, 1 outside. Shares its runs of `dcgan64` with `unequal_rates`. (`gaussian_z`)" in page
    assert "At preview scale (toons, 4,000 steps, N = 250, 6 seeds per arm): **the reverse here** `*`; the claim's side is 100%" in page
    assert "| `dcgan64` | toons | 10 | 0.200, 0.100 to 0.300 | 7% | 11% to 27% | 7% to 20% |" in page


def test_note_on_a_smaller_scale_is_not_about_results_at_the_reports_own(entries):
    study = next(entry for entry in entries if entry["name"] == "d_is_not_fooled")
    assert study["results"]["celeba_5000"]["scale"] == "full"
    assert "regime" not in study
    assert declarations.load().studies["d_is_not_fooled"].regime


def test_demo_which_sees_no_pictures_has_one_result(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RESULTS", tmp_path)
    for dataset in ("celeba_preview", "toons"):
        (tmp_path / dataset).mkdir()
        (tmp_path / dataset / "curve_half.csv").write_bytes((ROOT / "studies/results/toons/curve_half.csv").read_bytes())
    assert list(claims._entry("curve_half", declarations.load().studies["curve_half"], "declared")["results"]) == ["toons"]


NO_SIDE = ("no difference here", "cannot tell yet", "no verdict", "not testable")


@pytest.mark.parametrize(
    ("verdict", "p", "holds"),
    [
        ("holds here", 1e-6, True),
        ("the reverse here", 1e-6, True),
        ("holds here", 0.2, False),
        *((verdict, 1e-6, False) for verdict in NO_SIDE),
    ],
)
def test_verdict_is_marked_if_it_takes_a_side_and_remains_significant(verdict, p, holds):
    assert marks({"answer": verdict, "failures_decide": False, "p": p}) == [holds]
    assert marks({"answer": verdict, "failures_decide": True, "p": 1.0, "p_failures": p}) == [holds]


def test_significance_is_corrected_within_each_data_set():
    """0.03 alone is significant; with two others of one data set it is not."""
    three = [{"answer": "holds here", "failures_decide": False, "p": p} for p in (0.03, 0.04, 0.5)]
    assert marks(*three) == [False, False, False]
    places = (("dcgan64", "a"), ("dcgan64", "b"), ("curve", "b"))  # the demo's runs are on no data set
    found = [{"report": report, "results": {name: dict(result)}} for (report, name), result in zip(places, three, strict=True)]
    claims._mark(found)
    assert [result["holds"] for entry in found for result in entry["results"].values()] == [True, True, False]
    assert [*claims.families(found)] == ["", "a", "b"]


def marks(*results: dict) -> list[bool]:
    found = [{"report": "dcgan64", "results": {"toons": dict(result)}} for result in results]
    claims._mark(found)
    return [entry["results"]["toons"]["holds"] for entry in found]


def test_ready_claims_are_not_declared(entries):
    declared = set(declarations.load().declared)
    assert {entry["name"] for entry in entries if entry["state"] in ("tested", "declared")} == declared
    assert not {entry["name"] for entry in entries if entry["state"] == "ready"} & declared


def test_table_of_two_processors_is_named_in_one_line(tmp_path):
    path = tmp_path / "toons" / "curve_half.csv"
    path.parent.mkdir()
    rows = text(ROOT / paths.results("toons", "curve_half"))
    path.write_text(rows.replace("AMD EPYC", "another", 1), encoding="utf-8")
    with pytest.raises(UserError, match=r"curve_half.csv: processor: .*: AMD EPYC for curve \(seeds 8, 9, 10, 11, 12\); another"):
        claims._result(declarations.load().studies["curve_half"], path)
