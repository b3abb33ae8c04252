"""A checkout's files, as they lie in the workspace or as they were at a revision."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Protocol

from ganlib.support.errors import UserError


class Source(Protocol):
    """A checkout; paths are relative to the folder that holds its dvc.yaml. `commit` is that of a revision."""

    root: Path
    commit: str | None

    def get(self, path: Path) -> Path | None:
        """Where the file or folder lies on this disk; None where there is none. It may not be written to."""


class Workspace:
    """The checkout in the folder `root` as it is now."""

    commit = None

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, path: Path) -> Path | None:
        found = self.root / path
        return found if found.exists() else None


class Revision:
    """The checkout of the current folder at a commit, a branch, a tag or an experiment, out of git, DVC's cache and its remote.

    A UserError if there is no such revision. What was fetched lies in `root`, and is removed with the object.
    """

    def __init__(self, revision: str) -> None:
        from dvc.api import DVCFileSystem  # takes half a second or more
        from dvc.exceptions import DvcException

        try:
            self._files = DVCFileSystem(rev=revision)
            self.commit = self._files.repo.get_rev()
        except DvcException as error:
            raise UserError(f"--rev {revision}: {error}; a commit, a branch, a tag or an experiment of this checkout") from None
        self.revision = revision
        self.root = Path(tempfile.mkdtemp(prefix="ganlib-"))
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)

    def get(self, path: Path) -> Path | None:
        """As above; a UserError if the revision has the file and neither cache nor remote hold what is in it."""
        from dvc.exceptions import DvcException
        from dvc_data.index.index import DataIndexError

        place = self.root / path
        if not place.exists():
            try:
                if not self._files.exists(str(path)):
                    return None
                place.parent.mkdir(parents=True, exist_ok=True)
                self._files.get(str(path), str(place), recursive=True)
            except (DvcException, DataIndexError, OSError) as error:
                shutil.rmtree(place, ignore_errors=True)
                raise UserError(
                    f"{path} at {self.revision}: neither DVC's cache nor a remote holds it ({' '.join(str(error).split())});"
                    " it comes back by checking that revision out and running `dvc repro`"
                ) from None
        return place
