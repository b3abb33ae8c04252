"""A small archive in CelebA's layout whose pictures are known."""

import io
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image

from ganlib.data import cache, celeba
from ganlib.data.archive import Archive
from ganlib.data.crop import Crop


def picture(number: int, size: tuple[int, int] = (celeba.WIDTH, celeba.HEIGHT)) -> Image.Image:
    """A smooth gradient whose blue channel is the picture's number."""
    columns, rows = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    return Image.fromarray(np.stack([columns, rows, np.full_like(rows, number)], axis=2).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image) -> bytes:
    return encoded(image, quality=95)


def names(count: int) -> list[str]:
    return [f"{number + 1:06d}.jpg" for number in range(count)]


def write(folder: Path, pictures: list[bytes], attributes: dict[str, list[int]] | None = None) -> Path:
    """The three files; row i is of split i % 3; `attributes` lists by name the rows that have an attribute."""
    folder.mkdir(parents=True, exist_ok=True)
    files = names(len(pictures))
    pack(folder / celeba.ARCHIVE, {f"{celeba.FOLDER}/{name}": data for name, data in zip(files, pictures, strict=True)})
    held = attributes or {}
    lines = [str(len(files)), " ".join(celeba.ATTRIBUTES) + " "]
    for i, name in enumerate(files):
        lines.append(" ".join([name, *(f"{1 if i in held.get(attribute, []) else -1:2d}" for attribute in celeba.ATTRIBUTES)]))
    (folder / celeba.ATTRIBUTE_TABLE).write_text("\n".join([*lines, ""]), encoding="utf-8")
    (folder / celeba.SPLIT_TABLE).write_text("".join(f"{name} {i % 3}\n" for i, name in enumerate(files)), encoding="utf-8")
    return folder


def pack(path: Path, files: dict[str, bytes], compression: int = 0) -> Path:
    """A zip of `files`."""
    with ZipFile(path, "w", compression) as whole:
        for name, data in files.items():
            whole.writestr(name, data)
    return path


def flip(path: Path, marker: bytes, offset: int, bits: int = 1) -> Path:
    """Invert `bits` of the byte at `offset` from the first occurrence of `marker`."""
    data = bytearray(path.read_bytes())
    data[data.index(marker) + offset] ^= bits
    path.write_bytes(data)
    return path


def kaggle(path: Path, official: Path) -> Path:
    """The files of the folder `official` as Kaggle's jessicali9530/celeba-dataset packs them: a nested folder and tables as CSV."""
    with ZipFile(official / celeba.ARCHIVE) as whole:
        files = {f"{celeba.FOLDER}/{name}": whole.read(name) for name in whole.namelist()}
    _, header, *rows = (official / celeba.ATTRIBUTE_TABLE).read_text(encoding="utf-8").splitlines()
    splits = (official / celeba.SPLIT_TABLE).read_text(encoding="utf-8").splitlines()
    files["list_attr_celeba.csv"] = _csv([f"image_id {header.strip()}", *rows])
    files["list_eval_partition.csv"] = _csv(["image_id partition", *splits])
    files["list_bbox_celeba.csv"] = b"image_id,x_1,y_1,width,height\r\n"
    files["list_landmarks_align_celeba.csv"] = b"image_id,lefteye_x,lefteye_y\r\n"
    return pack(path, files)


def _csv(lines: Iterable[str]) -> bytes:
    return "".join(",".join(line.split()) + "\r\n" for line in lines).encode()


def prepare(folder: Path, crop: Crop, target: Path, images: int | None = None, max_broken: int = 0) -> None:
    """Prepare a folder in CelebA's layout, as the stage does."""
    with Archive(folder / celeba.ARCHIVE) as pictures:
        cache.build(celeba.read(pictures, folder), crop, crop.size, images, max_broken, target)
