"""The scoring and the verdict of a study's stages, for declared studies and for those of `ganlib try`."""

from typing import Any

from ganlib.core import tables
from ganlib.studies import paths, prose, results, scoring, stored
from ganlib.studies.study import Study
from ganlib.support.files import replacing


def score(trial: str, seed: int, dataset: str, pictures: str) -> None:
    """Score a trial of `dataset` unless it is up to date; the reals' features are those of the data set `pictures`."""
    training, asked = tables.read_json(paths.training(dataset, trial)), tables.read_json(paths.scoring(dataset, trial))
    trained, folder = paths.run(dataset, trial, seed), paths.scores(dataset, trial, seed)
    with stored.build_if_stale(folder, scored_of(training, asked, tables.read_json(trained / stored.MACHINE))) as stale:
        if stale:
            reals = paths.reals(pictures, asked.get("crop", ""))  # the demo has none
            found = scoring.score(training, asked, trained, reals, folder, seed=seed)
            tables.save_metrics(found, paths.metrics(dataset, trial, seed))


def scored_of(training: Any, scoring: Any, machine: Any) -> dict[str, Any]:
    """Everything that the scores of a trial depend on."""
    return {"training": training, "scoring": scoring, "machine": machine}


def judge(name: str, study: Study, seeds: list[int], dataset: str, pictures: str) -> str:
    """Write the table and the verdict of a study of `dataset`, and return its sentence, which names `pictures`."""
    text = tables.to_csv(results.rows(study, dataset, seeds))
    found = results.judge(study, text)
    with replacing(paths.results(dataset, name)) as target:
        target.write_text(text, encoding="utf-8")
    tables.save_metrics(results.metrics(found), paths.verdict(dataset, name))
    return prose.sentence(study, found, pictures)
