"""The compiled GPU library: kernels for each kind of GPU, without spills, and loadable anywhere."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
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
    "combine_rows",
    "copy_texts",
    "count_codes",
    "count_numbers",
    "find_groups",
    "find_runs",
    "finish_rows",
    "gather_numbers",
    "key_ids",
    "key_rows",
    "list_numbers",
    "move_numbers",
    "network_rows",
    "order_numbers",
    "rank_rows",
    "read_groups",
    "run_layer",
    "slice_trees",
    "transform_rows",
    "update_rows",
    "walk_trees",
    "weight_gradients",
]
NO_KERNELS = ["cuda_calls", "sort_keys"]  # the runtime's calls, and CUB's kernels
# Where the CPU's code for floats is, too.
FUSED = ["network_rows", "run_layer", "update_rows"]
# More registers than these leave a multiprocessor with less than a quarter of its threads.
MAX_REGISTERS = {"sm_80": 168, "sm_90": 168}
MAX_SHARED_BYTES = 48 * 1024  # without asking for more

# An editable install would find the package by a finder of its own.
FROM_FOLDER = """
import sys
sys.meta_path = [each for each in sys.meta_path if "Redirecting" not in type(each).__name__]
sys.path.insert(0, sys.argv[1])
import numpy as np
import mainspring as ms
from mainspring.cli import main
assert ms.__file__.startswith(sys.argv[1]), ms.__file__
print(ms.build_info()["cuda"])
print("--")
try:
    ms.gpu.to_device(np.zeros(1))
except ms.UnsupportedError as error:
    print(error)
print("--")
main(["doctor"])
"""

needs_nvcc = pytest.mark.skipif(
    shutil.which("nvcc") is None, reason="no nvcc: install the CUDA toolkit to build the kernels"
)


@pytest.fixture(scope="module")
def compiled() -> Path:
    return build_plain("mainspring_gpu") / "kernels" / "cuda" / "libmainspring_gpu.so"


def kept(compiled: Path, kernel: str) -> Path:
    """What the compiler has left of a kernel: see keep_report.sh."""
    return compiled.parent / "CMakeFiles" / "mainspring_gpu.dir" / f"{kernel}.cu.o.kept"


@needs_nvcc
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_is_compiled_for_every_gpu_without_spills(compiled: Path, kernel: str) -> None:
    report = (kept(compiled, kernel) / "report.txt").read_text()
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
def test_kernel_fuses_no_product_with_a_sum(compiled: Path, kernel: str) -> None:
    # In PTX a division is one instruction; a fused one would be of our arithmetic.
    found = list(kept(compiled, kernel).glob("*.ptx"))
    assert len(found) == len(MAX_REGISTERS)
    for code in found:
        text = code.read_text()
        assert re.search(rf"\.entry \w*{kernel}", text)
        assert not re.search(r"\bfma\.", text)


@needs_nvcc
def test_every_kernel_is_looked_at() -> None:
    files = (ROOT / "kernels" / "cuda").glob("*.cu")
    assert sorted(KERNELS) == sorted(path.stem for path in files if path.stem not in NO_KERNELS)


@needs_nvcc
def test_library_needs_neither_runtime_nor_driver_and_exports_its_interface(compiled: Path) -> None:
    assert "libcuda" not in run([find_tool("ldd"), str(compiled)])
    symbols = run([find_tool("nm"), "-D", "--defined-only", str(compiled)]).splitlines()
    header = (ROOT / "kernels" / "cuda" / "mainspring_gpu.h").read_text()
    declared = set(re.findall(r"\b(ms_gpu_\w+)\(", header))
    assert {line.split()[-1].partition("@")[0] for line in symbols} == declared


@needs_nvcc
def test_installed_library_lies_beside_the_engine_and_is_found(
    compiled: Path, tmp_path: Path
) -> None:
    # What a wheel holds, without building the engine once more.
    installed = tmp_path / "mainspring"
    place = ["--install", str(compiled.parents[2]), "--prefix", str(tmp_path)]
    run([find_tool("cmake"), *place, "--component", "gpu"])
    assert [path.name for path in installed.iterdir()] == ["libmainspring_gpu.so"]
    engine = importlib.util.find_spec("mainspring._engine")
    assert engine is not None
    assert engine.origin is not None
    for path in [*Path(ms.__file__).parent.iterdir(), Path(engine.origin)]:
        if not (installed / path.name).exists():
            (installed / path.name).symlink_to(path)
    done = subprocess.run(
        [sys.executable, "-c", FROM_FOLDER, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name != LIBRARY},
    )
    facts, error, doctor = done.stdout.split("--\n")
    assert "'compiled': True" in facts
    if "'available': True" in facts:
        return
    assert error.startswith("There is no CUDA device: ")
    assert "no CUDA device" in doctor


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
