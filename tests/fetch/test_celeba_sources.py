import shutil
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from ganlib.data import celeba
from ganlib.fetch import celeba_sources, copies, transfer
from ganlib.support.errors import UserError
from tests.data import archive
from tests.data.drive import answer_as_drive
from tests.data.server import Site, page, serving

COUNT = 12
PICTURES = [archive.jpeg(archive.picture(i)) for i in range(COUNT)]
OFFICIAL = (celeba.ARCHIVE, celeba.ATTRIBUTE_TABLE, celeba.SPLIT_TABLE)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's checkout; the stage runs in another folder."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "home"))
    (tmp_path / "home" / "data" / "incoming").mkdir(parents=True)
    (tmp_path / "stage").mkdir()
    monkeypatch.chdir(tmp_path / "stage")
    return tmp_path / "home"


@pytest.fixture
def official(tmp_path):
    return archive.write(tmp_path / "official", PICTURES, {"Bald": [3]})


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "stage" / "data" / "raw" / "celeba"


def fetch(source, raw, images=COUNT):
    celeba_sources.fetch("celeba", source, images, raw)
    return {path.name: path.read_bytes() for path in raw.iterdir()}


def error(source, raw, images=COUNT):
    """The one-line error of a fetch that leaves no files."""
    with pytest.raises(UserError) as raised:
        celeba_sources.fetch("celeba", source, images, raw)
    assert not raw.exists()
    assert [path.name for path in raw.parent.glob("*")] == []
    assert "\n" not in str(raised.value)
    return str(raised.value)


def files(folder):
    return {name: (folder / name).read_bytes() for name in OFFICIAL}


@pytest.fixture
def mirror(official):
    """A server that has the three official files."""
    site = Site(files={f"/{name}": data for name, data in files(official).items()})
    with serving(site):
        yield site


def names_the_ways_out(line, home):
    return all(way in line for way in (f"{home}/data/incoming/ by hand", "drive", "https://", "s3://", "gs://", "a folder or a zip"))


def test_folder_in_the_official_layout_is_copied_byte_for_byte_with_the_terms(official, home, raw):
    assert fetch(str(official), raw) == {**files(official), "TERMS.txt": celeba_sources.TERMS.encode()}


def test_relative_source_is_taken_from_the_users_checkout(official, home, raw):
    shutil.move(official, home / "mine")
    assert fetch("mine", raw).keys() >= set(OFFICIAL)


def test_folder_of_pictures_is_packed(official, home, raw):
    with ZipFile(official / celeba.ARCHIVE) as whole:
        whole.extractall(official)
    (official / celeba.ARCHIVE).unlink()
    fetch(str(official), raw)
    with ZipFile(raw / celeba.ARCHIVE) as packed:
        assert [packed.read(f"{celeba.FOLDER}/{name}") for name in archive.names(COUNT)] == PICTURES
        assert len(packed.namelist()) == COUNT


def test_zip_of_the_official_files_is_used_without_repacking(official, home, raw, tmp_path):
    tables = {f"celeba/{name}": (official / name).read_bytes() for name in OFFICIAL[1:]}
    pictures = {f"celeba/{celeba.FOLDER}/{name}": data for name, data in zip(archive.names(COUNT), PICTURES, strict=True)}
    path = archive.pack(tmp_path / "all.zip", tables | pictures)
    got = fetch(str(path), raw)
    assert got[celeba.ARCHIVE] == path.read_bytes()
    assert got[celeba.SPLIT_TABLE] == (official / celeba.SPLIT_TABLE).read_bytes()


@pytest.mark.parametrize("unpacked", [False, True])
def test_kaggles_archive_gives_the_official_table(official, home, raw, tmp_path, unpacked):
    path = archive.kaggle(tmp_path / "archive.zip", official)
    if unpacked:
        with ZipFile(path) as whole:
            whole.extractall(tmp_path / "unpacked")
        path = tmp_path / "unpacked"
    fetch(str(path), raw)
    assert celeba.read_tables(raw).equals(celeba.read_tables(official))


