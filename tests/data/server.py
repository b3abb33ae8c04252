"""A web server on this machine with configurable faults, and an answer for each path."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Site:
    """What the server has and what was requested: a page answers a request itself, a file is served with the faults below."""

    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)  # by the path without its query
    ranges: bool = True
    validators: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    obeys_if_range: bool = True
    cuts: list[int] = field(default_factory=list)  # bytes after which the connection ends, one for each request, then none
    stalls: int = 0  # number of requests answered by headers and then silence
    statuses: list[int] = field(default_factory=list)  # errors to answer with first
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # path and Range of each request
    url: str = ""


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The site's address for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers["Range"]))
            if site.statuses:
                self.send_error(site.statuses.pop(0))
            elif answer := site.pages.get(urlsplit(self.path).path):
                answer(self)
            elif self.path in site.files:
                serve(self, site)
            else:
                self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve(handler: BaseHTTPRequestHandler, site: Site, **headers: str) -> None:
    """Send the file of the handler's path, from where it is asked for, with the site's next fault."""
    data = site.files[handler.path]
    current = handler.headers["If-Range"] in (None, *site.validators.values()) or not site.obeys_if_range
    ranged = site.ranges and handler.headers["Range"] and current
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-")) if ranged else 0
    handler.send_response(206 if start else 200)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    for name, value in {"Content-Length": str(len(data) - start), **site.validators, **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if site.stalls:
        site.stalls -= 1
        time.sleep(1)
    else:
        handler.wfile.write(data[start:][: site.cuts.pop(0)] if site.cuts else data[start:])


def reply(status: int, headers: dict[str, str], body: bytes = b"") -> Callable[[BaseHTTPRequestHandler], None]:
    """The same answer to every request."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def page(html: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A web page, as a quota or a login has."""
    return reply(200, {"Content-Type": "text/html; charset=utf-8"}, html.encode())


def redirect(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A redirect to another path or address."""
    return reply(302, {"Location": to})
