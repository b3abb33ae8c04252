"""Gives docs/example.html, the page of the pretrained generators' runs, the verdicts of today (`python -m tools.example`).

Its pictures and scores are those of the runs, which take hours; verdicts come from studies/claims.json alone.
"""

import re
from pathlib import Path
from typing import Any

from ganlib import params
from ganlib.page import document, verdicts

PAGE = Path("docs/example.html")


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def filled(page: str) -> str:
    """`page` with the current style, script, verdicts and table of tricks, and with the current verdicts in each report's section."""
    claims = verdicts.claims()
    new = document.page([], None, params.load().data, claims)
    for of in (r"<style>.*?</style>", r"<script>(?!.*<script>).*?</script>"):
        page = _replaced(of, page, _found(of, new))
    page = _replaced(r'<section id="tricks">.*?</section>\s*', page, "")
    page = _replaced(_section("verdicts"), page, "\n\n".join(_found(_section(of), new) for of in ("verdicts", "tricks")).rstrip())
    return re.sub(
        r'<section id="(\w+)" class="of-report">.*?</section>', lambda of: _with_answers(of[0], of[1], claims), page, flags=re.DOTALL
    )


def _with_answers(part: str, report: str, claims: list[dict[str, Any]]) -> str:
    """A report's section with the current answers to its claims, which follow what the report and this run say."""
    template = document.ENVIRONMENT.from_string('{% from "macros.html.jinja" import answers %}{{ answers(claims) }}')
    found = template.render(claims=[claim for claim in claims if claim["report"] == report and claim["results"]])
    without = _replaced(r'\s*<ul class="links small">.*?</ul>', part, "")
    return _replaced("</dl>", without, f"</dl>\n      {found}" if found else "</dl>")


def _section(name: str) -> str:
    return rf'<section id="{name}">.*?</section>'


def _found(pattern: str, page: str) -> str:
    match = re.search(pattern, page, re.DOTALL)
    return match[0] if match else ""


def _replaced(pattern: str, page: str, by: str) -> str:
    return re.sub(pattern, lambda _: by, page, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    main()
