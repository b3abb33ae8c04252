"""The environment selects the device; a device that is unknown or not available is refused in one line."""

import os

import pytest
import torch

from ganlib.core import device
from ganlib.support.errors import UserError


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.parametrize(("name", "chosen"), [(None, "cuda"), ("auto", "cuda"), ("cpu", "cpu"), ("cuda", "cuda"), ("cuda:1", "cuda:1")])
def test_environment_names_the_device(two_gpus, monkeypatch, name, chosen):
    monkeypatch.delenv(device.VARIABLE, raising=False)
    if name is not None:
        monkeypatch.setenv(device.VARIABLE, name)
    assert device.device() == torch.device(chosen)


def test_auto_is_the_cpu_without_a_gpu(monkeypatch):
    monkeypatch.delenv(device.VARIABLE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.device() == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpu", r"^GANLIB_DEVICE: 'gpu' is not allowed: must be auto, cpu, cuda or cuda:1 \(the second GPU\)$"),
        ("cuda:-1", "is not allowed"),
        ("", "is not allowed"),
        ("mps", "^GANLIB_DEVICE: mps is not supported, since scores and BEGAN compute in float64, which it lacks: use cpu or auto$"),
        ("cuda:2", "^GANLIB_DEVICE: cuda:2 is not available: 2 GPUs are visible; use auto or cpu$"),
    ],
)
def test_missing_device_is_one_line(two_gpus, monkeypatch, name, message):
    monkeypatch.setenv(device.VARIABLE, name)
    with pytest.raises(UserError, match=message):
        device.device()


@pytest.mark.parametrize(("threads", "used"), [(1, 1), (3, 3), (None, 2)])
def test_a_training_on_a_cpu_has_as_many_threads_as_its_settings_say(threads, used, monkeypatch):
    monkeypatch.setenv(device.VARIABLE, "cpu")
    before, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        torch.set_num_threads(2)
        device.prepare_device("tf32", threads)
        assert torch.get_num_threads() == used
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)


def test_training_uses_deterministic_kernels_alone_on_the_device_that_the_environment_names(two_gpus, monkeypatch):
    monkeypatch.setenv(device.VARIABLE, "cuda:1")
    before = torch.are_deterministic_algorithms_enabled()
    try:
        assert device.prepare_device("tf32") == torch.device("cuda:1")
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert not torch.utils.deterministic.fill_uninitialized_memory
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] in (":4096:8", ":16:8")
    finally:
        torch.use_deterministic_algorithms(before)
