import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from ganlib import params
from ganlib.models.gan import Gan
from ganlib.models.report import Seeds
from ganlib.support.errors import UserError
from tests.conftest import ROOT, edited, python


def test_every_report_keeps_its_own_rates_while_overrides_are_blank(changed_params):
    reports = params.load(changed_params({})).reports
    published = {
        "vae64": (1e-3, 1e-3, 0.9),
        "dcgan112": (2e-4, 4e-5, 0.5),
        "dcgan64": (2e-4, 5e-5, 0.5),
        "dense64": (2e-4, 2e-4, 0.5),
        "began64": (5e-5, 5e-5, 0.5),
        "dcgan56": (2.5e-4, 2.5e-4, 0.45),
    }
    for name, rates in published.items():
        assert (*(spec.rate for spec in reports[name].optimizers.values()), reports[name].beta1) == rates


@pytest.mark.parametrize(("key", "value"), [("lr_g", 1e-3), ("lr_d", 5e-5), ("beta1", 0.9), ("batch_size", 32), ("epochs", 3)])
def test_override_reaches_every_report_and_baseline_that_has_the_setting(changed_params, key, value):
    settings = params.load(changed_params({key: value}))
    having = [report for report in (settings.reports | settings.baselines).values() if key in type(report).model_fields]
    assert len(having) >= 7
    assert {getattr(report, key) for report in having} == {value}


def test_override_reaches_the_optimizer_of_its_net_alone(changed_params):
    optimizers = params.load(changed_params({"lr_d": 7e-5})).report("dcgan64").optimizers
    assert {net: spec.rate for net, spec in optimizers.items()} == {"generator": 2e-4, "discriminator": 7e-5}


def test_latent_override_reaches_every_gan_and_leaves_the_autoencoders_prior_gaussian(changed_params):
    reports = params.load(changed_params({"latent": "spherical"})).reports
    assert {report.prior for report in reports.values() if isinstance(report, Gan)} == {"spherical"}
    assert reports["vae64"].prior == "gaussian"


def test_numerics_reach_every_report(changed_params):
    reports = params.load(changed_params({"numerics.precision": "bf16", "numerics.compile": True, "numerics.threads": 3})).reports
    assert {(report.precision, report.compile, report.threads) for report in reports.values()} == {("bf16", True, 3)}


def test_seeds_of_sources_reach_every_report_and_blank_ones_leave_no_trace(changed_params):
    plain, changed = params.load(), params.load(changed_params({"seeds.z": 5}))
    assert all("seeds" not in report.model_dump() for report in plain.reports.values())
    for name in {**changed.reports, **changed.baselines}:
        assert changed.report(name).own_seeds == {"noise": 5}
        assert changed.report(name).model_copy(update={"seeds": Seeds()}) == plain.report(name)
        dumped = changed.report(name).model_dump()
        assert type(changed.report(name)).model_validate(dumped) == changed.report(name)


def test_overrides_without_effect_are_listed_and_others_are_not(changed_params):
    path = changed_params({"lr_d": 5e-5, "latent": "gaussian", "epochs": 40})
    assert params.no_op_overrides("dcgan64", path) == [
        "lr_d: dcgan64 already uses 5e-05; the override has no effect",
        "epochs: dcgan64 already uses 40; the override has no effect",
        "latent: dcgan64 already uses 'gaussian'; the override has no effect",
    ]
    assert params.no_op_overrides("vae64", path) == [
        "lr_d: vae64 has no such setting; the override has no effect",
        "epochs: vae64 already uses 40; the override has no effect",
        "latent: vae64 has no such setting; the override has no effect",
    ]
    assert params.no_op_overrides("dcgan112", path) == []


