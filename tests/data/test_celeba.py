import pytest

from ganlib.data import celeba
from ganlib.support.errors import UserError
from tests.data import archive


@pytest.fixture
def source(tmp_path):
    return archive.write(tmp_path / "source", [archive.jpeg(archive.picture(i)) for i in range(12)], {"Bald": [3]})


def test_tables_give_split_and_attributes_row_for_row(source):
    table = celeba.read_tables(source)
    assert list(table["file"][:3]) == ["000001.jpg", "000002.jpg", "000003.jpg"]
    assert list(table["split"][:4]) == ["train", "valid", "test", "train"]
    assert list(table["Bald"]) == [-1, -1, -1, 1] + [-1] * 8
    assert str(table["Bald"].dtype) == "int8"
    assert tuple(table.columns[2:]) == celeba.ATTRIBUTES


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (celeba.ATTRIBUTE_TABLE, "12\nBald Male\n000001.jpg 1 1\n", "40 attributes"),
        (celeba.ATTRIBUTE_TABLE, "", "not CelebA's table"),
        (celeba.ATTRIBUTE_TABLE, "0\n" + " ".join(celeba.ATTRIBUTES) + "\n", "lists no picture"),
        (celeba.ATTRIBUTE_TABLE, "1\n" + " ".join(celeba.ATTRIBUTES) + "\n000001.jpg" + 40 * f" {10**20}", "not CelebA's table: Overflow"),
        (celeba.ATTRIBUTE_TABLE, "1\n" + " ".join(celeba.ATTRIBUTES) + "\n000001.jpg 0" + 39 * " -1", "must be 1 or -1"),
        (celeba.SPLIT_TABLE, "0 000001.jpg 0\n", "not CelebA's table"),
        (celeba.SPLIT_TABLE, "000001.jpg 0\n", "in the same order"),
        (celeba.SPLIT_TABLE, "".join(f"{i:06d}.jpg 7\n" for i in range(1, 13)), "0, 1 or 2"),
    ],
)
def test_table_that_does_not_fit_is_refused_in_one_line(source, name, text, message):
    (source / name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        celeba.read_tables(source)
    assert "\n" not in str(error.value)
