"""Fills in the scores and verdicts that README.md quotes (`python -m tools.readme`)."""

import re
import textwrap
from pathlib import Path
from typing import get_args

from ganlib.core.tables import read_json
from ganlib.page.verdicts import PICTURES
from ganlib.studies import paths
from ganlib.studies.verdict import Word
from tools.seeds import of_each_report, on_one_processor, span, trainings
from tools.tricks import TRICKS

WITHOUT_ANSWER = ("cannot tell yet", "out of regime")
README = Path("README.md")


def main() -> None:
    """Rewrite README.md."""
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")


def filled(page: str) -> str:
    """`page` with current scores in the last two cells of each report's row, and with current rows of the studies."""
    for place, dataset in enumerate(("celeba_preview", "toons")):
        for report, found in of_each_report(trainings(dataset, "preview")):
            kid = on_one_processor(found)["kid"]
            cell = f"{kid.mean():.3f} ({span(kid, '.3f') if len(kid) > 1 else 'one seed'})"
            page = re.sub(rf"^(\| `{report}` (?:\|[^|]*){{{2 + place}}}\|)[^|]*", rf"\g<1> {cell} ", page, flags=re.MULTILINE)
    for entry in read_json(paths.CLAIMS)["claims"]:
        verdicts = " ".join(_verdict(dataset, result) for dataset, result in reversed(entry.get("results", {}).items()))
        row = f"| `{entry['name']}` | {entry['claim']} | {verdicts} |"
        page = re.sub(rf"^\| `{entry['name']}` \|.*$", lambda _, row=row: row, page, flags=re.MULTILINE)
    lines = [textwrap.fill(f"- {answer}: {names}", 120, subsequent_indent="  ") for answer, names in _tricks().items()]
    return re.sub(r"(?<=\n\n)(?:- [a-z ]+: (?:`\w+`|\d+ of ).*\n(?:  .*\n)*)+", "".join(f"{line}\n" for line in lines), page, count=1)


def _tricks() -> dict[str, str]:
    """The studies of the tricks of "How to train a GAN" on photographs, by answer, with a star where that is significant (Holm).

    Of studies without an answer, their number.
    """
    results = {entry["name"]: entry.get("results", {}).get("celeba_preview") for entry in read_json(paths.CLAIMS)["claims"]}
    found: dict[str, list[tuple[str, bool]]] = {}
    for name in (name for trick in TRICKS for name in trick.studies):
        if result := results[name]:
            found.setdefault(result["answer"], []).append((name, result["holds"]))
    tried = sum(map(len, found.values()))
    return {
        answer: f"{len(found[answer])} of {tried}"
        if answer in WITHOUT_ANSWER
        else ", ".join(f"`{name}`" + r"\*" * holds for name, holds in found[answer])
        for answer in get_args(Word)
        if answer in found
    }


def _verdict(dataset: str, result: dict[str, str]) -> str:
    """The sentence of docs/claims.md without its circumstances, which README states once for all."""
    answer = result["sentence"].partition("): ")[2].replace(result["answer"], f"**{result['answer']}**", 1)
    return f"{PICTURES.get(dataset, dataset)}, {result['seeds']} seeds: {answer}"


if __name__ == "__main__":
    main()
