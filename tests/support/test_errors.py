import errno
import re

import pytest
import torch

from ganlib.support.errors import exit_on_user_error


def test_file_that_cannot_be_opened_ends_a_command_in_one_line(tmp_path):
    with pytest.raises(SystemExit, match=rf"^error: {tmp_path}: Is a directory$"), exit_on_user_error():
        tmp_path.read_bytes()


def test_read_only_file_system_ends_a_command_in_one_line():
    with pytest.raises(SystemExit, match=r"^error: a/x: Read-only file system$"), exit_on_user_error():
        raise OSError(errno.EROFS, "Read-only file system", "a/x")


def test_error_of_the_program_keeps_its_traceback(tmp_path):
    with pytest.raises(FileNotFoundError), exit_on_user_error():
        (tmp_path / "absent").read_bytes()


TRIED = "Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 14.56 GiB of which 19.56 MiB is free"
CUBLAS = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError(f"CUDA out of memory. {TRIED}. Of the allocated memory 13.9 GiB is allocated by PyTorch."), TRIED),
        # Where other programs leave no room for a context, or for cuBLAS.
        (torch.AcceleratorError("CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation' in ..."), "CUDA error: out of memory"),
        (RuntimeError(CUBLAS), CUBLAS),
    ],
)
def test_full_memory_of_a_gpu_ends_a_command_in_one_line(error, said):
    line = (
        f"error: the GPU's memory is full ({said}): lower batch_size or width in params.yaml, end other programs on the GPU (nvidia-smi"
        " lists them), or set GANLIB_DEVICE=cpu; then run again"
    )
    with pytest.raises(SystemExit, match=f"^{re.escape(line)}$"), exit_on_user_error():
        raise error
    with pytest.raises(RuntimeError, match="else"), exit_on_user_error():
        raise RuntimeError("something else")
