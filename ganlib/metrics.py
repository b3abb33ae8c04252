"""The small JSON files that git keeps and `dvc metrics` reads."""

import json
from collections.abc import Mapping
from pathlib import Path

from ganlib.files import replacing


def write(figures: Mapping[str, str | int | float], path: Path) -> None:
    """Write `figures` with floats to six significant digits."""
    rounded = {key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in figures.items()}
    with replacing(path) as target:
        target.write_text(json.dumps(rounded, indent=2) + "\n")
