"""Attempts to download a file over http(s) or from Google Drive."""

from collections.abc import Mapping

import gdown
import requests
import urllib3
from gdown.download import get_url_from_gdrive_confirmation

from ganlib.fetch.partial import BLOCK, Part, ProgressCallback, TransientError, line
from ganlib.support.errors import UserError

DRIVE = "https://drive.google.com"
PAGES = 4  # confirmation pages of Google Drive before a file, at most
PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE = 206, 416
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)  # HTTP errors that may go away


def is_web(url: str) -> bool:
    """Whether `url` is an http(s) address."""
    return url.lower().startswith(("http://", "https://"))


def attempt(url: str, part: Part, timeout: float, report: ProgressCallback) -> None:
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
            raise TransientError(line(error)) from None
        raise UserError(line(error)) from None
    except (requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError) as error:
        raise TransientError(line(error)) from None
    except requests.RequestException as error:
        raise UserError(f"{url}: {line(error)}") from None


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
            raise UserError(f"Google Drive refuses the file: {line(error)}") from None
    raise UserError(f"Google Drive sent {PAGES} pages and no file")
