"""The CUDA build: compiles, loads where there is no GPU, answers with one clear error."""

from __future__ import annotations

import array
import shutil
import subprocess
from pathlib import Path

import pytest

import mainspring as ms
from mainspring import _engine
from mainspring.errors import ParameterError, UnsupportedError
from tests.native_build import PLAIN, build, find_tool, run

needs_nvcc = pytest.mark.skipif(
    shutil.which("nvcc") is None, reason="no nvcc: install the CUDA toolkit to build the kernels"
)
SKIPPED = 77  # the program found no device


def build_program() -> Path:
    """Build the native comparison of GPU and CPU; only the kernels and the bottom layer."""
    options = {**PLAIN, "MAINSPRING_CUDA": "ON", "CMAKE_CUDA_ARCHITECTURES": "80;90"}
    place = build("test-cuda", "test_cuda_affine", tuple(options.items()))
    return place / "tests" / "cpp" / "test_cuda_affine"


def run_program() -> subprocess.CompletedProcess[str]:
    return subprocess.run([build_program()], capture_output=True, text=True, check=False)


@needs_nvcc
def test_cuda_build_when_there_is_no_device_loads_and_says_so() -> None:
    done = run_program()
    assert done.returncode in (0, SKIPPED), done.stdout + done.stderr
    if done.returncode == SKIPPED:
        assert done.stdout.startswith("no CUDA device: ")
        assert len(done.stdout.splitlines()) == 1
    libraries = run([find_tool("ldd"), str(build_program())])
    assert "libcuda" not in libraries  # neither the runtime nor the driver is needed to load


@needs_nvcc
@pytest.mark.gpu
def test_cuda_affine_on_a_device_has_the_bits_of_the_cpu() -> None:
    done = run_program()
    assert done.returncode == 0, done.stdout + done.stderr


def test_cuda_affine_in_python_when_it_cannot_run_is_one_error() -> None:
    info = ms.build_info()["cuda"]
    assert isinstance(info, dict)
    assert set(info) == {"compiled", "available", "message"}
    if info["available"]:
        pytest.skip("this build and this machine can run CUDA kernels")
    out = array.array("d", [5.0])
    with pytest.raises(UnsupportedError) as caught:
        _engine.cuda_affine(array.array("d", [1.0]), out, 0.0, 1.0)
    fix = "no CUDA device" if info["compiled"] else "-C cmake.define.MAINSPRING_CUDA=ON"
    assert fix in str(caught.value)
    assert info["message"] in str(caught.value)
    assert out[0] == 5.0


def test_cuda_affine_in_python_on_a_device_has_the_bits_of_the_cpu() -> None:
    info = ms.build_info()["cuda"]
    assert isinstance(info, dict)
    if not info["available"]:
        pytest.skip(f"cannot run CUDA kernels: {info['message']}")
    values = array.array("d", [0.1, -3.0, float("inf"), 1e-310])
    out = array.array("d", bytes(32))
    _engine.cuda_affine(values, out, 0.3, 7.0)
    assert list(out) == [(value - 0.3) / 7.0 for value in values]
    with pytest.raises(ParameterError, match="4"):
        _engine.cuda_affine(values, array.array("d", [0.0]), 0.3, 7.0)
