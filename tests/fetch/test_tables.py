import csv

import pytest

from ganlib.data import celeba
from ganlib.fetch.tables import official
from ganlib.support.errors import UserError
from tests.data import archive

NAMES = celeba.ATTRIBUTE_TABLE, celeba.SPLIT_TABLE


@pytest.fixture
def folder(tmp_path):
    """Tables of the authors' format; the pictures do not matter."""
    return archive.write(tmp_path / "celeba", [b""] * 12, {"Bald": [3], "Young": [0, 11]})


def as_csv(folder, **options):
    """The tables as Kaggle has them: a CSV each."""
    table = celeba.read_tables(folder).rename(columns={"file": "image_id"})
    change = options.pop("change", lambda frame: frame)
    splits = table[["image_id"]].assign(partition=table["split"].map(celeba.SPLITS.index))
    for name, frame in zip(NAMES, (change(table.drop(columns="split")), splits), strict=True):
        yield name, frame.to_csv(**{"index": False, **options}).encode(options.get("encoding", "utf-8"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sep": ";"},
        {"sep": "\t"},
        {"index": True},
        {"encoding": "utf-16"},
        {"encoding": "utf-8-sig"},
        {"lineterminator": "\r\n"},
        {"quoting": csv.QUOTE_ALL},
        {"change": lambda frame: frame.replace(-1, 0)},
        {"change": lambda frame: frame.set_index("image_id").eq(1).reset_index()},
        {"change": lambda frame: frame.astype(dict.fromkeys(celeba.ATTRIBUTES, float))},
        {"change": lambda frame: frame[frame.columns[::-1]].assign(partition=7)},
    ],
)
def test_csv_of_any_dialect_is_the_official_table(folder, options, tmp_path):
    for name, text in as_csv(folder, **options):
        (tmp_path / name).write_bytes(official(name, text, name))
    assert celeba.read_tables(tmp_path).equals(celeba.read_tables(folder))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.removeprefix("12\n"),
        lambda text: text.replace("5_o_Clock", "image_id 5_o_Clock"),
        lambda text: text.replace(".jpg", ".png"),
    ],
)
def test_official_table_may_have_other_lines_on_top(folder, change, tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(official(name, change((folder / name).read_text(encoding="utf-8")).encode(), name))
    assert celeba.read_tables(tmp_path)["Bald"].equals(celeba.read_tables(folder)["Bald"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "its first row does not name a picture"),
        (b"\x89PNG\r\n", "neither UTF-8 nor UTF-16"),
        (b'{"error": "no such file"}', "its first row does not name a picture"),
        (b"image_id,Bald,Male\n000001.jpg,1,1\n", "it has no column 5_o_Clock_Shadow, one of the 40 attributes"),
        (
            b"image_id," + ",".join(celeba.ATTRIBUTES).encode() + b"\n000001.jpg" + 40 * b",1" + b"\n000002.jpg,1\n",
            "has 2 values instead of 41",
        ),
    ],
)
def test_table_that_is_not_celebas_is_named(text, message):
    with pytest.raises(UserError, match=message) as error:
        official(celeba.ATTRIBUTE_TABLE, text, "mine/list_attr_celeba.csv")
    assert str(error.value).startswith("mine/list_attr_celeba.csv: not CelebA's table: ")
    assert "\n" not in str(error.value)
