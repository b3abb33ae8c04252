"""The ranks above 0 of a run; rank 0 runs `loop.train`."""

from contextlib import AbstractContextManager

from ganlib.data.faces import Faces
from ganlib.models.report import Report
from ganlib.support.interruption import Interruption
from ganlib.training import loop
from ganlib.training.distributed.team import Team


def train_worker(report: Report, faces: Faces, join: AbstractContextManager[Team], *, seed: int) -> None:
    """Take the same steps as rank 0, starting from the checkpoint that it broadcasts; write nothing."""
    with join as team, Interruption() as interruption:
        run = team.broadcast(None)
        if run is None:  # rank 0 reuses the result of a complete run
            return
        parts, state = loop.build(report, faces, seed, team), run["checkpoint"]
        if state is not None:
            loop.load_states(parts, state)
        for step in range((state["step"] if state else 0) + 1, run["steps"] + 1):
            loop.train_step(step, parts["trainer"], parts["feed"])
            if team.any(interruption.reason is not None):
                return
