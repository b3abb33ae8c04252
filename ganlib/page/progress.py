"""The scores of all reports' generators on the way, as one table for one plot."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any


def kid_over_training(sections: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a line for each generator that was kept: its report, its step, the share of its training and its KID."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["report", "step", "share", "kid"])
    for section in sections:
        for step, kid in zip(section["kept"]["step"], section["kept"]["kid"], strict=True):
            writer.writerow([section["report"], f"{step:.0f}", f"{step / section['steps']:.4g}", f"{kid:.6g}"])
    return text.getvalue()
