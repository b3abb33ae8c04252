"""Train one report's nets: data/runs/<report>/, data/nets/<report>/ and data/progress/<report>/."""

import os

from ganlib import params, paths, progress
from ganlib.data.faces import Faces
from ganlib.training import loop
from stages import run

CHECKPOINT_STEPS = "GANLIB_CHECKPOINT_STEPS"  # steps between two checkpoints, for tests; otherwise as often as costs little


def main(report: str) -> None:
    """Train REPORT's nets on its crop."""
    settings = params.load()
    chosen = settings.report(report)
    for line in params.idle_overrides(report):
        progress.note(f"train@{report}: {line}")
    loop.train(
        report,
        chosen,
        Faces.open(paths.faces(chosen.crop), settings.data.split).first(chosen.train_images),
        paths.outputs(report),
        paths.checkpoints(),
        seed=settings.seed,
        log_every=settings.log_every,
        save_every=int(os.environ.get(CHECKPOINT_STEPS, 0)) or None,
    )


if __name__ == "__main__":
    run(main)
