"""Runs a stage's `main` as a command."""

import functools
import os
import sys
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import typer

from ganlib.support import errors, loggers
from ganlib.support.errors import UserError

# Must be set before torch is imported. Silences a warning at each start of several processes about a flag that launch.py needs.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
ROOT = Path(__file__).parents[2]


def run(command: Callable[..., None], reads: Callable[..., object] | None = None) -> None:
    """Run `command` with its arguments from the command line; a UserError exits with one line.

    `reads` gives the values of params.yaml that it depends on, from the same arguments. DVC records values and code as they are at the end,
    so a UserError says if either was edited meanwhile.
    """

    @functools.wraps(command)
    def checked(*args: Any, **options: Any) -> None:
        values, code = reads(*args, **options) if reads else None, _code()
        command(*args, **options)
        loaded = {str(getattr(module, "__file__", None)) for module in [*sys.modules.values()]}
        if edited := next((file for file, content in _code().items() if file in loaded and code.get(file) != content), None):
            raise UserError(
                f"{Path(edited).relative_to(ROOT)}: was edited while this ran, so the results are of the code before: run again"
            )
        if reads and reads(*args, **options) != values:
            raise UserError("params.yaml: was edited while this ran, so the results are of the values before: run again")

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(checked)
    with errors.exit_on_user_error(), loggers.logging():
        app()


def _code() -> dict[str, bytes]:
    """The digests of all files of code that can change a result."""
    files = [file for folder in ("ganlib", "stages") for file in (ROOT / folder).rglob("*.py") if file.parent != Path(__file__).parent]
    return {str(file): blake2b(file.read_bytes()).digest() for file in files}
