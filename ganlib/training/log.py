"""What a run writes down as it goes: its figures, which are outputs, and its times, which are not."""

import csv
import math
import time
from collections.abc import Mapping
from pathlib import Path

from ganlib.errors import UserError


class Log:
    """`path` gets a line of figures each time it is called; times go to another file, since they would make equal runs differ."""

    def __init__(self, path: Path, timing: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        timing.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.timing = timing
        self.started = time.perf_counter()
        path.write_text("")
        timing.write_text("step,seconds\n")

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line; a figure that is not finite ends the run with a UserError."""
        broken = [name for name, value in figures.items() if not math.isfinite(value)]
        if broken:
            raise UserError(f"{self.path}: {broken[0]} is {figures[broken[0]]} at step {step}; try a smaller lr_g or lr_d")
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if file.tell() == 0:
                writer.writerow(["step", *figures])
            writer.writerow([step, *(f"{value:.6g}" for value in figures.values())])
        with self.timing.open("a") as file:
            file.write(f"{step},{time.perf_counter() - self.started:.3f}\n")


def last_figures(path: Path) -> dict[str, float]:
    """The last line of a log, `step` included."""
    with path.open(newline="") as file:
        *_, last = csv.DictReader(file)
    return {name: int(value) if name == "step" else float(value) for name, value in last.items()}
