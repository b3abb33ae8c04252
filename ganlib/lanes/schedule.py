"""The order in which stages start."""

from collections.abc import Callable, Mapping


class Schedule:
    """The stages of `needs` (each with those that must be done before; in an order in which they can run).

    Of several that can start, the first is the one from which the longest chain of stages begins, by their `seconds`.
    """

    def __init__(self, needs: Mapping[str, set[str]], seconds: Callable[[str], float] = lambda stage: 1.0) -> None:
        self.needs = needs
        self._chain = {stage: seconds(stage) for stage in needs}
        for stage in reversed(list(needs)):
            for need in needs[stage]:
                self._chain[need] = max(self._chain[need], seconds(need) + self._chain[stage])
        self.waiting = sorted(needs, key=lambda stage: -self._chain[stage])
        self._started: list[str] = []
        self._done: set[str] = set()

    @property
    def unfinished(self) -> list[str]:
        """The stages that run or wait."""
        return [stage for stage in (*self._started, *self.waiting) if stage not in self._done]

    @property
    def chain(self) -> float:
        """The seconds of the longest chain of unfinished stages."""
        return max((self._chain[stage] for stage in self.unfinished), default=0.0)

    def ready(self) -> list[str]:
        """The stages that can start, in the order in which they should."""
        return [stage for stage in self.waiting if self.needs[stage] <= self._done]

    def start(self, stage: str) -> None:
        """Note that `stage` has started. If it fails, it is never finished, and what needs it stays in `waiting`."""
        self.waiting.remove(stage)
        self._started.append(stage)

    def finish(self, stage: str) -> None:
        """Note that the started `stage` succeeded."""
        self._done.add(stage)
