"""Measure the spread of one trial over seeds: spread/<trial> in studies/results/<dataset>/ and metrics/studies/<dataset>/."""

from ganlib import params
from ganlib.core import tables
from ganlib.studies import declarations, paths, spread
from ganlib.support.command import run
from ganlib.support.files import replacing


def main(trial: str) -> None:
    """Measure the spread of TRIAL over its seeds."""
    dataset, declared = params.load().dataset, declarations.load()
    found = spread.rows(trial, dataset, [*declared.seeds, *declared.spread_seeds])
    summary = spread.summary(found)
    with replacing(paths.results(dataset, f"spread/{trial}")) as target:
        target.write_text(tables.to_csv(found), encoding="utf-8")
    tables.save_metrics(summary, paths.verdict(dataset, f"spread/{trial}"))


if __name__ == "__main__":
    run(main)
