"""The page's section on the curve demo: its metrics, and the curves that its generator drew as it learned."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ganlib.core.tables import read_columns, read_json, read_yaml
from ganlib.page.about import about
from ganlib.page.charts import short
from ganlib.page.glossary import entry
from ganlib.page.run_charts import charts
from ganlib.support import paths

WIDTH, HEIGHT, EDGE = 480, 380, 34
LOW, HIGH = -0.5, 3.5  # of y


def collect() -> dict[str, Any]:
    """The results of the demo's training."""
    outputs = paths.outputs("curve")
    return {
        "settings": read_yaml(outputs.run / "config.yaml"),
        "figures": read_json(paths.metrics("curve")),
        "log": read_columns(outputs.progress / "log.csv"),
        "learning": read_json(outputs.run / "learning.json"),
    }


def view(found: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows of these results."""
    figures, written = found["figures"], {key: entry(key).format(value) for key, value in found["figures"].items()}
    return {
        "about": about("curve"),
        "svg": drawing(found["learning"]),
        "steps": found["learning"]["steps"],
        "charts": charts(found),
        "sentence": (
            f"After {figures['steps']:,} steps with seed {found['settings']['seed']}, mean D(real) is {figures['d_real']:.3f},"
            f" D’s score is {written['d_score']}, and {written['within_bounds']} of the curves are within the bounds."
        ),
    }


def drawing(learning: Mapping[str, Any]) -> Markup:
    """The last recorded curves over the band of real ones as inline SVG; x is -1 to 1, y is LOW to HIGH."""
    last = learning["curves"][-1]
    points = len(last[0])
    unit = (HEIGHT - 2 * EDGE) / (HIGH - LOW)
    zero, width = HEIGHT - EDGE + LOW * unit, WIDTH - 2 * EDGE

    def line(values: list[float]) -> str:
        return " ".join(f"{EDGE + width * index / (points - 1):.1f},{zero - value * unit:.1f}" for index, value in enumerate(values))

    squares = [(2 * index / (points - 1) - 1) ** 2 for index in range(points)]
    band = f"{line(squares)} {' '.join(reversed(line([2 * square + 1 for square in squares]).split()))}"
    marks = "".join(f'<text x="{EDGE - 8}" y="{zero - mark * unit + 4:.1f}" text-anchor="end">{short(mark)}</text>' for mark in range(4))
    marks += "".join(
        f'<text x="{EDGE + width * (mark + 1) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{short(mark)}</text>' for mark in (-1, 0, 1)
    )
    curves = "".join(f'<polyline class="drawn" points="{line(values)}"/>' for values in last)
    return Markup(
        f'<svg class="drawing" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{len(last)} generated curves over the band of real'
        f' ones" data-left="{EDGE}" data-width="{width}" data-zero="{zero:.1f}" data-unit="{unit:.2f}">'
        f'<polygon class="band" points="{band}"/>{marks}{curves}</svg>'
    )
