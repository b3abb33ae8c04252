"""CelebA's official layout (Liu et al. 2015): one zip of aligned 178x218 JPEGs, a table of 40 attributes, a split."""

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
    first = table["file"][0]
    inside = next((name.removesuffix(first) for name in pictures.entries if PurePosixPath(name).name == first), f"{FOLDER}/")
    members = [inside + name for name in table["file"]]
    if missing := next((name for name in members if name not in pictures.entries), None):
        raise UserError(f"{pictures.path}: has no {missing}, which is in {ATTRIBUTE_TABLE}")
    return Raw(pictures, table, members)


def read_tables(folder: Path) -> pd.DataFrame:
    """One row per picture: `file`, `split` (a name of SPLITS) and the 40 attributes as int8, 1 or -1."""
    attributes = _read(folder / ATTRIBUTE_TABLE, skiprows=1, dtype=dict.fromkeys(ATTRIBUTES, "int8"))
    splits = _read(folder / SPLIT_TABLE, header=None, names=["file", "split"], index_col="file")["split"]
    if tuple(attributes.columns) != ATTRIBUTES:
        raise UserError(f"{folder / ATTRIBUTE_TABLE}: line 2 must name CelebA's 40 attributes, and has {len(attributes.columns)} names")
    if attributes.empty:
        raise UserError(f"{folder / ATTRIBUTE_TABLE}: lists no picture")
    if (attributes.abs() != 1).any(axis=None):
        raise UserError(f"{folder / ATTRIBUTE_TABLE}: every attribute must be 1 or -1")
    if not attributes.index.equals(splits.index) or not splits.isin(range(len(SPLITS))).all():
        raise UserError(f"{folder / SPLIT_TABLE}: must list the files of {ATTRIBUTE_TABLE} in the same order, each with 0, 1 or 2")
    attributes.insert(0, "split", splits.map(dict(enumerate(SPLITS))))
    return attributes.rename_axis("file").reset_index()


def _read(path: Path, **options: Any) -> pd.DataFrame:
    try:
        table: pd.DataFrame = pd.read_csv(path, sep=r"\s+", **options)
        return table
    except (OSError, ValueError, LookupError, ArithmeticError) as error:  # what pandas raises
        raise UserError(f"{path}: not CelebA's table: {' '.join(str(error).split())}") from None
