import json
from collections import Counter
from importlib.resources import files
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ganlib.data.celeba import ARCHIVE, ATTRIBUTE_TABLE, ATTRIBUTES, FOLDER, HEIGHT, SPLIT_TABLE, WIDTH
from ganlib.fetch import toons
from ganlib.fetch.toons import CHANCES, HAIRS, SHOWN_BY, attributes, describe, draw, render

COUNT = 60
HAIR_COLOURS = ("Black_Hair", "Brown_Hair", "Blond_Hair", "Gray_Hair")
PLAIN_OPTIONS = """topVariant=theCaesar eyesVariant=default eyebrowsVariant=default mouthVariant=serious facialHairVariant=none
accessoriesVariant=none clothesVariant=hoodie hairColor=#2c1b18 facialHairColor=#2c1b18 skinColor=#edb98a accessoriesColor=#262e33
clothesColor=#5199e4 hatColor=#ff5c5c backgroundColor=#cde8d0"""
PLAIN = dict(option.split("=") for option in PLAIN_OPTIONS.split())
EYES, MOUTH, CHIN, CROWN = np.s_[95:127, 45:133], np.s_[135:160, 70:108], np.s_[160:178, 70:108], np.s_[52:62, 75:103]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toons") / "raw"
    draw(folder, COUNT, seed=1)
    return folder


@pytest.fixture
def one_core(monkeypatch):
    monkeypatch.setattr(toons.parallel, "core_count", lambda: 1)


@pytest.fixture(scope="module")
def toons_of_seed_one():
    return [describe(1, number) for number in range(1, 401)]


def pixels(**changes):
    return np.asarray(render(PLAIN | changes)).astype(float)


def change(region, **changes):
    """Mean absolute difference that CHANGES make to the plain face in REGION, in levels of 255."""
    return np.abs(pixels(**changes) - pixels())[region].mean()


def jpegs(folder):
    with ZipFile(folder / ARCHIVE) as archive:
        return [archive.read(name) for name in archive.namelist()]


def table(folder):
    return pd.read_csv(folder / ATTRIBUTE_TABLE, sep=r"\s+", skiprows=1)


def test_equal_seeds_draw_equal_bytes_on_any_number_of_cores(folder, tmp_path, one_core):
    draw(tmp_path, COUNT, seed=1)
    for name in (ARCHIVE, ATTRIBUTE_TABLE, SPLIT_TABLE):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_smaller_count_draws_the_first_pictures_of_a_larger_one(folder, tmp_path, one_core):
    draw(tmp_path, 10, seed=1)
    assert jpegs(tmp_path) == jpegs(folder)[:10]
    assert table(tmp_path).equals(table(folder)[:10])


def test_another_seed_draws_other_faces():
    assert describe(1, 1) != describe(2, 1)


def test_archive_holds_distinct_rgb_jpegs_of_celebas_size_uncompressed(folder):
    with ZipFile(folder / ARCHIVE) as archive:
        assert archive.namelist() == [f"{FOLDER}/{number:06d}.jpg" for number in range(1, COUNT + 1)]
        assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
    assert len(set(jpegs(folder))) == COUNT
    for jpeg in jpegs(folder):
        picture = Image.open(BytesIO(jpeg))
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))


def test_tables_have_celebas_official_layout(folder):
    count, names, *rows = (folder / ATTRIBUTE_TABLE).read_text(encoding="utf-8").splitlines()
    assert int(count) == len(rows) == COUNT
    assert tuple(names.split()) == ATTRIBUTES
    assert {len(row) for row in rows} == {len("000001.jpg") + 3 * len(ATTRIBUTES)}
    assert table(folder).index[0] == "000001.jpg"
    assert set(np.unique(table(folder).values)) == {-1, 1}


def test_table_has_the_attributes_of_each_picture(folder, toons_of_seed_one):
    for row, toon in zip(table(folder).itertuples(index=False), toons_of_seed_one, strict=False):
        assert {name for name, value in zip(ATTRIBUTES, row, strict=True) if value == 1} == attributes(toon)


def test_split_is_eight_to_one_to_one_in_order(folder):
    splits = [line.split()[1] for line in (folder / SPLIT_TABLE).read_text(encoding="utf-8").splitlines()]
    assert splits == ["0"] * 48 + ["1"] * 6 + ["2"] * 6


