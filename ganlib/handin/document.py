"""The page of a hand-in: HTML that needs no network and prints on A4."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from markdown_it import MarkdownIt

from ganlib.compare import document as compare
from ganlib.models.registry import settings_of
from ganlib.page import document
from ganlib.page.about import about
from ganlib.page.glossary import SCORES, entry
from ganlib.page.run_charts import charts
from ganlib.use import information
from ganlib.use.export.licence import restrictions

FOLDER = Path(__file__).parent
ENVIRONMENT = document.ENVIRONMENT.overlay(loader=FileSystemLoader([FOLDER, compare.FOLDER, document.FOLDER]))
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")  # the page loads nothing


def page(record: Mapping[str, Any], sheets: Mapping[str, Mapping[str, Any]], rows: list[str], notes: str, without: str, today: date) -> str:
    """The HTML for what `record.collect` returns.

    `sheets` are those of `page.strips` by name, `rows` the conditions of conditions.png, `notes` Markdown, and `without` why there are no
    nearest training pictures.
    """
    known = record["known"]
    return ENVIRONMENT.get_template("handin.html.jinja").render(
        {
            **record,
            "style": compare.style(),
            "name": known["report"],
            "about": about(known["report"]),
            "sheets": sheets,
            "rows": rows,
            "notes": MARKDOWN.render(notes),
            "without": MARKDOWN.renderInline(without),
            "unscored": MARKDOWN.renderInline(record["unscored"]),
            "today": today.isoformat(),
            "charts": charts(record),
            "table": list(_table(record["scores"] or {}, known)),
            "patched": len(re.findall(rb"^diff --git ", record["changes"], re.MULTILINE)),
            "restrictions": restrictions(known),
            "trained_on": information.pictures(known),
            "credits": document.CREDITS[:1] if known["training"]["kind"] == "toons" else (),
        }
    )


def _table(scores: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The scores, those of conditions and the report's headline: name, value, 95% interval, floor, explanation."""
    conditions = (f"{group}_{rate}" for group in known["conditions"] for rate in ("hit_rate", "false_alarm_rate", "lift"))
    keys = dict.fromkeys((*SCORES, *conditions, *settings_of(known["report"]).headline))
    for key in (key for key in keys if key in scores):
        of = entry(key)
        low, high, floor = (of.format(scores[f"{key}_{end}"]) if f"{key}_{end}" in scores else "" for end in ("low", "high", "floor"))
        yield of.name, of.format(scores[key]), f"{low} to {high}" if low else "", floor, of.text
