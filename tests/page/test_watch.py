"""`ganlib watch`: what it serves, to whom, when it renders, and that it leaves no trace in a training."""

import contextlib
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from ganlib.cli import main
from ganlib.page import collect, document, watch
from ganlib.support.errors import UserError
from tests.conftest import IMPORTABLE, edited, python
from tests.page import workspace
from tests.training import children, small

SHORT = {"hidden": [8], "batch_size": 4, "max_steps": 60, "sample_every": 20}


@contextlib.contextmanager
def serving() -> Iterator[Callable[..., str]]:
    """A server of the working directory; yields a function that returns what it answers to a path, or the status of a refusal."""
    server = watch.Server(0)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def get(path: str = "", **headers: str) -> str:
        with contextlib.closing(HTTPConnection(watch.HOST, server.server_port, timeout=60)) as connection:
            connection.request("GET", f"/{path}", headers=headers)
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else str(answer.status)

    yield get
    server.shutdown()
    server.server_close()


def test_page_without_results_says_that_nothing_is_running_and_then_what_is(checkout, started):
    with serving() as get:
        assert "No training is running" in get()
        started("dense64")
        assert "Step 20 of 30" in get("running")
        assert "Step 20 of 30" in get()


def test_section_is_rendered_only_when_a_file_has_changed(started, monkeypatch):
    folder, rendered = started("dense64"), []
    render = document.running_section
    monkeypatch.setattr(document, "running_section", lambda *arguments: rendered.append(arguments) or render(*arguments))
    with serving() as get:
        first = get("running")
        assert get("running") == first
        assert len(rendered) == 1
        workspace.training("dense64", until=30)
        assert "Step 30 of 30" in get("running")
        (folder / "000000030-ab.pt").touch()  # a checkpoint is not shown
        get("running")
        assert len(rendered) == 2


def test_state_of_the_results_changes_with_them_and_only_changed_reports_are_collected(results, monkeypatch):
    collected, original = [], collect.collect
    monkeypatch.setattr(collect, "collect", lambda name: collected.append(name) or original(name))

    def state() -> str:
        return re.search('data-results="(.*?)"', get("running"))[1]

    with serving() as get:
        page = get()
        before, names = state(), len(collected)
        assert f'data-results="{before}"' in page
        workspace.scored("dense64", kid=0.5)
        assert state() != before
        assert "<b>KID 0.500</b>" in get()
        assert collected[names:] == ["dense64"]
        shutil.rmtree("data/runs/dense64")  # as DVC does before it trains again
        (results / "data" / "scores" / "dcgan64" / "details.json").write_text("{", encoding="utf-8")  # being copied
        page = get()
        assert [name for name in ("dense64", "dcgan64", "vae64") if f'<section id="{name}"' in page] == ["vae64"]


def test_settings_count_as_before_while_there_is_a_mistake_in_them(started):
    started("dense64")
    with serving() as get:
        assert "Step 20 of 30" in get()
        Path("params.yaml").write_text("nonsense: 1\n", encoding="utf-8")
        assert "Step 20 of 30" in get()


def test_nothing_is_served_but_the_page_and_its_exports_and_to_no_other_name(results):
    exported = results / "exports" / "dense64"
    exported.mkdir(parents=True)
    for name in ("faces.html", "secret.txt"):
        (exported / name).write_text("an export", encoding="utf-8")
    with serving() as get:
        assert '<a href="exports/dense64/faces.html">' in get()
        assert get("exports/dense64/faces.html") == "an export"
        for path in ("params.yaml", "exports/dense64/secret.txt", "exports/dense64/../../params.yaml", "../params.yaml"):
            assert get(path) == "404"
        assert "Running" in get(Host="localhost:80")  # through a tunnel
        assert get(Host="somewhere.example") == "403"


@pytest.mark.slow
def test_watching_and_tensorboard_change_no_byte_of_a_training(tmp_path):
    small.prepare_faces(tmp_path)
    folders = [shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-{name}")) for name in ("alone", "watched")]
    seen = ""
    for folder, variables in zip(folders, ({}, {"GANLIB_LOG": "tensorboard"}), strict=True):
        workspace.bare(folder)
        edited(folder / "params.yaml", folder / "params.yaml", {"log_every": 5, "reports.dense64.preview": SHORT})
        command = [sys.executable, "-m", "stages.train", "dense64"]
        with contextlib.chdir(folder), serving() as get, subprocess.Popen(command, env={**IMPORTABLE, **variables}) as training:
            while training.poll() is None:
                seen += get("running") + get() if variables else ""
                time.sleep(0.05)
        assert training.returncode == 0
    assert re.search(r"Step [1-9]\d* of 60", seen)
    assert (folders[1] / "data" / "tensorboard").is_dir()
    for kind in ("runs", "nets", "progress"):
        alone, watched = (children.files(folder / "data" / kind) for folder in folders)
        assert alone
        assert watched == alone


def test_address_is_printed_before_slow_imports_and_ctrl_c_ends_at_once(checkout):
    with subprocess.Popen([sys.executable, "-m", "ganlib", "watch"], env=IMPORTABLE, stdout=subprocess.PIPE, text=True) as command:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/ \(Ctrl-C ends\)\n", command.stdout.readline())
        command.send_signal(signal.SIGINT)
        assert command.wait(2) == 0
    loaded = python("-c", "import sys; from ganlib.page.watch import Server; Server(0); print(sorted(sys.modules))").stdout
    assert not [name for name in ("torch", "PIL", "jinja2", "pandas", "scipy", "numpy") if f"'{name}'" in loaded]


def test_mistake_is_one_line(checkout):
    server = watch.Server(0)
    with pytest.raises(UserError, match=rf"^--port {server.server_port}: Address already in use; choose another one, or leave it out"):
        CliRunner().invoke(main.app, ["watch", "--port", str(server.server_port)], catch_exceptions=False)
    server.server_close()
    Path("params.yaml").unlink()
    with pytest.raises(UserError, match=r"^params\.yaml: not found; run from the folder that holds it$"):
        CliRunner().invoke(main.app, ["watch"], catch_exceptions=False)
