"""Options and arguments that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from ganlib.models import registry
from ganlib.support.errors import UserError

LIMIT = 100_000  # pictures per command


def _complete_report(incomplete: str) -> list[str]:
    return [name for name in registry.names() if name.startswith(incomplete)]


RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A trained report, a run's folder or a .safetensors file.",
        show_default=False,
        autocompletion=_complete_report,
    ),
]
Revision = Annotated[str | None, typer.Option("--rev", help="Read RUN from this commit, branch, tag or experiment.", show_default=False)]
Conditions = Annotated[
    list[str] | None,
    typer.Option("--condition", metavar="GROUP=VALUE", help="As in hair=Blond_Hair. Repeat for other groups.", show_default=False),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="PATH", help="Where to write.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite PATH.")]


def parse_seeds(text: str) -> list[int]:
    """The seeds of a list such as 3,7,10-20, in its order."""
    numbers: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise UserError(f"--seeds: {text!r}: must be numbers and ranges, as in 1-64 or 3,7,10-20")
        low, high = int(first), int(last or first)
        if high < low:
            raise UserError(f"--seeds: {part.strip()}: write the smaller number first")
        if len(numbers) + high - low >= LIMIT:
            raise UserError(f"--seeds: {text!r}: more than {LIMIT:,} pictures")
        numbers += range(low, high + 1)
    return numbers


def parse_conditions(conditions: list[str] | None) -> dict[str, str]:
    """The values of --condition by their groups."""
    pairs: dict[str, str] = {}
    for condition in conditions or ():
        group, equals, value = condition.partition("=")
        if not equals:
            raise UserError(f"--condition: {condition!r}: must be group=value, as in hair=Blond_Hair")
        if group in pairs:
            raise UserError(f"--condition: {group} occurs twice")
        pairs[group] = value
    return pairs