def test_nothing_is_left_under_a_final_name_when_drawing_fails(tmp_path, one_core, monkeypatch):
    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(toons, "_member", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(tmp_path, 10, seed=1)
    assert list(tmp_path.iterdir()) == []


def test_every_value_drawn_is_one_the_style_knows():
    components = json.loads((files("dicebear_styles") / "avataaars.json").read_text(encoding="utf-8"))["components"]
    for option in (option for option in CHANCES if option.endswith("Variant")):
        drawn = {value for values in CHANCES[option] for value in values.split()} - {"none"}
        assert drawn <= components[option.removesuffix("Variant")]["variants"].keys()


def test_every_attribute_is_celebas_and_names_values_that_are_drawn():
    assert SHOWN_BY.keys() <= set(ATTRIBUTES)
    for option, values in SHOWN_BY.values():
        assert set(values.split()) <= {value for drawn in CHANCES[option] for value in drawn.split()}


def test_every_attribute_takes_both_values(toons_of_seed_one):
    counts = Counter(name for toon in toons_of_seed_one for name in attributes(toon))
    assert counts.keys() == SHOWN_BY.keys()
    assert len(counts) >= 10
    assert max(counts.values()) < len(toons_of_seed_one)


def test_hair_has_one_colour_or_none_if_hidden(toons_of_seed_one):
    for toon in toons_of_seed_one:
        shown = attributes(toon)
        assert len(shown.intersection(HAIR_COLOURS)) <= 1
        if shown & {"Bald", "Wearing_Hat"}:
            assert not shown.intersection(HAIR_COLOURS)


def test_a_beard_never_has_the_colour_of_the_skin(toons_of_seed_one):
    for toon in toons_of_seed_one:
        skin, hair = (np.array([*bytes.fromhex(toon[option][1:])], int) for option in ("skinColor", "facialHairColor"))
        assert np.abs(skin - hair).max() >= 30


@pytest.mark.parametrize("top", HAIRS.split())
def test_hair_colour_shows_in_the_picture(top):
    """Black, brown and blond grow lighter in this order wherever the hair is, and gray has no hue."""
    colours = ("#2c1b18", "#724133", "#e5bf4f", "#b4b4b4")
    pictures = [pixels(topVariant=top, hairColor=colour) for colour in colours]
    hair = (pixels(topVariant=top, hairColor="#ff0000") - pictures[0])[..., 0] > 200
    assert hair.sum() > 700
    black, brown, blond, gray = (picture[hair].mean(0) for picture in pictures)
    assert black.mean() + 20 < brown.mean() < blond.mean() - 60
    assert np.ptp(gray) < 5


SHOWN_IN = [("Eyeglasses", EYES, 5), ("Sideburns", CHIN, 10), ("Smiling", MOUTH, 3), ("Wearing_Hat", CROWN, 20)]


@pytest.mark.parametrize(("name", "region", "least"), SHOWN_IN)
def test_attributes_are_visible_in_their_place(name, region, least):
    option, values = SHOWN_BY[name]
    for value in values.split():
        assert change(region, **{option: value}) > least


def test_a_bald_head_is_all_skin():
    assert np.abs(pixels(topVariant="none")[CROWN] - [0xED, 0xB9, 0x8A]).max() < 2


def test_hats_hide_all_hair():
    for hat in SHOWN_BY["Wearing_Hat"][1].split():
        assert np.array_equal(pixels(topVariant=hat, hairColor="#2c1b18"), pixels(topVariant=hat, hairColor="#e5bf4f"))


def test_pale_skin_is_the_lightest():
    skins = {colour: pixels(skinColor=colour)[120:130, 60:75].mean() for colour in CHANCES["skinColor"]}
    assert max(skins, key=skins.get) == SHOWN_BY["Pale_Skin"][1]


def test_pupils_are_where_celeba_aligns_them():
    """CelebA's mean landmarks put the eyes at about (69, 111) and (108, 111)."""
    dark = 255 - pixels()[103:120].mean(-1)
    dark = np.clip(dark - 130, 0, None)
    for left, right, x in ((55, 85, 69), (95, 125, 108)):
        eye = dark[:, left:right]
        assert abs((eye.sum(0) * np.arange(left, right)).sum() / eye.sum() - x) < 3
        assert abs((eye.sum(1) * np.arange(103, 120)).sum() / eye.sum() - 111) < 1


def test_background_reaches_every_edge():
    picture = pixels(topVariant="none")
    assert (picture[:10] == [0xCD, 0xE8, 0xD0]).all()
    assert (picture[:100, [0, -1]] == [0xCD, 0xE8, 0xD0]).all()
