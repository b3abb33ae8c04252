"""The docs: results are those of the committed tables, links resolve, lines wrap."""

import re
import tomllib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from ganlib import params
from ganlib.page.glossary import ENDS, PROTOCOL, SCORES, SHARES, TRAINING
from tests.conftest import ROOT, text
from tools import example, reading, readme, seeds

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links(page: str) -> Iterator[tuple[str, str]]:
    """Path and anchor of each relative link outside of code."""
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page)):
        if "://" not in target:
            yield target.partition("#")[::2]


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", CODE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_relative_links_resolve(path):
    for target, anchor in links(text(path)):
        found = path.parent / target if target else path
        assert found.exists(), target
        assert not anchor or anchor in anchors(text(found)), f"{target}#{anchor}"


@pytest.mark.parametrize("path", [path for path in PAGES if path.name != "claims.md"], ids=lambda path: path.name)  # it is generated
def test_prose_wraps_at_120_columns(path):
    prose = re.sub(r"\]\([^)]*\)", "]", CODE.sub("", text(path)))
    assert [line for line in prose.splitlines() if len(line) > 120 and not line.startswith(("|", "> "))] == []


def test_readme_has_at_most_1000_words():
    assert len(text(ROOT / "README.md").split()) <= 1000


def test_readme_lists_every_page_of_docs():
    listed = [target for target, _ in links(text(ROOT / "README.md"))]
    assert {f"docs/{path.name}" for path in ROOT.glob("docs/*.md")} <= set(listed)


def test_version_is_the_same_everywhere():
    version = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"\nversion: {version}\n" in text(ROOT / "CITATION.cff")
    assert re.search(r"^## (\S+)", text(ROOT / "CHANGELOG.md"), re.MULTILINE)[1] == version


def test_readme_and_seeds_quote_the_current_results(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = text(readme.README)
    assert page == readme.filled(page), "run make docs"
    assert len(re.findall(r"\| 0\.\d+ \((?:0\.\d+ to 0\.\d+|one seed)\) ", page)) == 2 * len(params.load().reports)
    assert len(re.findall(r" seeds: \*\*", page)) >= 2
    assert text(ROOT / "docs" / "seeds.md") == seeds.page(), "run make docs"


def test_example_page_has_the_current_verdicts(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = text(example.PAGE)
    assert page == example.filled(page), "run make docs"
    assert page.count('<section id="verdicts">') == 1
    links = set(re.findall(r'href="#(claim-\w+)"', page))
    assert links <= set(re.findall(r'id="(claim-\w+)"', page))
    assert len(links) >= 5


def test_readme_quotes_the_verdict_on_failures_first_where_it_decides():
    sentence = "At preview scale (toons): 0 of 6 runs failed against 4 of 6: holds here on failures; no difference here; ..."
    result = {"verdict": "no difference here", "answer": "holds here", "seeds": 6, "sentence": sentence}
    quoted = "drawn faces, 6 seeds: 0 of 6 runs failed against 4 of 6: **holds here** on failures; no difference here; ..."
    assert readme._verdict("toons", result) == quoted


def test_readme_states_the_effect_of_rate_scale_on_its_example():
    scale = params.load(ROOT / "params.yaml").report("dcgan64").rate_scale
    assert f"0.0002 becomes {0.0002 * scale:g}" in text(ROOT / "README.md")


def test_list_of_metrics_is_the_glossarys(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = text(reading.PAGE)
    assert page == reading.with_metrics(page)
    assert page.count("\n- `") == len(SCORES) + len(ENDS) + len(SHARES) + len(TRAINING) + len(PROTOCOL) + 1  # the rates


@pytest.mark.parametrize("name", reading.RUNS)
def test_run_is_shown_with_its_picture_and_its_command(name):
    page = text(ROOT / reading.PAGE)
    heading = f"## {name.replace('d-wins', 'd wins').capitalize()}\n"
    section = page[page.index(heading) :].partition("\n## ")[0]
    assert f"$ {reading.command(name)}\n" in section
    assert f"(reading/{name}.png)" in section
    assert (ROOT / reading.FOLDER / f"{name}.png").is_file()


def test_picture_of_a_run_has_its_curves_and_a_corner_of_its_last_sheet(tmp_path):
    rows = [f"{step},{step / 10},{1 - step / 20},0.5,0.25,{step / 10}" for step in (1, 5, 10)]
    (tmp_path / "log.csv").write_text("\n".join(["step,d_loss,g_loss,d_accuracy,fooled,diversity", *rows, ""]), encoding="utf-8")
    (tmp_path / "samples").mkdir()
    for step, colour in ((1, "blue"), (10, "red")):
        Image.new("RGB", (530, 530), colour).save(tmp_path / "samples" / f"{step:06d}.png")
    reading.draw(tmp_path, 64, tmp_path / "run.png")
    with Image.open(tmp_path / "run.png") as picture:
        assert picture.size == (3 * reading.EDGE, reading.EDGE)
        pixels = np.asarray(picture.convert("RGB"), int)
    assert (pixels[:, 2 * reading.EDGE :] == (255, 0, 0)).all()
    blue = abs(pixels[reading.MARGIN : -reading.MARGIN, : reading.EDGE] - (31, 119, 180)).max(axis=2) < 40  # d_loss, from 0.1 to 1
    heights = [np.flatnonzero(column).mean() for column in blue.T if column.any()]
    assert heights[0] > 150 > 20 > heights[-1]