def test_rates_that_rate_scale_changes_are_listed_with_their_products(changed_params):
    settings = params.load(changed_params({"lr_d": 1e-4, "reports.dcgan64.preview.rate_scale": 1.0}))
    assert params.scaled_rates(settings.report("dcgan112")) == ["lr_g 0.0002 x rate_scale 8 = 0.0016, lr_d 0.0001 x rate_scale 8 = 0.0008"]
    assert params.scaled_rates(settings.report("began64"))[0].endswith("lr_floor 2e-05 x rate_scale 16 = 0.00032")
    assert params.scaled_rates(settings.report("dcgan64")) == []


def test_block_that_sets_a_key_is_the_deepest_one_that_counts_for_the_data_set(changed_params):
    places = {"toons": "", "celeba_preview": ".preview.photographs", "own": ".preview.photographs", "celeba": ""}
    for dataset, place in places.items():
        path = changed_params({"dataset": dataset})
        assert params.block_of("dense64", "lr_g", path) == f"reports.dense64{place}"
        assert params.block_of("dense64", "lr_d", path) == "reports.dense64"
        used = params.load(path).report("dense64").lr_g
        assert params.rates_of_smaller_scales("dense64", path) == ([f"lr_g: {used:g} is from reports.dense64{place}.lr_g"] if place else [])
    assert params.block_of("sngan64", "lr_g", changed_params({})) == "baselines.sngan64.preview"
    assert params.rates_of_smaller_scales("dense64", changed_params({"dataset": "own", "lr_g": 1e-3})) == []


def test_rate_that_dvc_writes_as_5e_05_is_a_number(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text(encoding="utf-8").replace("\nlr_d:\n", "\nlr_d: 5e-05\n"), encoding="utf-8")
    assert params.load(path).report("dcgan112").lr_d == 5e-5


def test_preview_block_counts_at_preview_scale_only(changed_params):
    assert params.load(changed_params({})).report("dcgan64").width == 0.125
    full = params.load(changed_params({"dataset": "celeba"})).report("dcgan64")
    assert (full.width, full.max_steps, full.epochs, full.batch_size) == (1.0, None, 5, 128)


def test_photographs_block_replaces_values_of_its_scale_unless_the_pictures_are_drawn(changed_params):
    sigma, batch = "reports.vae64.preview.photographs.sigma", "reports.vae64.evening.photographs"
    for dataset, expected in (("toons", 1.0), ("celeba_preview", 3.0), ("own", 3.0), ("celeba", 0.1)):
        path = changed_params({"dataset": dataset, sigma: 3.0, batch: {"batch_size": 5}})
        assert params.load(path).report("vae64").sigma == params.Origin(path).resolve("vae64", {}, "", path).sigma == expected
    evening = params.load(changed_params({"dataset": "own", "datasets.own.scale": "evening", batch: {"batch_size": 5}, "epochs": 100}))
    assert (evening.report("vae64").batch_size, evening.report("vae64").width) == (5, 0.5)


def test_each_scale_has_its_own_block_and_ignores_the_others(changed_params):
    raw = YAML(typ="safe").load(ROOT / "params.yaml")
    blocks = {f"{group}.{name}.evening": {} for group in ("reports", "baselines") for name in raw[group]}
    blocks |= {"reports.dcgan64.preview": {"width": 0.25}, "reports.dcgan64.evening": {"width": 0.375, "batch_size": 50}}
    scales = ("preview", "evening", "full")
    found = [params.load(changed_params({"datasets.toons.scale": scale, **blocks})).report("dcgan64") for scale in scales]
    assert [(report.width, report.batch_size) for report in found] == [(0.25, 128), (0.375, 50), (1.0, 128)]


def test_scale_without_a_block_of_the_report_is_refused(tmp_path):
    changes = {"datasets.toons.scale": "evening", "reports.dcgan112.evening": ...}
    path = edited(ROOT / "params.yaml", tmp_path / "params.yaml", changes)
    with pytest.raises(UserError, match=r"params.yaml: reports.dcgan112.evening: missing, and the chosen data set's scale is evening: add"):
        params.load(path)