def test_blank_source_uses_the_files_in_incoming_in_any_layout(official, home, raw):
    archive.pack(home / "data" / "incoming" / "a holiday.zip", {"beach.jpg": PICTURES[0]})
    archive.kaggle(home / "data" / "incoming" / "archive.zip", official)
    fetch(None, raw)
    assert celeba.read_tables(raw).equals(celeba.read_tables(official))
    assert (home / "data" / "incoming" / "archive.zip").exists()


@pytest.mark.parametrize("absent", OFFICIAL)
@pytest.mark.parametrize("folder_instead", [False, True])
def test_file_that_a_folder_lacks_is_named_with_the_ways_out(official, home, raw, absent, folder_instead):
    (official / absent).unlink()
    if folder_instead:
        (official / absent).mkdir()
    line = error(str(official), raw)
    assert line.startswith(f"params.yaml: datasets.celeba.source: {official} has no {absent}")
    assert names_the_ways_out(line, home)


@pytest.mark.parametrize("name", ["list_attr_celeba.csv", "list_eval_partition.csv"])
def test_empty_table_of_kaggles_is_one_line(official, home, raw, name):
    (official / Path(name).with_suffix(".txt")).unlink()
    (official / name).write_bytes(b"")
    assert "not CelebA's table" in error(str(official), raw) or "in the same order" in error(str(official), raw)


def test_damaged_table_in_a_zip_is_one_line(official, home, raw, tmp_path):
    path = archive.flip(archive.kaggle(tmp_path / "archive.zip", official), b"image_id,5_o_Clock", 50)
    assert "list_attr_celeba.csv cannot be read: the zip is damaged: Bad CRC-32" in error(str(path), raw)


def test_missing_source_is_not_searched_for_elsewhere(official, home, raw):
    assert f"{official}/nowhere has no {celeba.ARCHIVE}" in error(f"{official}/nowhere", raw)


def test_earlier_files_are_kept_if_a_new_source_is_invalid(official, home, raw):
    before = fetch(str(official), raw)
    (official / celeba.SPLIT_TABLE).write_text("000001.jpg 0\n", encoding="utf-8")
    with pytest.raises(UserError):
        celeba_sources.fetch("celeba", str(official), COUNT, raw)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before


def test_terms_are_shown_once(official, home, raw, capsys):
    fetch(str(official), raw)
    assert "non-commercial research only" in capsys.readouterr().err
    fetch(str(official), raw)
    assert "non-commercial" not in capsys.readouterr().err


def test_part_of_celeba_is_accepted_only_if_a_part_is_requested(official, home, raw):
    assert "holds 12 pictures, and 202,599 are needed" in error(str(official), raw, celeba.COUNT)
    assert "holds 12 pictures, and 13 are needed" in error(str(official), raw, 13)
    fetch(str(official), raw, 11)


def test_repacked_zip_is_reported_with_what_was_checked_instead(official, home, raw, capsys):
    fetch(str(official), raw)
    assert "repacked (another md5)" in (shown := capsys.readouterr().err)
    assert "12 pictures, their names, and the size of 12" in shown


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive.jpeg(archive.picture(1, (89, 109))), "has 89x109 pixels; CelebA's aligned pictures have 178x218"),
        (b"no jpeg", "000005.jpg cannot be read"),
    ],
)
def test_repacked_picture_that_is_not_celebas_is_named(tmp_path, home, raw, data, message):
    folder = archive.write(tmp_path / "other", [*PICTURES[:4], data, *PICTURES[5:]])
    assert message in error(str(folder), raw)


def test_name_that_is_not_celebas_is_named(official, home, raw):
    for name in OFFICIAL[1:]:
        (official / name).write_text((official / name).read_text(encoding="utf-8").replace("000012.jpg", "twelve.jpg"), encoding="utf-8")
    pictures = {f"{celeba.FOLDER}/{name}": PICTURES[0] for name in [*archive.names(11), "twelve.jpg"]}
    archive.pack(official / celeba.ARCHIVE, pictures)
    assert "'twelve.jpg' is not a name of CelebA's" in error(str(official), raw)


