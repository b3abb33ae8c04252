import errno
import os
import shutil
import unicodedata
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image

from ganlib.data import cache, folder
from ganlib.data.archive import Archive
from ganlib.data.crop import Box, Centre
from ganlib.data.faces import Faces
from ganlib.fetch import folder as fetching
from ganlib.score import folders as score
from ganlib.support.errors import UserError
from tests.data import archive
from tests.data.server import Site, serving

TABLE = """\
file,hair,eyes,smiling,glasses
a/00.jpg,blond,blue,1,-1
a/01.png,brown,blue,0,1
02.WEBP,blond,,1,1
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def mine(tmp_path):
    """Twelve pictures of three formats and many sizes in nested folders, and a file that is no picture."""
    place = tmp_path / "mine"
    (place / "a" / "b").mkdir(parents=True)
    for i in range(12):
        kind, suffix = [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".WEBP")][i % 3]
        where = place / ("a" if i % 3 < 2 else "") / f"{i:02d}{suffix}"
        where.write_bytes(archive.encoded(archive.picture(20 * i, (40 + 7 * i, 90 - 5 * i)), kind))
    (place / "a" / "b" / "notes.txt").write_text("no picture", encoding="utf-8")
    (place / ".hidden.jpg").write_bytes(b"no picture")
    return place


def brought(source, home, tmp_path):
    fetching.fetch("own", str(source), tmp_path / "raw")
    with Archive(tmp_path / "raw" / folder.ARCHIVE) as pictures:
        raw = folder.read(pictures, tmp_path / "raw")
        return raw.table, raw.members


def prepared(source, tmp_path, region):
    """The cache that the stages make of a source."""
    fetching.fetch("own", str(source), tmp_path / "raw")
    with Archive(tmp_path / "raw" / folder.ARCHIVE) as pictures:
        cache.build(folder.read(pictures, tmp_path / "raw"), region, 16, None, 0, tmp_path / "own")
    return Faces.open(tmp_path / "own", "all")


def names(mine):
    return sorted(str(path.relative_to(mine)) for path in mine.rglob("[0-9]*.*"))


def test_nested_folder_of_any_kinds_is_one_row_a_picture(mine, home, tmp_path):
    table, members = brought(mine, home, tmp_path)
    assert list(table["file"]) == members == names(mine)
    assert len(members) == 12


def test_zip_gives_the_same_as_the_folder(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    from_folder, _ = brought(mine, home, tmp_path)
    files = {str(path.relative_to(mine)): path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    from_zip, _ = brought(archive.pack(tmp_path / "mine.zip", files), home, tmp_path / "again")
    assert from_zip.equals(from_folder)
    assert "hair_blond" in from_zip


def test_zip_at_a_url_is_downloaded_once_and_another_of_its_name_does_not_take_its_place(mine, home, tmp_path):
    data = {name: (mine / name).read_bytes() for name in names(mine)}
    whole = archive.pack(tmp_path / "mine.zip", data)
    fewer = archive.pack(tmp_path / "fewer.zip", {name: data[name] for name in names(mine)[:3]})
    site = Site(files={"/a/mine.zip": whole.read_bytes(), "/b/mine.zip": fewer.read_bytes()})
    with serving(site):
        for _ in range(2):
            _, members = brought(f"{site.url}/a/mine.zip", home, tmp_path)
            assert members == names(mine)
        _, members = brought(f"{site.url}/b/mine.zip", home, tmp_path)
    assert members == names(mine)[:3]
    assert [path for path, _ in site.asked] == ["/a/mine.zip", "/b/mine.zip"]


@pytest.mark.parametrize("path", ["/mine.zip", "/mine.zip?download=1", "/get?id=7", "/MINE.ZIP"])
@pytest.mark.parametrize(
    ("sent", "message"),
    [(b"<html><title>Please log in</title></html>", "sent a web page instead of .* [(]Please log in[)]"), (b"{}", "not a complete zip")],
)
def test_answer_in_place_of_a_zip_is_one_line_and_the_next_run_asks_again(mine, home, tmp_path, path, sent, message):
    whole = archive.pack(tmp_path / "mine.zip", {name: (mine / name).read_bytes() for name in names(mine)})
    site = Site(files={path: sent})
    with serving(site):
        with pytest.raises(UserError, match=message):
            brought(f"{site.url}{path}", home, tmp_path)
        site.files[path] = whole.read_bytes()
        _, members = brought(f"{site.url}{path}", home, tmp_path)
    assert members == names(mine)


def test_equal_folders_give_equal_bytes_at_any_time(mine, home, tmp_path):
    brought(mine, home, tmp_path)
    shutil.copytree(mine, tmp_path / "copy")
    brought(tmp_path / "copy", home, tmp_path / "again")
    assert (tmp_path / "raw" / folder.ARCHIVE).read_bytes() == (tmp_path / "again" / "raw" / folder.ARCHIVE).read_bytes()


def test_columns_of_zeros_and_ones_are_kept_and_each_category_gets_a_column(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    rows = table.set_index("file").loc[["a/00.jpg", "a/01.png", "02.WEBP", "a/03.jpg"]]
    assert rows.columns.tolist() == ["split", "hair_blond", "hair_brown", "eyes_blue", "smiling", "glasses"]
    assert rows.drop(columns="split").to_numpy().tolist() == [[1, -1, 1, 1, -1], [-1, 1, 1, -1, 1], [1, -1, -1, 1, 1], [-1] * 5]
    assert set(rows.dtypes[1:].astype(str)) == {"int8"}


def test_row_may_name_a_picture_without_its_folder_if_the_name_is_unique(mine, home, tmp_path):
    (mine / folder.TABLE).write_text("file,smiling\n03.jpg,1\n", encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    assert list(table["file"][table["smiling"] == 1]) == ["a/03.jpg"]
    shutil.copy(mine / "a" / "03.jpg", mine / "a" / "b")
    with pytest.raises(UserError, match=r"'03.jpg' in the first column matches several pictures, such as a/03.jpg and a/b/03.jpg; add its"):
        brought(mine, home, tmp_path)


def test_next_source_brings_neither_the_table_nor_the_pictures_of_the_one_before(mine, home, tmp_path):
    without, _ = brought(mine, home, tmp_path)
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    assert len(brought(mine, home, tmp_path)[0].columns) > 2
    (mine / folder.TABLE).unlink()
    assert brought(mine, home, tmp_path)[0].equals(without)


def link(place, target):
    place.symlink_to(target)


def bytes_in_latin_1(place, _):
    (place.parent / "a" / "00.jpg").rename(place.parent / "Andr\udce9.jpg")
    (place.parent / "Andr%E9.jpg").write_bytes(b"")


@pytest.mark.parametrize(
    ("change", "name", "target", "message"),
    [
        (link, "b", "a", "b: links to a folder, and such links are not followed"),
        (link, "loop", ".", "loop: links to a folder"),
        (link, "gone.JPG", "nowhere.jpg", r"gone\.JPG: links to no file"),
        (link, folder.TABLE, "nowhere.csv", r"attributes\.csv: links to no file"),
        (lambda place, _: os.mkfifo(place), "pipe.png", None, r"pipe\.png: is no regular file"),
        (bytes_in_latin_1, "", None, r"two files are called Andr%E9\.jpg"),
    ],
)
def test_what_would_be_left_out_is_one_line_here_and_in_scores(mine, home, tmp_path, change, name, target, message):
    change(mine / name if name else mine / "x", target)
    with pytest.raises(UserError, match=message):
        brought(mine, home, tmp_path)
    if name != folder.TABLE:
        with pytest.raises(UserError, match=message):
            score.open_source(mine, "clean", skip_broken=False, archives=ExitStack())


def test_folder_that_cannot_be_read_is_one_line(mine, home, tmp_path, monkeypatch):
    def scandir(path, real=os.scandir):
        if str(path).endswith("/b"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(UserError, match=r"a/b: cannot be read: Permission denied"):
        brought(mine, home, tmp_path)


def test_links_elsewhere_are_followed_or_concern_no_picture_and_other_files_are_counted(mine, home, tmp_path, capfd):
    (tmp_path / "link").symlink_to(mine)
    (mine / "12.png").symlink_to("a/01.png")
    (mine / ".hidden").symlink_to("a")
    (mine / "notes").symlink_to("nowhere")
    (mine / "phone.heic").touch()
    assert len(brought("../link", home, tmp_path)[1]) == 13
    assert "left out a/b/notes.txt and 1 more: not .jpg, .jpeg, .png, .webp" in capfd.readouterr().err


def test_name_that_is_not_utf_8_keeps_a_readable_form(mine, home, tmp_path):
    (mine / "a" / "00.jpg").rename(mine / "Andr\udce9.jpg")
    assert "Andr%E9.jpg" in brought(mine, home, tmp_path)[1]


def test_tilde_is_the_home_folder(mine, home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(brought("~/mine", home, tmp_path)[1]) == 12


@pytest.mark.parametrize("row", ["Zo\u00eb.jpg", "Zoe\u0308.jpg", "zo\u00eb.JPG", "A\\Zo\u00eb.jpg"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_row_names_a_picture_in_any_form_of_its_name_unless_that_is_ambiguous(mine, home, tmp_path, row, form):
    shutil.move(mine / "a" / "00.jpg", mine / "a" / unicodedata.normalize(form, "Zo\u00eb.jpg"))
    (mine / folder.TABLE).write_text(f"file,smiling\n{row},1\n", encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    assert table["file"][table["smiling"] == 1].map(ascii).str.contains("Zo").tolist() == [True]
    shutil.copy(mine / "a" / "03.jpg", mine / "a" / "b" / "ZO\u00cb.jpg")
    shutil.copy(mine / "a" / "03.jpg", mine / "a" / "ZO\u00cb.jpg")
    (mine / folder.TABLE).write_text("file,smiling\nzO\u00eb.jpg,1\n", encoding="utf-8")
    with pytest.raises(UserError, match="matches several pictures"):
        brought(mine, home, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,split,smiling\n00.jpg,0,1\n", "attributes.csv: a column may not be called 'split'"),
        ("x,split\n00.jpg,train\n", "a column may not be called 'split'"),
        ("x,file\n00.jpg,1\n", "a column may not be called 'file'"),
        ("x,hair_blond,hair\n00.jpg,1,blond\n", "two columns become hair_blond: rename 'hair'"),
        ("x,smiling,smiling\n00.jpg,1,0\n", "two columns become smiling"),
        ("x,Zo\u00eb,Zoe\u0308\n00.jpg,1,0\n", "two columns become Zo\u00eb"),
        ("x,smiling,\n00.jpg,1,2\n", "a column has values, such as '2', and no name"),
        ("file,smiling\nnobody.jpg,1\n", "'nobody.jpg' in the first column is not the name of a picture"),
        ("file,smiling\na/00.jpg,1\n00.jpg,0\n", "two rows for a/00.jpg"),
        ("", "not a CSV table"),
        ("00.jpg,blond,1\n01.png,brown,0\n", "the first row names the picture 00.jpg, not the columns"),
    ],
)
def test_table_that_does_not_fit_is_one_line(mine, home, tmp_path, text, message):
    (mine / folder.TABLE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        brought(mine, home, tmp_path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(mine))  # the user's file


def test_spaces_around_cells_and_other_forms_of_numbers_change_nothing(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(
        "file, hair, smiling \n00.jpg, blond,1 \n01.png ,blond , 1.00\n02.WEBP,brown,+1\n03.jpg,,-1.00\n", encoding="utf-8"
    )
    table, _ = brought(mine, home, tmp_path)
    assert list(table.columns) == ["file", "split", "hair_blond", "hair_brown", "smiling"]
    assert (table[["hair_blond", "hair_brown", "smiling"]] == 1).sum().tolist() == [2, 1, 3]


def test_short_row_and_a_last_comma_are_blank(mine, home, tmp_path):
    (mine / folder.TABLE).write_text("file,smiling,hair,\n00.jpg,1\n", encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    assert (list(table.columns), (table["smiling"] == 1).sum()) == (["file", "split", "smiling", "hair"], 1)


def test_table_that_is_not_utf_8_is_one_line(mine, home, tmp_path):
    (mine / folder.TABLE).write_bytes("file,Mädchen\n00.jpg,1\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"attributes\.csv: not UTF-8 text \(.*\): save it as CSV UTF-8"):
        brought(mine, home, tmp_path)


def test_damaged_table_in_a_zip_is_one_line(mine, home, tmp_path):
    whole = archive.pack(tmp_path / "mine.zip", {"a.png": archive.encoded(archive.picture(1), "PNG"), folder.TABLE: TABLE.encode()})
    archive.flip(whole, b"file,hair", 3)
    with pytest.raises(UserError, match=r"zip: attributes.csv cannot be read: the zip is damaged: Bad CRC-32"):
        brought(whole, home, tmp_path)


def test_column_of_captions_is_named(mine, home, tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "CATEGORIES", 2)
    (mine / folder.TABLE).write_text("file,title\n00.jpg,one\n01.png,two\n03.jpg,three\n", encoding="utf-8")
    with pytest.raises(UserError, match="column title has 3 different values; categories are limited to 2"):
        brought(mine, home, tmp_path)


def test_split_is_eight_one_one_the_same_each_time_and_not_by_the_names_order():
    files = [f"{i:03d}.jpg" for i in range(100)]
    splits = folder.split(files)
    assert [splits.count(split) for split in ("train", "valid", "test")] == [80, 10, 10]
    assert splits == folder.split(files)
    assert splits[:80] != ["train"] * 80
    assert [folder.split(files[:10]).count(split) for split in ("train", "valid", "test")] == [8, 1, 1]


def test_blank_source_missing_source_and_folder_without_pictures_are_one_line(home, tmp_path):
    (home / "empty").mkdir()
    for source, message in [(None, "blank; set the folder or zip"), ("nowhere", "nowhere does not exist"), ("empty", "has no pictures")]:
        with pytest.raises(UserError, match=message) as error:
            fetching.fetch("own", source, tmp_path / "raw")
        assert str(error.value).startswith("params.yaml: datasets.own.source: ")
        assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("region", [Centre(), Box(left=0.0, top=0.5, right=1.0, bottom=1.0)])
def test_crop_is_the_middle_square_or_the_box_of_each_picture(mine, home, tmp_path, region):
    faces = prepared(mine, tmp_path, region)
    for picture, name in zip(faces.pictures[:], faces.table["file"], strict=True):
        with Image.open(mine / name) as image:
            expected = image.convert("RGB").crop(region.edges(*image.size)).resize((16, 16), Image.Resampling.BILINEAR)
        assert np.allclose(picture, np.asarray(expected), rtol=0, atol=1)


def test_pictures_that_are_enlarged_are_counted(mine, home, tmp_path, capfd):
    for size in (3, 15, 16):
        (mine / f"{size}.png").write_bytes(archive.encoded(archive.picture(1, (size, 40)), "PNG"))
    prepared(mine, tmp_path, Centre())
    assert "2 of the pictures are smaller than 16x16 and were enlarged\n" in capfd.readouterr().err


def test_conditions_name_columns(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    faces = prepared(mine, tmp_path, Centre())
    conditions = faces.conditions({"hair": ["hair_blond", "hair_brown"], "smile": ["smiling"]})
    shown = dict(zip(faces.table["file"], conditions.tolist(), strict=True))
    assert [shown[name] for name in ("a/00.jpg", "a/01.png", "02.WEBP", "a/03.jpg")] == [[1, 1], [2, 0], [1, 1], [0, 0]]
    with pytest.raises(UserError, match="no attribute 'Black_Hair'; available: hair_blond, hair_brown, eyes_blue, smiling, glasses"):
        faces.conditions({"hair": ["Black_Hair"]})
