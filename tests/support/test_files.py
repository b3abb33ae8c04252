"""Files and folders that are complete or absent: after a power cut, with several writers, and after killed ones."""

import errno
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from ganlib.support import disk, files, locks


@pytest.fixture
def calls(monkeypatch):
    """The flushes and renames, in order."""
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
    temporary, *after = calls
    assert re.fullmatch(rf"{tmp_path}/\.a\.partial-\w{{8}}\.txt", temporary)
    assert after == [f"-> {tmp_path / 'a.txt'}", str(tmp_path)]


def test_two_writers_of_one_file_both_end_well(tmp_path):
    def write(content):
        for _ in range(50):
            with files.replacing(tmp_path / "a.txt") as target:
                target.write_text(content, encoding="utf-8")

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, letter * 1000) for letter in "ab"]
        while not all(writer.done() for writer in writers):
            if (tmp_path / "a.txt").exists():
                assert (tmp_path / "a.txt").read_text(encoding="utf-8") in ("a" * 1000, "b" * 1000)
    assert [writer.result() for writer in writers] == [None, None]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_block_that_fails_leaves_the_old_file_alone(tmp_path):
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    with suppress(KeyError), files.replacing(tmp_path / "a.txt") as target:
        target.write_text("new", encoding="utf-8")
        raise KeyError
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"a.txt": "old"}


def test_files_of_killed_writers_are_removed_and_those_being_written_are_kept(tmp_path, monkeypatch):
    for name in (".a.partial-12345678.txt", ".b.partial-12345678.txt", ".a.partial-87654321.csv"):
        (tmp_path / name).write_text("half", encoding="utf-8")
    for age, left in ((3600, 3), (-1, 2)):
        monkeypatch.setattr(files, "STRAY_AGE", age)
        with files.replacing(tmp_path / "a.txt") as target:
            target.touch()
        assert len([*tmp_path.glob(".*")]) == left


@pytest.mark.parametrize("call", ["os.open", "os.fsync", "fcntl.flock", "shutil.disk_usage", "os.chmod"])
def test_files_are_written_without_optional_features_of_the_file_system(tmp_path, monkeypatch, call):
    """Windows opens no folder; older CIFS, vboxsf, drvfs and some FUSE flush none, lock nothing, set no modes or report no size."""

    real = os.open

    def refuse(path, *arguments, **named):
        if call == "os.open" and not Path(path).is_dir():
            return real(path, *arguments, **named)
        raise PermissionError if call in {"os.open", "os.chmod"} else OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(call, (lambda _: (0, 0, 0)) if call == "shutil.disk_usage" else refuse)
    with locks.locked(tmp_path / "a.txt", "busy"), disk.writing(tmp_path, 1), files.replacing_folder(tmp_path / "new") as folder:
        (folder / "a.txt").touch()
    files.replace_folder(tmp_path / "new", tmp_path / "copy")
    assert (tmp_path / "copy" / "a.txt").exists()


def test_failing_disk_is_an_error(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"), files.replacing(tmp_path / "a.txt") as target:
        target.touch()
