"""The nets of Zhang & Zhao's demo."""

from torch import nn


def generator(latent_size: int, hidden: int, points: int) -> nn.Sequential:
    """z (N, latent_size) to curves (N, points)."""
    return nn.Sequential(nn.Linear(latent_size, hidden), nn.ReLU(), nn.Linear(hidden, points))


def discriminator(points: int, hidden: int) -> nn.Sequential:
    """Curves (N, points) to logits (N,)."""
    return nn.Sequential(nn.Linear(points, hidden), nn.ReLU(), nn.Linear(hidden, 1), nn.Flatten(0))
