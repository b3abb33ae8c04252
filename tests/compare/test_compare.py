"""`ganlib page --compare` and `ganlib handin --compare`: two runs side by side, and what one run each can say."""

import contextlib
import math
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import ganlib
from ganlib.cli import main
from ganlib.compare import document, pairs, record
from ganlib.compare.document import COLUMNS, SEEDS
from ganlib.core.tables import read_yaml, write_yaml
from ganlib.page.spread import Spread
from ganlib.support import paths
from ganlib.support.errors import UserError
from tests.handin import workspace as built
from tests.page import workspace
from tests.use.lively import in_checkout

FIVE = Spread((0.20, 0.21, 0.22, 0.23, 0.24), 4000)
# t of 4 degrees of freedom for 95% is 2.776 in Student's table.
FACTOR = math.exp(2.776 * np.std(np.log(FIVE.values), ddof=1) * math.sqrt(2))


@pytest.fixture(scope="session")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkouts: `own`, and `other`, whose dense64 had another rate and another seed; read only."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "own").mkdir()
    own = built.build(folder / "own")
    other = folder / "other"
    workspace_of_other(own, other)
    return folder


def workspace_of_other(own: Path, other: Path) -> None:
    shutil.copytree(own, other)
    in_checkout(other, "dense64", lr_d=1e-4, latent="uniform")
    config = read_yaml(own / "data/runs/dense64/config.yaml")
    write_yaml({**config, "lr_d": 1e-4, "latent": "uniform", "seed": 2}, other / "data/runs/dense64/config.yaml")
    with contextlib.chdir(other):
        workspace.scored("dense64", kid=0.3, kid_low=0.29, kid_high=0.31)


@pytest.fixture
def checkout(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shutil.copytree(two, tmp_path / "two") / "own")
    return tmp_path / "two" / "own"


@pytest.fixture
def ganlib_says(checkout: Path) -> Callable[[str], str]:
    """Run the command; returns its output, or its error."""

    def says(line: str) -> str:
        try:
            done = CliRunner().invoke(main.app, line.split(), catch_exceptions=False)
        except UserError as error:
            return f"error: {error}"
        assert done.exit_code == 0, done.output
        return done.stdout

    return says


OTHER = "../other/data/runs/dense64"


def test_page_shows_the_same_seeds_the_settings_and_the_scores_of_both(ganlib_says, checkout: Path) -> None:
    said = ganlib_says(f"page --compare dense64 {OTHER}")
    assert said.startswith(
        "dense64: KID goes from 0.200 to 0.300, 50% higher. By their seeds alone, two trainings of dense64 differ by up to "
    )
    assert said.endswith(f"{(checkout / 'compare.html').as_uri()}\n")
    page = " ".join((checkout / "compare.html").read_text(encoding="utf-8").split())
    assert re.findall(r"<code>(\w+)</code></th><td>([^<]*)</td><td>([^<]*)</td>", page) == [
        ("seed", "1", "2"),
        ("latent", "gaussian", "uniform"),
        ("lr_d", "0.0002", "0.0001"),
    ]
    assert '<th scope="row">KID, floor 0.000</th><td>0.200 (0.190 to 0.210)</td><td>0.300 (0.290 to 0.310)</td>' in page
    assert page.count("data:image/webp") == 2
    assert "http" not in re.sub(r'"data:image/webp[^"]*"|https://mmlab[^)]*', "", page)
    assert "ganlib try" not in page  # the seeds differ too
    assert "A seed has another z on either side" in page


def test_sheets_are_of_the_same_seeds(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(document, "save_sheet", lambda pictures, columns, path: drawn.append((pictures.numpy(), columns)))
    monkeypatch.setattr(document.strips, "strip", lambda path, size: {})
    (pair,) = pairs.find("dense64", OTHER)
    document.section(pair)
    for (pictures, columns), run in zip(drawn, ("dense64", OTHER), strict=True):
        np.testing.assert_array_equal(pictures, ganlib.load(run).sample(SEEDS))
        assert (len(pictures), columns) == (32, COLUMNS)


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (0.22 * FACTOR * 0.995, ": one run each does not show that the change matters."),
        (0.22 * FACTOR * 1.005, ": the change does more than that, but one run each does not say how much."),
        (0.22 / FACTOR * 1.005, ": one run each does not show that the change matters."),
        (0.22 / FACTOR * 0.995, ": the change does more than that, but one run each does not say how much."),
    ],
)
def test_difference_counts_if_it_is_more_than_seeds_alone_bring(last: float, end: str) -> None:
    said = record.said("dense64", {"kid": 0.22}, {"kid": last}, FIVE)
    assert said.endswith(end)
    assert f"differ by up to {FACTOR - 1:.0%} (5 recorded trainings: 0.200 to 0.240)" in said
    assert ("higher" in said) == (last > 0.22)


