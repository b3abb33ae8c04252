"""The reports' nets written by hand in PyTorch; discriminators end in a sigmoid, BEGAN's in a picture.

Each function takes the report's settings and returns a generator and a discriminator with their parameters in ganlib's order.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ganlib.models.report import Report


def dcgan64(report: Report) -> tuple[nn.Module, nn.Module]:
    """The tutorial's nets, with twice the width in G."""
    nz, ngf, ndf = report.latent_size, round(128 * report.width), round(64 * report.width)
    generator = nn.Sequential(
        nn.ConvTranspose2d(nz, ngf * 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(ngf * 8),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 8, ngf * 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ngf * 4),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ngf * 2),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ngf),
        nn.ReLU(True),
        nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(3, ndf, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ndf * 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 2, ndf * 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ndf * 4),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 4, ndf * 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(ndf * 8),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(ndf * 8, 1, 4, 1, 0, bias=False),
        nn.Sigmoid(),
    )
    return nn.Sequential(nn.Unflatten(1, (nz, 1, 1)), generator), discriminator


def dcgan112(report: Report) -> tuple[nn.Module, nn.Module]:
    """Four 5x5 layers of stride 2 in each net."""
    widths = [round(channels * report.width) for channels in (1024, 512, 256, 128)]
    generator: list[nn.Module] = [nn.Linear(report.latent_size, widths[0] * 7 * 7, bias=False), nn.Unflatten(1, (widths[0], 7, 7))]
    discriminator: list[nn.Module] = [nn.Conv2d(3, widths[3], 5, 2, 2), nn.LeakyReLU(0.2, inplace=True)]
    for depth in range(3):
        a, b = widths[depth], widths[depth + 1]
        generator += [nn.BatchNorm2d(a), nn.ReLU(True), nn.ConvTranspose2d(a, b, 5, 2, 2, 1, bias=False)]
        a, b = widths[3 - depth], widths[2 - depth]
        discriminator += [nn.Conv2d(a, b, 5, 2, 2, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2, inplace=True)]
    generator += [nn.BatchNorm2d(widths[3]), nn.ReLU(True), nn.ConvTranspose2d(widths[3], 3, 5, 2, 2, 1), nn.Tanh()]
    discriminator += [nn.Flatten(), nn.Linear(widths[0] * 7 * 7, 1), nn.Sigmoid()]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def dcgan56(report: Report) -> tuple[nn.Module, nn.Module]:
    """Like dcgan112, from 4x4, with batch norm, LeakyReLU and dropout after every layer but the last."""
    widths = [round(channels * report.width) for channels in (1024, 512, 256, 128)]
    kernels = [(4, 1, 0), (5, 2, 2, 1), (5, 2, 2, 1)]
    generator: list[nn.Module] = [nn.Linear(report.latent_size, widths[0] * 4 * 4, bias=False), nn.Unflatten(1, (widths[0], 4, 4))]
    for depth, kernel in enumerate(kernels):
        a, b = widths[depth], widths[depth + 1]
        generator += [*_dropped(a, report.dropout), nn.ConvTranspose2d(a, b, *kernel, bias=False)]
    generator += [*_dropped(widths[3], report.dropout), nn.ConvTranspose2d(widths[3], 3, 5, 2, 2, 1), nn.Tanh()]

    discriminator: list[nn.Module] = []
    channels = [3, *(round(count * report.width) for count in (64, 128, 256, 512))]
    for depth in range(4):
        a, b = channels[depth], channels[depth + 1]
        discriminator += [nn.Conv2d(a, b, 5, 2, 2, bias=False), *_dropped(b, report.d_dropout)]
    discriminator += [nn.Flatten(), nn.Linear(channels[4] * 4 * 4, 1), nn.Sigmoid()]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def _dropped(channels: int, dropout: float) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(0.2, inplace=True), nn.Dropout(dropout)]


def dense64(report: Report) -> tuple[nn.Module, nn.Module]:
    """Two stacks of dense layers."""
    pixels = 3 * report.size**2

    def hidden(inputs: int) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for units in report.hidden:
            layers += [nn.Linear(inputs, units), nn.LeakyReLU(0.2), nn.Dropout(report.dropout)]
            inputs = units
        return layers

    last = report.hidden[-1]
    generator = nn.Sequential(
        *hidden(report.latent_size), nn.Linear(last, pixels), nn.Sigmoid(), nn.Unflatten(1, (3, report.size, report.size))
    )
    return generator, nn.Sequential(nn.Flatten(), *hidden(pixels), nn.Linear(last, 1), nn.Sigmoid())


def began64(report: Report) -> tuple[nn.Module, nn.Module]:
    """A decoder, and an autoencoder with the same decoder."""
    n, code = round(report.filters * report.width), report.latent_size
    joined = code + report.embedding * len(report.condition_sizes)
    encoder: list[nn.Module] = []
    inputs = 3
    for depth in range(4):
        outputs = n * (depth + 1)
        encoder += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ELU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ELU()]
        encoder += [nn.AvgPool2d(2)] if depth < 3 else [nn.Flatten(), nn.Linear(outputs * 8 * 8, code)]
        inputs = outputs
    return _Conditioned(report.condition_sizes, report.embedding, nn.Identity(), _decoder(joined, code, n)), _Conditioned(
        report.condition_sizes, report.embedding, nn.Sequential(*encoder), _decoder(joined, code, n)
    )


def _decoder(joined: int, code: int, n: int) -> nn.Module:
    layers = [nn.Linear(joined, code), nn.ELU(), nn.Linear(code, 8 * 8 * n), nn.Unflatten(1, (n, 8, 8))]
    for depth in range(4):
        layers += [nn.Conv2d(n, n, 3, padding=1), nn.ELU(), nn.Conv2d(n, n, 3, padding=1), nn.ELU()]
        layers += [nn.Upsample(scale_factor=2, mode="bilinear")] if depth < 3 else [nn.Conv2d(n, 3, 3, padding=1)]
    return nn.Sequential(*layers)


class _Conditioned(nn.Module):
    """`encoder`'s output, concatenated with the embedded conditions, through `decoder`."""

    def __init__(self, rows: Sequence[int], embedding: int, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(count, embedding) for count in rows)
        self.encoder, self.decoder = encoder, decoder

    def forward(self, inputs: Tensor, condition: Tensor) -> Tensor:
        embedded = [table(condition[:, k]) for k, table in enumerate(self.embeddings)]
        return self.decoder(torch.cat([self.encoder(inputs), *embedded], dim=1))
