"""The compiled GPU library: kernels for each kind of GPU, without spills, and loadable anywhere."""

from __future__ import annotations

import ctypes
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring import errors, gpu
from mainspring.gpu.library import LIBRARY, NOT_COMPILED
from tests.native_build import ROOT, build_plain, find_tool, run

KERNELS = [
    "count_numbers",
    "find_runs",
    "finish_rows",
    "gather_numbers",
    "key_ids",
    "list_numbers",
    "move_numbers",
    "network_rows",
    "order_numbers",
    "rank_rows",
    "run_layer",
    "transform_rows",
    "update_rows",
    "walk_trees",
    "weight_gradients",
]
# Where the CPU's code for floats is, too.
FUSED = ["network_rows", "run_layer", "update_rows"]
# More registers than these leave a multiprocessor with less than a quarter of its threads.
MAX_REGISTERS = {"sm_80": 168, "sm_90": 168}
MAX_SHARED_BYTES = 48 * 1024  # without asking for more

needs_nvcc = pytest.mark.skipif(
    shutil.which("nvcc") is None, reason="no nvcc: install the CUDA toolkit to build the kernels"
)


@pytest.fixture(scope="module")
def compiled() -> Path:
    return build_plain("mainspring_gpu") / "kernels" / "cuda" / "libmainspring_gpu.so"


def compile_again(compiled: Path, name: str, folder: Path, *changes: str) -> str:
    """Compile a kernel's file as the build did, and return what the compiler reports."""
    commands = json.loads((compiled.parents[2] / "compile_commands.json").read_text())
    found = next(each for each in commands if each["file"].endswith(f"/kernels/cuda/{name}.cu"))
    command = shlex.split(found["command"])
    for flag in ("-o", "-MF"):
        if flag in command:
            command[command.index(flag) + 1] = str(folder / f"{name}{flag}")
    return run([*command, *changes])


@needs_nvcc
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_is_compiled_for_every_gpu_without_spills(
    compiled: Path, kernel: str, tmp_path: Path
) -> None:
    report = compile_again(compiled, kernel, tmp_path)
    parts = re.split(r"Compiling entry function '(\w+)' for '(sm_\d+)'", report)[1:]
    found = {}
    for name, level, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        assert kernel in name
        found[name, level] = {
            "registers": int(re.search(r"Used (\d+) registers", text)[1]),  # type: ignore[index]
            "shared": int((re.search(r"(\d+) bytes smem", text) or ["", "0"])[1]),
            "stack": int(re.search(r"(\d+) bytes stack frame", text)[1]),  # type: ignore[index]
            "spills": sum(map(int, re.findall(r"(\d+) bytes spill", text))),
        }
    assert {level for _, level in found} == set(MAX_REGISTERS)
    for (name, level), uses in found.items():
        assert uses["registers"] <= MAX_REGISTERS[level], (name, level, uses)
        assert uses["stack"] == uses["spills"] == 0, (name, level, uses)
        assert uses["shared"] <= MAX_SHARED_BYTES, (name, level, uses)


@needs_nvcc
@pytest.mark.parametrize("kernel", [each for each in KERNELS if each not in FUSED])
def test_kernel_fuses_no_product_with_a_sum(kernel: str, tmp_path: Path) -> None:
    # In PTX a division is one instruction; a fused one would be of our arithmetic.
    code = tmp_path / "code.ptx"
    flags = ["--fmad=false", "--expt-relaxed-constexpr", "-std=c++17", f"-I{ROOT / 'csrc'}"]
    source = ROOT / "kernels" / "cuda" / f"{kernel}.cu"
    run(["nvcc", "-ptx", "-arch=compute_90", *flags, str(source), "-o", str(code)])
    text = code.read_text()
    assert re.search(rf"\.entry \w*{kernel}", text)
    assert not re.search(r"\bfma\.", text)


@needs_nvcc
def test_library_needs_neither_runtime_nor_driver_and_exports_its_interface(compiled: Path) -> None:
    assert "libcuda" not in run([find_tool("ldd"), str(compiled)])
    symbols = run([find_tool("nm"), "-D", "--defined-only", str(compiled)]).splitlines()
    header = (ROOT / "kernels" / "cuda" / "mainspring_gpu.h").read_text()
    declared = set(re.findall(r"\b(ms_gpu_\w+)\(", header))
    assert {line.split()[-1].partition("@")[0] for line in symbols} == declared


@needs_nvcc
def test_interface_is_plain_c() -> None:
    source = '#include "mainspring_gpu.h"\nint main(void) { return MS_GPU_ABI_VERSION - 1; }\n'
    folder = ROOT / "kernels" / "cuda"
    command = [find_tool("cc"), "-std=c99", "-Wall", "-Werror", "-fsyntax-only", f"-I{folder}"]
    done = subprocess.run([*command, "-xc", "-"], input=source, text=True, check=False)
    assert done.returncode == 0


@needs_nvcc
def test_library_where_there_is_no_gpu_loads_and_says_so(
    compiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIBRARY, str(compiled))
    count, reason = ctypes.c_int(-1), ctypes.c_char_p()
    library = ctypes.CDLL(str(compiled))
    assert library.ms_gpu_count_devices(ctypes.byref(count), ctypes.byref(reason)) == 0
    if count.value:
        pytest.skip(f"this machine has {count.value} GPUs")
    assert reason.value
    assert gpu.devices() == []
    facts = ms.build_info()["cuda"]
    assert isinstance(facts, dict)
    assert facts["compiled"]
    assert not facts["available"]
    assert facts["message"] == f"no CUDA device: {reason.value.decode()}"
    with pytest.raises(errors.UnsupportedError, match="There is no CUDA device: "):
        gpu.DeviceArray((1,), "float32")


def test_without_the_library_one_error_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(LIBRARY, str(tmp_path / "none.so"))
    assert gpu.devices() == []
    expected = {"compiled": False, "available": False, "message": NOT_COMPILED}
    assert ms.build_info()["cuda"] == expected
    with pytest.raises(errors.UnsupportedError, match=r"-C cmake.define.MAINSPRING_CUDA=ON"):
        gpu.DeviceArray((1,), "float32")


def test_library_that_is_none_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setenv(LIBRARY, str(broken))
    with pytest.raises(errors.UnsupportedError, match="the GPU library does not load"):
        gpu.DeviceArray((1,), "float32")


def test_nothing_of_a_gpu_is_loaded_for_data_of_the_host() -> None:
    code = (
        "import sys, mainspring as ms\n"
        "p = ms.Preprocessor(ms.col('x')).fit([{'x': 1.0}])\n"
        "p.transform({'x': 1.0})\n"
        "print('mainspring.gpu' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False", done.stderr
