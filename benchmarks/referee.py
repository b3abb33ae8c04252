"""pytorch-fid's network with our weights instead of a download."""

from unittest.mock import patch

import pytorch_fid.inception
import torch
from pytorch_fid.inception import InceptionV3
from torch import Tensor
from torchvision.models import inception_v3

from ganlib.fidelity.weights import Layer, layer_names


def state_dict(layers: list[Layer]) -> dict[str, Tensor]:
    """The layers under pytorch-fid's names and in its shapes, without the classifier, which pool3 does not need."""
    with torch.device("meta"):
        shapes = inception_v3(weights=None, aux_logits=False, init_weights=False).state_dict()
    found = {}
    for name, layer in zip(layer_names(), layers, strict=True):
        *_, height, width = shapes[f"{name}.conv.weight"].shape
        found[f"{name}.conv.weight"] = layer.weight.reshape(len(layer.beta), -1, height, width)
        found |= {f"{name}.bn.bias": layer.beta, f"{name}.bn.running_mean": layer.mean, f"{name}.bn.running_var": layer.var}
        found |= {f"{name}.bn.weight": torch.ones_like(layer.beta), f"{name}.bn.num_batches_tracked": torch.tensor(0)}
    return found


def pytorch_fid_network(layers: list[Layer], **options: bool) -> InceptionV3:
    """`InceptionV3(**options)` in eval mode: floats (N, 3, H, W) in [0, 1] -> [(N, 2048, 1, 1)]."""
    weights = state_dict(layers) | {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    with patch.object(pytorch_fid.inception, "load_state_dict_from_url", lambda *args, **kwargs: weights):
        return InceptionV3(**options).eval()
