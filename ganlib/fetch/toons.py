"""Drawn faces in CelebA's layout, with CelebA's attributes: a data set that needs no download.

The drawings are a remix of "Avataaars" (https://avataaars.com/) by Pablo Stanley, free for personal and commercial use, in DiceBear's
`avataaars` style (https://www.dicebear.com), drawn offline. An attribute is 1 if the picture shows it, else -1; attributes that a drawing
cannot show (Young, Male, Attractive, ...) are always -1.
"""

import colorsys
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import cache, partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
import resvg_py
from dicebear import Avatar, Style
from PIL import Image

from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, ATTRIBUTES, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH
from ganlib.fetch.finish import finished
from ganlib.support import console, parallel
from ganlib.support.files import replacing

# A drawing by DiceBear's options: {"mouthVariant": "smile", "skinColor": "#edb98a", ...}; the variant "none" omits a part.
Toon = dict[str, str]

# The style's eyes are at (114, 112) and (166, 112). At this scale they are within 3 pixels of CelebA's, (69, 111) and (108, 111), and the
# mouth is within 5 pixels of CelebA's row 152. The scale that matches the eyes exactly makes the head too small.
SCALE = 0.84
PLACE = f"translate({88.5 - 140 * SCALE:.2f} {111 - 112 * SCALE:.2f}) scale({SCALE})"

HAIRS = (
    "bob bun curly curvy dreads01 dreads02 frizzle fro miaWallace shaggy shaggyMullet shortCurly shortFlat shortRound shortWaved"
    " straight01 straight02 straightAndStrand theCaesar theCaesarAndSidePart"
)
HATS = "hat winterHat02 winterHat03 winterHat04 winterHat1"
EYEWEAR = "kurt prescription01 prescription02 round sunglasses wayfarers"
BEARDS = "beardLight beardMedium beardMajestic"
MOUSTACHES = "moustacheFancy moustacheMagnum"
BLACK, BROWN, BLOND, GRAY = "#17130f #2c1b18", "#5a3a2e #724133 #8b5a3c", "#c9a03a #e5bf4f #f7e27e", "#8e8e93 #b4b4b4 #e8e1e1"
RED, PINK = "#c93305", "#f59797"  # no attributes of CelebA
PALE = "#ffdbb4"

# Weights of the values, near CelebA's rates if it has the attribute; the values in one string share its weight equally. Other values of
# the style are ugly or ambiguous: a headband, a hijab, bared teeth, two-tone hair.
CHANCES = {
    "topVariant": {HAIRS: 88, HATS: 8, "none": 4},
    "hairColor": {BLACK: 28, BROWN: 28, BLOND: 22, GRAY: 12, RED: 5, PINK: 5},
    "skinColor": {"#614335": 15, "#ae5d29": 15, "#d08b5b": 20, "#edb98a": 35, PALE: 15},
    "eyesVariant": {"default": 50, "closed happy side squint surprised wink": 50},
    "eyebrowsVariant": {
        "angry angryNatural default defaultNatural flatNatural frownNatural": 50,
        "raisedExcited raisedExcitedNatural sadConcerned upDown upDownNatural": 50,
    },
    "mouthVariant": {"default": 14, "smile": 16, "tongue": 2, "twinkle": 18, "serious": 33, "disbelief": 9, "concerned": 8},
    "facialHairVariant": {"none": 80, BEARDS: 12, MOUSTACHES: 8},
    "accessoriesVariant": {"none": 82, EYEWEAR: 18},
    "accessoriesColor": {"#262e33 #25557c #7a1f2b": 100},
    "clothesVariant": {"blazerAndShirt blazerAndSweater collarAndSweater hoodie overall shirtCrewNeck shirtScoopNeck shirtVNeck": 100},
    "clothesColor": {"#262e33 #3c4f5c #25557c #5199e4 #65c9ff #929598 #e6e6e6 #a7ffc4 #ffffb1 #ffafb9 #ff5c5c #ff488e": 100},
    "hatColor": {"#25557c #5199e4 #65c9ff #a7ffc4 #ffffb1 #ff5c5c #ff488e": 100},
}

# The values that make an attribute true, judged by eye at CelebA's size. All beards of the style include a moustache and sideburns; only
# `beardLight` is a ring around mouth and chin.
SHOWN_BY = {
    "Bald": ("topVariant", "none"),
    "Wearing_Hat": ("topVariant", HATS),
    "Straight_Hair": ("topVariant", "bob miaWallace straight01 straight02 straightAndStrand"),
    "Wavy_Hair": ("topVariant", "curly curvy fro shortCurly shortWaved"),
    "Bangs": ("topVariant", "bob curvy miaWallace shaggy shaggyMullet straightAndStrand"),
    "Black_Hair": ("hairColor", BLACK),
    "Brown_Hair": ("hairColor", BROWN),
    "Blond_Hair": ("hairColor", BLOND),
    "Gray_Hair": ("hairColor", GRAY),
    "Pale_Skin": ("skinColor", PALE),
    "Eyeglasses": ("accessoriesVariant", EYEWEAR),
    "Smiling": ("mouthVariant", "default smile tongue twinkle"),
    "Mouth_Slightly_Open": ("mouthVariant", "default smile tongue disbelief concerned"),
    "No_Beard": ("facialHairVariant", "none"),
    "Mustache": ("facialHairVariant", f"{BEARDS} {MOUSTACHES}"),
    "Goatee": ("facialHairVariant", "beardLight"),
    "Sideburns": ("facialHairVariant", BEARDS),
}


