"""A report's score on a horizontal axis, as HTML that stretches with the page: floor, interval, this run, and trainings over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from markupsafe import Markup, escape

from ganlib.page.charts import ticks
from ganlib.page.glossary import entry
from ganlib.page.spread import Spread


@dataclass(frozen=True)
class Axis:
    """The axis of a score that all reports share, from 0 to `high`."""

    score: str
    high: float

    @classmethod
    def of(cls, score: str, figures: Sequence[Mapping[str, Any]], spreads: Sequence[Mapping[str, Spread]]) -> Self:
        """An axis that extends beyond the runs' intervals and their spreads over seeds."""
        ends = [each[f"{score}_high"] for each in figures if f"{score}_high" in each]
        return cls(score, max([*ends, *(each[score].high for each in spreads if score in each)], default=1.0) * 1.04)

    def place(self, value: float) -> str:
        """The position of `value`, in per cent of the axis."""
        return f"{100 * min(max(value / self.high, 0), 1):.2f}%"

    @property
    def marks(self) -> list[tuple[str, str]]:
        """Positions and texts of the tick labels."""
        return [(self.place(mark), f"{mark:g}") for mark in ticks(0, self.high, 3) if mark <= self.high]

    def track(self, figures: Mapping[str, Any], spread: Spread | None) -> Markup:
        """One report's marks on the axis, with a text for screen readers."""
        value, low, high = (figures[f"{self.score}{end}"] for end in ("", "_low", "_high"))
        parts, label = [], self.label(figures, spread)
        if spread:
            parts.append(f'<i class="seeds" style="left:{self.place(spread.low)};width:{self._width(spread.low, spread.high)}"></i>')
            parts += [f'<i class="seed" style="left:{self.place(seed)}"></i>' for seed in spread.values]
        if (floor := figures.get(f"{self.score}_floor")) is not None:
            parts.append(f'<i class="floor" style="left:{self.place(floor)}"></i>')
        parts.append(f'<i class="interval" style="left:{self.place(low)};width:{self._width(low, high)}"></i>')
        parts.append(f'<i class="this" style="left:{self.place(value)}"></i>')
        return Markup(f'<span class="track" role="img" aria-label="{escape(label)}" title="{escape(label)}">{"".join(parts)}</span>')

    def label(self, figures: Mapping[str, Any], spread: Spread | None) -> str:
        """The marks as text."""
        score = entry(self.score)
        value, low, high = (score.format(figures[f"{self.score}{end}"]) for end in ("", "_low", "_high"))
        text = f"{score.name} {value}, 95% interval {low} to {high}"
        if (floor := figures.get(f"{self.score}_floor")) is not None:
            text += f"; real pictures {score.format(floor)}"
        if spread:
            text += f"; {len(spread.values)} trainings of {spread.steps:,} steps {score.format(spread.low)} to {score.format(spread.high)}"
        return text

    def _width(self, low: float, high: float) -> str:
        return f"{100 * (min(high, self.high) - max(low, 0)) / self.high:.2f}%"