@pytest.mark.parametrize(
    ("before", "after", "spread", "said"),
    [
        ({"kid": 0.2, "pictures": "a"}, {"kid": 0.2, "pictures": "b"}, FIVE, "The scores differ in pictures, so they cannot be"),
        (None, {"kid": 0.2}, FIVE, "Not both are scored, so their KIDs cannot be compared."),
        ({"kid": 0.2, "samples": 250}, {"kid": 0.2, "samples": 500}, FIVE, "The scores differ in N, so they cannot be compared."),
        (
            {"kid": 0.2},
            {"kid": 0.3},
            None,
            "KID goes from 0.200 to 0.300. How much seeds alone bring is not recorded for dense64, so one run",
        ),
        ({"kid": 0.2}, {"kid": -0.001}, FIVE, "KID goes from 0.200 to −0.001. How much seeds alone"),  # noqa: RUF001 (a minus sign)
    ],
)
def test_what_cannot_be_compared_is_said(before, after, spread, said: str) -> None:
    assert record.said("dense64", before, after, spread).startswith(said)


def test_scores_against_other_reals_are_not_compared(checkout: Path) -> None:
    in_checkout(checkout, "dcgan56", width=0.05)
    workspace.scored("dcgan56")
    (pair,) = pairs.find("dense64", "dcgan56")
    assert record.collect(pair)["said"] == "The scores differ in crop, so they cannot be compared."


def test_seeds_of_one_prior_have_the_same_z(checkout: Path) -> None:
    found = [record.collect(*pairs.find("dense64", name))["same_z"] for name in ("dense64", "began64", OTHER)]
    assert found == [True, False, False]


def test_stale_scores_are_not_compared(ganlib_says, checkout: Path) -> None:
    workspace.scored("dense64", generator_md5="of another file")
    assert "Not both are scored" in ganlib_says(f"page --compare dense64 {OTHER}")
    assert "0.300" not in (checkout / "compare.html").read_text(encoding="utf-8")


def test_command_that_tries_the_same_settings_over_seeds_is_given(ganlib_says, checkout: Path) -> None:
    config = Path("../other/data/runs/dense64/config.yaml")
    write_yaml({**read_yaml(config), "seed": 1}, config)
    ganlib_says(f"page --compare dense64 {OTHER}")
    command = "ganlib try -S &#39;reports.dense64.latent=&#34;uniform&#34;&#39; -S &#39;reports.dense64.lr_d=0.0001&#39;"
    assert f"<code>{command}</code>" in (checkout / "compare.html").read_text(encoding="utf-8")


def test_handin_shows_the_run_before_beside_its_own(ganlib_says, checkout: Path) -> None:
    ganlib_says(f"handin dense64 --compare {OTHER}")
    with zipfile.ZipFile(paths.exports("dense64") / "handin.zip") as archive:
        page = " ".join(archive.read("handin/index.html").decode().split())
    assert "<h2>Before and after</h2> <p>KID goes from 0.300 to 0.200, 33% lower." in page
    assert f'<th scope="col">{OTHER}</th><th scope="col">this run</th>' in page
    assert "<td>0.0001</td><td>0.0002</td>" in page


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("page --compare nowhere dense64", "error: --compare: nowhere: no experiment, commit, branch, tag, report or file has that name"),
        ("page --compare dense64 nowhere", "error: --compare: nowhere: no experiment, commit, "),
        ("page --compare workspace workspace", "error: --compare: workspace and workspace: have the same generators, of "),
        ("page --compare dense64 vae64", "error: data/runs/vae64: not trained yet"),
        ("page --compare dense64 workspace --experiments", "error: --experiments: cannot be combined with --compare"),
        ("handin dense64 --compare nowhere", "error: --compare: nowhere: no experiment, commit, "),
    ],
)
def test_mistake_is_one_line(ganlib_says, checkout: Path, line: str, said: str) -> None:
    assert ganlib_says(line).startswith(said)
    assert not Path("compare.html").exists()
