"""Downloads a file and resumes interrupted downloads."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import fsspec
import gdown
import requests
import urllib3
from fsspec.registry import known_implementations
from gdown.download import get_url_from_gdrive_confirmation
from tqdm import tqdm

from ganlib.data.archive import Archive
from ganlib.fetch import copies
from ganlib.support import disk, progress
from ganlib.support.errors import DISK_FULL, UserError
from ganlib.support.files import to_disk
from ganlib.support.locks import locked

BLOCK = 2**20
DEPTH = 3  # levels of a store's folder that are listed
DRIVE = "https://drive.google.com"
PAGES = 4  # confirmation pages of Google Drive before a file, at most
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)  # HTTP errors that may go away

ProgressCallback = Callable[[int, int | None], None]  # bytes so far, total bytes if known


@dataclass(frozen=True)
class RetryPolicy:
    """Seconds to wait for a silent server, attempts in a row without a new byte, seconds before the second attempt (then doubled)."""

    timeout: float = 60
    tries: int = 5
    pause: float = 1


class TransientError(Exception):
    """A failure that a retry may resolve."""


def file_name(url: str, suffixes: str = "zip|parquet") -> str | None:
    """The name with one of `suffixes` that `url` shows in its path, query or fragment; None if it shows none.

    A file on Google Drive is a zip whose name is its id.
    """
    if drive_id := gdown.parse_url.parse_url(url)[0]:
        return f"{drive_id}.zip"
    after_host = re.sub(r"^https?://[^/?#]*", "", url, flags=re.IGNORECASE)
    shown = re.search(rf"[^/?&=#:]+\.({suffixes})(?![\w.])", after_host, re.IGNORECASE)
    return shown[0] if shown else None


def listing(url: str) -> dict[str, str]:
    """The URLs of the files in a folder of a store, by their paths in it; empty if it cannot be listed, as on the web."""
    if _is_web(url):
        return {}
    store, path = _store(url)
    try:
        with _store_errors(url), suppress(FileNotFoundError, NotADirectoryError, PermissionError, NotImplementedError):
            found = sorted(store.find(path, maxdepth=DEPTH))
            return {name.removeprefix(path).strip("/"): str(store.unstrip_protocol(name)) for name in found}
    except TransientError as error:
        raise UserError(f"{url}: {error}") from None
    return {}


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
            with progress.bar(desc=f"downloading {target.name}", unit="B", unit_scale=True, unit_divisor=1000) as bar:
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


class _Part:
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


def _download_with_retries(url: str, target: Path, bar: tqdm, policy: RetryPolicy) -> None:  # type: ignore[type-arg] # see progress.bar
    attempt = _from_web if _is_web(url) else _from_store
    furthest = failures = 0

    def report(done: int, total: int | None) -> None:
        if bar.n == 0:
            bar.initial = done  # bytes of an earlier call do not count for the speed
            if total is not None:
                with disk.writing(target.parent, total - done):
                    bar.total = total
        bar.update(done - bar.n)

    part = _Part(target)
    while True:
        try:
            attempt(url, part, policy.timeout, report)
            break
        except TransientError as error:
            failures = 1 if bar.n > furthest else failures + 1
            furthest = max(furthest, int(bar.n))
            if failures == policy.tries:
                raise UserError(f"{url}: gave up after {policy.tries} attempts without a byte: {error}") from None
            progress.log(f"{target.name}: {error}; trying again")
            time.sleep(policy.pause * 2 ** (failures - 1))
    part.finish(target)


def _from_web(url: str, part: _Part, timeout: float, report: ProgressCallback) -> None:
    """One attempt; resumes if the server confirms that the file is unchanged."""
    done, validator = part.resumable()
    headers = {"Accept-Encoding": "identity"}  # ranges of a compressed response would not count the file's bytes
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": validator}
    try:
        with requests.Session() as session, _answer(session, url, timeout, headers) as response:
            partial = response.status_code == PARTIAL_CONTENT
            if response.status_code == RANGE_NOT_SATISFIABLE or (partial and not _continues(response, done, validator)):
                part.restart(None)
                raise TransientError("the server cannot resume the download")
            response.raise_for_status()
            if not partial:
                if done and "html" in response.headers.get("Content-Type", ""):
                    raise UserError(f"{url} sent a web page instead of the rest of {part.path.stem}; {done:,} bytes are kept")
                done = 0
                part.restart(_validator(response))
            length = response.headers.get("Content-Length")
            with part.path.open("ab") as file:
                while block := response.raw.read1(BLOCK):  # not read(), which would lose what had come before an error
                    file.write(block)
                    report(file.tell(), done + int(length) if length else None)
    except requests.HTTPError as error:
        if error.response.status_code in TRANSIENT:
            raise TransientError(_line(error)) from None
        raise UserError(_line(error)) from None
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        raise TransientError(_line(error)) from None
    except requests.RequestException as error:
        raise UserError(f"{url}: {_line(error)}") from None


def _validator(response: requests.Response) -> str | None:
    """The strong ETag, or else the Last-Modified date: what If-Range accepts (RFC 9110, 13.1.5)."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _continues(response: requests.Response, done: int, validator: str) -> bool:
    """Whether a partial response starts at byte `done`, and is not of another version: some servers ignore If-Range."""
    return response.headers.get("Content-Range", "").startswith(f"bytes {done}-") and _validator(response) in (None, validator)


def _answer(session: requests.Session, url: str, timeout: float, headers: Mapping[str, str]) -> requests.Response:
    """The response to a GET, after the confirmation pages that Google Drive shows before a large file."""
    drive_id, _ = gdown.parse_url.parse_url(url)
    if drive_id is None:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    url = f"{DRIVE}/uc?id={drive_id}"
    session.headers["User-Agent"] = "Mozilla/5.0"  # Drive answers programs with other pages
    for _ in range(PAGES):
        response = session.get(url, headers=headers, stream=True, timeout=timeout)
        if "Content-Disposition" in response.headers or not response.ok:
            return response
        with response:
            page = response.text
        try:
            url = get_url_from_gdrive_confirmation(page)
        except gdown.FileURLRetrievalError as error:
            raise UserError(f"Google Drive refuses the file: {_line(error)}") from None
    raise UserError(f"Google Drive sent {PAGES} pages and no file")


def _from_store(url: str, part: _Part, timeout: float, report: ProgressCallback) -> None:
    """One attempt; timeouts are those of the store's library."""
    store, path = _store(url)
    with _store_errors(url):
        store.invalidate_cache()
        total, version = store.size(path), store.ukey(path)
        done, validator = part.resumable()
        if validator != version or done > total:
            part.restart(version)
        with store.open(path, "rb") as remote, part.path.open("ab") as local:
            remote.seek(local.tell())
            while block := remote.read(BLOCK):
                local.write(block)
                report(local.tell(), total)
    if part.path.stat().st_size != total:
        raise TransientError(f"received {part.path.stat().st_size} of {total} bytes")


def _store(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The store of `url`, and the path in it."""
    try:
        return fsspec.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError:
        package = known_implementations[url.split("://")[0]]["class"].split(".")[0]
        raise UserError(f"{url}: needs a package that is not installed: pip install {package}") from None
    except ValueError as error:
        raise UserError(f"{url}: {_line(error)}") from None


@contextmanager
def _store_errors(url: str) -> Iterator[None]:
    """Turn what a store raises into a TransientError or a UserError."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # each store's library has its own
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | PermissionError):
            raise TransientError(_line(error)) from None
        raise UserError(f"{url}: {type(error).__name__}: {_line(error)}") from None


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
