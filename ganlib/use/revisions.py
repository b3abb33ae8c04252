"""A checkout's files: as they are in the workspace, or as they were at a revision."""

import shutil
import tempfile
import weakref
from pathlib import Path

from ganlib.support.errors import UserError


class Workspace:
    """The checkout in the folder `root`, as it is now. Paths are relative to the folder of its dvc.yaml."""

    commit: str | None = None

    def __init__(self, root: Path) -> None:
        self.root = root

    def get(self, path: Path) -> Path | None:
        """Where the file or folder is on this disk, for reading; None if it does not exist."""
        found = self.root / path
        return found if found.exists() else None


class Revision:
    """The checkout of the current folder at a commit, branch, tag or experiment, read from git, DVC's cache and its remote.

    A UserError if there is no such revision. `root` holds what has been fetched and is removed with the object.
    """

    def __init__(self, revision: str) -> None:
        from dvc.api import DVCFileSystem  # takes half a second or more
        from dvc.exceptions import DvcException

        try:
            self._files = DVCFileSystem(rev=revision)
            self.commit: str | None = self._files.repo.get_rev()
        except DvcException as error:
            raise UserError(f"--rev {revision}: {error}; name a commit, branch, tag or experiment of this checkout") from None
        self.revision = revision
        self.root = Path(tempfile.mkdtemp(prefix="ganlib-"))
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)

    def get(self, path: Path) -> Path | None:
        """Fetch a file or folder and return where it is; a UserError if neither DVC's cache nor a remote holds its contents."""
        from dvc.exceptions import DvcException
        from dvc_data.index.index import DataIndexError

        target = self.root / path
        if not target.exists():
            try:
                if not self._files.exists(path.as_posix()):
                    return None
                target.parent.mkdir(parents=True, exist_ok=True)
                self._files.get(path.as_posix(), str(target), recursive=True)
            except (DvcException, DataIndexError, OSError) as error:
                shutil.rmtree(target, ignore_errors=True)
                if not self._files.exists("dvc.lock"):
                    raise UserError(
                        f"{path}: no results were committed at {self.revision}; `git add dvc.lock metrics && git commit -m baseline`"
                        " commits those of this checkout"
                    ) from None
                raise UserError(
                    f"{path} at {self.revision}: neither DVC's cache nor a remote holds it ({' '.join(str(error).split())});"
                    " check out that revision and run `dvc repro` to get it back"
                ) from None
        return target


Checkout = Workspace | Revision
