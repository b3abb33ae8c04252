"""A small archive in CelebA's layout whose pictures are known."""

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image

from ganlib.data import celeba


def picture(number: int, size: tuple[int, int] = (celeba.WIDTH, celeba.HEIGHT)) -> Image.Image:
    """A smooth gradient whose blue channel is the picture's number."""
    columns, rows = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    return Image.fromarray(np.stack([columns, rows, np.full_like(rows, number)], axis=2).astype(np.uint8))


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def write(folder: Path, pictures: list[bytes], attributes: dict[str, list[int]] | None = None) -> Path:
    """The three files; row i is of split i % 3, and of the named attributes those given hold."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number + 1:06d}.jpg" for number in range(len(pictures))]
    with ZipFile(folder / celeba.ARCHIVE, "w") as archive:
        for name, data in zip(names, pictures, strict=True):
            archive.writestr(f"{celeba.FOLDER}/{name}", data)
    held = attributes or {}
    rows = [
        " ".join([name, *(f"{1 if i in held.get(attribute, []) else -1:2d}" for attribute in celeba.ATTRIBUTES)])
        for i, name in enumerate(names)
    ]
    (folder / celeba.ATTRIBUTE_TABLE).write_text("\n".join([str(len(names)), " ".join(celeba.ATTRIBUTES) + " ", *rows, ""]))
    (folder / celeba.SPLIT_TABLE).write_text("".join(f"{name} {i % 3}\n" for i, name in enumerate(names)))
    return folder
