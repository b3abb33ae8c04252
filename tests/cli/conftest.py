"""The command in this process."""

import sys
from collections.abc import Callable

import pytest

from ganlib.cli import main


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str, str]]:
    """Runs `ganlib` with arguments; returns the exit status or error line, stdout and stderr."""

    def run(*arguments: object) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["ganlib", *map(str, arguments)])
        with pytest.raises(SystemExit) as exited:
            main.main()
        return exited.value.code, *capsys.readouterr()

    return run
