"""Learning rates that mean the same to a narrow net as to the report's own.

Adam moves each weight by about its rate, so a layer that sums over fewer inputs changes what it gives by less, and a narrow net learns more
slowly from the same number. Yang et al. 2021 (Tensor Programs V, table 3) let Adam's rate go with 1 / fan-in, which carries rates from one
width to another. At width 1 every weight has the rate that params.yaml states.
"""

from collections import defaultdict
from typing import Any

from torch.nn import Module


def parameter_groups(net: Module, full: Module, rate: float) -> list[dict[str, Any]]:
    """Groups for an optimizer: a weight's rate is `rate` times its `scale`, its fan-in in `full` (the net at width 1) over that in `net`.

    Biases, gains, embeddings and layers that read a latent or a picture have scale 1; they come first.
    """
    scaled = defaultdict(list)
    for layer, wide in zip(net.modules(), full.modules(), strict=True):
        for name, parameter in layer.named_parameters(recurse=False):
            scaled[_fan_in(wide) / _fan_in(layer) if name == "weight" else 1.0].append(parameter)
    return [{"params": parameters, "lr": rate * scale, "scale": scale} for scale, parameters in sorted(scaled.items())]


def _fan_in(layer: Module) -> int:
    """Channels in; the kernel's size is the same at every width."""
    return getattr(layer, "in_channels", getattr(layer, "in_features", 1))
