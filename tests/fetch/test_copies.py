import tempfile
from pathlib import Path

import pytest

from ganlib.fetch.copies import move

MEMORY = Path("/dev/shm")  # noqa: S108 (the one other file system that most machines have)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_moved_file_keeps_bytes_and_mode_on_another_file_system_too(tmp_path, elsewhere):
    if elsewhere and not (MEMORY.is_dir() and MEMORY.stat().st_dev != tmp_path.stat().st_dev):
        pytest.skip(f"{MEMORY} is no other file system here")
    with tempfile.TemporaryDirectory(dir=MEMORY if elsewhere else tmp_path) as folder:
        source = Path(folder, "a.zip")
        source.write_bytes(bytes(range(256)) * 100)
        source.chmod(0o444)
        move(source, tmp_path / "new" / "b.zip")
        assert not source.exists()
    assert (tmp_path / "new" / "b.zip").read_bytes() == bytes(range(256)) * 100
    assert (tmp_path / "new" / "b.zip").stat().st_mode & 0o777 == 0o444
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["b.zip"]
