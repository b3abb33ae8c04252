"""The logger that GANLIB_LOG names. Every training writes log.csv and sheets; TensorBoard's files are made from these."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from ganlib.support import console, following, locks, paths
from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

VARIABLE = "GANLIB_LOG"
NAMES = ("csv", "tensorboard")
SHEETS = ("samples", "reconstructions")
POLL = 2.0  # seconds


@contextmanager
def logging() -> Iterator[None]:
    """Run the block and write what it trains for the logger; a UserError if there is none of that name or its package is missing."""
    name = os.environ.get(VARIABLE) or NAMES[0]
    if name not in NAMES:
        raise UserError(f"{VARIABLE}: {name!r} is not allowed: must be {' or '.join(NAMES)}")
    if name == NAMES[0]:
        yield
        return
    if find_spec("tensorboard") is None:
        raise UserError(f"{VARIABLE}: the package tensorboard is not installed: run `pip install tensorboard`, or unset {VARIABLE}")
    ended = Event()
    follower = Thread(target=_follow, args=(ended,), daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()


def _follow(ended: Event) -> None:
    """Write what this process trains every POLL seconds, and a last time when it has `ended`."""
    boards: dict[Path, Board] = {}
    try:
        while True:
            last = ended.wait(POLL)
            for folder in [path for path in locks.LOCKED if path.parent == paths.checkpoints()]:
                boards.setdefault(folder, Board(folder, paths.tensorboard(folder.name))).update()
            if last:
                return
    except OSError as error:  # a full disk, which training reports as well
        console.log(f"warning: {VARIABLE}: {error}; nothing more is written to {paths.tensorboard('')}")


class Board:
    """TensorBoard's files in `target` of the training whose checkpoints are in `folder`."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._progress, self._target = folder / "progress", target
        self._writer: SummaryWriter | None = None
        self._rows = 0
        self._sheets: set[Path] = set()

    def update(self) -> None:
        """Add the rows and sheets that are new."""
        rows = following.rows(self._progress / "log.csv")
        if len(rows) < self._rows or (rows and self._writer is None):  # a resumed training starts from the rows of its checkpoint
            self._restart()
        if self._writer is None:
            return
        import numpy as np
        from PIL import Image

        for row in rows[self._rows :]:
            step = int(row.pop("step"))
            for name, value in row.items():
                self._writer.add_scalar(name, float(value), step)
        self._rows = len(rows)
        for kind in SHEETS:
            for path in sorted((self._progress / kind).glob("[0-9]*.png")):
                if path not in self._sheets:
                    with suppress(FileNotFoundError), Image.open(path) as sheet:  # a resumed training deletes and rewrites some
                        self._writer.add_image(kind, np.asarray(sheet), int(path.stem), dataformats="HWC")
                        self._sheets.add(path)
        self._writer.flush()

    def _restart(self) -> None:
        """Begin again with all rows; `purge_step` makes a running TensorBoard forget those that it has read."""
        from torch.utils.tensorboard import SummaryWriter

        if self._writer:
            self._writer.close()
        shutil.rmtree(self._target, ignore_errors=True)
        self._writer = SummaryWriter(self._target, purge_step=0)
        self._rows, self._sheets = 0, set()
