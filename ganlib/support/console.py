"""Progress bars and log lines, on stderr."""

import os
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(iterable: Iterable[Any] | None = None, **options: Any) -> "tqdm[Any]":
    """A tqdm bar, refreshed twice a second on a terminal and every ten seconds in a file.

    `ganlib repro` sets GANLIB_TERMINAL where it shows the bar that a stage writes to its log.
    """
    watched = sys.stderr.isatty() or "GANLIB_TERMINAL" in os.environ
    return tqdm(iterable, mininterval=0.5 if watched else 10, dynamic_ncols=True, **options)


def log(text: str) -> None:
    """Print a line above any bar."""
    tqdm.write(text, file=sys.stderr)
