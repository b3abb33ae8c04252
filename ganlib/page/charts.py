"""Line charts over training steps as inline SVG, coloured by the page's style; its script shows the values under the pointer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 260, 160
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 12, 26  # margins, in the units of WIDTH
POINTS = 240  # per line: more than a screen shows
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Line:
    """A line's name, values, CSS class, and the column of the page's data with these values."""

    name: str
    values: Sequence[float]
    colour: str
    column: str = ""

    @property
    def last(self) -> str:
        """The value that the legend shows initially."""
        return short(self.values[-1])


@dataclass(frozen=True)
class Chart:
    """Lines over the same steps, with an optional dotted `reference` line and axis limits; `table` of the page's data has the columns."""

    title: str
    steps: Sequence[float]
    lines: Sequence[Line]
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    table: str = "log"

    def svg(self) -> Markup:
        """The chart with a cursor that the script moves; `data-` attributes give the script the plot area and the y axis."""
        values = [value for line in self.lines for value in line.values if math.isfinite(value)]
        values += [end for end in (self.reference, self.low, self.high) if end is not None]
        marks = ticks(min(values), max(values))
        first, last = self.steps[0], self.steps[-1]

        def x(step: float) -> float:
            return LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / ((last - first) or 1)

        def y(value: float) -> float:
            return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - marks[0]) / (marks[-1] - marks[0])

        parts = []
        for mark in marks:
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>')
            parts.append(f'<text x="{LEFT - 7}" y="{y(mark) + 4:.1f}" text-anchor="end">{short(mark)}</text>')
        if self.reference is not None:
            at = f"{y(self.reference):.1f}"
            parts.append(f'<line class="reference" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        for line in self.lines:
            shown = downsample([point for point in zip(self.steps, line.values, strict=True) if math.isfinite(point[1])])
            path = "L".join(f"{x(step):.1f} {y(value):.1f}" for step, value in shown)
            parts.append(f'<path class="{line.colour}" d="M{path}"/>')
        parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{first:,.0f}</text>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">step {last:,.0f}</text>')
        area = f'data-left="{LEFT}" data-right="{WIDTH - RIGHT}" data-top="{TOP}" data-bottom="{HEIGHT - BOTTOM}"'
        axis = f'data-low="{marks[0]:g}" data-high="{marks[-1]:g}"'
        return Markup(
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.label)}" {area} {axis}>{"".join(parts)}'
            f'<g class="cursor"><line y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></g></svg>'
        )

    @property
    def label(self) -> str:
        """The chart as text, for screen readers."""
        ends = "; ".join(f"{line.name} from {short(line.values[0])} to {line.last}" for line in self.lines)
        return f"{self.title} over {self.steps[-1]:,.0f} steps: {ends}"


def downsample(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most POINTS points: the first, the last and, of each bin between, the one farthest from the bin's mean, which keeps peaks."""
    if len(points) <= POINTS:
        return points
    between, kept = points[1:-1], [points[0]]
    width = len(between) / (POINTS - 2)
    for index in range(POINTS - 2):
        part = between[int(index * width) : int((index + 1) * width)]
        mean = sum(value for _, value in part) / len(part)
        kept.append(max(part, key=lambda point: abs(point[1] - mean)))
    return [*kept, points[-1]]


def ticks(low: float, high: float, count: int = 3) -> list[float]:
    """Round values at a constant distance, from at most `low` to at least `high`, with about `count` intervals."""
    span = (high - low) or abs(high) or 1.0
    magnitude = 10 ** math.floor(math.log10(span / count))
    step = min((multiple * magnitude for multiple in (1, 2, 2.5, 5, 10)), key=lambda step: abs(step - span / count))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(index * step, 12) for index in range(first, last + 1)]


def short(value: float) -> str:
    """About three digits, with a true minus sign."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", MINUS)
