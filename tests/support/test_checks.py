"""Reading settings files: see also tests/test_params.py."""

import pytest

from ganlib.support import checks
from ganlib.support.errors import UserError


def test_file_of_an_upper_folder_is_not_found_and_named(tmp_path, monkeypatch):
    (tmp_path / checks.FILE).touch()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    with pytest.raises(UserError, match=f"^params.yaml: not found; run from {tmp_path}$"):
        checks.read(checks.FILE)
