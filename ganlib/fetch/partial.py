"""The unfinished file of a download, and the failure that a retry may resolve."""

from collections.abc import Callable
from pathlib import Path

BLOCK = 2**20

ProgressCallback = Callable[[int, int | None], None]  # bytes so far, total bytes if known


class TransientError(Exception):
    """A failure that a retry may resolve."""


class Part:
    """The unfinished file, and the validator of the version that it is a part of: what the server sends to identify a version."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._validator = target.with_name(f".{target.name}.validator")

    def resumable(self) -> tuple[int, str]:
        """How many bytes there are, and the validator; 0 if it is unknown, since they could then be of another version."""
        try:
            return self.path.stat().st_size, self._validator.read_text(encoding="utf-8")
        except FileNotFoundError:
            return 0, ""

    def restart(self, validator: str | None) -> None:
        """Discard the bytes; `validator` is that of the version which is about to come."""
        self._validator.unlink(missing_ok=True)
        self.path.write_bytes(b"")
        if validator:
            self._validator.write_text(validator, encoding="utf-8")

    def finish(self, target: Path) -> None:
        self.path.replace(target)
        self._validator.unlink(missing_ok=True)


def line(error: Exception) -> str:
    """The message on one line."""
    return " ".join(str(error).split())