def test_report_keeps_its_full_value_if_its_block_says_so(changed_params):
    settings = params.load(changed_params({"reports.dcgan64.lr_d": 2e-4}))
    assert (settings.report("dcgan64").lr_d, settings.report("dcgan112").lr_d) == (2e-4, 4e-5)


EMPTY, WHOLE = ({"left": left, "top": 0.0, "right": right, "bottom": 1.0} for left, right in ((0.5, 0.5), (0.0, 1.0)))
CROPS = "one of squashed112, tight56, tight64, wide64"
OTHER_SIZE = "tight56 makes 56x56 pictures and dcgan64 takes 64x64: one of tight64, wide64"
MISTAKES = [
    ("datasets.own.box", EMPTY, "datasets.own.box: the box (0.5, 0.0, 0.5, 1.0) is empty: left < right and top < bottom"),
    ("datasets.own.box", [0, 0], "datasets.own.box: [0, 0] is not allowed: must be a block with the keys left, top, right, bottom"),
    ("crops.tight64", 64, "crops.tight64: 64 is not allowed: must be a block with the keys left, top, right, bottom, size"),
    ("datasets.toons.box", WHOLE, "datasets.toons.box: unknown key"),
    ("datasets.celeba.sources", "drive", "datasets.celeba.sources: unknown key, did you mean 'source'?"),
    ("datasets.toons.kind", "toon", "datasets.toons.kind: 'toon' is not allowed: must be 'toons', 'celeba' or 'folder'"),
    ("datasets.own", None, "datasets.own: must be a mapping of names to values, and is None"),
    ("datasets.toons.scale", "night", "datasets.toons.scale: 'night' is not allowed: must be 'preview', 'evening' or 'full'"),
    ("reports.dcgan64.evening", {"widht": 1.0}, "reports.dcgan64.evening.widht: unknown key, did you mean 'width'?"),
    ("reports.vae64.preview.photographs.sigm", 1.0, "reports.vae64.preview.photographs.sigm: unknown key, did you mean 'sigma'?"),
    ("reports.vae64.preview.photographs", 1, "reports.vae64.preview.photographs: must be a mapping of names to values, and is 1"),
    ("datasets.own.max_broken", -1, "datasets.own.max_broken: -1 is not allowed: must be greater than or equal to 0"),
    ("lr_d", -1.0, "lr_d: -1.0 is not allowed: must be greater than 0"),
    ("lr_d", "fast", "lr_d: 'fast' is not allowed: must be a valid number"),
    ("lr_d", float("nan"), "lr_d: nan is not allowed: must be a finite number"),
    ("seed", True, "seed: True is not allowed: must be a valid integer"),
    ("latent", "normal", "latent: 'normal' is not allowed: must be 'uniform', 'gaussian' or 'spherical'"),
    ("lr", 1e-4, "lr: unknown key, did you mean 'lr_g'?"),
    ("attributes", ["Smilling"], "attributes: 'Smilling' is unknown, did you mean 'Smiling'?;"),
    ("dataset", "toon", "dataset: 'toon' is unknown, did you mean 'toons'?; one of celeba, celeba_5000, celeba_preview, own, toons"),
    ("datasets.toons.samples", 1, "datasets.toons.samples: 1 is not allowed: must be greater than or equal to 6"),
    ("datasets.toons.images", None, "datasets.toons: images is blank; drawn faces need a number"),
    ("crops.tight56.left", 170, "crops.tight56: the box (170, 55, 143, 163) is empty: left < right and top < bottom"),
    ("reports.dcgan64.lrd", 1e-4, "reports.dcgan64.lrd: unknown key, did you mean 'lr_d'?"),
    ("reports.dcgan64.preview.widht", 1.0, "reports.dcgan64.preview.widht: unknown key, did you mean 'width'?"),
    ("reports.dcgan64.epochs", 0, "reports.dcgan64.epochs: 0 is not allowed: must be greater than or equal to 1"),
    ("reports.dcgan64.crop", "wide46", f"reports.dcgan64.crop: 'wide46' is unknown, did you mean 'wide64'?; {CROPS}"),
    ("reports.dcgan64.crop", "tight56", f"reports.dcgan64.crop: {OTHER_SIZE}"),
    ("reports.dcgan46", {}, "reports: 'dcgan46' is unknown, did you mean 'dcgan64'?;"),
    ("reports.dcgan56.pack", 3, "reports.dcgan56: batch_size 64 is not a multiple of pack 3"),
    ("batch_size", 33, "reports.dense64: batch_size 33 is odd, and half of it is real"),
    ("reports", None, "reports: must be a mapping of names to values, and is None"),
    ("reports.began64.conditions", {}, "reports.began64.conditions: {} is not allowed: must hold 1 or more"),
    ("reports.dcgan64.precision", "bf16", "reports.dcgan64.precision: unknown key; it belongs under numerics, for all"),
    ("reports.dcgan64.optimizer_d", "rmsprop", "reports.dcgan64.optimizer_d: 'rmsprop' is not allowed: must be 'adam' or 'sgd'"),
    ("reports.vae64.lr_d", 1e-3, "reports.vae64.lr_d: unknown key, did you mean 'lr_g'?"),
    ("baselines.wgan64.penalty", 0.0, "baselines.wgan64.penalty: 0.0 is not allowed: must be greater than 0"),
    ("baselines.wgan46", {}, "baselines: 'wgan46' is unknown, did you mean 'wgan64'?;"),
    ("numerics.precision", "fp16", "numerics.precision: 'fp16' is not allowed: must be 'fp32', 'tf32' or 'bf16'"),
    ("curve.steps", 0.5, "curve.steps: 0.5 is not allowed: must be a valid integer"),
]


