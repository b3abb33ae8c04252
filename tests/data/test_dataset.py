import pytest

from ganlib import params
from ganlib.data.crop import Box, Centre
from ganlib.support.errors import UserError


def block(changed_params, name, **changes):
    return params.load(changed_params({f"datasets.{name}.{key}": value for key, value in changes.items()})).datasets[name]


@pytest.mark.parametrize(
    ("name", "download", "prepare"),
    [
        ("toons", {"kind": "toons", "images": 4000, "finish": True}, {"kind": "toons", "images": 4000}),
        ("celeba", {"kind": "celeba", "source": None}, {"kind": "celeba", "images": None, "max_broken": 0}),
        ("own", {"kind": "folder", "source": None}, {"kind": "folder", "images": None, "box": None, "max_broken": 0}),
    ],
)
def test_data_stages_depend_on_the_keys_that_they_read(changed_params, name, download, prepare):
    data = block(changed_params, name)
    assert (data.read_by_download(), data.read_by_prepare()) == (download, prepare)
    others = block(changed_params, name, split="test", scale="full", samples=7)
    assert (others.read_by_download(), others.read_by_prepare()) == (download, prepare)


@pytest.mark.parametrize(
    ("name", "images", "needed"), [("celeba", None, 202_599), ("celeba", 50, 50), ("toons", 60, 60), ("own", None, 1), ("own", 70, 70)]
)
def test_all_of_celeba_is_needed_if_images_is_blank(changed_params, name, images, needed):
    assert block(changed_params, name, images=images).needed == needed


@pytest.mark.parametrize("name", ["celeba", "own"])
def test_source_of_blanks_is_blank_and_not_the_checkout(changed_params, name):
    assert [block(changed_params, name, source=blank).source for blank in (None, "", "  ")] == [None] * 3


def test_source_that_holds_the_checkout_or_names_an_unknown_user_is_one_line(changed_params, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "checkout"))
    (tmp_path / "checkout" / "pictures").mkdir(parents=True)
    for source in (".", "..", str(tmp_path)):
        with pytest.raises(UserError, match=r"^params\.yaml: datasets\.own\.source: .* holds ganlib's checkout"):
            block(changed_params, "own", source=source).checked_source("own")
    assert block(changed_params, "own", source="pictures").checked_source("own") == tmp_path / "checkout" / "pictures"
    with pytest.raises(UserError, match=r"datasets\.own\.source: '~nobody-here/x': there is no user nobody-here"):
        block(changed_params, "own", source="~nobody-here/x")


def test_crop_is_the_reports_in_celebas_layout_and_the_blocks_own_box_or_the_middle_of_other_pictures(changed_params):
    settings = params.load(changed_params({}))
    crop = settings.crop("wide64")
    assert [settings.datasets[name].region(crop) for name in ("toons", "celeba", "own")] == [crop, crop, Centre()]
    box = {"left": 0.0, "top": 0.25, "right": 1.0, "bottom": 0.75}
    assert block(changed_params, "own", box=box).region(crop) == Box(**box)
