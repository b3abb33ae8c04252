"""Generators with weights drawn at random that nevertheless draw pictures of full contrast, for every report and at any width."""

import shutil
from pathlib import Path

import torch
from torch import nn

from ganlib import params
from ganlib.core import random
from ganlib.core.tables import write_yaml
from ganlib.models import store
from ganlib.models.init import LAYERS
from ganlib.models.registry import settings_of
from ganlib.models.report import Report
from ganlib.support import paths
from ganlib.support.paths import Outputs
from tests import painted
from tests.conftest import ROOT

REPORTS = tuple(params.load().reports)  # the baselines have dcgan64's generator
NARROW = {"width": 0.05}


def lively(name: str, **changes: object) -> tuple[nn.Module, Report]:
    """The report's generator in eval mode. Each layer's outputs spread by about 1, and batch norm has nontrivial statistics and gains."""
    report = painted.report(name)
    known = {key: value for key, value in changes.items() if hasattr(report, key)}
    report = settings_of(name).model_validate({**report.model_dump(), **known})
    generator, rng = report.networks(1)["generator"], torch.Generator().manual_seed(2)
    z = random.sample_latent(report.prior, 32, report.latent_size, rng)
    indices = [torch.randint(0, 1 + len(values), (32,), generator=rng) for values in report.condition_groups.values()]
    condition = [torch.stack(indices, 1)] if indices else []
    for layer in generator.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5, generator=rng)
            nn.init.normal_(layer.bias, 0.0, 0.3, generator=rng)
            layer.momentum = None  # the mean over all batches that it has seen: this one

    def spread(layer: nn.Module, _: object, out: torch.Tensor) -> torch.Tensor:
        scale = 1 / out.std()
        layer.weight.mul_(scale)
        if layer.bias is not None:
            layer.bias.copy_(0.2 * torch.randn(layer.bias.shape, generator=rng))
        return out * scale

    layers = [layer for layer in generator.modules() if isinstance(layer, LAYERS)]
    hooks = [layer.register_forward_hook(spread) for layer in layers]
    with torch.no_grad():
        generator.train()(z, *condition)
    for hook in hooks:
        hook.remove()
    return generator.eval(), report


def below(root: Path, name: str) -> Outputs:
    """The folders of a report's training in the checkout `root`."""
    return Outputs(*(root / folder for folder in paths.outputs(name)))


def trained(outputs: Outputs, name: str, **changes: object) -> Outputs:
    """The files of a training of the report, with such a generator."""
    generator, report = lively(name, **changes)
    painted.run(outputs, {8: (generator, report)})
    if "discriminator" in report.optimizers:
        store.save(report.networks(1)["discriminator"], "discriminator", name, report, outputs.nets / "discriminator.safetensors")
    return outputs


def in_checkout(root: Path, name: str, **changes: object) -> Outputs:
    """The same in the folder `root`, with the project's params.yaml, as the end of 4,000 steps with seed 1."""
    shutil.copy(ROOT / "params.yaml", root)
    outputs = trained(below(root, name), name, **changes)
    write_yaml({"report": name, "seed": 1, "steps": 4000}, outputs.run / "config.yaml")
    return outputs
