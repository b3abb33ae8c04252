"""Score one report's generator: metrics/<report>.json."""

from ganlib import generator, metrics, params, paths
from ganlib.data.faces import Faces
from ganlib.fidelity import fid, inception
from ganlib.fidelity.frechet import Statistics, frechet_distance
from ganlib.training.log import last_figures
from stages import run


def main(report: str) -> None:
    """Score REPORT's generator by the FID of as many fakes as reals."""
    settings = params.load()
    crop = settings.report(report).crop
    real = Statistics.load(paths.reference(crop), inception.EXTRACTOR, inception.PROTOCOL)
    faces = Faces.open(paths.cache(crop), settings.data.split)
    trained, trained_as = generator.load(paths.run(report) / "generator.safetensors")
    fake = fid.fake_statistics(trained, trained_as, faces, settings.data.fid_samples, settings.seed)
    figures = {
        "fid": frechet_distance(real, fake),
        "fid_samples": fake.count,
        "real_samples": real.count,
        "extractor": inception.EXTRACTOR,
        "protocol": inception.PROTOCOL,
        "dataset": settings.dataset,
        "split": settings.data.split,
        "scale": settings.data.scale,
    }
    metrics.write({**figures, **last_figures(paths.run(report) / "log.csv")}, paths.metrics(report))


if __name__ == "__main__":
    run(main)
