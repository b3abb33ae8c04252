"""Score one report's generators: metrics/<report>.json and data/scores/<report>/."""

from ganlib import figures, params, paths
from ganlib.data.faces import Faces
from ganlib.device import device
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import evaluate
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference
from ganlib.settings import EXTRACTOR
from stages import run


def main(report: str) -> None:
    """Score what REPORT's generators make."""
    settings = params.load()
    crop, data, protocol = settings.report(report).crop, settings.data, settings.protocol
    scores = evaluate(
        paths.outputs(report),
        Reference.load(paths.features(crop, protocol)),
        Statistics.load(paths.statistics(crop, protocol), EXTRACTOR, protocol),
        Faces.open(paths.faces(crop), "all"),
        paths.scores(report),
        network=inception.load(device(), protocol=protocol),
        seed=settings.seed,
    )
    circumstances = {
        "samples": data.samples,
        "real_samples": data.samples,
        "extractor": EXTRACTOR,
        "protocol": protocol,
        "dataset": settings.dataset,
        "split": data.split,
        "scale": data.scale,
    }
    training = figures.closing_figures(paths.outputs(report).progress / "log.csv")
    figures.save_metrics({**scores, **circumstances, **training}, paths.metrics(report))


if __name__ == "__main__":
    run(main)
