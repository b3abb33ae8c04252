"""Train one report's nets: data/runs/<report>/, data/nets/<report>/ and data/progress/<report>/; its times in data/timing/."""

import os
import shutil

from ganlib import params
from ganlib.data.faces import Faces
from ganlib.support import paths, progress
from ganlib.support.command import run
from ganlib.support.files import replacing
from ganlib.training import loop
from ganlib.training.distributed import launch

CHECKPOINT_STEPS = "GANLIB_CHECKPOINT_STEPS"  # steps between two checkpoints, for tests; otherwise as often as costs little


def main(report: str) -> None:
    """Train REPORT's nets on its crop, in as many processes as the environment says."""
    launch.relaunch("stages.train")
    settings = params.load()
    chosen = settings.report(report)
    faces = Faces.open(paths.faces(chosen.crop), settings.data.split).first(chosen.train_images)
    team = launch.gathered()
    if team.leads:
        for line in params.scaled_rates(chosen) + params.no_op_overrides(report):
            progress.log(f"train@{report}: {line}")
    with team.working():
        times = loop.train(
            report,
            chosen,
            faces,
            paths.outputs(report),
            paths.checkpoints(),
            team,
            seed=settings.seed,
            log_every=settings.log_every,
            save_every=int(os.environ.get(CHECKPOINT_STEPS, 0)) or None,
        )
    if times:
        with replacing(paths.timing(report)) as target:
            shutil.copyfile(times, target)


if __name__ == "__main__":
    run(main)
