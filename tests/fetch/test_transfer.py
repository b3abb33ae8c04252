import multiprocessing
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import fsspec
import numpy as np
import pytest

from ganlib.fetch import transfer
from ganlib.fetch.transfer import RetryPolicy
from ganlib.support.errors import UserError
from tests.data.server import Site, page, redirect, reply, serve, serving

DATA = np.random.default_rng(0).bytes(100_000)
QUICK = RetryPolicy(timeout=0.2, tries=3, pause=0.01)


@pytest.fixture
def site():
    site = Site(files={"/a.bin": DATA})
    with serving(site):
        yield site


@pytest.fixture
def target(tmp_path):
    return tmp_path / "incoming" / "a.bin"


def staging(target):
    """The folder of unfinished downloads."""
    return target.parent.with_name("staging")


def part(target, data=DATA[:50_000], validator='"1"'):
    """Write the files of an interrupted download."""
    staging(target).mkdir()
    (staging(target) / "a.bin.part").write_bytes(data)
    (staging(target) / ".a.bin.validator").write_text(validator, encoding="utf-8")


def download(url, target, policy):
    transfer.download(url, target, staging(target), None, policy)


def whole(target):
    """Whether the file is complete and read-only, and nothing but its lock is left in both folders."""
    assert target.read_bytes() == DATA
    assert target.stat().st_mode & 0o777 == 0o444
    return [path.name for folder in (target.parent, staging(target)) for path in folder.iterdir()] == [target.name, f".{target.name}.lock"]


def test_redirect_is_followed(site, target):
    site.pages["/here"] = redirect("/there")
    site.pages["/there"] = redirect(f"{site.url}/a.bin")
    download(f"{site.url}/here", target, QUICK)
    assert whole(target)


@pytest.mark.parametrize("cuts", [[0], [1], [99_999], [17, 0, 40_000, 1], [1000] * 20])
def test_connection_cut_at_any_byte_resumes_by_range(site, target, cuts):
    site.cuts = [*cuts]
    download(f"{site.url}/a.bin", target, RetryPolicy(timeout=5, tries=3, pause=0))
    assert whole(target)
    assert [asked for _, asked in site.asked if asked] or cuts == [0]


def test_bytes_of_an_earlier_run_are_not_downloaded_again(site, target):
    site.cuts = [60_000, 0, 0, 0, 0, 0]
    with pytest.raises(UserError, match="gave up after 3 attempts"):
        download(f"{site.url}/a.bin", target, QUICK)
    assert not target.exists()
    site.cuts = []
    site.asked.clear()
    download(f"{site.url}/a.bin", target, QUICK)
    assert whole(target)
    assert ("/a.bin", "bytes=60000-") in site.asked


@pytest.mark.parametrize("faults", [{"stalls": 1}, {"statuses": [503, 429]}, {"ranges": False, "cuts": [50_000]}])
def test_silent_or_busy_server_and_one_without_ranges_are_tried_again(site, target, faults):
    vars(site).update(faults)
    download(f"{site.url}/a.bin", target, QUICK)
    assert whole(target)
    assert len(site.asked) >= 2


def test_server_without_ranges_that_always_cuts_is_an_error(site, target):
    site.ranges = False
    site.cuts = [50_000] * 50
    with pytest.raises(UserError, match="gave up after 3 attempts"):
        download(f"{site.url}/a.bin", target, QUICK)
    assert len(site.asked) < 20


DATES = "Mon, 30 Nov 2026 10:00:00 GMT", "Mon, 30 Nov 2026 10:00:05 GMT"


@pytest.mark.parametrize("obeys", [True, False])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"ETag": '"1"'}, {"ETag": '"2"'}),
        ({"ETag": 'W/"1"', "Last-Modified": DATES[0]}, {"ETag": 'W/"1"', "Last-Modified": DATES[1]}),
        ({"Last-Modified": DATES[0]}, {"Last-Modified": DATES[1]}),
        ({}, {}),
        ({"ETag": 'W/"1"'}, {"ETag": 'W/"1"'}),
    ],
)
def test_changed_file_is_not_spliced_onto_the_old_one(site, target, old, new, obeys):
    site.cuts, site.validators, site.obeys_if_range = [50_000, 0, 0, 0, 0, 0], old, obeys
    with pytest.raises(UserError):
        download(f"{site.url}/a.bin", target, QUICK)
    site.cuts, site.validators = [], new
    site.files["/a.bin"] = b"new" * 40_000
    download(f"{site.url}/a.bin", target, QUICK)
    assert target.read_bytes() == b"new" * 40_000


