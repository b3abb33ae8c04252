"""Downloads a file and resumes interrupted downloads."""

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import gdown
from tqdm import tqdm

from ganlib.data.archive import Archive
from ganlib.fetch import copies, stores, web
from ganlib.fetch.partial import Part, TransientError
from ganlib.support import console, disk
from ganlib.support.errors import UserError
from ganlib.support.files import to_disk
from ganlib.support.locks import locked


@dataclass(frozen=True)
class RetryPolicy:
    """Seconds to wait for a silent server, attempts in a row without a new byte, seconds before the second attempt (then doubled)."""

    timeout: float = 60
    tries: int = 5
    pause: float = 1


def file_name(url: str, suffixes: str = "zip|parquet") -> str | None:
    """The name with one of `suffixes` that `url` shows in its path, query or fragment; None if it shows none.

    A file on Google Drive is a zip whose name is its id.
    """
    if drive_id := gdown.parse_url.parse_url(url)[0]:
        return f"{drive_id}.zip"
    after_host = re.sub(r"^https?://[^/?#]*", "", url, flags=re.IGNORECASE)
    shown = re.search(rf"[^/?&=#:]+\.({suffixes})(?![\w.])", after_host, re.IGNORECASE)
    return shown[0] if shown else None


def download(
    url: str,
    target: Path,
    staging: Path,
    md5: str | None = None,
    policy: RetryPolicy | None = None,
    check: Callable[[Path], None] | None = None,
) -> None:
    """Download `url` to `target` unless that exists: http(s), Google Drive, or any store that fsspec supports.

    The file is in the folder `staging` until it is complete and verified; an interrupted download stays there, and the next call resumes
    it if the server supports that. `check` raises a UserError for a file that is not what it should be; a zip and a parquet file are
    verified anyway. `target` is read-only. A concurrent download of the same file is waited for. Raises a UserError.
    """
    staged = staging / target.name
    with locked(staged, "another process is downloading it"), disk.writing(staging):
        if target.exists():
            return
        if not staged.exists():
            with console.bar(desc=f"downloading {target.name}", unit="B", unit_scale=True, unit_divisor=1000) as bar:
                _download_with_retries(url, staged, bar, policy or RetryPolicy())
        _verify(url, staged, md5, check)
        to_disk(staged)
        with suppress(PermissionError):  # on file systems without modes
            staged.chmod(0o444)
        copies.move(staged, target)


def checksum(path: Path) -> str:
    """The md5 of a file, which CelebA's mirrors and DVC use."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _verify(url: str, staged: Path, md5: str | None, check: Callable[[Path], None] | None) -> None:
    """Raise a UserError if the file is a web page, has another md5, or is not what its name or `check` requires."""
    with staged.open("rb") as file:
        page = file.read(1024).decode(errors="replace").strip()
    if page.lower().startswith(("<!doctype html", "<html")):
        staged.unlink()
        title = re.search("<title>(.*?)</title>", page, re.DOTALL | re.IGNORECASE)
        quoted = f" ({title[1].strip()})" if title else ""
        raise UserError(f"{url} sent a web page instead of {staged.name}{quoted}: quota exceeded, login required, or wrong address")
    if md5 is not None and (found := checksum(staged)) != md5:
        rejected = staged.with_name(f"{staged.name}.wrong")
        staged.replace(rejected)
        raise UserError(f"{staged.name} has the md5 {found} instead of {md5}, that of the authors' file; it was moved to {rejected}")
    try:
        if staged.suffix.lower() == ".zip":
            with Archive(staged, url):
                pass
        if staged.suffix.lower() == ".parquet" and not page.startswith("PAR1"):
            raise UserError(f"{url} sent something other than a parquet file")
        if check is not None:
            check(staged)
    except UserError:
        staged.unlink()
        raise


def _download_with_retries(url: str, target: Path, bar: "tqdm[int]", policy: RetryPolicy) -> None:
    attempt = web.attempt if web.is_web(url) else stores.attempt
    furthest = failures = 0

    def report(done: int, total: int | None) -> None:
        if bar.n == 0:
            bar.initial = done  # bytes of an earlier call do not count for the speed
            if total is not None:
                with disk.writing(target.parent, total - done):
                    bar.total = total
        bar.update(done - bar.n)

    part = Part(target)
    while True:
        try:
            attempt(url, part, policy.timeout, report)
            break
        except TransientError as error:
            failures = 1 if bar.n > furthest else failures + 1
            furthest = max(furthest, int(bar.n))
            if failures == policy.tries:
                raise UserError(f"{url}: gave up after {policy.tries} attempts without a byte: {error}") from None
            console.log(f"{target.name}: {error}; trying again")
            time.sleep(policy.pause * 2 ** (failures - 1))
    part.finish(target)
