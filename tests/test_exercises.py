"""docs/exercises.md: its commands work, and what it calls known is what the studies found."""

import json
import re

import pytest

from tests import command_lines
from tests.conftest import ROOT, text

PAGE = text(ROOT / "docs" / "exercises.md")
EXERCISES = dict(re.findall(r"^## (\d+\. .*?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
CLAIMS = {claim["name"]: claim for claim in json.loads(text(ROOT / "studies" / "claims.json"))["claims"]}


def test_there_are_ten_with_all_parts():
    assert [int(title.partition(".")[0]) for title in EXERCISES] == [*range(1, 11)]
    for section in EXERCISES.values():
        assert re.search(r"^\$ .* # \d+ minutes?\b", section, re.MULTILINE)
        assert ("\n- Look at: " in section, section.count("\n- Known: ")) == (True, 1)


@pytest.mark.parametrize("title", EXERCISES)
def test_commands_are_accepted(title, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    for line in re.findall(r"^\$ (.+)$", EXERCISES[title], re.MULTILINE):
        command_lines.check(line, tmp_path)


def test_known_is_what_was_found():
    named = 0
    for section in EXERCISES.values():
        known = " ".join(section.partition("\n- Known: ")[2].split())
        for name in re.findall(r"`(\w+)`", known):
            if name in CLAIMS:
                named += 1
                verdicts = {result["answer"] for result in CLAIMS[name].get("results", {}).values()} or {"not known"}
                assert all(verdict.removesuffix("s here") in known for verdict in verdicts), name
        for interval in re.findall(r"97\.5% CI: [^;)]+", known):
            assert interval in json.dumps(CLAIMS), interval
        for interval in re.findall(r"\b0\.\d{3} to 0\.\d{3}\b", known):
            assert interval in text(ROOT / "docs" / "seeds.md") + text(ROOT / "README.md"), interval
    assert named >= 12
    assert sum(claim["state"] in ("ready", "declared") for claim in CLAIMS.values()) > 24  # dozens