def test_mirrors_files_are_downloaded_and_nothing_but_those_three(official, mirror, home, raw):
    mirror.files = {f"/celeba{path}": data for path, data in mirror.files.items()}
    assert fetch(f"{mirror.url}/celeba/", raw) == {**files(official), "TERMS.txt": celeba_sources.TERMS.encode()}
    assert sorted(path for path, _ in mirror.asked) == sorted(f"/celeba/{name}" for name in OFFICIAL)
    assert not [path for path in (home / ".checkpoints" / "downloads").rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_mirror_of_kaggles_zip_is_understood(official, mirror, home, raw, tmp_path):
    mirror.files = {"/archive.zip": archive.kaggle(tmp_path / "archive.zip", official).read_bytes()}
    fetch(f"{mirror.url}/archive.zip", raw)
    assert celeba.read_tables(raw).equals(celeba.read_tables(official))


def test_web_page_in_place_of_a_file_is_reported_and_the_next_run_uses_a_file_put_by_hand(official, mirror, home, raw):
    mirror.pages[f"/{celeba.ARCHIVE}"] = page("<!doctype html><html><head><title>Quota exceeded</title></head></html>")
    line = error(mirror.url, raw)
    assert f"sent a web page instead of {celeba.ARCHIVE} (Quota exceeded)" in line
    assert names_the_ways_out(line, home)
    shutil.copy(official / celeba.ARCHIVE, home / "data" / "incoming")
    assert fetch(mirror.url, raw)[celeba.ARCHIVE] == files(official)[celeba.ARCHIVE]
    assert (home / "data" / "incoming" / celeba.ARCHIVE).exists()


def incoming(home):
    return sorted((home / "data" / "incoming").rglob("*.*"))


@pytest.mark.parametrize("form", ["three files", "zip"])
def test_zip_is_downloaded_once_for_all_data_sets_and_numbers_of_pictures(official, mirror, home, raw, tmp_path, form):
    mirror.files["/kaggle.zip"] = archive.kaggle(tmp_path / "kaggle.zip", official).read_bytes()
    source = f"{mirror.url}/kaggle.zip" if form == "zip" else mirror.url
    first = fetch(source, raw)
    fetch(source, raw, 11)
    celeba_sources.fetch("celeba_preview", source, COUNT, raw.with_name("celeba_preview"))
    shutil.rmtree(raw)
    assert fetch(source, raw) == first
    assert [path for path, _ in mirror.asked if path.endswith(".zip")] == ["/kaggle.zip" if form == "zip" else f"/{celeba.ARCHIVE}"]


def test_two_mirrors_do_not_take_each_others_place(official, mirror, home, raw, tmp_path):
    other = archive.write(tmp_path / "other", PICTURES[::-1])
    mirror.files |= {f"/other/{name}": data for name, data in files(other).items()}
    for source, folder in ((mirror.url, official), (f"{mirror.url}/other", other)):
        assert fetch(source, raw)[celeba.ARCHIVE] == files(folder)[celeba.ARCHIVE]
    assert len(mirror.asked) == 2 * len(OFFICIAL)


def test_raw_file_is_a_second_name_of_the_download_which_nobody_can_write_into(mirror, home, raw):
    fetch(mirror.url, raw)
    landed = next(path for path in incoming(home) if path.name == celeba.ARCHIVE)
    assert landed.samefile(raw / celeba.ARCHIVE)
    assert landed.stat().st_mode & 0o222 == 0


def test_file_put_by_hand_is_copied_and_may_be_edited_afterwards(official, home, raw):
    shutil.copytree(official, home / "data" / "incoming", dirs_exist_ok=True)
    before = fetch(None, raw)
    by_hand = home / "data" / "incoming" / celeba.ARCHIVE
    by_hand.write_bytes(b"another")
    assert (raw / celeba.ARCHIVE).read_bytes() == before[celeba.ARCHIVE]


def test_download_is_copied_if_it_cannot_be_linked(official, mirror, home, raw, monkeypatch):
    def refuse(*_):
        raise OSError("another file system")

    monkeypatch.setattr(copies.Path, "hardlink_to", refuse)
    assert fetch(mirror.url, raw)[celeba.ARCHIVE] == files(official)[celeba.ARCHIVE]


def test_files_of_a_killed_fetch_are_never_written_through_to_the_download(official, mirror, home, raw):
    fetch(mirror.url, raw)
    landed = next(path for path in incoming(home) if path.name == celeba.ARCHIVE)
    left = raw.with_name(f".{raw.name}.partial")
    left.mkdir()
    (left / celeba.ARCHIVE).hardlink_to(landed)
    fetch(str(official), raw)
    assert landed.read_bytes() == files(official)[celeba.ARCHIVE]
    assert not landed.samefile(raw / celeba.ARCHIVE)


@pytest.fixture
def authors(official, monkeypatch):
    """A Drive on this machine with small files under the ids of the authors' files; the expected checksums are theirs."""
    known = {name: (drive_id, transfer.checksum(official / name)) for name, (drive_id, _) in celeba_sources.OFFICIAL.items()}
    monkeypatch.setattr(celeba_sources, "OFFICIAL", known)
    site = Site(files={f"/{drive_id}": (official / name).read_bytes() for name, (drive_id, _) in known.items()})
    answer_as_drive(site)
    with serving(site):
        monkeypatch.setattr(transfer, "DRIVE", site.url)
        yield site


@pytest.mark.parametrize("source", [None, "drive"])
def test_drives_files_come_through_its_warning_page_and_a_cut_connection(authors, official, home, raw, source, capsys):
    authors.cuts = [10**6, 10**6, 30_000]  # both tables, then the archive
    assert fetch(source, raw)[celeba.ARCHIVE] == (official / celeba.ARCHIVE).read_bytes()
    assert any("confirm=t" in path and asked == "bytes=30000-" for path, asked in authors.asked)
    assert "the authors' own file, by its md5" in capsys.readouterr().err
    assert [path.name for path in incoming(home)] == sorted(OFFICIAL)
    authors.asked.clear()
    celeba_sources.fetch("celeba_preview", None, COUNT, raw.with_name("celeba_preview"))
    assert authors.asked == []


def test_drives_quota_page_is_one_line_with_the_ways_out(authors, official, home, raw):
    answer_as_drive(authors, quota=(celeba_sources.OFFICIAL[celeba.ARCHIVE][0],))
    line = error("drive", raw)
    assert "Too many users have viewed or downloaded this file recently" in line
    assert names_the_ways_out(line, home)
    shutil.copy(official / celeba.ARCHIVE, home / "data" / "incoming")
    assert fetch("drive", raw).keys() >= set(OFFICIAL)


def test_file_with_a_wrong_md5_is_set_aside_and_never_used(authors, official, home, raw):
    drive_id, expected = celeba_sources.OFFICIAL[celeba.ARCHIVE]
    whole = authors.files[f"/{drive_id}"]
    authors.files[f"/{drive_id}"] = damaged = whole[:500] + bytes([whole[500] ^ 1]) + whole[501:]
    line = error("drive", raw)
    assert expected in line
    aside = next((home / ".checkpoints" / "downloads").rglob("*.wrong"))
    assert str(aside) in line
    assert aside.read_bytes() == damaged
    authors.files[f"/{drive_id}"] = whole
    assert fetch("drive", raw)[celeba.ARCHIVE] == whole


def test_ids_and_checksums_are_torchvisions():
    listed = (Path(find_spec("torchvision").origin).parent / "datasets" / "celeba.py").read_text(encoding="utf-8")
    assert all(f'("{drive_id}", "{md5}", "{name}")' in listed for name, (drive_id, md5) in celeba_sources.OFFICIAL.items())


def test_photographs_are_a_sound_source(celeba_folder, home, raw):
    assert fetch(str(celeba_folder), raw, 5000).keys() >= set(OFFICIAL)
    assert len(np.unique(celeba.read_tables(raw)["split"])) == 3
