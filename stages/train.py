"""Train one report's nets: data/runs/<report>/."""

from ganlib import params, paths
from ganlib.data.faces import Faces
from ganlib.training import loop
from stages import run


def main(report: str) -> None:
    """Train REPORT's nets on its crop."""
    settings = params.load()
    chosen = settings.report(report)
    faces = Faces.open(paths.faces(chosen.crop), settings.data.split)
    loop.train(
        report,
        chosen,
        faces,
        paths.run(report),
        paths.checkpoints(),
        seed=settings.seed,
        log_every=settings.log_every,
        checkpoint_every=settings.checkpoint_every,
    )


if __name__ == "__main__":
    run(main)
