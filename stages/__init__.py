"""The pipeline's steps: one Typer command for each stage of dvc.yaml."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from ganlib.errors import UserError


def run(command: Callable[..., Any]) -> None:
    """Run a stage's function as a Typer command; a UserError ends it in one line on stderr and exit status 1."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    try:
        app()
    except UserError as error:
        sys.exit(f"error: {error}")
