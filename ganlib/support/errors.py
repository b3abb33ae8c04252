"""The one exception that is meant for the person at the keyboard, and how it reaches them."""

import difflib
import errno
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no space left, a quota, a limit on a file's size


class UserError(Exception):
    """A mistake that the user can correct: says what is wrong, where, what is allowed and what to do, in one line."""


class DivergedError(UserError):
    """A training whose numbers are no longer finite: a mistake where one run was asked for, an outcome among others in a study."""


def suggestion(name: str, names: Iterable[str]) -> str:
    """The nearest of `names`, as the end of what is said about an unknown `name`; empty where none is near."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Around a whole command: a UserError or a full disk ends it in one line on stderr and exit status 1."""
    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        sys.exit(f"error: the disk is full ({error.strerror}): make room and run again")
