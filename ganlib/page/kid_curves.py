"""The scores of all reports' generators on the way, as one table for one plot."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganlib.core.tables import to_csv


def kid_over_training(sections: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a line for each generator that was kept: its report, its step, the share of its training and its KID."""
    return to_csv(
        {"report": section["report"], "step": f"{step:.0f}", "share": f"{step / section['steps']:.4g}", "kid": f"{kid:.6g}"}
        for section in sections
        for step, kid in zip(section["kept"]["step"], section["kept"]["kid"], strict=True)
    )
