"""The verdict of a study, for declared studies and for those of `ganlib try`."""

from ganlib.core import tables
from ganlib.studies import first_runs, paths, prose, results, runs, validation
from ganlib.studies.catalogue import FILE as CATALOGUE
from ganlib.studies.paths import FIRST_SEED
from ganlib.studies.study import Study
from ganlib.support.files import replacing


def judge(name: str, study: Study, seeds: list[int], dataset: str, pictures: str) -> str:
    """Write the table and the verdict of a study of `dataset`, and return its sentence, which names `pictures`."""
    if first_runs.change_nothing(dataset, study.trials, FIRST_SEED):
        seeds = [FIRST_SEED]  # others may be missing
    text = tables.to_csv(runs.rows(study, dataset, seeds))
    found = results.judge(study, text)
    if found["steps"]:  # no run got there if all diverged
        validation.check_moments(name, study, found["steps"], CATALOGUE)
    with replacing(paths.results(dataset, name)) as target:
        target.write_text(text, encoding="utf-8")
    tables.save_metrics(results.metrics(found), paths.verdict(dataset, name))
    return prose.sentence(study, found, pictures)
