"""The exported page: it generates the same faces as Python, and every control works."""

from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page

import ganlib
from ganlib.use import latents
from ganlib.use.export import web
from ganlib.use.sampling import Sampler
from tests.use.lively import NARROW, REPORTS, below, trained

READ = """canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  return [...copy.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


def opened(page: Page, generator: Sampler, fragment: str = "") -> Path:
    """Export the generator's page unless it exists, and wait until it has drawn all its pictures."""
    path = generator.run.file.with_name("faces.html")
    if not path.exists():
        web.export(generator, path)
    page.goto(path.as_uri() + fragment)
    last = page.locator("#gallery canvas").last
    for _ in range(600):
        if any(last.evaluate(READ)):
            return path
        page.wait_for_timeout(50)
    pytest.fail("half a minute, and the page has not drawn all its pictures")


def check(page: Page, generator: Sampler, seed: int, **values: str) -> None:
    """The page's engine draws what Python draws, a picture of high contrast."""
    expected, size = generator.sample([seed], **values)[0].astype(int), generator.settings.size
    assert np.ptp(expected) > 150
    drawn = page.evaluate("([seed, rows]) => [...ganlib.picture(ganlib.z(seed), rows)]", [seed, generator.rows(values)])
    assert abs(np.array(drawn).reshape(size, size, 3).transpose(2, 0, 1) - expected).max() <= 2


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sampler]:
    """A narrow generator of every report."""
    root = tmp_path_factory.mktemp("narrow")
    return {name: ganlib.load(trained(below(root, name), name, **NARROW).run) for name in REPORTS}


@pytest.mark.parametrize("name", REPORTS)
def test_page_draws_the_face_that_python_draws_for_a_seed(page: Page, narrow: dict[str, Sampler], name: str) -> None:
    generator = narrow[name]
    opened(page, generator)
    for seed in (1, 7, 2**53 - 1):
        for place in (0, -1):
            check(page, generator, seed, **{group: options[place] for group, options in generator.run.condition_values.items()})


@pytest.mark.parametrize("name", ["dcgan64", "dcgan112"])
def test_page_knows_nearest_neighbours_and_the_slope_of_leaky_relu(page: Page, tmp_path: Path, name: str) -> None:
    settings = {"sampling": "average", "activation": "leaky_relu", "leaky_slope": 0.5}
    generator = ganlib.load(trained(below(tmp_path, name), name, **NARROW, **settings).run)
    opened(page, generator)
    check(page, generator, 7)


@pytest.mark.parametrize("prior", ["uniform", "gaussian", "spherical"])
def test_javascript_and_python_have_the_same_z(page: Page, tmp_path: Path, prior: str) -> None:
    scripts = (web.PAGE / "latents.js").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(f'<!doctype html><link rel="icon" href="data:,"><script>{scripts}</script>', encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    seeds = [0, 1, 7, 2**32 - 1, 2**32, 2**53 - 1]
    z = page.evaluate("([prior, seeds]) => seeds.map(seed => [...latent(prior, seed, 400)])", [prior, seeds])
    expected = latents.from_seeds(prior, seeds, 400)
    np.testing.assert_allclose(np.float32(z), expected, rtol=2**-22)  # logarithms may differ in their last bit
    between = page.evaluate("([a, b]) => [0, 0.3, 1].map(share => [...slerp(a, b, share)])", [z[0], z[1]])
    np.testing.assert_allclose(between, [latents.slerp(*expected[:2].astype(float), share) for share in (0, 0.3, 1)], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "faces"), [(0.125, 30), (1.0, 10)])
def test_faces_of_dcgan64_per_second(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: float, faces: int) -> None:
    monkeypatch.setattr(web, "FACES", 20)  # directions are of no interest here, and take long at full width
    generator = ganlib.load(trained(below(tmp_path, "dcgan64"), "dcgan64", width=width).run)
    opened(page, generator)
    check(page, generator, 5)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # the page's CPU time

    def seconds() -> float:
        return {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}["TaskDuration"]

    start = seconds()
    page.evaluate("() => { for (let seed = 0; seed < 30; seed++) ganlib.picture(ganlib.z(seed)); }")
    assert 0 < seconds() - start <= 30 / faces