def test_unchanged_file_with_a_date_alone_is_resumed(site, target):
    site.validators = {"Last-Modified": DATES[0]}
    site.cuts = [50_000]
    download(f"{site.url}/a.bin", target, QUICK)
    assert whole(target)
    assert [asked for _, asked in site.asked] == [None, "bytes=50000-"]


def test_download_restarts_if_a_server_resumes_at_another_byte(site, target):
    part(target)
    other = reply(206, {"Content-Range": "bytes 0-9/100000", "Content-Length": "10"}, DATA[:10])
    site.pages["/a.bin"] = lambda handler: other(handler) if handler.headers["Range"] else serve(handler, site)
    download(f"{site.url}/a.bin", target, QUICK)
    assert whole(target)


def test_web_page_in_the_middle_of_a_download_leaves_the_partial_file(site, target):
    part(target)
    site.pages["/a.bin"] = page("<html><title>Quota</title></html>")
    with pytest.raises(UserError, match=r"sent a web page instead of the rest of a\.bin; 50,000 bytes are kept"):
        download(f"{site.url}/a.bin", target, QUICK)
    assert (staging(target) / "a.bin.part").read_bytes() == DATA[:50_000]


def test_pauses_between_tries_double(site, target):
    site.statuses = [503] * 9
    began = time.monotonic()
    with pytest.raises(UserError, match=r"gave up after 3 attempts without a byte: 503"):
        download(f"{site.url}/a.bin", target, RetryPolicy(timeout=1, tries=3, pause=0.1))
    assert time.monotonic() - began >= 0.1 * (1 + 2)
    assert len(site.asked) == 3


def test_wrong_address_is_not_tried_again(site, target):
    with pytest.raises(UserError, match="404"):
        download(f"{site.url}/b.zip", target, QUICK)
    assert len(site.asked) == 1


def test_file_larger_than_the_disk_is_refused_before_it_comes(site, target):
    site.pages["/huge.zip"] = reply(200, {"Content-Length": str(10**18)}, b"1" * 1000)
    with pytest.raises(UserError, match=r"GB free and 1000000000\.00 GB are needed"):
        download(f"{site.url}/huge.zip", target, QUICK)


def fill(url, target, said):
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))  # to a process, a limit on a file's size is a full disk
    try:
        download(url, target, QUICK)
    except UserError as error:
        said.put(str(error))


def test_full_disk_is_one_line_and_the_download_can_be_resumed(site, target):
    context = multiprocessing.get_context("spawn")
    said = context.Queue()
    process = context.Process(target=fill, args=(f"{site.url}/a.bin", target, said))
    process.start()
    assert "the disk is full" in said.get(timeout=300)
    process.join()
    process.close()
    site.asked.clear()
    download(f"{site.url}/a.bin", target, QUICK)
    assert whole(target)
    assert ("/a.bin", "bytes=30000-") in site.asked


def test_of_two_downloads_at_once_one_waits_and_finds_the_file(site, target, capsys):
    site.pages["/a.bin"] = lambda handler: (time.sleep(0.2), serve(handler, site))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(download, [f"{site.url}/a.bin"] * 2, [target] * 2, [RetryPolicy(timeout=20)] * 2))
    assert whole(target)
    assert len(site.asked) == 1
    assert "another process is downloading it" in capsys.readouterr().err


@pytest.mark.parametrize("old", [DATA, b"old" * 40_000])
def test_download_from_an_fsspec_store_resumes_but_restarts_if_the_file_changed(target, old):
    store = fsspec.filesystem("memory")
    store.pipe("/mirror/a.bin", old)
    part(target, old[:40_000], store.ukey("/mirror/a.bin"))
    if old != DATA:
        store.pipe("/mirror/a.bin", DATA)
    download("memory://mirror/a.bin", target, QUICK)
    assert whole(target)


@pytest.mark.parametrize(("url", "package"), [("s3://bucket/a.bin", "s3fs"), ("gs://bucket/a.bin", "gcsfs")])
def test_store_whose_package_is_missing_says_what_to_install(target, monkeypatch, url, package):
    monkeypatch.setitem(sys.modules, package, None)  # so it cannot be imported, even where it is installed
    with pytest.raises(UserError, match=f"pip install {package}$"):
        download(url, target, QUICK)


@pytest.mark.parametrize(
    ("url", "message"),
    [("memory://mirror/absent.zip",) * 2, ("nosuch://a.bin",) * 2, ("http://127.0.0.1:9/a.bin", "gave up after 3 attempts")],
)
def test_server_store_or_file_that_does_not_exist_is_one_line(target, url, message):
    with pytest.raises(UserError, match=message) as error:
        download(url, target, QUICK)
    assert "\n" not in str(error.value)
