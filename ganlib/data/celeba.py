"""CelebA's official layout (Liu et al. 2015): one zip of aligned 178x218 JPEGs, a table of 40 attributes, a split."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from ganlib import progress
from ganlib.errors import UserError
from ganlib.files import replacing

ARCHIVE = "img_align_celeba.zip"
FOLDER = "img_align_celeba"
ATTRIBUTE_TABLE = "list_attr_celeba.txt"
SPLIT_TABLE = "list_eval_partition.txt"

WIDTH, HEIGHT = 178, 218
SPLITS = ("train", "valid", "test")  # 0, 1 and 2 in SPLIT_TABLE
ATTRIBUTES = tuple(
    "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair Blond_Hair Blurry"
    " Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup High_Cheekbones Male"
    " Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns"
    " Smiling Straight_Hair Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young".split()
)


def fetch(source: Path, raw: Path, key: str) -> None:
    """Copy what the pipeline needs of the folder `source` into `raw`; a folder of pictures becomes the archive.

    Nothing in `raw` is touched before `source` is known to be whole; `key` names the setting in the UserError where it is not.
    """
    archive, pictures = source / ARCHIVE, source / FOLDER
    missing = [name for name in (ATTRIBUTE_TABLE, SPLIT_TABLE) if not (source / name).is_file()]
    if not archive.is_file() and not pictures.is_dir():
        missing.insert(0, f"{ARCHIVE} (or a folder {FOLDER}/)")
    if missing:
        raise UserError(
            f"params.yaml: {key}: {source} has no {', no '.join(missing)}; put CelebA's files there,"
            f" or name the folder that holds them with -S {key}=FOLDER"
        )
    read_tables(source)
    for name in (ATTRIBUTE_TABLE, SPLIT_TABLE):
        with replacing(raw / name) as target:
            shutil.copyfile(source / name, target)
    with replacing(raw / ARCHIVE) as target:
        if archive.is_file():
            _copy(archive, target)
        else:
            _pack(pictures, target)


def read_tables(folder: Path) -> pd.DataFrame:
    """One row a picture: `file`, `split` (a name of SPLITS) and the 40 attributes as int8, 1 or -1."""
    attributes = _read(folder / ATTRIBUTE_TABLE, skiprows=1)
    splits = _read(folder / SPLIT_TABLE, header=None, names=["file", "split"], index_col="file")["split"]
    if tuple(attributes.columns) != ATTRIBUTES:
        raise UserError(f"{folder / ATTRIBUTE_TABLE}: line 2 must name CelebA's 40 attributes, and has {len(attributes.columns)} names")
    if not attributes.isin([-1, 1]).all(axis=None):
        raise UserError(f"{folder / ATTRIBUTE_TABLE}: every attribute must be 1 or -1")
    if not attributes.index.equals(splits.index) or not splits.isin(range(len(SPLITS))).all():
        raise UserError(f"{folder / SPLIT_TABLE}: must give 0, 1 or 2 to each file of {ATTRIBUTE_TABLE}, in its order")
    table = attributes.astype("int8")
    table.insert(0, "split", splits.map(dict(enumerate(SPLITS))))
    return table.rename_axis("file").reset_index()


def _read(path: Path, **options: Any) -> pd.DataFrame:
    try:
        return pd.read_csv(path, sep=r"\s+", **options)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise UserError(f"{path}: is not CelebA's table: {' '.join(str(error).split())}") from None


def _copy(source: Path, target: Path) -> None:
    with (
        source.open("rb") as reader,
        target.open("wb") as writer,
        progress.bar(total=source.stat().st_size, desc=f"copying {source.name}", unit="B", unit_scale=True) as bar,
    ):
        while block := reader.read(1 << 22):
            writer.write(block)
            bar.update(len(block))


def _pack(pictures: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for picture in progress.bar(sorted(pictures.iterdir()), desc=f"packing {pictures.name}/", unit="picture"):
            archive.write(picture, f"{FOLDER}/{picture.name}")
