"""The charts of a run, chosen by the columns of its log."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ganlib.page.charts import Chart, Line


class Spec(NamedTuple):
    """A chart's columns (column, name, colour) and its other settings."""

    title: str
    columns: tuple[tuple[str, str, str], ...]
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    table: str = "log"


CHARTS = (
    Spec("Losses", (("d_loss", "D", "d"), ("g_loss", "G", "g"))),
    Spec("Reconstruction losses", (("real_loss", "reals", "d"), ("fake_loss", "fakes", "g"))),
    Spec("Loss of wrong conditions", (("wrong_loss", "loss", "plain"),), low=0.0),
    Spec("How often D is right, and fooled", (("d_accuracy", "right", "d"), ("fooled", "fooled", "third")), 0.5, 0.0, 1.0),
    Spec("How often D ranks the real of a pair higher", (("d_pair_accuracy", "right", "d"),), 0.5, 0.0, 1.0),
    Spec("Convergence measure M", (("convergence", "M", "plain"),), low=0.0),
    Spec("k, the weight of fakes", (("k", "k", "third"),), low=0.0),
    Spec("ELBO, nats per picture", (("elbo", "ELBO", "plain"),)),
    Spec("KL divergence, nats per picture", (("kl", "KL", "third"),), low=0.0),
    Spec("Estimated Wasserstein distance", (("distance", "distance", "plain"),)),
    Spec("Diversity, 1: as varied as reals", (("diversity", "diversity", "plain"),), 1.0, 0.0),
    Spec("D’s score", (("d_score", "score", "plain"),), -1.386),
    Spec("Mean of D(real)", (("d_real", "D(real)", "d"),), 0.5, 0.0, 1.0),
    Spec("Curves within bounds", (("within_bounds", "share", "g"),), None, 0.0, 1.0),
    Spec("KID during training", (("kid", "KID", "plain"),), low=0.0, table="kept"),
)


def charts(section: Mapping[str, Any]) -> list[Chart]:
    """The charts of a section's log and of its scores during training; BEGAN's reconstruction losses replace D's and G's."""
    found = []
    for title, columns, reference, low, high, name in CHARTS:
        table = section.get(name) or {}
        lines = [Line(label, table[column], colour, column) for column, label, colour in columns if column in table]
        if lines and len(table["step"]) > 1 and not (title == "Losses" and "real_loss" in table):
            found.append(Chart(title, table["step"], lines, reference, low, high, name))
    return found