def draw(folder: Path, count: int, *, finish: bool = True, seed: int = 0) -> None:
    """Write `count` faces (at least 10) to `folder` as CelebA's archive, attributes and split (80% train, 10% valid, 10% test).

    Equal arguments give equal bytes on any number of cores, and a smaller count gives the first pictures of a larger one. Each file is
    written atomically, the archive last.
    """
    names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    rows = []
    with replacing(folder / ARCHIVE) as part:
        with (
            ZipFile(part, "w") as archive,
            ProcessPoolExecutor(parallel.core_count(), multiprocessing.get_context("spawn")) as pool,
            closing(pool.map(partial(face, seed, finish), range(1, count + 1), chunksize=16)) as faces,  # type: ignore[type-var] # is a generator
        ):
            for name, (shown, jpeg) in zip(names, console.bar(faces, desc="drawing faces", total=count, unit="face"), strict=True):
                archive.writestr(_member(name), jpeg)
                rows.append(" ".join([name, *(" 1" if attribute in shown else "-1" for attribute in ATTRIBUTES)]))
        with replacing(folder / ATTRIBUTE_TABLE) as table:
            table.write_text("\n".join([str(count), " ".join(ATTRIBUTES) + " ", *rows, ""]), encoding="utf-8")
        with replacing(folder / SPLIT_TABLE) as table:
            table.write_text(
                "".join(f"{name} {(10 * i >= 8 * count) + (10 * i >= 9 * count)}\n" for i, name in enumerate(names)), encoding="utf-8"
            )


def describe(seed: int, number: int) -> Toon:
    """The drawing of picture `number`; has a "hairColor" only if hair is visible on the head."""
    rng = np.random.default_rng([seed, number])
    toon = {option: _pick(rng, chances) for option, chances in CHANCES.items() if option != "skinColor"}
    hair = toon["facialHairColor"] = toon["hairColor"]
    skin = toon["skinColor"] = _pick(rng, {skin: chance for skin, chance in CHANCES["skinColor"].items() if _differ(skin, hair)})
    toon["backgroundColor"] = _background(rng, skin, toon["hatColor"] if toon["topVariant"] in HATS.split() else hair)
    if toon["topVariant"] not in HAIRS.split():
        del toon["hairColor"]
    return toon


def attributes(toon: Toon) -> frozenset[str]:
    """The names of CelebA's attributes that a drawing shows."""
    return frozenset(name for name, (option, values) in SHOWN_BY.items() if toon.get(option) in values.split())


def render(toon: Toon) -> Image.Image:
    """Render a drawing to an RGB picture of WIDTH x HEIGHT."""
    options = {option: [] if value == "none" else value for option, value in toon.items()}
    shown = {f"{part}Probability": 100 for part in ("top", "facialHair", "accessories")}  # by default DiceBear draws them at random
    svg = Avatar(_style(), options | shown).to_string()
    svg = svg.replace("clip-path=", "data-clip=")  # the canvas clips anyway, and this doubles resvg's time
    return Image.open(BytesIO(resvg_py.svg_to_bytes(svg, width=WIDTH, height=HEIGHT, skip_system_fonts=True))).convert("RGB")


def face(seed: int, finish: bool, number: int) -> tuple[frozenset[str], bytes]:
    """The attributes of picture `number`, and its JPEG."""
    toon = describe(seed, number)
    picture = render(toon)
    if finish:
        picture = Image.fromarray(finished(np.asarray(picture), np.random.default_rng([seed, number, 1])))
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=95)
    return attributes(toon), jpeg.getvalue()


@cache
def _style() -> Style:
    """`avataaars` on a canvas of CelebA's size, aligned with CelebA's faces."""
    definition = json.loads((files("dicebear_styles") / "avataaars.json").read_text(encoding="utf-8"))
    head = {"type": "element", "name": "g", "attributes": {"transform": PLACE}, "children": definition["canvas"]["elements"]}
    return Style(definition | {"canvas": {"width": WIDTH, "height": HEIGHT, "elements": [head]}})


def _pick(rng: np.random.Generator, chances: dict[str, int]) -> str:
    weights = np.array([*chances.values()])
    values = [*chances][rng.choice(len(weights), p=weights / weights.sum())].split()
    return values[rng.integers(len(values))]


def _background(rng: np.random.Generator, *beside: str) -> str:
    """A random soft colour that contrasts with the colours `beside` it."""
    while True:
        rgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.1, 0.65), rng.uniform(0.5, 1))
        colour = "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)
        if all(_differ(colour, other) for other in beside):
            return colour


def _differ(a: str, b: str) -> bool:
    """Whether two colours are easy to tell apart: some channel differs by 30 of 255."""
    return any(abs(x - y) >= 30 for x, y in zip(bytes.fromhex(a[1:]), bytes.fromhex(b[1:]), strict=True))


def _member(name: str) -> ZipInfo:
    """A zip entry that depends on its name only, not on clock, umask or platform."""
    entry = ZipInfo(f"{FOLDER}/{name}")
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry
