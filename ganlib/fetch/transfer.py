"""One file from the network to the disk, through everything that networks do."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
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
DRIVE = "https://drive.google.com"
PAGES = 4  # at most so many of Google Drive's before a file
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416
RETRIED = (408, 425, 429, 500, 502, 503, 504)  # HTTP's passing troubles

Report = Callable[[int, int | None], None]  # bytes so far, bytes in all where they are known


@dataclass(frozen=True)
class Patience:
    """How long to put up with a server: seconds without a byte, tries in a row that bring nothing, seconds before the second.

    The pause doubles with each try.
    """

    timeout: float = 60
    tries: int = 5
    pause: float = 1


class _PassingError(Exception):
    """What may go better at the next try."""


def download(url: str, target: Path, waiting: Path, md5: str | None = None, patience: Patience | None = None) -> None:
    """Bring `url` to `target`, unless that is there: http(s), Google Drive, or any store that fsspec knows.

    Until the file is whole and known to be what it should, it stays in the folder `waiting`; what came before a failure waits there too,
    and the next call goes on from there if the server can. As `target` it is read-only. Of two calls at once the second waits, and finds
    the file. A UserError names the cause.
    """
    brought = waiting / target.name
    with locked(brought, "another download of it is running"), disk.writing(waiting):
        if target.exists():
            return
        if not brought.exists():
            with progress.bar(desc=f"downloading {target.name}", unit="B", unit_scale=True, unit_divisor=1000) as bar:
                _persist(url, brought, bar, patience or Patience())
        _check(url, brought, md5)
        to_disk(brought)
        brought.chmod(0o444)
        copies.move(brought, target)


def checksum(path: Path) -> str:
    """The md5 of a file, as CelebA's mirrors and DVC state it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _check(url: str, brought: Path, md5: str | None) -> None:
    """A UserError where the file is a web page, no zip in spite of its name, or has another md5."""
    with brought.open("rb") as file:
        page = file.read(1024).decode(errors="replace").strip()
    if page.lower().startswith(("<!doctype html", "<html")):
        brought.unlink()
        title = re.search("<title>(.*?)</title>", page, re.DOTALL | re.IGNORECASE)
        said = f" ({title[1].strip()})" if title else ""
        raise UserError(f"{url} sent a web page in place of {brought.name}{said}: a used-up quota, a login, or a wrong address")
    if md5 is not None and (found := checksum(brought)) != md5:
        aside = brought.with_name(f"{brought.name}.wrong")
        brought.replace(aside)
        raise UserError(f"{brought.name} came with the md5 {found}, and the authors' file has {md5}; it is kept aside as {aside}, unused")
    if brought.suffix == ".zip":
        try:
            Archive(brought).close()
        except UserError:
            brought.unlink()
            raise


def _persist(url: str, target: Path, bar: tqdm, patience: Patience) -> None:
    fetch = _from_web if url.startswith(("http://", "https://")) else _from_store
    furthest = failures = 0

    def report(done: int, total: int | None) -> None:
        if bar.n == 0:
            bar.initial = done  # what an earlier call brought says nothing of the speed
            if total is not None:
                with disk.writing(target.parent, total - done):
                    bar.total = total
        bar.update(done - bar.n)

    while True:
        try:
            return fetch(url, target, patience.timeout, report)
        except _PassingError as error:
            failures = 1 if bar.n > furthest else failures + 1
            furthest = max(furthest, int(bar.n))
            if failures == patience.tries:
                raise UserError(f"{url}: gave up after {patience.tries} tries without a byte: {error}") from None
            progress.log(f"{target.name}: {error}; trying again")
            time.sleep(patience.pause * 2 ** (failures - 1))


def _from_web(url: str, target: Path, timeout: float, report: Report) -> None:
    """One try, from where the last one ended if the server says that the file is still the same."""
    part, validator = target.with_name(f"{target.name}.part"), target.with_name(f".{target.name}.etag")
    done = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # or a range would count other bytes than those on the disk
    if done:
        headers["Range"] = f"bytes={done}-"
        if validator.exists():
            headers["If-Range"] = validator.read_text(encoding="utf-8")
    try:
        with requests.Session() as session, _answer(session, url, timeout, headers) as response:
            partial = response.status_code == PARTIAL_CONTENT
            if response.status_code == RANGE_NOT_SATISFIABLE or (partial and not _follows(response, done)):
                part.unlink()
                raise _PassingError("the server cannot go on from there")
            response.raise_for_status()
            if not partial:
                if done and "html" in response.headers.get("Content-Type", ""):
                    raise UserError(f"{url} sent a web page, and no more of {target.name}; the {done:,} bytes that came before are kept")
                done = 0
                validator.unlink(missing_ok=True)
                if (etag := response.headers.get("ETag", "")).startswith('"'):  # a weak one, W/"...", cannot vouch for bytes
                    validator.write_text(etag, encoding="utf-8")
            length = response.headers.get("Content-Length")
            with part.open("r+b" if done else "wb") as file:
                file.seek(done)
                while block := response.raw.read1(BLOCK):  # whatever there is, so that a cut loses nothing
                    file.write(block)
                    report(file.tell(), done + int(length) if length else None)
    except requests.HTTPError as error:
        if error.response.status_code in RETRIED:
            raise _PassingError(_line(error)) from None
        raise UserError(_line(error)) from None
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        raise _PassingError(_line(error)) from None
    except requests.RequestException as error:
        raise UserError(f"{url}: {_line(error)}") from None
    part.replace(target)
    validator.unlink(missing_ok=True)


def _follows(response: requests.Response, done: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {done}-")


def _answer(session: requests.Session, url: str, timeout: float, headers: Mapping[str, str]) -> requests.Response:
    """The server's answer to a GET, behind the pages that Google Drive puts before a large file."""
    drive_id, _ = gdown.parse_url.parse_url(url)
    if drive_id is None:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    url = f"{DRIVE}/uc?id={drive_id}"
    session.headers["User-Agent"] = "Mozilla/5.0"  # Drive has other pages for programs
    for _ in range(PAGES):
        response = session.get(url, headers=headers, stream=True, timeout=timeout)
        if "Content-Disposition" in response.headers or not response.ok:
            return response
        with response:
            page = response.text
        try:
            url = get_url_from_gdrive_confirmation(page)
        except gdown.FileURLRetrievalError as error:
            raise UserError(f"Google Drive gives no file: {_line(error)}") from None
    raise UserError("Google Drive sends one page after another and no file")


def _from_store(url: str, target: Path, timeout: float, report: Report) -> None:
    """One try; a store's own library has its own timeouts."""
    try:
        store, path = fsspec.url_to_fs(url)
    except ImportError:
        package = known_implementations[url.split("://")[0]]["class"].split(".")[0]
        raise UserError(f"{url}: needs a package that is not installed: pip install {package}") from None
    except ValueError as error:
        raise UserError(f"{url}: {_line(error)}") from None
    part = target.with_name(f"{target.name}.part")
    try:
        total = store.size(path)
        with store.open(path, "rb") as remote, part.open("ab") as local:
            remote.seek(local.tell())
            while block := remote.read(BLOCK):
                local.write(block)
                report(local.tell(), total)
    except UserError:
        raise
    except Exception as error:  # each store's library has its own
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | PermissionError):
            raise _PassingError(_line(error)) from None
        raise UserError(f"{url}: {type(error).__name__}: {_line(error)}") from None
    if part.stat().st_size != total:
        raise _PassingError(f"{part.stat().st_size} of {total} bytes came")
    part.replace(target)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
