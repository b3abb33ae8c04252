"""Lines over steps as inline SVG, coloured by the page's style; the page's script shows the values under the pointer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 12, 26  # of the frame, in the same units
POINTS = 240  # of one line: more than a screen shows
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Line:
    """One line: its name, its values, and which of the style's colours it takes."""

    name: str
    values: Sequence[float]
    colour: str


@dataclass(frozen=True)
class Chart:
    """Lines over the same steps; `reference` is a dotted line, `low` and `high` are ends of the axis that are given."""

    title: str
    steps: Sequence[float]
    lines: Sequence[Line]
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    words: str = ""
    size: tuple[int, int] = field(default=(WIDTH, HEIGHT))

    def svg(self) -> Markup:
        """The frame, the lines and a cursor that the script moves; its `data-` attributes say where the frame lies."""
        width, height = self.size
        values = [value for line in self.lines for value in line.values if math.isfinite(value)]
        values += [end for end in (self.reference, self.low, self.high) if end is not None]
        marks = ticks(min(values), max(values))
        first, last = self.steps[0], self.steps[-1]

        def across(step: float) -> float:
            return LEFT + (width - LEFT - RIGHT) * (step - first) / ((last - first) or 1)

        def up(value: float) -> float:
            return height - BOTTOM - (height - TOP - BOTTOM) * (value - marks[0]) / (marks[-1] - marks[0])

        parts = []
        for mark in marks:
            at = f"{up(mark):.1f}"
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{at}" y2="{at}"/>')
            parts.append(f'<text x="{LEFT - 7}" y="{up(mark) + 4:.1f}" text-anchor="end">{short(mark)}</text>')
        if self.reference is not None:
            at = f"{up(self.reference):.1f}"
            parts.append(f'<line class="reference" x1="{LEFT}" x2="{width - RIGHT}" y1="{at}" y2="{at}"/>')
        for line in self.lines:
            shown = thinned(list(zip(self.steps, line.values, strict=True)))
            path = "L".join(f"{across(step):.1f} {up(value):.1f}" for step, value in shown if math.isfinite(value))
            parts.append(f'<path class="{line.colour}" d="M{path}"/>')
        parts.append(f'<text x="{LEFT}" y="{height - 6}">{first:,.0f}</text>')
        parts.append(f'<text x="{width - RIGHT}" y="{height - 6}" text-anchor="end">step {last:,.0f}</text>')
        frame = f'data-left="{LEFT}" data-right="{width - RIGHT}" data-top="{TOP}" data-bottom="{height - BOTTOM}"'
        scale = f'data-low="{marks[0]:g}" data-high="{marks[-1]:g}"'
        return Markup(
            f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(self.label)}" {frame} {scale}>{"".join(parts)}'
            f'<g class="cursor"><line y1="{TOP}" y2="{height - BOTTOM}"/></g></svg>'
        )

    @property
    def label(self) -> str:
        """The chart in words."""
        ends = "; ".join(f"{line.name} from {short(line.values[0])} to {short(line.values[-1])}" for line in self.lines)
        return f"{self.title} over {self.steps[-1]:,.0f} steps: {ends}"


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """POINTS or fewer: of each stretch the point farthest from the stretch's mean, so that no peak is lost, and both ends."""
    if len(points) <= POINTS:
        return points
    between, kept = points[1:-1], [points[0]]
    stretch = len(between) / (POINTS - 2)
    for place in range(POINTS - 2):
        part = between[int(place * stretch) : int((place + 1) * stretch)]
        mean = sum(value for _, value in part) / len(part)
        kept.append(max(part, key=lambda point: abs(point[1] - mean)))
    return [*kept, points[-1]]


def ticks(low: float, high: float, count: int = 3) -> list[float]:
    """Round values from below `low` to above `high`, about `count` steps apart."""
    span = (high - low) or abs(high) or 1.0
    magnitude = 10 ** math.floor(math.log10(span / count))
    step = min((multiple * magnitude for multiple in (1, 2, 2.5, 5, 10)), key=lambda step: abs(step - span / count))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(place * step, 12) for place in range(first, last + 1)]


def short(value: float) -> str:
    """Three digits or so, with a true minus sign."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", MINUS)
