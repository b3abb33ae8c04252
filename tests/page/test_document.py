"""The page shows what the files contain; equal files give equal pages."""

import base64
import csv
import html
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML

from ganlib.core.images import GAP
from ganlib.page import checkout as checkouts
from ganlib.page import document, spread, verdicts
from ganlib.page.collect import collect
from ganlib.params import load
from ganlib.support import paths
from stages import compare
from stages import section as section_stage
from tests.conftest import ROOT, python
from tests.page import workspace


def written() -> str:
    checkouts.write(paths.PAGE / "index.html", experiments=False)
    return (paths.PAGE / "index.html").read_text(encoding="utf-8")


def shown(page: str) -> str:
    """The visible text, with single spaces."""
    body = page[page.index("<main") : page.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", body)))


def test_stages_write_the_page_of_all_reports_with_their_kid_curves_and_the_same_again(results):
    pages = []
    for _ in range(2):
        for name in load().reports:
            section_stage.main(name)
        compare.main()
        pages.append((paths.PAGE / "index.html").read_bytes())
    assert pages[0] == pages[1]
    assert pages[0].decode() == written()
    assert len(pages[0]) < 4_000_000
    rows = list(csv.DictReader((paths.PAGE / "kid.csv").read_text(encoding="utf-8").splitlines()))
    dcgan56 = [(row["step"], row["share"], row["kid"]) for row in rows if row["report"] == "dcgan56"]
    assert dcgan56 == [("10", "0.3333", "0.4"), ("30", "1", "0.2")]
    assert [row["report"] for row in rows[::2]] == list(load().reports)


def test_page_has_no_external_resources(results):
    page = written()
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)""", page) == []
    assert re.findall(r"url\(|@import|https?:(?!//www.w3.org)", page[: page.index("<script type")]) == []


def test_row_and_sentence_of_a_report_have_its_scores_with_interval_floor_and_spread_over_seeds(checkout):
    workspace.trained("dcgan64")
    kid = {"kid": 0.25, "kid_low": 0.24, "kid_high": 0.27, "kid_floor": 0.01}
    fid = {"fid": 240.0, "fid_low": 230.0, "fid_high": 255.0, "fid_floor": 43.0}
    workspace.scored("dcgan64", **kid, **fid, d_accuracy=0.8)
    (checkout / spread.FILE).write_text(
        "report,dataset,pictures,scale,samples,seed,kernels,kid,fid,step\n"
        "dcgan64,toons,,preview,250,1,AVX2,0.1,200,4000\ndcgan64,toons,,preview,250,2,AVX2,0.3,220,4000\n"
        "dcgan64,toons,,preview,250,3,AVX2,0.25,240,4000\ndcgan64,toons,,preview,250,2,AVX512,0.3,220,4000\n"
        "dcgan64,toons,,preview,250,1,AVX2 held to-SSE,0.9,900,4000\ndcgan64,toons,,evening,250,1,AVX2,0.01,20,4000\n"
        "dcgan64,toons,,preview,500,1,AVX2,0.02,30,4000\ndense64,toons,,preview,250,1,AVX2,0.03,30,4000\n"
        "dcgan64,celeba_preview,0a1b2c3d,preview,250,1,AVX2,0.04,40,4000\ndcgan64,toons,99999999,preview,250,1,AVX2,0.05,40,4000\n",
        encoding="utf-8",
    )
    page = written()
    text = shown(page)
    assert "dcgan64: KID 0.250. 1 of 1 within the range of other trainings." in text
    assert "KID 0.250 0.240 to 0.270 healthy within the range of 2 other trainings, 0.100 to 0.300" in text
    assert "After 30 steps with nets 0.125 times as wide as the report’s. Healthy: D is right about 50% of the pictures." in text
    (row,) = re.findall(r'<tr>\s*<th scope="row"><a href="#dcgan64".*?</tr>', page, re.DOTALL)
    assert re.findall(r"<b>(.*?)</b> <small>(.*?)</small>", row) == [("0.250", "0.240 to 0.270"), ("240", "230 to 255")]
    assert re.findall(r'aria-label="(.*?)"', row) == [
        "KID 0.250, 95% interval 0.240 to 0.270; real pictures 0.010; 2 trainings of 4,000 steps 0.100 to 0.300",
        "FID 240, 95% interval 230 to 255; real pictures 43; 2 trainings of 4,000 steps 200 to 220",
    ]
    section = page[page.index('<section id="dcgan64"') :]
    assert table(section)[:2] == [("FID", "240", "230 to 255", "43"), ("KID", "0.250", "0.240 to 0.270", "0.010")]


def table(section: str) -> list[tuple[str, ...]]:
    """The rows of a section's tables of four columns."""
    return re.findall(r'<tr><th scope="row">([^<]*).*?</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>', section)


