"""PyTorch's DCGAN tutorial, and loops in the same style for the two reports that are not DCGANs."""

from functools import cache, partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, RandomSampler
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.transforms.functional import crop

from benchmarks import twins
from ganlib import params
from ganlib.models.report import Report


class Tutorial:
    """Nets with the initial weights `weights`, optimizers and the loop's body; a step returns D's and G's losses as numbers."""

    def __init__(self, name: str, report: Report, weights: tuple[nn.Module, nn.Module], device: torch.device) -> None:
        self.report, self.device = report, device
        self.generator, self.discriminator = (net.to(device) for net in getattr(twins, name)(report))
        for net, source in zip((self.generator, self.discriminator), weights, strict=True):
            for own, other in zip(net.state_dict().values(), source.state_dict().values(), strict=True):
                own.copy_(self.rearranged(other))
        betas = (report.beta1, 0.999)
        self.optimizer_g = Adam(self.generator.parameters(), lr=report.lr_g, betas=betas)
        self.optimizer_d = Adam(self.discriminator.parameters(), lr=report.lr_d, betas=betas)
        self.criterion = nn.BCELoss()

    def rearranged(self, weights: Tensor) -> Tensor:
        """The weights in the layout of this side's nets."""
        return weights

    def noise(self, count: int) -> Tensor:
        """z from the report's prior; the prior does not affect the time."""
        return torch.randn(count, self.report.latent_size, device=self.device)

    def step(self, real: Tensor, condition: Tensor, z_d: Tensor, z_g: Tensor) -> tuple[float, float]:
        """The tutorial's step: `z_g` is unused, because G's step reuses D's fakes."""
        label = torch.full((len(real),), self.report.real_label, device=self.device)
        self.discriminator.zero_grad()
        output = self.discriminator(real).view(-1)
        real_loss = self.criterion(output, label)
        real_loss.backward()
        output.mean().item()
        fake = self.generator(z_d)
        label.fill_(0.0)
        output = self.discriminator(fake.detach()).view(-1)
        fake_loss = self.criterion(output, label)
        fake_loss.backward()
        output.mean().item()
        d_loss = real_loss + fake_loss
        self.optimizer_d.step()

        self.generator.zero_grad()
        label.fill_(1.0)
        output = self.discriminator(fake).view(-1)
        g_loss = self.criterion(output, label)
        g_loss.backward()
        output.mean().item()
        self.optimizer_g.step()
        return d_loss.item(), g_loss.item()


class Dense(Tutorial):
    """Keras' train_on_batch of D and then of G through D, in PyTorch: reals and fakes pass through D separately."""

    def rearranged(self, weights: Tensor) -> Tensor:
        """Pixels flattened with channels first, as in PyTorch; ganlib's are channels-last."""
        for dim, size in enumerate(weights.shape):
            if size == 3 * self.report.size**2:
                return weights.unflatten(dim, (-1, 3)).transpose(dim, dim + 1).flatten(dim, dim + 1)
        return weights

    def step(self, real: Tensor, condition: Tensor, z_d: Tensor, z_g: Tensor) -> tuple[float, float]:
        self.generator.eval()
        with torch.no_grad():
            fake = self.generator(z_d)
        self.generator.train()
        self.optimizer_d.zero_grad()
        real_output, fake_output = self.discriminator(real).view(-1), self.discriminator(fake).view(-1)
        real_loss = self.criterion(real_output, torch.ones_like(real_output))
        fake_loss = self.criterion(fake_output, torch.zeros_like(fake_output))
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        self.optimizer_d.step()
        ((real_output > 0.5).float().mean() + (fake_output < 0.5).float().mean()).item()

        self.optimizer_g.zero_grad()
        output = self.discriminator(self.generator(z_g)).view(-1)
        g_loss = self.criterion(output, torch.ones_like(output))
        g_loss.backward()
        self.optimizer_g.step()
        return d_loss.item(), g_loss.item()


class Began(Tutorial):
    """The report's step: one forward pass per loss, both nets updated at the end."""

    def __init__(self, name: str, report: Report, weights: tuple[nn.Module, nn.Module], device: torch.device) -> None:
        super().__init__(name, report, weights, device)
        self.k = 0.0
        self.rng = torch.Generator()

    def step(self, real: Tensor, condition: Tensor, z_d: Tensor, z_g: Tensor) -> tuple[float, float]:
        report, discriminator = self.report, self.discriminator
        self.optimizer_g.zero_grad()
        fake = self.generator(z_g, condition)
        fake_loss = (discriminator(fake, condition) - fake).abs().mean()
        outside = ((fake < 0) | (fake > 1)).float()
        g_loss = fake_loss + report.out_of_bound * (outside * ((fake - 0.5) ** 2 - 0.25)).mean()
        g_loss.backward()

        self.optimizer_d.zero_grad()
        real_losses = (discriminator(real, condition) - real).abs().mean(dim=(1, 2, 3))
        wrong_losses = (discriminator(real, self._wrong(condition)) - real).abs().mean(dim=(1, 2, 3))
        with torch.no_grad():
            fake = self.generator(z_d, condition)
        d_fake_loss = (discriminator(fake, condition) - fake).abs().mean()
        real_loss = real_losses.mean()
        d_loss = real_loss - self.k * d_fake_loss + (report.wrong_condition * real_losses - wrong_losses).abs().mean()
        d_loss.backward()
        self.optimizer_g.step()
        self.optimizer_d.step()

        balance = report.gamma * real_loss.item() - fake_loss.item()
        self.k = min(1.0, max(0.0, self.k + report.lambda_k * balance))
        return d_loss.item(), g_loss.item()

    def _wrong(self, condition: Tensor) -> Tensor:
        hairs, eyes = self.report.condition_sizes
        offset = torch.randint(1, hairs * eyes, (len(condition),), generator=self.rng).to(condition.device)
        number = (condition[:, 0] * eyes + condition[:, 1] + offset) % (hairs * eyes)
        return torch.stack([number // eyes, number % eyes], dim=1)


LOOPS = {"dcgan112": Tutorial, "dcgan64": Tutorial, "dcgan56": Tutorial, "dense64": Dense, "began64": Began}


class Loaders:
    """ImageFolder and DataLoader with two workers, over JPEGs and their conditions (N, K) int64."""

    def __init__(self, report: Report, jpegs: Path, conditions: Tensor) -> None:
        box = params.load().crop(report.crop)
        if report.crop == "wide64":  # the tutorial's transforms for that crop
            cropping = [transforms.Resize(report.size), transforms.CenterCrop(report.size)]
        else:
            cut = partial(crop, top=box.top, left=box.left, height=box.bottom - box.top, width=box.right - box.left)
            cropping = [transforms.Lambda(cut), transforms.Resize((report.size, report.size))]
        scaling = [transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))] if report.pixel_range[0] < 0 else []
        self.report = report
        self.folder = ImageFolder(jpegs, transforms.Compose([*cropping, transforms.ToTensor(), *scaling]))
        self.folder.samples = [(path, row) for (path, _), row in zip(self.folder.samples, conditions, strict=True)]

    @cache  # noqa: B019 (as long-lived as the process)
    def batches(self, count: int) -> DataLoader:
        """An epoch of `count` batches. Unlike in the tutorial, workers persist between epochs, so that their start is not timed."""
        size = self.report.reals_per_step
        sampler = RandomSampler(self.folder, replacement=self.report.replacement, num_samples=count * size)
        return DataLoader(self.folder, batch_size=size, sampler=sampler, num_workers=2, persistent_workers=True)