@pytest.mark.parametrize(("key", "value", "message"), MISTAKES, ids=lambda part: str(part)[:30])
def test_mistake_ends_in_one_line_that_names_key_and_remedy(changed_params, key, value, message):
    with pytest.raises(UserError) as error:
        params.load(changed_params({key: value}))
    said = str(error.value).removeprefix("params.yaml: ")
    assert said.startswith(message) if message.endswith(";") else said == message
    assert str(error.value).splitlines() == [f"params.yaml: {said}"]


def test_missing_key_is_named(tmp_path):
    path = edited(ROOT / "params.yaml", tmp_path / "params.yaml", {"reports.began64.gamma": ...})
    with pytest.raises(UserError, match=r"^params.yaml: reports.began64.gamma: missing; it has no default$"):
        params.load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping"),
        ("- 1\n", "must be a mapping"),
        ("seed: [1\n", "line 2"),
        ("seed: 1\nseed: 2\n", "line 2: found duplicate key"),
        ("\tseed: 1\n", "line 1"),
        ("seed: !!python/object:os.system {}\n", "line 1"),
    ],
)
def test_file_that_is_no_mapping_is_one_line(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        params.load(path)
    assert "\n" not in str(error.value)


def test_unknown_report_is_refused_with_the_known_ones(changed_params):
    with pytest.raises(UserError, match="'dcgan46' is unknown, did you mean 'dcgan64'"):
        params.load(changed_params({})).report("dcgan46")


def test_reading_params_loads_no_torch():
    assert python("-c", "import sys; from ganlib import params; params.load(); sys.exit('torch' in sys.modules)").returncode == 0


@pytest.mark.parametrize(
    ("file", "override", "line"),
    [
        ("params.yaml", "reports.dcgan64.lr_d=7e-5", ("    lr_d: 0.00005", "    lr_d: 7e-05")),
        ("studies/params.yaml", "declared.unequal_rates.seeds=6", None),
    ],
)
def test_an_override_of_dvc_changes_one_line_of_the_file(tmp_path, file, override, line):
    path, before = tmp_path / "params.yaml", (ROOT / file).read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    apply_overrides(path, [override])
    after = path.read_text(encoding="utf-8")
    (differing,) = [(old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new]
    assert line in (differing, None)