def colours(sheet: Image.Image, rows: int, columns: int, gap: int) -> np.ndarray:
    """The middle pixels of a sheet's pictures, (rows, columns, 3)."""
    size = (sheet.width - gap * (columns + 1)) // columns
    middles = [[gap + place * (size + gap) + size // 2 for place in range(count)] for count in (rows, columns)]
    return np.asarray(sheet.convert("RGB"), int)[np.ix_(*middles)]


def test_every_picture_of_a_report_comes_from_its_file(results):
    page = written()
    for name in load().reports:
        tabs = {"samples": paths.outputs(name).progress / "samples", "reals": paths.outputs(name).progress / "reals.png"}
        for tab, path in (tabs | {"closest": paths.scores(name) / "closest.png"}).items():
            (panel,) = re.findall(rf'<div role="tabpanel" id="{name}-{tab}".*?</div>', page, re.DOTALL)
            files = sorted(path.glob("*.png")) if path.is_dir() else [path]
            shown = [base64.b64decode(data) for data in re.findall(r'src="data:image/webp;base64,([^"]*)"', panel)]
            assert len(shown) == len(files)
            for data, file in zip(shown, files, strict=True):
                columns = 10 if tab == "closest" else 8
                with Image.open(io.BytesIO(data)) as got, Image.open(file) as sheet:
                    rows = round(columns * (sheet.height - GAP) / (sheet.width - GAP))
                    kept = round(rows * got.width / got.height)
                    assert kept == (5 if tab == "closest" else 8)
                    assert abs(colours(got, rows, kept, 0) - colours(sheet, rows, columns, GAP)[:, :kept]).max() < 25, (name, tab)


OPENED = """
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" and isinstance(args[0], str) else None)
from stages import {stage}
{stage}.main({arguments})
json.dump([opened, [module.__file__ for name, module in sys.modules.items() if name.startswith(("ganlib", "stages"))]], sys.stdout)
"""


@pytest.mark.parametrize(("stage", "report"), [("section", "dcgan64"), ("compare", None)])
def test_stage_depends_on_every_file_that_it_opens_and_imports(results, stage, report):
    for name in load().reports:
        section_stage.main(name)
    done = python("-c", OPENED.format(stage=stage, arguments=repr(report) if report else ""), cwd=results)
    opened, modules = json.loads(done.stdout)
    block = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"][stage]
    listed = [dep.replace("${key}", report or "") for dep in block.get("do", block)["deps"]]
    code = ("ganlib", "stages")
    places = [Path(path).resolve() for path in (*opened, *filter(None, modules))]
    read = {path.relative_to(results.resolve()) for path in places if path.is_relative_to(results.resolve())}
    read |= {part for path in places if path.is_relative_to(ROOT) and (part := path.relative_to(ROOT)).parts[0] in code}
    read = {path for path in read if path.suffix not in (".pyc", ".__path_hook__") and path.name != "__init__.py"}
    allowed = (*map(Path, listed), Path("params.yaml"), Path("data/page"), Path("data/sections"), Path("ganlib/support"))
    assert {path for path in read if not any(path.is_relative_to(one) for one in allowed)} == set()
    assert len(read) > 20


def test_report_that_the_page_has_no_words_for_is_on_it_with_its_names(results):
    log = {"step": [1.0, 2.0], "d_loss": [1.0, 0.5], "gradient_norm": [3.0, 4.0]}
    figures = {"gradient_norm": 4.0, "rate_second_critic": 0.1, "spectral_gap": 0.25}
    section = collect("dcgan64")
    mine = section | {"report": "mine", "headline": ["gradient_norm"], "log": log, "figures": section["figures"] | figures}
    page = document.page([mine], None, load().data, [])
    assert ": gradient norm 4." in shown(page)
    assert {("spectral gap", "0.25", "", ""), ("gradient norm", "4", "", "")} <= set(table(page))


def test_unscored_report_is_marked_and_has_its_pictures(checkout):
    workspace.trained("dense64")
    page = written()
    assert "After 30 steps, not scored yet." in shown(page)
    assert page.count("data:image/webp;base64,") == len(workspace.STEPS) + 1
    assert 'id="scores"' not in page
    assert 'id="verdicts"' not in page


def test_nothing_of_an_earlier_trainings_evaluation_is_shown(checkout):
    workspace.trained("dense64")
    workspace.scored("dense64", generator_md5="of another file")
    page = written()
    assert "After 30 steps" in shown(page)
    assert "not scored yet." in shown(page)
    assert all(words not in shown(page) for words in ("0.190 to 0.210", "KID during training", "Nearest in training"))


@pytest.mark.parametrize(
    ("figures", "remark"),
    [
        ({"coverage": 0.0}, "0.00: no real picture has a fake near it"),
        ({"recall": 1.0}, "1.00: every real picture is near a fake; widely scattered fakes reach this too."),
        ({"hair_lift": 0.1, "hair_lift_low": -0.05, "hair_lift_high": 0.25}, "+10%: no more often than by chance"),
        ({"d_accuracy": 1.0}, "100.0%: D classifies every picture correctly, and G learns little from it."),
    ],
)
def test_score_at_an_extreme_is_explained(checkout, figures, remark):
    workspace.trained("dense64")
    workspace.scored("dense64", coverage=0.5, d_accuracy=0.5, hair_lift=0.1, hair_lift_low=0.05, hair_lift_high=0.15)
    assert remark not in shown(written())
    workspace.scored("dense64", **figures)
    assert remark in shown(written())


def test_runs_scored_differently_come_with_a_warning(results):
    assert "do not compare" not in shown(written())
    workspace.scored("dense64", samples=500)
    text = shown(written())
    assert "These runs differ in fakes: do not compare their scores." in text
    assert "N = 250, 500" in text


def test_order_is_that_of_params_yaml_not_of_the_scores(results):
    for place, name in enumerate(load().reports):
        workspace.scored(name, kid=0.3 - place / 100)
    assert re.findall(r'<th scope="row"><a href="#(\w+)"', written()) == list(load().reports)


def test_settings_that_differ_are_listed_with_the_reports_own(results):
    found = collect("dcgan64")["changed"]
    assert ("width", 1.0, 0.125) in found
    assert ("length", "5 epochs", "30 steps") in found
    assert not {"lr_d", "latent", "sample_every", "snapshots"} & {name for name, _, _ in found}


def test_devices_that_trained_a_run_are_named(results):
    cpu = {"device": "cpu", "torch": "2.14.1"}
    gpu = {"device": "NVIDIA H200", "torch": "2.11.0", "cuda": "12.8", "cudnn": "91002"}
    section = collect("dcgan64")
    page = document.page([section | {"devices": [gpu, cpu]}], None, load().data, [])
    trained_by = "in tf32 on NVIDIA H200 (PyTorch 2.11.0, CUDA 12.8, cuDNN 91002), then a CPU (PyTorch 2.14.1)."
    assert f"steps, seed 1, {trained_by}" in shown(page)
    assert "steps, seed 1." in shown(document.page([section | {"devices": []}], None, load().data, []))


def test_parameters_are_counted_and_buffers_of_batch_and_spectral_norm_are_not(results):
    assert collect("dcgan64")["parameters"] == {"generator": 5 * 7 + 7, "discriminator": 3 * 11}


def test_rows_of_a_conditional_sheet_are_named_in_the_order_of_the_sheet(checkout):
    workspace.trained("began64")
    rows = collect("began64")["rows"]
    assert rows[:3] == ["hair unspecified, eyes unspecified", "hair unspecified, eyeglasses", "black hair, eyes unspecified"]
    assert len(rows) == 10
    assert "gray hair, eyeglasses" in shown(written())


def test_page_says_of_which_pictures_its_faces_and_verdicts_are(judged):
    judged()
    workspace.scored("dense64")
    assert "Bottom row: drawn faces in the same crop." in shown(written())
    assert "holds here * on drawn faces" not in shown(written())
    known = json.loads(verdicts.FILE.read_text(encoding="utf-8"))
    results = known["claims"][0]["results"]
    results["celeba_preview"] = results["toons"]
    verdicts.FILE.write_text(json.dumps(known), encoding="utf-8")
    settings = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(settings.replace("dataset: toons ", "dataset: celeba_preview "), encoding="utf-8")
    text = shown(written())
    assert "How far the fakes are from photographs: lower is better." in text
    assert "holds here * on drawn faces" in text
    assert "holds here * on photographs" in text


def test_verdict_has_its_claim_interval_command_and_mark_of_significance_and_text_is_escaped(judged):
    judged()
    page = written()
    assert "better &lt;quality&gt;" in page
    text = shown(page)
    assert "Shares its runs of dcgan64 with gaussian_z. Replications: 2 inside, 1 outside." in text
    assert "ganlib repro studies/dvc.yaml:study@rates" in text
    assert "1 claim: not testable" in text
    assert re.search(r"dcgan112\s+Cropped pictures make better faces.\s+Each crop is scored against its own reals.", text)
    assert "Of 2 claims, 1 of them quotations from the reports, 1 were tested: 1 ‘holds here’. Each was tried" in text
    assert "per arm on a processor, none of them yours" in text
    assert text.count("Its own rates score a KID lower by 0.2.") == 1
    assert "1 of 1 remain so at 5%" in text
    assert "holds here *" in text
    judged(holds=False)
    text = shown(written())
    assert "0 of 1 remain so at 5%" in text
    assert "holds here *" not in text
    judged(verdict="cannot tell yet")
    assert "‘holds here’" in shown(written())  # `answer`, which failures may decide


def test_tricks_of_the_list_have_a_row_each_with_their_answers_by_kind_of_pictures(judged):
    judged()
    known = json.loads(verdicts.FILE.read_text(encoding="utf-8"))
    known["tricks"] = [{"title": "Unequal rates", "studies": ["rates", "none"]}, {"title": "Patience", "note": "No `setting`."}]
    verdicts.FILE.write_text(json.dumps(known), encoding="utf-8")
    page = written()
    assert re.search(
        r"trick\s+claim\s+on drawn faces\s+1. Unequal rates\s+[^.]*better.\s+holds here \*\s+20% nearer \(10% to 30%\)", shown(page)
    )
    assert "2. Patience Not tested. No setting." in " ".join(shown(page).split())
    assert '<td class="small"><a href="#claim-rates">' in page
    assert "not tried yet" not in page
    known["claims"][0]["results"]["celeba_preview"] = known["claims"][0]["results"].pop("toons")
    known["tricks"].append({"title": "More", "studies": ["cropped"]})
    verdicts.FILE.write_text(json.dumps(known), encoding="utf-8")
    assert re.search(r"trick\s+claim\s+on photographs\s.*\s3. More\s[^.]*.\s+not tried yet", shown(written()), re.DOTALL)


def test_list_of_tricks_is_shown_once_one_was_tried(judged):
    known = json.loads((judged() / verdicts.FILE).read_text(encoding="utf-8"))
    known["tricks"] = [{"title": "More", "studies": ["cropped"]}, {"title": "Patience", "note": "No setting."}]
    verdicts.FILE.write_text(json.dumps(known), encoding="utf-8")
    assert "tricks" not in written().partition("<main")[2].partition("</main>")[0]


def places(chart: str, pattern: str) -> list[float]:
    return [float(place) for place in re.findall(pattern, chart)]


def test_rings_interval_and_margin_of_a_verdict_are_at_their_values(judged):
    chart = verdicts.claims(judged() / verdicts.FILE)[0]["results"][0]["chart"]
    (zero,), seeds = places(chart, r'class="zero" x1="([\d.]+)"'), places(chart, r'class="seed treatment" cx="([\d.]+)"')
    assert places(chart, r'class="seed control" cx="([\d.]+)"')[1] == zero
    rows = {row for arm in ("treatment", "control") for row in places(chart, rf'class="seed {arm}" [^>]*cy="([\d.]+)"')}
    assert min(rows) < places(chart, r'class="interval" [^>]*y1="([\d.]+)"')[0] < max(rows)
    unit = (seeds[2] - seeds[0]) / 0.2
    assert unit > 0
    assert words(chart) == ["← against the claim", "for it →", "0.1", "0.3", "0.2"]
    assert seeds == pytest.approx([zero + unit * value for value in (0.1, 0.2, 0.3)], abs=0.2)
    assert places(chart, r'class="interval" x1="([\d.]+)"') == [seeds[0]]
    assert places(chart, r'class="estimate" d="M([\d.]+)') == [seeds[1]]
    assert places(chart, r'class="margin" x="([\d.]+)"') == pytest.approx([zero - 0.05 * unit], abs=0.2)
    assert places(chart, r'class="margin" .* width="([\d.]+)"') == pytest.approx([0.1 * unit], abs=0.2)


def test_expectation_with_an_open_end_is_shaded_to_the_edge_and_has_no_zero(judged):
    changes = {"low_expected": 0.29, "high_expected": None, "margin": None}
    result = verdicts.claims(judged(**changes) / verdicts.FILE)[0]["results"][0]
    assert 'class="zero"' not in result["chart"]
    (left,), (width,) = (places(result["chart"], rf'class="margin" {part}="([\d.]+)"') for part in ("x", ".* width"))
    assert left + width == pytest.approx(verdicts.WIDTH - verdicts.EDGE, abs=0.2)
    assert words(result["strip"]) == ["expected at least 0.29", "0.1", "0.3", "0.2"]
    (middle,) = places(result["strip"], r'x="([\d.]+)" y="\d+" text-anchor="middle">expected')
    assert middle + len("expected at least 0.29") * verdicts.LETTER / 2 == verdicts.WIDTH


def test_ratios_of_a_scores_excess_are_in_per_cent_and_on_one_axis_on_either_side_without_a_sign(checkout):
    results = [{"of_excess": True, "difference": middle, "low": middle - 0.25, "high": middle + 0.1} for middle in (0.1454, -0.5)]
    (checkout / verdicts.FILE).write_text(json.dumps({"claims": list(map(workspace.claim, results))}), encoding="utf-8")
    strips = [claim["results"][0]["strip"] for claim in verdicts.claims(checkout / verdicts.FILE)]
    assert list(map(words, strips)) == [["10%", "25%", "15%"], ["75%", "40%", "50%"]]
    zeros, ends = ([places(strip, rf'class="{part}" x1="([\d.]+)"')[0] for strip in strips] for part in ("zero", "interval"))
    assert zeros[0] == zeros[1]
    assert ends[1] < ends[0] < zeros[0]


def test_half_as_far_and_twice_as_far_are_equally_far_from_0_and_so_are_both_ends_of_the_margin(judged):
    changes = {"of_excess": True, "difference": 0.0, "low": -1.0, "high": 0.5, "margin": 0.2, "per_seed": {}}
    chart = verdicts.claims(judged(**changes) / verdicts.FILE)[0]["results"][0]["chart"]
    (zero,), (left,), (width,) = (places(chart, rf'class="{part}="([\d.]+)"') for part in ('zero" x1', 'margin" x', 'margin" .* width'))
    ((low, high),) = re.findall(r'class="interval" x1="([\d.]+)" x2="([\d.]+)"', chart)
    assert zero - float(low) == pytest.approx(float(high) - zero, abs=0.2)
    assert zero - left == pytest.approx(width / 2, abs=0.2)
    assert (zero - left) / (zero - float(low)) == pytest.approx(math.log(0.8) / math.log(0.5), abs=0.01)


def test_curve_has_its_moments_at_their_steps_and_values_and_its_ends_in_words(judged):
    rows = [(800, -0.5, -1.0, 0.0), (1600, 0.25, 0.1, None), (3200, 0.5, 0.4, 1.0)]
    along = [dict(zip(("step", "difference", "low", "high"), row, strict=True)) for row in rows]
    result = verdicts.claims(judged(along=along) / verdicts.FILE)[0]["results"][0]
    assert words(result["effects"]) == ["0.5", "step 800", "0.5", "step 3,200"]
    (line,), (band,) = (re.findall(rf'class="{part}" d="M([^"Z]+)', result["effects"]) for part in ("effect", "band"))
    first, middle, last = ([float(number) for number in point.split()] for point in line.split("L"))
    (zero,) = places(result["effects"], r'class="zero" .* y1="([\d.]+)"')
    assert middle[0] - first[0] == pytest.approx((last[0] - first[0]) / 3, abs=0.1)
    assert last[1] < middle[1] < zero < first[1]
    assert (zero - middle[1]) * 2 == pytest.approx(zero - last[1], abs=0.1)
    edges = [float(point.split()[1]) for point in band.split("L")]
    assert edges[0] == zero
    assert edges[1] == edges[2] == verdicts.TOP  # an open interval ends at the edge
    assert edges[-1] == verdicts.BOTTOM
    assert "above the dotted line, the results favour the claim" in shown(written())


def test_result_without_moments_has_no_curve(judged):
    assert verdicts.claims(judged() / verdicts.FILE)[0]["results"][0]["effects"] == ""


def words(chart: str) -> list[str]:
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)<", chart)]


def test_verdict_without_an_interval_is_drawn_without_one(judged):
    result = verdicts.claims(judged(low=None, high=None, margin=None, per_seed={}) / verdicts.FILE)[0]["results"][0]
    assert not any(f'class="{part}"' in result["chart"] for part in ("interval", "margin", "seed"))
    assert words(result["strip"]) == ["0.2"]


def test_data_of_the_page_equal_the_files(results):
    page = written()
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert data["reports"]["dcgan64"]["log"]["step"] == list(workspace.STEPS)
    assert data["scores"]["report"] == list(load().reports)
    assert data["scores"]["kid"] == [0.2] * len(load().reports)
    assert data["curve"]["steps"] == [0, 30]


def test_data_cannot_end_their_script_element():
    assert "</script>" not in document._json({"scores": {"report": ["</script>"]}})
