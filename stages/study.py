"""Judge one study: studies/results/<dataset>/<study>.csv and metrics/studies/<dataset>/<study>.json."""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, paths, prose, results
from ganlib.support import checks, progress
from ganlib.support.command import run
from ganlib.support.files import replacing


def main(name: str) -> None:
    """Judge the study NAME by its trials."""
    dataset, declared = params.load().dataset, declarations.load()
    study = declared.studies[checks.known(name, declared.declared, "declared", declarations.FILE)]
    text = tables.to_csv(results.rows(study, dataset, declared.seeds_of(name)))
    found = results.judge(study, text)
    with replacing(paths.results(dataset, name)) as target:
        target.write_text(text, encoding="utf-8")
    tables.save_metrics(results.metrics(found), paths.verdict(dataset, name))
    progress.log(f"{name}: {prose.sentence(study, found, dataset)}")


if __name__ == "__main__":
    run(main)
