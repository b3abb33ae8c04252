"""`ganlib watch`: serves the page on 127.0.0.1 and reads the checkout without changing it."""

import mimetypes
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from socketserver import TCPServer
from threading import Lock
from typing import TYPE_CHECKING, Any

from ganlib.support.errors import UserError

if TYPE_CHECKING:
    from ganlib.params import Params

HOST = "127.0.0.1"
OUTPUT = Path("index.html")  # where the page would be, for the links on it
OF_REPORT = ("data/runs/{}/**/*", "data/nets/{}/**/*", "data/progress/{}/**/*", "data/scores/{}/**/*")
OTHERS = ("params.yaml", "studies/claims.json", "benchmarks/seeds.csv", "metrics/curve.json", "exports/*")
OF_TRAINING = ("run/config.yaml", "progress/**/*", "timing.csv")
REPLACED = (UserError, OSError, ValueError, LookupError)  # what reading raises while a stage removes or replaces its outputs


class Server(ThreadingHTTPServer):
    """Listens on `port` from the start, or on a free one if it is 0, and answers once it serves; a UserError if the port is in use."""

    daemon_threads = True  # the end does not wait for answers

    def __init__(self, port: int) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise UserError(f"--port {port}: {error.strerror}; choose another one, or leave it out for a free one") from None
        self.pages = _Pages()

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.server_port}/"

    def serve(self) -> None:
        """Answer requests; a UserError if there is a mistake in params.yaml."""
        self.pages.page()  # the slowest answer, before anybody waits for it
        self.serve_forever()

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer's also looks the host's name up, which may take seconds
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # the browser was closed
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path, pages = self.path.removeprefix("/"), self.server.pages
        if self.headers.get("Host", "").partition(":")[0] not in (HOST, "localhost"):  # a site whose name leads here could read the page
            self.send_error(HTTPStatus.FORBIDDEN)
        elif path == "":
            self._send(pages.page(), "text/html; charset=utf-8")
        elif path == "running":
            self._send(pages.running(), "text/html; charset=utf-8")
        elif path in pages.exports():
            self._send(Path(path).read_bytes(), mimetypes.guess_type(path)[0] or "application/octet-stream")
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "no-store"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing: a page asks every two seconds."""


class _Pages:
    """The page, and its section on the running trainings alone. Slow imports are inside: the address is printed before them."""

    def __init__(self) -> None:
        self._lock = Lock()  # many readers cause the work of one
        self._settings: Params | None = None
        self._state: list[str] = []
        self._running = b""

    def page(self) -> bytes:
        """The whole page."""
        from ganlib.page import checkout, document, running, verdicts
        from ganlib.page.origin import origin
        from ganlib.support import console

        with self._lock:
            results, settings, sections, curve = _results(), self.settings(), [], None
            names = checkout.trained(settings)
            for name in console.bar(names, desc="collecting reports", unit="report", delay=2, leave=False):
                with suppress(*REPLACED):
                    section = _section(name, _state(pattern.format(name) for pattern in OF_REPORT))
                    sections.append(section | {"exports": checkout.exports(name, OUTPUT)})
            with suppress(*REPLACED):
                curve = checkout.collect_curve()
            active = running.collect(settings)
            shown = document.page(sections, curve, settings.data, verdicts.claims(), None, active, results, origin(names))
            return shown.encode()

    def running(self) -> bytes:
        """The section on the running trainings, which names the state of the others."""
        from ganlib.page import document, running
        from ganlib.support import following

        with self._lock:
            state = [_results(), *(_state(OF_TRAINING, folder) for folder in following.running())]
            if state != self._state:
                self._running = document.running_section(running.collect(self.settings()), state[0]).encode()
                self._state = state
            return self._running

    def exports(self) -> set[str]:
        """The addresses of the exported files to which the page links."""
        from ganlib.page import checkout

        settings = self.settings()
        return {address for name in (*settings.reports, *settings.baselines) for _, address in checkout.exports(name, OUTPUT)}

    def settings(self) -> "Params":
        """params.yaml, or what it was before somebody made a mistake in it; a UserError if it was never right."""
        try:
            self._settings = _params(_state(OTHERS[:1]))
        except UserError:
            if self._settings is None:
                raise
        return self._settings


@lru_cache(maxsize=1)
def _params(state: str) -> "Params":
    from ganlib import params

    return params.load()


@lru_cache(maxsize=32)
def _section(report: str, state: str) -> dict[str, Any]:
    from ganlib.page.collect import collect

    return collect(report)


def _results() -> str:
    """The state of all that the page shows except the running trainings."""
    return _state([*OTHERS, *(pattern.format("*") for pattern in OF_REPORT)])


def _state(patterns: Iterable[str], folder: Path = Path()) -> str:
    """A hash that changes whenever one of the files below `folder` does."""
    found = blake2b(digest_size=8)
    for path in sorted(chain.from_iterable(map(folder.glob, patterns))):
        with suppress(FileNotFoundError):
            status = path.stat()
            found.update(f"{path} {status.st_ino} {status.st_mtime_ns} {status.st_size}\n".encode())
    return found.hexdigest()
