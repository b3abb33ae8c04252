"""Drawn faces in CelebA's layout and under CelebA's attribute names, for everyone who has no CelebA at hand.

The drawings are a remix of "Avataaars" (https://avataaars.com/) by Pablo Stanley, free for personal and commercial use, taken from
DiceBear's `avataaars` style (https://www.dicebear.com) and drawn offline. An attribute is 1 where the picture shows it and -1 elsewhere;
those that no drawing can settle (Young, Male, Attractive, ...) are -1 throughout.
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
from ganlib.support import parallel, progress
from ganlib.support.files import replacing

# One drawing, by DiceBear's names: {"mouthVariant": "smile", "skinColor": "#edb98a", ...}; the variant "none" leaves a part out.
Toon = dict[str, str]

# The style's eyes are at (114, 112) and (166, 112). At this scale they fall within 3 pixels of CelebA's, (69, 111) and (108, 111), and
# the mouth within 5 of its 152; the scale that meets the eyes exactly leaves the head too small.
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
RED, PINK = "#c93305", "#f59797"  # which CelebA has no names for
PALE = "#ffdbb4"

# What is drawn and how often in a hundred, near CelebA's rates where it has one; values in one string share its chance. The style's
# other values are ugly or of doubtful meaning: a headband, a hijab, bared teeth, hair in two tones.
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

# The values that make an attribute true, judged by eye at CelebA's size. Every one of the style's beards comes with a moustache and with
# hair before the ears; only `beardLight` is trimmed to a ring around mouth and chin.
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
    """Draw COUNT faces (at least 10) into FOLDER as CelebA's archive, attributes and split (80 % train, 10 % valid, 10 % test).

    They have a photograph's finish unless `finish` is off. Equal arguments give equal bytes on any number of cores, and a smaller count
    gives the first pictures of a larger one. A file bears its final name only once it is whole; the archive comes last.
    """
    names = [f"{number:06d}.jpg" for number in range(1, count + 1)]
    rows = []
    with replacing(folder / ARCHIVE) as part:
        with (
            ZipFile(part, "w") as archive,
            ProcessPoolExecutor(parallel.core_count(), multiprocessing.get_context("spawn")) as pool,
            closing(pool.map(partial(face, seed, finish), range(1, count + 1), chunksize=16)) as faces,
        ):
            for name, (shown, jpeg) in zip(names, progress.bar(faces, desc="drawing faces", total=count, unit="face"), strict=True):
                archive.writestr(_member(name), jpeg)
                rows.append(" ".join([name, *(" 1" if attribute in shown else "-1" for attribute in ATTRIBUTES)]))
        with replacing(folder / ATTRIBUTE_TABLE) as table:
            table.write_text("\n".join([str(count), " ".join(ATTRIBUTES) + " ", *rows, ""]), encoding="utf-8")
        with replacing(folder / SPLIT_TABLE) as table:
            table.write_text(
                "".join(f"{name} {(10 * i >= 8 * count) + (10 * i >= 9 * count)}\n" for i, name in enumerate(names)), encoding="utf-8"
            )


def describe(seed: int, number: int) -> Toon:
    """What picture NUMBER shows. It has a "hairColor" only where hair is to be seen on the head."""
    rng = np.random.default_rng([seed, number])
    toon = {option: _pick(rng, chances) for option, chances in CHANCES.items() if option != "skinColor"}
    hair = toon["facialHairColor"] = toon["hairColor"]
    skin = toon["skinColor"] = _pick(rng, {skin: chance for skin, chance in CHANCES["skinColor"].items() if _differ(skin, hair)})
    toon["backgroundColor"] = _background(rng, skin, toon["hatColor"] if toon["topVariant"] in HATS.split() else hair)
    if toon["topVariant"] not in HAIRS.split():
        del toon["hairColor"]
    return toon


def attributes(toon: Toon) -> frozenset[str]:
    """The names of CelebA's attributes that TOON shows."""
    return frozenset(name for name, (option, values) in SHOWN_BY.items() if toon.get(option) in values.split())


def render(toon: Toon) -> Image.Image:
    """TOON as an RGB picture, WIDTH x HEIGHT."""
    options = {option: [] if value == "none" else value for option, value in toon.items()}
    shown = {f"{part}Probability": 100 for part in ("top", "facialHair", "accessories")}  # which DiceBear would else decide by lot
    svg = Avatar(_style(), options | shown).to_string()
    svg = svg.replace("clip-path=", "data-clip=")  # to the canvas, where the picture ends anyway: it would double resvg's time
    return Image.open(BytesIO(resvg_py.svg_to_bytes(svg, width=WIDTH, height=HEIGHT, skip_system_fonts=True))).convert("RGB")


def face(seed: int, finish: bool, number: int) -> tuple[frozenset[str], bytes]:
    """The attributes that picture NUMBER shows, and its JPEG."""
    toon = describe(seed, number)
    picture = render(toon)
    if finish:
        picture = Image.fromarray(finished(np.asarray(picture), np.random.default_rng([seed, number, 1])))
    jpeg = BytesIO()
    picture.save(jpeg, "JPEG", quality=95)
    return attributes(toon), jpeg.getvalue()


@cache
def _style() -> Style:
    """`avataaars` on a canvas of CelebA's shape, with the face where CelebA's is."""
    definition = json.loads((files("dicebear_styles") / "avataaars.json").read_text(encoding="utf-8"))
    head = {"type": "element", "name": "g", "attributes": {"transform": PLACE}, "children": definition["canvas"]["elements"]}
    return Style(definition | {"canvas": {"width": WIDTH, "height": HEIGHT, "elements": [head]}})


def _pick(rng: np.random.Generator, chances: dict[str, int]) -> str:
    weights = np.array([*chances.values()])
    values = [*chances][rng.choice(len(weights), p=weights / weights.sum())].split()
    return values[rng.integers(len(values))]


def _background(rng: np.random.Generator, *beside: str) -> str:
    """Any soft colour from which the colours BESIDE it stand out."""
    while True:
        rgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.1, 0.65), rng.uniform(0.5, 1))
        colour = "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)
        if all(_differ(colour, other) for other in beside):
            return colour


def _differ(a: str, b: str) -> bool:
    """Whether a beard of colour A shows on skin of colour B: some channel is 30 of 255 apart."""
    return any(abs(x - y) >= 30 for x, y in zip(bytes.fromhex(a[1:]), bytes.fromhex(b[1:]), strict=True))


def _member(name: str) -> ZipInfo:
    """An entry that depends on nothing but its name: no clock, no umask, no platform."""
    entry = ZipInfo(f"{FOLDER}/{name}")
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry
