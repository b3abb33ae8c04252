"""Scores on one line, as HTML that stretches with the page: the floor, the interval, this run and the trainings over seeds."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from ganlib.page.charts import ticks
from ganlib.page.glossary import term
from ganlib.page.spread import Spread


@dataclass(frozen=True)
class Axis:
    """The line that all reports share, from 0 to beyond the largest of their values."""

    score: str
    high: float

    @classmethod
    def of(cls, score: str, figures: list[dict[str, Any]], spreads: list[dict[str, Spread]]) -> "Axis":
        """Over the runs' upper ends and those over seeds."""
        ends = [each[f"{score}_high"] for each in figures if f"{score}_high" in each]
        return cls(score, max([*ends, *(each[score].high for each in spreads if score in each)], default=1.0) * 1.04)

    def place(self, value: float) -> str:
        """A value as a share of the line's length."""
        return f"{100 * min(max(value / self.high, 0), 1):.2f}%"

    @property
    def marks(self) -> list[tuple[str, str]]:
        """Where the axis is labelled, and with what."""
        return [(self.place(mark), f"{mark:g}") for mark in ticks(0, self.high, 3) if mark <= self.high]

    def track(self, figures: dict[str, Any], spread: Spread | None) -> Markup:
        """One report's line, with all of it in words for those who do not see it."""
        written, low, high = (figures[f"{self.score}{end}"] for end in ("", "_low", "_high"))
        parts, told = [], self.words(figures, spread)
        if spread:
            parts.append(f'<i class="seeds" style="left:{self.place(spread.low)};width:{self._wide(spread.low, spread.high)}"></i>')
            parts += [f'<i class="seed" style="left:{self.place(value)}"></i>' for value in spread.values]
        if (floor := figures.get(f"{self.score}_floor")) is not None:
            parts.append(f'<i class="floor" style="left:{self.place(floor)}"></i>')
        parts.append(f'<i class="interval" style="left:{self.place(low)};width:{self._wide(low, high)}"></i>')
        parts.append(f'<i class="this" style="left:{self.place(written)}"></i>')
        return Markup(f'<span class="track" role="img" aria-label="{escape(told)}" title="{escape(told)}">{"".join(parts)}</span>')

    def words(self, figures: dict[str, Any], spread: Spread | None) -> str:
        """The line in words."""
        of = term(self.score)
        value, low, high = (of.write(figures[f"{self.score}{end}"]) for end in ("", "_low", "_high"))
        text = f"{of.name} {value}, 95% interval {low} to {high}"
        if (floor := figures.get(f"{self.score}_floor")) is not None:
            text += f"; real pictures {of.write(floor)}"
        if spread:
            text += f"; {len(spread.values)} trainings of {spread.steps:,} steps {of.write(spread.low)} to {of.write(spread.high)}"
        return text

    def _wide(self, low: float, high: float) -> str:
        return f"{100 * (min(high, self.high) - max(low, 0)) / self.high:.2f}%"
