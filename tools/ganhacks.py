"""Writes docs/ganhacks.md: the tricks of "How to train a GAN", each with its studies' findings or with the reason why there is none.

    python -m tools.ganhacks

Sources: tools/tricks.py, studies/catalogue.yaml and the tables in studies/results/.
"""

from pathlib import Path

from ganlib.support.errors import exit_on_user_error
from tools.claims import Entry, entries
from tools.seeds import table
from tools.tricks import TRICKS, Trick

PAGE = Path("docs/ganhacks.md")
DATASETS = ("toons", "celeba_preview")

INTRODUCTION = """# "How to train a GAN", tried

The report `dcgan64` quotes a list of tricks, ["How to train a GAN"](https://github.com/soumith/ganhacks) by S.
Chintala, E. Denton, M. Arjovsky and M. Mathieu (2016). It gives reasons for few of them and numbers for none. Here each
trick is a study: `dcgan64`'s preview with it and without it, on drawn faces (`toons`) and on photographs
(`celeba_preview`), with six seeds per arm, or twelve where six cannot tell. A finding is about this preview alone: its
verdict, how much nearer to real faces by KID the claim's side ends, and the 97.5 % confidence interval of that. `*`: it
remains significant after Holm's correction over all verdicts on these pictures. [claims.md](claims.md) has the findings
as sentences, with failed runs and what took an arm out of its regime; [studies.md](studies.md#reading-a-verdict)
explains the words, and [settings.md](settings.md#a-reports-own-block) the settings. `make docs` writes this page.

**Neither arm is tuned.** Both have the rates of the report. Tricks that make D's task easier or harder may need another
rate of D: they are compared at half and at twice that rate as well, each time with the report at the same rate
(`_slow_d`, `_fast_d`). SGD has no rate in common with Adam: the lowest, the middle and the highest of three rates of
each are compared. The other tricks are compared at the report's rate alone. Where it takes an arm out of its regime (D
guesses or is nearly always right, or the fakes collapse), the finding is "out of regime", which is no answer.

For photographs, a command needs `dataset: celeba_preview` in `params.yaml`. A study of six seeds takes 20 to 45 minutes
on two cores, or half of that once the report's own runs are there.
"""


def main() -> None:
    """Write the page."""
    with exit_on_user_error():
        found = entries()
    PAGE.write_text(page(found), encoding="utf-8")


def page(found: list[Entry]) -> str:
    """The contents of docs/ganhacks.md, from the entries of tools.claims."""
    by_name = {entry["name"]: entry for entry in found}
    rows = [_row(number, trick, [by_name[name] for name in trick.studies]) for number, trick in enumerate(TRICKS, 1)]
    return INTRODUCTION + table(["the claims as tested", "on drawn faces", "on photographs", "commands"], rows)


def _row(number: int, trick: Trick, found: list[Entry]) -> list[str]:
    title = f"{number}. {trick.title}"
    if not found:
        return [title, f"Not tested. {trick.note}", "", "", ""]
    claims = [f"`{entry['name']}`: {_claim(entry, found)}" for entry in found] + ([trick.note] if trick.note else [])
    commands = [f"`ganlib repro studies/dvc.yaml:study@{entry['name']}`" for entry in found]
    return [title, "<br>".join(claims), *(_findings(found, dataset) for dataset in DATASETS), "<br>".join(commands)]


def _claim(entry: Entry, found: list[Entry]) -> str:
    """The claim; of one that adds a condition to another's, the condition alone."""
    starts = (other["claim"].removesuffix(".") + ", " for other in found)
    start = next((start for start in starts if entry["claim"].startswith(start)), "")
    return f"the same {entry['claim'].removeprefix(start)}" if start else entry["claim"]


def _findings(found: list[Entry], dataset: str) -> str:
    findings = [f"`{entry['name']}`: {_finding(entry['results'][dataset])}" for entry in found if dataset in entry.get("results", {})]
    return "<br>".join(
        findings + (["not tried yet" if not findings else "the others: not tried yet"] if len(findings) < len(found) else [])
    )


def _finding(result: Entry) -> str:
    """The answer, the claim's side's effect with its interval, and the seeds."""
    answer = f"**{result['answer']}**" + (" `*`" if result["holds"] else "") + (" on failures" if result["failures_decide"] else "")
    return ", ".join(part for part in (answer, result["effect"], f"{result['seeds']} seeds") if part)


if __name__ == "__main__":
    main()
