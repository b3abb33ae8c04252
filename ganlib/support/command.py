"""Runs a stage's `main` as a command."""

import os
from collections.abc import Callable
from typing import Any

import typer

from ganlib.support import errors, loggers

# Must be set before torch is imported. Silences a warning at each start of several processes about a flag that launch.py needs.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


def run(command: Callable[..., Any]) -> None:
    """Run `command` with its arguments from the command line; a UserError exits with one line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    with errors.exit_on_user_error(), loggers.logging():
        app()
