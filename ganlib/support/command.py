"""Runs a stage's function as a command."""

import os
from collections.abc import Callable
from typing import Any

import typer

from ganlib.support import errors

# torch reads it when it is imported. Several processes would otherwise be warned, at each start, of a flag that launch.py needs.
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


def run(command: Callable[..., Any]) -> None:
    """Run a stage's function as a Typer command; a UserError ends it in one line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    with errors.exit_on_user_error():
        app()
