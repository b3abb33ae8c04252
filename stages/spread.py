"""Tell how far the runs of one trial lie apart: noise/<trial> in studies/results/<dataset>/ and metrics/studies/<dataset>/."""

from ganlib import params
from ganlib.core.tables import save_metrics, to_csv
from ganlib.studies import declarations, noise, places
from ganlib.support.command import run
from ganlib.support.files import replacing


def main(trial: str) -> None:
    """Tell the spread of TRIAL over its seeds."""
    dataset, declared = params.load().dataset, declarations.load()
    found = noise.rows(trial, dataset, [*declared.seeds, *declared.noise_seeds])
    with replacing(places.results(dataset, f"noise/{trial}")) as target:
        target.write_text(to_csv(found), encoding="utf-8")
    save_metrics(noise.summary(found), places.verdict(dataset, f"noise/{trial}"))


if __name__ == "__main__":
    run(main)
