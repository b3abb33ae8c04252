"""The order in which stages start."""

from collections.abc import Mapping


class Schedule:
    """The stages of `needs` (each with those that must be done before; in an order in which they can run).

    Of several that can start, the first is the one with the longest chain of stages after it.
    """

    def __init__(self, needs: Mapping[str, set[str]]) -> None:
        self.needs = needs
        chain = dict.fromkeys(needs, 0)
        for stage in reversed(list(needs)):
            for need in needs[stage]:
                chain[need] = max(chain[need], chain[stage] + 1)
        self.waiting = sorted(needs, key=lambda stage: -chain[stage])
        self._done: set[str] = set()

    def ready(self) -> list[str]:
        """The stages that can start, in the order in which they should."""
        return [stage for stage in self.waiting if self.needs[stage] <= self._done]

    def start(self, stage: str) -> None:
        """Note that `stage` has started. If it fails, it is never finished, and what needs it stays in `waiting`."""
        self.waiting.remove(stage)

    def finish(self, stage: str) -> None:
        """Note that the started `stage` succeeded."""
        self._done.add(stage)
