"""Errors that are meant for the user, and how they are shown."""

import difflib
import errno
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space left, quota exceeded, file size limit
GPU_FULL = re.compile(r"^CUDA (?:error: )?out of memory|_STATUS_ALLOC_FAILED")  # says torch, CUDA, or cuBLAS and cuDNN
UNUSABLE = (errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EROFS, errno.EIO)  # a file of the user's that cannot be used
WRITTEN = ("data/", "metrics/", "studies/results/")  # by stages


class UserError(Exception):
    """A mistake that the user can correct. One line: what is wrong, where, what is allowed and what to do."""


class DivergedError(UserError):
    """The numbers of a training are no longer finite. Ends a single run, but is a valid outcome within a study."""


class TrainingInterruptedError(UserError):
    """A signal ended a training, after a checkpoint."""


def suggestion(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown `name`, with the closest of `names`; empty if none is close."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Turn a UserError, a full disk, an unusable or missing file, or a GPU's full memory into one line on stderr and exit status 1."""
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno in DISK_FULL:
            sys.exit(f"error: the disk is full ({error.strerror}): make room and run again")
        if error.errno in UNUSABLE and error.filename is not None:
            sys.exit(f"error: {error.filename}: {error.strerror}")
        if error.errno == errno.ENOENT and str(error.filename).startswith(WRITTEN):
            sys.exit(f"error: {error.filename}: missing: an earlier stage writes it; `ganlib repro` runs the stages that are needed")
        raise
    except RuntimeError as error:
        if not GPU_FULL.search(str(error)):
            raise
        # Torch's two sentences on how much was asked for and how much the GPU has; the others say less.
        said = ". ".join(str(error).partition("\n")[0].removeprefix("CUDA out of memory. ").split(". ")[:2])
        sys.exit(
            f"error: the GPU's memory is full ({said}): lower batch_size or width in params.yaml, end other programs on the GPU"
            " (nvidia-smi lists them), or set GANLIB_DEVICE=cpu; then run again"
        )
