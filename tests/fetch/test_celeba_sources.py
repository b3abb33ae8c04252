import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from ganlib.data import celeba
from ganlib.data.archive import Archive
from ganlib.fetch import celeba_sources, copies, transfer, web
from ganlib.support.errors import UserError
from tests.data import archive
from tests.data.drive import answer_as_drive
from tests.data.server import Site, page, serving

COUNT = 12
PICTURES = [archive.jpeg(archive.picture(i)) for i in range(COUNT)]
PNGS = [archive.encoded(archive.picture(i), "PNG") for i in range(COUNT)]
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
    assert ".partial" not in str(raised.value)
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
    mac = {f"__MACOSX/celeba/{celeba.FOLDER}/._{name}": b"" for name in archive.names(COUNT)}
    path = archive.pack(tmp_path / "all.zip", mac | tables | pictures)
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
    assert f"{official}/{name}: not CelebA's table" in error(str(official), raw)


def test_damaged_table_in_a_zip_is_one_line(official, home, raw, tmp_path):
    path = archive.flip(archive.kaggle(tmp_path / "archive.zip", official), b"image_id,5_o_Clock", 50)
    assert "list_attr_celeba.csv cannot be read: the zip is damaged: Bad CRC-32" in error(str(path), raw)


def test_missing_source_is_not_searched_for_elsewhere(official, home, raw):
    assert f"{official}/nowhere does not exist" in error(f"{official}/nowhere", raw)


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
        (
            archive.jpeg(archive.picture(1, (89, 109))),
            "has 89x109 pixels; CelebA's aligned pictures have 178x218. Files of another size are your own",
        ),
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
        monkeypatch.setattr(web, "DRIVE", site.url)
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


def picture_numbers(raw):
    """The number in each picture of `raw`, in the order of its table, which is checked against the pictures."""
    with Archive(raw / celeba.ARCHIVE) as pictures:
        read = celeba.read(pictures, raw)
        numbers = [(PICTURES + PNGS).index(pictures.read(member)) % COUNT for member in read.members]
    assert [*read.table["split"]] == [celeba.SPLITS[number % 3] for number in numbers]
    assert [*read.table["Bald"]] == [1 if number == 3 else -1 for number in numbers]
    return numbers


def lay_out(layout, official, place):
    """Write CelebA to the folder `place` in a layout that people have."""
    tables = {name: (official / name).read_bytes() for name in OFFICIAL[1:]}
    pictures = dict(zip(archive.names(COUNT), PICTURES, strict=True))
    match layout:
        case "share":
            files = {"Img/img_align_celeba.zip": (official / celeba.ARCHIVE).read_bytes(), "Anno/identity_CelebA.txt": b""}
            files |= {f"{folder}/{name}": data for folder, (name, data) in zip(("Anno", "Eval"), tables.items(), strict=True)}
        case "torchvision" | "linked":
            files = tables | {f"img_align_celeba/{name}": data for name, data in pictures.items()}
        case "flat":
            files = tables | pictures
        case "capitals":
            files = tables | {f"img_align_celeba/{name.upper()}": data for name, data in pictures.items()}
        case "png" | "png in place of jpg":
            folder = "img_align_celeba_png" if layout == "png" else "img_align_celeba"
            files = tables | {f"{folder}/{Path(name).stem}.png": data for name, data in zip(pictures, PNGS, strict=True)}
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    if layout == "linked":
        (place / celeba.FOLDER).rename(place.parent / "elsewhere")
        (place / celeba.FOLDER).symlink_to(place.parent / "elsewhere")
    archive.pack(place.parent / "unrelated.zip", {"a.txt": b""}).write_bytes(b"PK half a download")


@pytest.mark.parametrize(
    ("layout", "named"),
    [
        ("share", ""),
        ("share", "celeba"),
        ("share", "celeba/Img"),
        ("share", "celeba/Img/img_align_celeba.zip"),
        ("torchvision", ""),
        ("torchvision", "celeba"),
        ("torchvision", "celeba/img_align_celeba"),
        ("linked", "celeba"),
        ("flat", "celeba"),
        ("capitals", "celeba"),
        ("png in place of jpg", ""),
        ("png", ""),
    ],
)
def test_layout_is_found_from_its_folder_the_one_above_or_the_pictures(official, home, raw, tmp_path, layout, named):
    lay_out(layout, official, tmp_path / "data" / "celeba")
    fetch(str(tmp_path / "data" / named), raw)
    assert picture_numbers(raw) == [*range(COUNT)]


