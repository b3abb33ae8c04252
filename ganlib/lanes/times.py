"""How long stages take, to start the longest chain first and to say how much is left."""

from collections.abc import Collection, Mapping
from pathlib import Path

from ganlib.core.tables import read_json, write_json

TYPICAL = Path(__file__).with_name("seconds.json")  # of `make repro` on two cores of an AMD EPYC
LEAST = 60.0  # known seconds of stages that tell a machine's speed: shorter ones are mostly imports


class Times:
    """The seconds of each stage: the last ones here, kept in `file`, or typical ones, to which `typical` adds."""

    def __init__(self, file: Path, typical: Mapping[str, float] | None = None) -> None:
        self._file = file
        self._typical: dict[str, float] = {**read_json(TYPICAL), **(typical or {})}
        self._here: dict[str, float] = read_json(file) if file.exists() else {}
        self._expected = self._taken = 0.0

    def of(self, stage: str) -> float:
        """What `stage` will take by what is known; 1 if nothing is."""
        return self._known(stage) or 1.0

    def _known(self, stage: str) -> float | None:
        """By the last times here, typical ones, or those of the same trial with another seed, as in trial@dcgan64-7."""
        if found := self._here.get(stage, self._typical.get(stage)):
            return found
        trial, dash, _ = stage.rpartition("-")
        seeds = [seconds for name, seconds in self._here.items() if dash and name.rpartition("-")[0] == trial]
        return max(seeds, default=None)

    def record(self, stage: str, seconds: float) -> None:
        """Note what a stage has taken."""
        self._expected, self._taken = self._expected + self.of(stage), self._taken + seconds
        self._here[stage] = round(seconds, 1)
        write_json(self._here, self._file)

    def left(self, stages: Collection[str], chain: float, lanes: int) -> str:
        """How long `stages`, of which the longest chain takes `chain` seconds, will take in `lanes` lanes: ", about 14 min left".

        By how this run compares with the known times, once it has run a minute of them; empty if a stage is unknown.
        """
        if not stages or not all(map(self._known, stages)):
            return ""
        pace = self._taken / self._expected if self._expected >= LEAST else 1
        seconds = max(chain, sum(map(self.of, stages)) / lanes) * pace
        return f", about {max(1, round(seconds / 60))} min left"
