"""The environment selects the device; a device that is unknown, not available or too old is refused in one line."""

import os
import re

import pytest
import torch

from ganlib.core import device
from ganlib.support.errors import UserError

T4, H200 = ("Tesla T4", (7, 5)), ("NVIDIA H200", (9, 0))


@pytest.fixture
def has_gpus(monkeypatch):
    """Replaces what torch says of the GPUs, for a build of torch with kernels for 7.5, 8.0 and 9.0."""
    monkeypatch.delenv(device.VARIABLE, raising=False)

    def replace(*gpus: tuple[str, tuple[int, int]]) -> None:
        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda on: gpus[on.index or 0][0])
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda on: gpus[on.index or 0][1])
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80", "sm_90", "compute_90"])

    return replace


@pytest.fixture
def two_gpus(has_gpus):
    has_gpus(H200, H200)


@pytest.fixture
def torch_has_none(monkeypatch):
    """Has torch refuse to use CUDA for a reason."""
    monkeypatch.delenv(device.VARIABLE, raising=False)

    def refuse(reason: str, kind: type[Exception] = RuntimeError) -> None:
        def init() -> None:
            raise kind(reason)

        monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
        monkeypatch.setattr(torch.cuda, "init", init)

    return refuse


@pytest.mark.parametrize(("name", "chosen"), [(None, "cuda"), ("auto", "cuda"), ("cpu", "cpu"), ("cuda", "cuda"), ("cuda:1", "cuda:1")])
def test_environment_names_the_device(two_gpus, monkeypatch, name, chosen):
    monkeypatch.delenv(device.VARIABLE, raising=False)
    if name is not None:
        monkeypatch.setenv(device.VARIABLE, name)
    assert device.device() == torch.device(chosen)


# torch/csrc/cuda/Module.cpp, c10/cuda/CUDAFunctions.cpp and torch/cuda/__init__.py of torch 2.14
@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        (
            RuntimeError,
            "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU",
            "Found no NVIDIA driver on your system",
        ),
        (RuntimeError, "No CUDA GPUs are available", "No CUDA GPUs are available"),
        (AssertionError, "Torch not compiled with CUDA enabled", "Torch not compiled with CUDA enabled"),
    ],
)
def test_auto_is_the_cpu_without_a_gpu(torch_has_none, monkeypatch, kind, reason, shown):
    torch_has_none(reason, kind)
    assert device.device() == torch.device("cpu")
    monkeypatch.setenv(device.VARIABLE, "cuda")
    with pytest.raises(UserError, match=f"^GANLIB_DEVICE: cuda is not available: {shown}: use auto or cpu$"):
        device.device()


def test_gpu_with_too_old_a_driver_is_never_silently_the_cpu(torch_has_none, monkeypatch):
    torch_has_none(
        "The NVIDIA driver on your system is too old (found version 12020). Please update your GPU driver by downloading and installing"
        " a new\nversion from the URL: http://www.nvidia.com/Download/index.aspx"
    )
    with pytest.raises(UserError) as error:
        device.device()
    reason, remedy = str(error.value).split(" is too old (found version 12020): ")
    assert reason == f"GANLIB_DEVICE: auto: torch {torch.__version__} cannot use this machine's GPU: The NVIDIA driver on your system"
    assert remedy == (
        "update the driver, install a build for older drivers and GPUs, `rm -r .venv &&"
        " PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cu126 make install` (docs/install.md), or set GANLIB_DEVICE=cpu"
    )
    monkeypatch.setenv(device.VARIABLE, "cpu")
    assert device.device() == torch.device("cpu")


def test_gpu_that_torch_was_not_built_for_is_one_line(has_gpus):
    has_gpus(("Tesla P100-PCIE-16GB", (6, 0)))
    said = rf"^GANLIB_DEVICE: auto: Tesla P100-PCIE-16GB has 6\.0, and torch {re.escape(torch.__version__)} needs 7\.5 or higher: install a"
    with pytest.raises(UserError, match=said):
        device.device()


def test_gpu_without_bf16_is_one_line(has_gpus):
    has_gpus(T4)
    said = r"^params\.yaml: numerics\.precision: bf16 needs compute capability 8\.0, and Tesla T4 has 7\.5: use tf32$"
    with pytest.raises(UserError, match=said):
        device.prepare_device("bf16")
    has_gpus(H200)
    assert device.prepare_device("bf16") == torch.device("cuda")


def test_gpu_is_described_with_the_versions_of_what_it_runs(has_gpus, monkeypatch):
    has_gpus(H200)
    monkeypatch.setattr(torch, "__version__", "2.14.1+cu130")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91300)
    gpu = {"device": "NVIDIA H200", "torch": "2.14.1", "cuda": "13.0", "cudnn": "91300"}
    assert device.described(torch.device("cuda")) == gpu
    assert device.described(torch.device("cpu")) == {"device": "cpu", "torch": "2.14.1"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpu", r"^GANLIB_DEVICE: 'gpu' is not allowed: must be auto, cpu, cuda or cuda:1 \(the second GPU\)$"),
        ("cuda:-1", "is not allowed"),
        ("", "is not allowed"),
        ("mps", "^GANLIB_DEVICE: mps is not supported, since scores and BEGAN compute in float64, which it lacks: use cpu or auto$"),
        ("cuda:2", "^GANLIB_DEVICE: cuda:2 is not available: 2 GPUs are visible: use auto or cpu$"),
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
