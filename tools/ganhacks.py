"""Writes docs/ganhacks.md: the tricks of "How to train a GAN", each with its studies' findings or with the reason why there is none.

    python -m tools.ganhacks

Sources: tools/tricks.py, studies/catalogue.yaml and the tables in studies/results/.
"""

from pathlib import Path

from ganlib.studies.results import second_look_is_due
from ganlib.support.errors import exit_on_user_error
from tools.claims import Entry, entries
from tools.seeds import table
from tools.tricks import TRICKS, Trick

PAGE = Path("docs/ganhacks.md")
PLACES = {"toons": "drawn faces", "celeba_preview": "photographs"}

INTRODUCTION = """# "How to train a GAN", tried

The report `dcgan64` quotes a list of tricks, ["How to train a GAN"](https://github.com/soumith/ganhacks) by S.
Chintala, E. Denton, M. Arjovsky and M. Mathieu (2016). It gives reasons for few of them and measurements for none. Here
each trick that has a setting is a study: a preview (of `dcgan64`, if nothing else is said) with it and without it, with
six seeds per arm, and twelve where six cannot tell. A finding is about this preview alone: its verdict, how much nearer
to real faces by KID the claim's side ends, and the 97.5% confidence interval of that. `*`: it remains significant after
Holm's correction over all verdicts on these pictures. [claims.md](claims.md) has the findings as sentences, with failed
runs and what took an arm out of its regime; [studies.md](studies.md#reading-a-verdict) explains the words, and
[settings.md](settings.md#a-reports-own-block) the settings. `make docs` writes this page.

**No trick is tuned.** The preview itself was tuned on the report's settings, which favours the report
([studies.md](studies.md#limits)). Both arms have its learning rates. Tricks that make D's task easier or harder may
need another rate of D: they are compared at half and at twice that rate as well, each time with the report at the same
rate (`_slow_d`, `_fast_d`). SGD has no rate in common with Adam: the lowest, the middle and the highest of three rates
of each are compared. The other tricks are compared at the report's rate alone. Where it takes an arm out of its regime
(D guesses or is nearly always right, or the fakes collapse), the finding is "out of regime", which is no answer.

For photographs, a command needs `dataset: celeba_preview` in `params.yaml`. On two cores of an AMD EPYC, a study takes
about 25 minutes with six seeds per arm and 50 with twelve, or half of that once the runs of one arm are there.
"""


def main() -> None:
    """Write the page."""
    with exit_on_user_error():
        found = entries()
    PAGE.write_text(page(found), encoding="utf-8")


def page(found: list[Entry]) -> str:
    """The contents of docs/ganhacks.md, from the entries of tools.claims."""
    by_name = {entry["name"]: entry for entry in found}
    datasets = [
        dataset for dataset in PLACES if any(dataset in by_name[name].get("results", {}) for trick in TRICKS for name in trick.studies)
    ]
    rows = [_row(number, trick, [by_name[name] for name in trick.studies], datasets) for number, trick in enumerate(TRICKS, 1)]
    return INTRODUCTION + table(["the claims as tested", *(f"on {PLACES[dataset]}" for dataset in datasets), "commands"], rows)


def _row(number: int, trick: Trick, found: list[Entry], datasets: list[str]) -> list[str]:
    title = f"{number}. {trick.title}"
    if not found:
        return [title, f"Not tested. {trick.note}", *("" for _ in datasets), ""]
    claims = [f"`{entry['name']}`: {_claim(entry, found)}" for entry in found] + ([trick.note] if trick.note else [])
    commands = [f"`ganlib repro studies/dvc.yaml:study@{entry['name']}`" for entry in found]
    return [title, "<br>".join(claims), *(_findings(found, dataset) for dataset in datasets), "<br>".join(commands)]


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
    answer = f"**{result['answer']}**" + (" `*`" if result["holds"] else "")
    parts = answer, result["effect"], f"{result['seeds']} seeds", "second look due" if second_look_is_due(result) else ""
    return ", ".join(part for part in parts if part)


if __name__ == "__main__":
    main()
