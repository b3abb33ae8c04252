import pytest
import torch

from ganlib.core.random import Streams
from ganlib.models.dcgan import FromVector
from ganlib.training.trainer import Trainer
from tests.training import small


@pytest.mark.parametrize("name", small.NAMES)
def test_kernels_and_fakes_are_channels_last(name):
    report = small.report(name)
    trainer = Trainer(report, torch.device("cpu"), Streams(1))
    kernels = [weight for net in trainer.modules.values() for weight in net.parameters() if weight.dim() == 4]
    condition = [torch.zeros(4, len(report.condition_groups), dtype=torch.int64)] if report.condition_groups else []
    fakes = trainer.generator(torch.randn(4, report.latent_size), *condition)
    assert all(tensor.is_contiguous(memory_format=torch.channels_last) for tensor in [*kernels, fakes])


def test_layer_from_a_vector_is_the_transposed_convolution_of_a_1x1_map():
    rng = torch.Generator().manual_seed(1)
    ours, plain = FromVector(7, 5, 4, bias=False), torch.nn.ConvTranspose2d(7, 5, 4, bias=False)
    plain.load_state_dict(ours.state_dict(), strict=True)
    z = torch.randn(3, 7, 1, 1, generator=rng)
    torch.testing.assert_close(ours(z.flatten(1)), ours(z))
    torch.testing.assert_close(ours(z), plain(z))
    (ours(z) ** 2).sum().backward()
    (plain(z) ** 2).sum().backward()
    torch.testing.assert_close(ours.weight.grad, plain.weight.grad)
