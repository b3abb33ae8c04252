"""The templates in .dvc/plots/ draw the columns that the stages write."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from ganlib.page.glossary import TRAINING
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What `dvc plots show` makes of three small tables under this project's templates and titles, by title."""
    folder = tmp_path_factory.mktemp("plots")
    shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc")
    (folder / "log.csv").write_text("step,d_loss,g_loss,d_accuracy\n1,-1.5,0.5,0.5\n2,-2.5,0.7,0.75\n", encoding="utf-8")
    (folder / "scores.csv").write_text("step,fid,kid\n2,200,0.03\n", encoding="utf-8")
    (folder / "kid.csv").write_text("report,step,share,kid\na,1,0.5,0.3\na,2,1,0.2\nb,9,1,0.4\n", encoding="utf-8")
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    drawn = {"log.csv": stages["train"]["do"], "scores.csv": stages["evaluate"]["do"], "kid.csv": stages["compare"]}
    properties = {path: next(iter(stage["plots"][0].values())) for path, stage in drawn.items()}
    plots = [{path: {**each, "title": each["title"].replace("${key}", "dense64")}} for path, each in properties.items()]
    YAML().dump({"stages": {"draw": {"cmd": "true", "plots": plots}}}, folder / "dvc.yaml")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run([sys.executable, "-m", "dvc", "plots", "show"], cwd=folder, check=True, capture_output=True)
    page = (folder / "dvc_plots/index.html").read_text(encoding="utf-8")
    found = [json.loads(spec) for spec in re.findall(r"var spec = (.*);$", page, re.MULTILINE)]
    return {spec["title"]["text"]: spec for spec in found}


def test_plots_have_titles_axes_and_the_rows_of_their_tables(specs):
    titles = ("dense64 losses", "dense64 FID and KID over training", "KID over training, all reports")
    losses, scores, kid = (specs[title] for title in titles)
    assert [part["encoding"]["x"]["title"] for part in (*losses["vconcat"], *scores["vconcat"])] == ["step"] * 4
    assert [part["encoding"]["y"]["title"] for part in (*losses["vconcat"], *scores["vconcat"])] == ["loss", "share", "FID", "KID"]
    assert (kid["encoding"]["x"]["title"], kid["encoding"]["y"]["title"]) == ("share of the training", "KID")
    rows = [(row["report"], row["share"], row["kid"]) for row in kid["data"]["values"]]
    assert rows == [("a", "0.5", "0.3"), ("a", "1", "0.2"), ("b", "1", "0.4")]
    assert [row["d_loss"] for row in losses["data"]["values"]] == ["-1.5", "-2.5"]


def test_losses_are_drawn_from_columns_that_the_glossary_knows(specs):
    assert set(specs["dense64 losses"]["transform"][0]["fold"]) <= TRAINING.keys()
