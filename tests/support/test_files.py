"""Files and folders that are whole or absent, after a power cut too: what is on the disk before a name is given."""

import os
from pathlib import Path

import pytest

from ganlib.support import files


@pytest.fixture
def calls(monkeypatch):
    """In order, what was brought to the disk and what was renamed."""
    seen = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: (seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink())), fsync(descriptor))
    )
    monkeypatch.setattr(os, "replace", lambda source, target: (seen.append(f"-> {target}"), replace(source, target)))
    return seen


def test_every_file_of_a_folder_is_on_the_disk_before_the_folder_has_its_name(tmp_path, calls):
    (tmp_path / "source" / "deep").mkdir(parents=True)
    for name in ("a.txt", "deep/b.txt"):
        (tmp_path / "source" / name).write_text(name, encoding="utf-8")
    files.replace_folder(tmp_path / "source", tmp_path / "target")
    renamed = calls.index(f"-> {tmp_path / 'target'}")
    assert {f"{tmp_path}/.target.partial/{name}" for name in ("a.txt", "deep/b.txt", "deep")} <= set(calls[:renamed])
    assert calls[renamed + 1 :] == [str(tmp_path)]
    assert (tmp_path / "target" / "deep" / "b.txt").read_text(encoding="utf-8") == "deep/b.txt"


def test_file_is_on_the_disk_before_it_has_its_name(tmp_path, calls):
    with files.replacing(tmp_path / "a.txt") as target:
        target.write_text("a", encoding="utf-8")
    assert calls == [f"{tmp_path}/.a.partial.txt", f"-> {tmp_path / 'a.txt'}", str(tmp_path)]
