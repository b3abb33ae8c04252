"""One look for every progress bar."""

import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm


def bar(iterable: Iterable[Any] | None = None, **options: Any) -> tqdm:
    """A tqdm bar on stderr, redrawn twice a second on a terminal and every ten seconds where the output goes to a file."""
    return tqdm(iterable, mininterval=0.5 if sys.stderr.isatty() else 10, dynamic_ncols=True, **options)


def log(text: str) -> None:
    """A line on stderr, above any bar."""
    tqdm.write(text, file=sys.stderr)
