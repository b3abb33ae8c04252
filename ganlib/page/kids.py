"""The KIDs of all reports, for `dvc plots`."""

from collections.abc import Iterable, Mapping
from typing import Any

from ganlib.core.tables import to_csv


def table(sections: Iterable[Mapping[str, Any]]) -> str:
    """CSV with a row per scored generator: report, step, share of the training, KID."""
    return to_csv(
        {"report": section["report"], "step": f"{step:.0f}", "share": f"{step / section['steps']:.4g}", "kid": f"{kid:.6g}"}
        for section in sections
        for step, kid in _scored(section)
    )


def _scored(section: Mapping[str, Any]) -> Iterable[tuple[float, float]]:
    """The steps and KIDs of the snapshots and the end, or of the end alone."""
    kept, figures = section["kept"], section["figures"]
    if kept:
        return zip(kept["step"], kept["kid"], strict=True)
    return [(figures["step"], figures["kid"])] if figures else []
