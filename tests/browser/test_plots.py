"""`dvc plots show` in a browser without a network: its curves are there, named and labelled, and it fits a phone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page
from ruamel.yaml import YAML

from ganlib import plots
from tests.conftest import ROOT

MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DVC's page of three curves and a sheet, under this project's own configuration, templates and titles."""
    folder = tmp_path_factory.mktemp("plots")
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc")
    plots.write(folder / plots.PAGE)
    (folder / "progress").mkdir()
    (folder / "progress/log.csv").write_text("step,d_loss,g_loss,d_accuracy\n1,-1.5,0.5,0.5\n2,-2.5,0.7,0.75\n", encoding="utf-8")
    (folder / "scores.csv").write_text("step,fid,kid\n2,200,0.03\n", encoding="utf-8")  # a preview's, of its end alone
    (folder / "kid.csv").write_text("report,step,share,kid\na,1,0.5,0.3\na,2,1,0.2\nb,9,1,0.4\n", encoding="utf-8")
    Image.new("RGB", (530, 530), "red").save(folder / "progress/000002.png")
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    drawn = {"progress": stages["train"]["do"], "scores.csv": stages["evaluate"]["do"], "kid.csv": stages["compare"]}
    properties = {path: next(iter(stage["plots"][0].values())) for path, stage in drawn.items()}
    titled = [{path: {**each, "title": each["title"].replace("${key}", "dense64")}} for path, each in properties.items()]
    YAML().dump({"stages": {"draw": {"cmd": "true", "plots": titled}}}, folder / "dvc.yaml")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "plots", "show"], cwd=folder, check=True, capture_output=True)
    return folder / "dvc_plots/index.html"


def test_curves_have_titles_and_axes_without_a_network(page: Page, shown: Path):
    page.goto(shown.as_uri())
    page.wait_for_function("document.querySelectorAll('svg.marks').length === 3")
    texts = [text for text in page.locator("svg.marks text").all_text_contents() if text]
    assert {"dense64 losses", "dense64 FID and KID over training", "KID over training, all reports"} <= set(texts)
    assert {"step", "loss", "share", "FID", "KID", "share of the training"} <= set(texts)
    assert {f"{MINUS}2.0", "0.03", "200"} <= set(texts)  # a score that stands alone has an axis with its digits
    assert page.locator("img").evaluate_all("images => images.every(image => image.naturalWidth === 530)")


def test_plots_stand_side_by_side_and_fit_a_phone(page: Page, shown: Path):
    page.goto(shown.as_uri())
    page.wait_for_function("document.querySelectorAll('svg.marks').length === 3")
    for width, columns in ((375, 1), (1440, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert (
            page.locator("main > div").evaluate_all("plots => new Set(plots.map(plot => plot.getBoundingClientRect().left)).size")
            == columns
        )
        widest = page.locator("svg.marks, img").evaluate_all("all => Math.max(...all.map(each => each.getBoundingClientRect().right))")
        assert widest <= width
