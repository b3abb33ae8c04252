"""Score a report's generators: headline metrics go to metrics/<report>.json, all metrics and plots to data/scores/<report>/."""

from ganlib import params
from ganlib.core import tables
from ganlib.core.device import device
from ganlib.data.faces import Faces
from ganlib.fidelity import inception
from ganlib.fidelity.evaluation import HEADLINE, evaluate
from ganlib.fidelity.frechet import Statistics
from ganlib.fidelity.reference import Reference
from ganlib.models.registry import fingerprint
from ganlib.support import console, paths
from ganlib.support.command import run
from ganlib.support.types import EXTRACTOR


def main(report: str) -> None:
    """Score the generators of REPORT."""
    settings = params.load()
    chosen, data, protocol = settings.report(report), settings.data, settings.protocol
    crop = chosen.crop
    faces = Faces.open(paths.faces(crop), "all")
    scores = evaluate(
        paths.outputs(report),
        Reference.load(paths.features(crop, protocol)),
        Statistics.load(paths.statistics(crop, protocol), EXTRACTOR, protocol),
        faces,
        Faces.open(paths.faces(crop), data.split).first(chosen.train_images),
        paths.scores(report),
        network=inception.load(device(), protocol=protocol),
        attributes=settings.attributes,
        seed=settings.seed,
    )
    circumstances = {
        "extractor": EXTRACTOR,
        "protocol": protocol,
        "dataset": settings.dataset,
        "pictures": faces.short_digest,
        "split": data.split,
        "scale": data.scale,
        "generator_md5": fingerprint(paths.outputs(report).run / "generator.safetensors"),
    }
    training = tables.final_metrics(paths.outputs(report).progress / "log.csv")
    metrics = {**scores, **circumstances, **training}
    kid = "{kid:.3f} ({kid_low:.3f} to {kid_high:.3f})".format_map(metrics)
    console.log(f"{report}: KID {kid}, FID {metrics['fid']:.0f}, N = {metrics['samples']:,}")
    tables.save_metrics(metrics, paths.details(report))
    tables.save_metrics({name: metrics[name] for name in (*HEADLINE, *chosen.headline) if name in metrics}, paths.metrics(report))


def reads(report: str) -> tuple[object, ...]:
    """The values of params.yaml that this stage depends on."""
    settings = params.load()
    chosen, data = settings.report(report), settings.data
    return chosen.crop, chosen.train_images, settings.dataset, data.split, data.scale, settings.protocol, settings.attributes, settings.seed


if __name__ == "__main__":
    run(main, reads)