@pytest.mark.slow
@pytest.mark.parametrize("name", REPORTS)
def test_page_of_a_preview_is_below_4_mb(name: str, tmp_path: Path) -> None:
    web.export(ganlib.load(trained(below(tmp_path, name), name).run), tmp_path / "faces.html")
    assert (tmp_path / "faces.html").stat().st_size < 4e6


@pytest.fixture
def began(page: Page, narrow: dict[str, Sampler]) -> Page:
    """began64's page, at the face of seed 7."""
    opened(page, narrow["began64"], "#seed=7")
    return page


def levels(page: Page, canvas: str = "#face") -> np.ndarray:
    """What a canvas shows, (3, S, S)."""
    size = int(page.locator(canvas).get_attribute("width"))
    return np.array(page.locator(canvas).evaluate(READ)).reshape(size, size, 4)[..., :3].transpose(2, 0, 1)


def test_seed_is_shown_and_settable_and_is_in_the_address(began: Page, narrow: dict[str, Sampler]) -> None:
    faces = narrow["began64"].sample([7, 31]).astype(int)
    assert began.locator("#seed").input_value() == "7"
    assert abs(levels(began) - faces[0]).max() <= 2
    began.locator("#seed").fill("31")
    began.keyboard.press("Enter")
    assert abs(levels(began) - faces[1]).max() <= 2
    assert began.url.endswith("#seed=31")
    assert began.get_by_role("img", name="The face of seed 31, drawn by began64").count() == 1
    began.locator("#new").click()
    assert began.locator("#seed").input_value() != "31"
    assert abs(levels(began) - faces[1]).max() > 20


def test_condition_is_a_select_that_changes_the_face(began: Page, narrow: dict[str, Sampler]) -> None:
    began.get_by_label("hair").select_option(label="Blond Hair")
    assert abs(levels(began) - narrow["began64"].sample([7], hair="Blond_Hair")[0].astype(int)).max() <= 2


def test_sliders_move_the_face_by_keyboard_and_back(began: Page) -> None:
    before = levels(began)
    slider = began.get_by_label("Direction 1 of 8")
    slider.focus()
    began.keyboard.press("End")
    assert abs(levels(began) - before).max() > 20
    assert abs(levels(began) - levels(began, ".direction:first-child canvas:last-child")).max() == 0  # the picture at the slider's end
    began.locator("#reset").click()
    np.testing.assert_array_equal(levels(began), before)
    assert slider.input_value() == "0"


def test_morph_ends_at_the_other_face(began: Page, narrow: dict[str, Sampler]) -> None:
    began.locator("#other").fill("40")
    began.keyboard.press("Enter")
    began.locator("#morph").focus()
    began.keyboard.press("End")
    assert abs(levels(began) - narrow["began64"].sample([40])[0].astype(int)).max() <= 2


def test_walk_continues_until_it_is_stopped(began: Page) -> None:
    before = levels(began)
    began.get_by_role("button", name="Walk").click()
    began.wait_for_function("Number(document.getElementById('morph').value) > 0.1")
    began.get_by_role("button", name="Stop").click()
    assert abs(levels(began) - before).max() > 10
    stopped = levels(began)
    began.wait_for_timeout(200)
    np.testing.assert_array_equal(levels(began), stopped)


def test_face_is_saved_as_a_png_of_the_reports_size(began: Page, tmp_path: Path) -> None:
    with began.expect_download() as download:
        began.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "began64-seed7.png"
    download.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as saved:
        np.testing.assert_array_equal(np.asarray(saved.convert("RGB")).transpose(2, 0, 1), levels(began))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_page_fits_and_axe_finds_no_violations(began: Page, width: int, scheme: str) -> None:
    began.set_viewport_size({"width": width, "height": 900})
    began.emulate_media(color_scheme=scheme)
    assert began.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(began)
    assert found.violations_count == 0, found.generate_report()
    began.keyboard.press("Tab")
    assert began.evaluate("document.activeElement.id") == "new"
