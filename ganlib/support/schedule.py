"""When to save a checkpoint."""

import time

SHARE = 0.02  # of the running time, spent on saving
LONGEST = 300.0  # seconds between two checkpoints
FIRST = 10.0  # seconds until the first one, when the cost of saving is still unknown


class CheckpointSchedule:
    """Saves as often as it costs at most SHARE of the time, and at least every LONGEST seconds; or every `steps` steps, for tests."""

    def __init__(self, steps: int | None = None) -> None:
        self.steps = steps
        self._interval = FIRST
        self._last = time.monotonic()

    def due(self, step: int) -> bool:
        """Whether to save after `step`."""
        return step % self.steps == 0 if self.steps else time.monotonic() - self._last >= self._interval

    def saved(self, seconds: float) -> None:
        """Record that a checkpoint has just been saved, which took `seconds`."""
        self._interval = min(seconds / SHARE, LONGEST)
        self._last = time.monotonic()
