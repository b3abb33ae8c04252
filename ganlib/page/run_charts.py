"""Which charts a run has, by the columns of its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganlib.page.charts import Chart, Line, short


@dataclass(frozen=True)
class Graph:
    """A chart of a table's columns: column, name, colour."""

    title: str
    columns: tuple[tuple[str, str, str], ...]
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    table: str = "log"


GRAPHS = (
    Graph("Losses", (("d_loss", "D", "d"), ("g_loss", "G", "g"))),
    Graph("Reconstruction losses", (("real_loss", "reals", "d"), ("fake_loss", "fakes", "g"), ("wrong_loss", "wrong conditions", "third"))),
    Graph("D is right, and fakes that fool it", (("d_accuracy", "right", "d"), ("fooled", "fooled", "g")), 0.5, 0.0, 1.0),
    Graph("Convergence measure M", (("convergence", "M", "plain"),), low=0.0),
    Graph("k, the weight of fakes", (("k", "k", "third"),), low=0.0),
    Graph("ELBO, nats a picture", (("elbo", "ELBO", "plain"),)),
    Graph("KL, nats a picture", (("kl", "KL", "third"),), low=0.0),
    Graph("Estimated Wasserstein distance", (("distance", "distance", "plain"),)),
    Graph("Diversity of the sheet, reals 1", (("diversity", "diversity", "g"),), 1.0, 0.0),
    Graph("D’s score", (("d_score", "score", "plain"),), -1.386),
    Graph("Curves within bounds", (("within_bounds", "share", "g"),), None, 0.0, 1.0),
    Graph("KID on the way", (("kid", "KID", "plain"),), low=0.0, table="kept"),
)


@dataclass(frozen=True)
class Named(Line):
    """A line, and the column of the page's data that it shows."""

    column: str = ""

    @property
    def last(self) -> str:
        """What its legend says at first."""
        return short(self.values[-1])


@dataclass(frozen=True)
class Drawn(Chart):
    """A chart, and the table of the page's data that it shows."""

    table: str = "log"


def charts(section: Mapping[str, Any]) -> list[Drawn]:
    """Of a run's log, and of the scores on the way where there are two or more; a GAN without BEGAN's losses has G's and D's."""
    found = []
    for graph in GRAPHS:
        table = section.get(graph.table) or {}
        lines = [Named(name, table[column], colour, column) for column, name, colour in graph.columns if column in table]
        if "real_loss" in table and graph.title == "Losses":
            continue
        if lines and len(table["step"]) > 1:
            found.append(Drawn(graph.title, table["step"], lines, graph.reference, graph.low, graph.high, table=graph.table))
    return found
