"""KID over training, of all reports in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganlib.core.tables import to_csv


def kid_curves(sections: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a row per stored generator: report, step, share of the training, KID."""
    return to_csv(
        {"report": section["report"], "step": f"{step:.0f}", "share": f"{step / section['steps']:.4g}", "kid": f"{kid:.6g}"}
        for section in sections
        for step, kid in zip(section["kept"]["step"], section["kept"]["kid"], strict=True)
    )
