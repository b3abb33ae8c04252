"""When a run saves its state: as often as that costs little, and never less than every few minutes."""

import time

SHARE = 0.02  # of a run's time that saving may take
LONGEST = 300.0  # seconds between two saves
FIRST = 10.0  # seconds to the first one, before it is known what one costs


class CheckpointSchedule:
    """Saving is due once SHARE covers what the last save took, and after LONGEST at any rate; or every `steps` steps, for tests."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps = steps
        self._interval = FIRST
        self._last = time.monotonic()

    def due(self, step: int) -> bool:
        """Whether to save after `step`."""
        return step % self.steps == 0 if self.steps else time.monotonic() - self._last >= self._interval

    def saved(self, seconds: float) -> None:
        """A save has just ended that took so long."""
        self._interval = min(seconds / SHARE, LONGEST)
        self._last = time.monotonic()
