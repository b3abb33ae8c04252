import shutil

import numpy as np
import pytest
from PIL import Image

from ganlib.data import cache, folder
from ganlib.data.archive import Archive
from ganlib.data.crop import Box, Centre
from ganlib.data.faces import Faces
from ganlib.fetch import folder as fetching
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
    """Twelve pictures of three kinds and many sizes in nested folders, and what is none."""
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


def test_page_in_place_of_a_zip_is_one_line_and_the_next_run_asks_again(mine, home, tmp_path):
    whole = archive.pack(tmp_path / "mine.zip", {name: (mine / name).read_bytes() for name in names(mine)})
    site = Site(files={"/mine.zip": b"<html><title>Please log in</title></html>"})
    with serving(site):
        with pytest.raises(UserError, match=r"sent a web page instead of mine\.zip \(Please log in\)"):
            brought(f"{site.url}/mine.zip", home, tmp_path)
        site.files["/mine.zip"] = whole.read_bytes()
        _, members = brought(f"{site.url}/mine.zip", home, tmp_path)
    assert members == names(mine)


def test_equal_folders_give_equal_bytes_at_any_time(mine, home, tmp_path):
    brought(mine, home, tmp_path)
    shutil.copytree(mine, tmp_path / "copy")
    brought(tmp_path / "copy", home, tmp_path / "again")
    assert (tmp_path / "raw" / folder.ARCHIVE).read_bytes() == (tmp_path / "again" / "raw" / folder.ARCHIVE).read_bytes()


def test_columns_of_zeros_and_ones_hold_and_categories_become_a_column_each(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    rows = table.set_index("file").loc[["a/00.jpg", "a/01.png", "02.WEBP", "a/03.jpg"]]
    assert rows.columns.tolist() == ["split", "hair_blond", "hair_brown", "eyes_blue", "smiling", "glasses"]
    assert rows.drop(columns="split").to_numpy().tolist() == [[1, -1, 1, 1, -1], [-1, 1, 1, -1, 1], [1, -1, -1, 1, 1], [-1] * 5]
    assert set(rows.dtypes[1:].astype(str)) == {"int8"}


def test_row_may_name_a_picture_without_its_folder_where_only_one_has_the_name(mine, home, tmp_path):
    (mine / folder.TABLE).write_text("file,smiling\n03.jpg,1\n", encoding="utf-8")
    table, _ = brought(mine, home, tmp_path)
    assert list(table["file"][table["smiling"] == 1]) == ["a/03.jpg"]
    shutil.copy(mine / "a" / "03.jpg", mine / "a" / "b")
    with pytest.raises(UserError, match=r"'03.jpg' in the first column matches several pictures, such as a/03.jpg and a/b/03.jpg; add its"):
        brought(mine, home, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,smiling\nnobody.jpg,1\n", "'nobody.jpg' in the first column is not the name of a picture"),
        ("file,smiling\na/00.jpg,1\n00.jpg,0\n", "two rows for a/00.jpg"),
        ("", "not a CSV table"),
    ],
)
def test_table_that_does_not_fit_is_one_line(mine, home, tmp_path, text, message):
    (mine / folder.TABLE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        brought(mine, home, tmp_path)
    assert "\n" not in str(error.value)


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


def test_conditions_name_columns(mine, home, tmp_path):
    (mine / folder.TABLE).write_text(TABLE, encoding="utf-8")
    faces = prepared(mine, tmp_path, Centre())
    conditions = faces.conditions({"hair": ["hair_blond", "hair_brown"], "smile": ["smiling"]})
    shown = dict(zip(faces.table["file"], conditions.tolist(), strict=True))
    assert [shown[name] for name in ("a/00.jpg", "a/01.png", "02.WEBP", "a/03.jpg")] == [[1, 1], [2, 0], [1, 1], [0, 0]]
    with pytest.raises(UserError, match="no attribute 'Black_Hair'; available: hair_blond, hair_brown, eyes_blue, smiling, glasses"):
        faces.conditions({"hair": ["Black_Hair"]})
