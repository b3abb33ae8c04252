"""Train one report: data/runs/<report>/, data/nets/<report>/, data/progress/<report>/, and its times in data/timing/."""

import os
import shutil

from ganlib import params
from ganlib.data.faces import Faces
from ganlib.support import console, paths
from ganlib.support.command import run
from ganlib.support.files import replacing
from ganlib.training import loop
from ganlib.training.distributed import launch
from ganlib.training.distributed.worker import train_worker

CHECKPOINT_STEPS = "GANLIB_CHECKPOINT_STEPS"  # steps between two checkpoints, for tests; unset: as `CheckpointSchedule` says


def main(report: str) -> None:
    """Train REPORT's nets on its crop, in the processes that the environment describes."""
    launch.relaunch("stages.train")
    settings = params.load()
    chosen = settings.report(report)
    faces = Faces.open(paths.faces(chosen.crop), settings.data.split).first(chosen.train_images)
    if launch.world_from_env().rank > 0:
        train_worker(chosen, faces, launch.init_team(), seed=settings.seed)
        return
    for line in (*params.scaled_rates(chosen), *params.rates_of_smaller_scales(report), *params.no_op_overrides(report), *chosen.advice):
        console.log(f"train@{report}: {line}")
    times = loop.train(
        report,
        chosen,
        faces,
        paths.outputs(report),
        paths.checkpoints(),
        launch.init_team(),
        seed=settings.seed,
        log_every=settings.log_every,
        save_every=int(os.environ.get(CHECKPOINT_STEPS, 0)) or None,
    )
    with replacing(paths.timing(report)) as target:
        shutil.copyfile(times, target)


def reads(report: str) -> tuple[object, ...]:
    """The values of params.yaml that this stage depends on."""
    settings = params.load()
    return settings.report(report), settings.dataset, settings.data.split, settings.seed, settings.log_every


if __name__ == "__main__":
    run(main, reads)
