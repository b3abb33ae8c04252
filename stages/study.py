"""Judge one study: studies/results/<dataset>/<study>.csv and metrics/studies/<dataset>/<study>.json."""

from ganlib import params
from ganlib.studies import declarations, judging
from ganlib.support import checks, console
from ganlib.support.command import run


def main(name: str) -> None:
    """Judge the study NAME by its trials."""
    dataset, declared = params.load().dataset, declarations.load()
    study = declared.studies[checks.known(name, declared.declared, "declared", declarations.FILE)]
    console.log(f"{name}: {judging.judge(name, study, declared.seeds_of(name), dataset, dataset)}")


if __name__ == "__main__":
    run(main)
