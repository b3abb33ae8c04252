"""Files in stores that fsspec supports: s3://, hf://, file://, ..."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import fsspec
from fsspec.registry import known_implementations

from ganlib.fetch.partial import BLOCK, Part, ProgressCallback, TransientError, line
from ganlib.support.errors import DISK_FULL, UserError

DEPTH = 3  # levels of a folder that are listed


def listing(url: str) -> dict[str, str]:
    """The URLs of the files in a folder, by their paths in it; empty if it cannot be listed."""
    store, path = _store(url)
    try:
        with _store_errors(url), suppress(FileNotFoundError, NotADirectoryError, PermissionError, NotImplementedError):
            found = sorted(store.find(path, maxdepth=DEPTH))
            return {name.removeprefix(path).strip("/"): str(store.unstrip_protocol(name)) for name in found}
    except TransientError as error:
        raise UserError(f"{url}: {error}") from None
    return {}


def attempt(url: str, part: Part, timeout: float, report: ProgressCallback) -> None:
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
        return fsspec.url_to_fs(url)  # type: ignore[no-any-return]  # fsspec has no types
    except ImportError:
        package = known_implementations[url.split("://")[0]]["class"].split(".")[0]
        raise UserError(f"{url}: needs a package that is not installed: pip install {package}") from None
    except ValueError as error:
        raise UserError(f"{url}: {line(error)}") from None


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
            raise TransientError(line(error)) from None
        raise UserError(f"{url}: {type(error).__name__}: {line(error)}") from None