def test_celeba_in_two_folders_is_refused_with_both(official, home, raw, tmp_path):
    for name in ("a", "b"):
        lay_out("torchvision", official, tmp_path / "data" / name)
    line = error(str(tmp_path / "data"), raw)
    assert f"is both in {tmp_path}/data/a and in {tmp_path}/data/b: set the folder of one of them" in line
    fetch(str(tmp_path / "data" / "a"), raw)


def test_zip_in_a_zip_is_refused(official, home, raw, tmp_path):
    path = archive.pack(tmp_path / "celeba.zip", {f"celeba/{name}": data for name, data in files(official).items()})
    assert f"{path}: has celeba/{celeba.ARCHIVE}, a zip in a zip: unpack the outer one" in error(str(path), raw)


def test_missing_pictures_are_logged_and_left_out(official, home, raw, tmp_path, capsys):
    lay_out("torchvision", official, tmp_path / "data")
    for number in (1, 11):
        (tmp_path / "data" / celeba.FOLDER / f"{number:06d}.jpg").unlink()
    (tmp_path / "data" / celeba.FOLDER / "000001.jpg").symlink_to("nowhere")
    assert f"{tmp_path}/data/{celeba.FOLDER} holds 10 pictures, and 11 are needed" in error(str(tmp_path / "data"), raw, 11)
    fetch(str(tmp_path / "data"), raw, 10)
    assert "lacks 2 of the 12 pictures that list_attr_celeba.txt lists, such as 000001.jpg" in capsys.readouterr().err
    assert picture_numbers(raw) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]


def write_shards(official, place, names, attributes=lambda values: values > 0, picture=lambda data: {"bytes": data, "path": None}):
    """The pictures of each split in the parquet shards `names`."""
    table = celeba.read_tables(official)
    pictures = table["file"].map(dict(zip(archive.names(COUNT), PICTURES, strict=True)))
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        rows = table["split"] == next(split for split in celeba.SPLITS if split in name)
        columns = {"celeb_id": [1] * rows.sum(), "image": [picture(data) for data in pictures[rows]]}
        parquet.write_table(pa.table(columns | {a: attributes(table[a][rows].to_numpy()) for a in celeba.ATTRIBUTES}), place / name)


SHARDS = [f"data/{split}-00000-of-00001.parquet" for split in ("train", "validation", "test")]


@pytest.mark.parametrize("names", [SHARDS, ["default/train/0.parquet", "default/valid/0.parquet", "default/test/0.parquet"]])
@pytest.mark.parametrize("attributes", [lambda values: values > 0, lambda values: values.astype("int64")])
@pytest.mark.parametrize("picture", [lambda data: {"bytes": data, "path": "a.jpg"}, bytes])
def test_parquet_shards_are_numbered_in_the_order_of_the_splits(official, home, raw, tmp_path, names, attributes, picture):
    write_shards(official, tmp_path / "hub", names, attributes, picture)
    fetch(str(tmp_path / "hub"), raw)
    assert picture_numbers(raw) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
    fetch(str(tmp_path / "hub" / names[0]), raw, 4)
    assert picture_numbers(raw) == [0, 3, 6, 9]


@pytest.mark.parametrize(
    ("name", "value", "image", "message"),
    [
        ("train.parquet", None, b"", "has no column 5_o_Clock_Shadow, one of CelebA's 40 attributes"),
        ("train.parquet", 1, "a.jpg", "has no column of pictures"),
        ("train.parquet", 1, {"bytes": None, "path": "a.jpg"}, "has no column of pictures"),
        ("train.parquet", 2, b"", "every attribute must be true or false"),
        ("train.parquet", "yes", b"", "cannot be read"),
        ("celeba.parquet", 1, b"", "which split it is: train, valid or test"),
        ("test.parquet", 1, b"no picture", "000001.jpg cannot be read"),
        ("test.parquet", 1, archive.jpeg(archive.picture(1, (89, 109))), "000001.jpg has 89x109 pixels"),
    ],
)
def test_parquet_that_is_not_celebas_is_named(home, raw, tmp_path, name, value, image, message):
    attributes = {attribute: [value] for attribute in celeba.ATTRIBUTES if value is not None}
    (tmp_path / "hub").mkdir()
    parquet.write_table(pa.table({"label": [1], "image": [image], **attributes}), tmp_path / "hub" / name)
    line = error(str(tmp_path / "hub"), raw, 1)
    assert message in line
    assert f"{tmp_path}/hub" in line


