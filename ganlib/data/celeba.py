"""CelebA's official layout (Liu et al. 2015): one zip of aligned 178x218 JPEGs, a table of 40 attributes, a split."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from ganlib.data.archive import Archive
from ganlib.data.raw import Raw
from ganlib.support.errors import UserError

ARCHIVE = "img_align_celeba.zip"
FOLDER = "img_align_celeba"
ATTRIBUTE_TABLE = "list_attr_celeba.txt"
SPLIT_TABLE = "list_eval_partition.txt"
SUFFIXES = ("jpg", "jpeg", "png")  # of pictures, in any case

COUNT = 202_599
WIDTH, HEIGHT = 178, 218
SPLITS = ("train", "valid", "test")  # 0, 1 and 2 in SPLIT_TABLE
ATTRIBUTES = tuple(
    "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair Blond_Hair Blurry"
    " Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup High_Cheekbones Male"
    " Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns"
    " Smiling Straight_Hair Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young".split()
)


def read(pictures: Archive, folder: Path) -> Raw:
    """The pictures of an archive, in any folder of it, with the tables in `folder`."""
    table = read_tables(folder)
    members = find_members(pictures, table["file"])
    if missing := next((file for file, member in zip(table["file"], members, strict=True) if member is None), None):
        raise UserError(f"{pictures.path}: has no {FOLDER}/{missing}, which is in {ATTRIBUTE_TABLE}")
    return Raw(pictures, table, [member for member in members if member])


def find_members(pictures: Archive, files: Iterable[str]) -> list[str | None]:
    """The entry of each of `files`, all in one folder of the archive; None if there is none. 000001.png is an entry of 000001.jpg."""
    folders: dict[str, dict[str, str]] = {}
    for name in pictures.entries:
        folder, _, file = name.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        if suffix.lower() in SUFFIXES and not file.startswith("."):
            there = folders.setdefault(folder, {})
            there.setdefault(stem, name)
            there[file] = name
    best = max(folders, key=lambda folder: (PurePosixPath(folder).name == FOLDER, len(folders[folder])), default="")
    there = folders.get(best, {})
    return [there.get(file) or there.get(PurePosixPath(file).stem) for file in files]


def read_tables(folder: Path, shown: Mapping[str, Path] | None = None) -> pd.DataFrame:
    """One row per picture: `file`, `split` (a name of SPLITS) and the 40 attributes as int8, 1 or -1.

    Errors name a table by `shown`, if it is there: where a copy in `folder` comes from.
    """
    paths = {name: folder / name for name in (ATTRIBUTE_TABLE, SPLIT_TABLE)}
    names = paths | dict(shown or {})
    attributes = _read(paths[ATTRIBUTE_TABLE], names[ATTRIBUTE_TABLE], skiprows=1, dtype=dict.fromkeys(ATTRIBUTES, "int8"))
    splits = _read(paths[SPLIT_TABLE], names[SPLIT_TABLE], header=None, names=["file", "split"], index_col="file")["split"]
    if tuple(attributes.columns) != ATTRIBUTES:
        found = len(attributes.columns)
        raise UserError(f"{names[ATTRIBUTE_TABLE]}: line 2 must name CelebA's 40 attributes, and has {found} names")
    if attributes.empty:
        raise UserError(f"{names[ATTRIBUTE_TABLE]}: lists no picture")
    if (attributes.abs() != 1).any(axis=None):
        raise UserError(f"{names[ATTRIBUTE_TABLE]}: every attribute must be 1 or -1")
    if not attributes.index.equals(splits.index) or not splits.isin(range(len(SPLITS))).all():
        raise UserError(
            f"{names[SPLIT_TABLE]}: must list the files of {names[ATTRIBUTE_TABLE].name} in the same order, each with 0, 1 or 2"
        )
    attributes.insert(0, "split", splits.map(dict(enumerate(SPLITS))))
    return attributes.rename_axis("file").reset_index()


def write_tables(table: pd.DataFrame, folder: Path) -> None:
    """Write the two tables that `read_tables` reads, in the authors' format."""
    rows = zip(table["file"], table[list(ATTRIBUTES)].to_numpy(), strict=True)
    lines = [str(len(table)), " ".join(ATTRIBUTES) + " ", *(" ".join([file, *(f"{value:2d}" for value in row)]) for file, row in rows), ""]
    (folder / ATTRIBUTE_TABLE).write_text("\n".join(lines), encoding="utf-8")
    splits = zip(table["file"], table["split"], strict=True)
    (folder / SPLIT_TABLE).write_text("".join(f"{file} {SPLITS.index(split)}\n" for file, split in splits), encoding="utf-8")


def _read(path: Path, shown: Path, **options: Any) -> pd.DataFrame:
    try:
        table: pd.DataFrame = pd.read_csv(path, sep=r"\s+", **options)
        return table
    except (OSError, ValueError, LookupError, ArithmeticError) as error:  # what pandas raises
        raise UserError(f"{shown}: not CelebA's table: {' '.join(str(error).split())}") from None
