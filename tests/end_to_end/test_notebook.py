"""notebooks/ganlib.ipynb: stored without outputs, with commands that exist, and run from top to bottom as on a host like Colab."""

import base64
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests import command_lines
from tests.conftest import ROOT, text
from tests.end_to_end.conftest import tiny

NOTEBOOK = ROOT / "notebooks" / "ganlib.ipynb"
COMMAND = re.compile(r'(?:!|&& |\(|")((?:ganlib|dvc) [^"`\n&|)]+)')
PYTHON = sys.executable


def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_notebook_is_stored_without_outputs():
    for cell in notebook().cells:
        assert cell.metadata == {}
        assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)


def test_links_resolve():
    for target in re.findall(r"\]\((\.\./[^)]+)\)", "\n".join(cell.source for cell in notebook().cells)):
        assert (NOTEBOOK.parent / target).is_file(), target


def test_commands_are_accepted(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    lines = [line for cell in notebook().cells for line in COMMAND.findall(cell.source)]
    assert len(lines) == 15
    for line in lines:
        command_lines.check(line.replace("{PICTURES}", "pictures"), tmp_path)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for sessions, beside a tiny repository. The kernel's `python`, `ganlib` and `dvc` are those of this environment."""
    tiny(tmp_path / "origin")
    (tmp_path / "bin").mkdir()
    for name, module in (("python", ""), ("ganlib", "-m ganlib"), ("dvc", "-m dvc")):
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {PYTHON} {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def session(folder: Path, origin: Path, drive: Path, last: str = "own") -> dict[str, NotebookNode]:
    """Run the notebook in an empty folder up to the cell `last`, without the installation; the executed cells by their names.

    A command that fails is an error.
    """
    book = notebook()
    book.cells = book.cells[: [cell.id for cell in book.cells].index(last) + 1]
    for old, new in (
        ("<this repository>", str(origin)),
        ('OPTIONS = "--cpu"', 'OPTIONS = "--help"'),
        ('CHECKPOINTS = ""', f'CHECKPOINTS = "{drive}"'),
    ):
        (cell,) = (cell for cell in book.cells if old in cell.source)
        cell.source = cell.source.replace(old, new)
    for cell in book.cells:
        if cell.cell_type == "code" and re.search(r"^ *!", cell.source, re.MULTILINE):
            cell.source += "\nassert not globals().get('_exit_code')"
    folder.mkdir()
    NotebookClient(book, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return {cell.id: cell for cell in book.cells}


def said(cell: NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def pictures(cell: NotebookNode) -> list[bytes]:
    return [base64.b64decode(output.data["image/png"]) for output in cell.outputs if "image/png" in output.get("data", {})]


@pytest.mark.slow
def test_every_cell_runs_and_a_second_session_takes_up_the_checkpoints(host: Path) -> None:
    cells = session(host / "first", host / "origin", host / "drive")
    checkout = host / "first" / "ganlib"
    assert said(cells["checkout"]).splitlines()[-1] == str(checkout)
    assert pictures(cells["draw"]) == [(checkout / "exports/dcgan112/sheet.png").read_bytes()]
    assert "done train@dcgan64" in said(cells["train"])
    assert cells["train"].outputs[0].data["text/html"] == "dcgan64, step 3"
    (last,) = pictures(cells["train"])
    assert last in {path.read_bytes() for path in host.glob("drive/dcgan64-*/progress/samples/000003.png")}
    assert "kid" in said(cells["score"])
    (inline,) = re.findall(r'src="data:text/html;charset=utf-8;base64,([^"]+)"', cells["page"].outputs[-1].data["text/html"])
    assert base64.b64decode(inline) == (checkout / "page.html").read_bytes()
    assert "metrics/dcgan64.json" in said(cells["difference"])
    before, after = pictures(cells["difference"])
    assert before != after
    assert "train@dcgan64" in said(cells["own"])
    again = session(host / "second", host / "origin", host / "drive", last="train")
    assert "dcgan64: already trained; reusing" in text(host / "drive" / "logs" / "train@dcgan64.log")
    assert pictures(again["train"]) == [last]