def test_damaged_parquet_and_missing_pictures_are_named(official, home, raw, tmp_path):
    write_shards(official, tmp_path, ["test.parquet"], picture=lambda data: None if data == PICTURES[5] else {"bytes": data, "path": ""})
    assert f"{tmp_path}/test.parquet: a row has no picture" in error(str(tmp_path / "test.parquet"), raw, 1)
    (tmp_path / "test.parquet").write_bytes(b"PAR1 half a download")
    assert f"{tmp_path}/test.parquet cannot be read" in error(str(tmp_path / "test.parquet"), raw, 1)


def test_shards_in_a_store_are_downloaded_once(official, home, raw, tmp_path):
    write_shards(official, tmp_path / "hub", SHARDS)
    store = fsspec.filesystem("memory")
    store.put(str(tmp_path / "hub"), "/hub", recursive=True)
    fetch("memory://hub", raw)
    store.rm("/hub", recursive=True)
    shutil.rmtree(raw)
    fetch("memory://hub", raw)
    assert picture_numbers(raw) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


def test_mirror_in_a_store_with_the_three_files_is_asked_for_these(official, home, raw):
    store = fsspec.filesystem("memory")
    store.pipe({f"/mirror/{name}": data for name, data in {**files(official), "other/train.parquet": b""}.items()})
    fetch("memory://mirror", raw)
    store.rm("/mirror", recursive=True)
    fetch("memory://mirror", raw)
    assert picture_numbers(raw) == [*range(COUNT)]


@pytest.mark.parametrize("hub", ["hf://", "https://huggingface.co/"])
def test_hub_without_its_package_says_what_to_install(home, raw, monkeypatch, hub):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "needs a package that is not installed: pip install huggingface_hub" in error(f"{hub}datasets/someone/celeba", raw)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/archive.zip?download=1", None),
        ("/Archive.ZIP", None),
        ("/img_align_celeba.zip?archive=1", None),
        ("/get?file=archive.zip&key=1", None),
        ("/archive.zip/content", None),
        ("/download/17#archive.zip", "/download/17"),
    ],
)
def test_url_of_a_zip_is_one_request_wherever_it_shows_the_name(official, mirror, home, raw, tmp_path, url, path):
    mirror.files = {path or url: archive.kaggle(tmp_path / "archive.zip", official).read_bytes()}
    for _ in range(2):
        fetch(f"{mirror.url}{url}", raw)
    assert [asked for asked, _ in mirror.asked] == [path or url]


def test_zip_of_pictures_alone_at_a_url_lacks_the_tables(mirror, home, raw):
    assert f"{mirror.url}/{celeba.ARCHIVE} has no {celeba.ATTRIBUTE_TABLE}" in error(f"{mirror.url}/{celeba.ARCHIVE}", raw)


def test_query_of_a_folders_url_is_kept(official, mirror, home, raw):
    mirror.files = {f"/celeba{path}?key=a%2Fb": data for path, data in mirror.files.items()}
    fetch(f"{mirror.url}/celeba/?key=a%2Fb", raw)


@pytest.mark.parametrize("url", ["", "/archive.zip", "/train.parquet"])
@pytest.mark.parametrize("sent", [b'{"error": "no such file"}', b"PK\3\4 half a zip"])
def test_file_that_is_not_what_its_name_says_is_not_kept(mirror, home, raw, url, sent):
    mirror.files = dict.fromkeys((*mirror.files, "/archive.zip", "/train.parquet"), sent)
    assert mirror.url in error(f"{mirror.url}{url}", raw).split(". Any of")[0]
    assert [path for path in incoming(home) if path.suffix != ".lock"] == []
