"""The DCGAN of Z. Zhang & L. Zhao's report (`dcgan64`) in one file: from pictures to faces in two minutes of one CPU core.

    $ python examples/one_file.py                       # the drawn faces, once `ganlib repro prepare@wide64` has run
    $ python examples/one_file.py /path/to/my/pictures  # any folder of jpg and png, cut to their middle squares

Sheets of the same 64 z appear in exports/one_file/. On the drawn faces, the losses are those of `dvc repro train@dcgan64`
to the last digit. What ganlib has besides: settings, other reports, checkpoints, GPUs, scores, several seeds.
"""

import sys
import zlib
from collections.abc import Iterator
from copy import deepcopy
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv_transpose2d
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

SEED, LATENT, BATCH, STEPS, SHEET_EVERY = 1, 100, 16, 2400, 100
RATE_G, RATE_D = 0.0002 * 6, 0.00005 * 6  # six times the report's: nets an eighth as wide need larger steps


def stream(*purpose: str | int) -> torch.Generator:
    """Random numbers for one purpose, so that other initial weights change neither the order of the pictures nor z."""
    words = [zlib.crc32(str(word).encode()) for word in purpose]
    return torch.Generator().manual_seed(int(np.random.SeedSequence([SEED, *words]).generate_state(1, np.uint64)[0]))


class FromVector(nn.ConvTranspose2d):
    """z (N, 100) to maps (N, C, 4, 4): the transposed convolution of a single pixel is a matrix product."""

    def forward(self, z: Tensor) -> Tensor:
        weight = self.weight.permute(0, 2, 3, 1)
        return (z @ weight.flatten(1)).unflatten(1, weight.shape[1:]).permute(0, 3, 1, 2)


class Upsample(nn.Conv2d):
    """Twice the size: nearest-neighbour upsampling and a 3x3 convolution, computed as one transposed convolution."""

    def forward(self, maps: Tensor) -> Tensor:
        kernel = 4 * avg_pool2d(self.weight.transpose(0, 1).flip(2, 3), 2, stride=1, padding=1)
        return conv_transpose2d(maps, kernel, stride=2, padding=1)


def networks() -> tuple[nn.Module, nn.Module]:
    """G, from z (N, 100) to pictures (N, 3, 64, 64) in [-1, 1], and D, from pictures to logits (N,): positive is real."""
    g = [FromVector(LATENT, 128, 4, bias=False), nn.BatchNorm2d(128), nn.ReLU()]
    for c in (64, 32, 16):  # 4x4 pixels to 8x8, 16x16 and 32x32
        g += [Upsample(2 * c, c, 3, padding=1, bias=False), nn.BatchNorm2d(c), nn.ReLU()]
    generator = nn.Sequential(*g, Upsample(16, 3, 3, padding=1, bias=False), nn.Tanh())
    d = [nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
    for c in (16, 32, 64):  # 32x32 pixels to 16x16, 8x8 and 4x4
        d += [nn.Conv2d(c // 2, c, 3, padding=1, bias=False), nn.BatchNorm2d(c), nn.LeakyReLU(0.2), nn.AvgPool2d(2)]
    discriminator = nn.Sequential(*d, nn.Conv2d(64, 1, 4, bias=False), nn.Flatten(0))
    for net, rng in ((generator, stream("weights", "generator")), (discriminator, stream("weights", "discriminator"))):
        for layer in net:
            if hasattr(layer, "weight"):  # N(0, 0.02) or, for the gains of batch norm, N(1, 0.02): Radford et al. 2015
                nn.init.normal_(layer.weight, 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0, 0.02, generator=rng)
    return generator.to(memory_format=torch.channels_last), discriminator.to(memory_format=torch.channels_last)


def read(source: Path) -> Tensor:
    """(N, 3, 64, 64) uint8: the pictures of a folder, or of ganlib's cache the first 80%, which are for training."""
    if source.is_file():
        pictures = np.load(source)
        return torch.from_numpy(pictures[: len(pictures) * 8 // 10]).permute(0, 3, 1, 2)
    files = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if len(files) < BATCH:
        sys.exit(f"{source}: {len(files)} pictures, a step takes {BATCH}: run ganlib repro prepare@wide64, or name a folder")
    pictures = np.stack([ImageOps.fit(Image.open(path).convert("RGB"), (64, 64)) for path in files])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2)


def batches(pictures: Tensor) -> Iterator[Tensor]:
    """Pictures in [-1, 1], (16, 3, 64, 64), without end; each epoch has a new order."""
    for epoch in count():
        order = torch.randperm(len(pictures), generator=stream("order", epoch))
        for rows in order[: len(order) // BATCH * BATCH].split(BATCH):
            yield torch.add(torch.tensor(-1.0), pictures[rows].float(), alpha=2 / 255)


def train(pictures: Tensor, steps: int, folder: Path) -> list[tuple[float, float]]:
    """Train, save sheets in `folder`, and return the losses of D and G at each step."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # with more of them, sums have another order and other last digits
    generator, discriminator = networks()
    average = deepcopy(generator).eval().requires_grad_(False)  # of G over the last hundreds of steps; steadier than G
    optimizer_g = torch.optim.Adam(generator.parameters(), RATE_G, betas=(0.5, 0.999), fused=True)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), RATE_D, betas=(0.5, 0.999), fused=True)
    noise, shown = stream("noise"), torch.randn(64, LATENT, generator=stream("sheets", "z"))
    real, fake, losses = torch.ones(BATCH), torch.zeros(BATCH), []
    for step, reals in enumerate(islice(batches(pictures), steps), 1):
        fakes = generator(torch.randn(BATCH, LATENT, generator=noise))
        # D learns to tell reals from fakes.
        d_loss = cross_entropy(discriminator(reals), real) + cross_entropy(discriminator(fakes.detach()), fake)
        optimizer_d.zero_grad()
        d_loss.backward()
        optimizer_d.step()
        # G learns to make fakes that D takes for reals.
        g_loss = cross_entropy(discriminator(fakes), real)
        optimizer_g.zero_grad()
        g_loss.backward()
        optimizer_g.step()
        for mean, new in zip(average.state_dict().values(), generator.state_dict().values(), strict=True):
            mean.copy_(torch.lerp(new.float(), mean.float(), min(0.998, step / (step + 9))))
        losses.append((d_loss.item(), g_loss.item()))
        if step % SHEET_EVERY == 0:
            print(f"step {step}/{steps}: d_loss {d_loss:.3f}, g_loss {g_loss:.3f}", flush=True)
            sheet = ((average(shown) + 1) * 127.5).round().byte().unflatten(0, (8, 8)).permute(0, 3, 1, 4, 2)
            Image.fromarray(sheet.reshape(512, 512, 3).numpy()).save(folder / f"{step:06d}.png")
    return losses


if __name__ == "__main__":
    train(read(Path(*sys.argv[1:] or ["data/faces/wide64/pictures.npy"])), STEPS, Path("exports/one_file"))
