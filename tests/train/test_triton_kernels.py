"""Triton kernels: in the interpreter against the reference, and compiled for GPUs without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
if find_spec("triton") is None:
    pytest.skip("needs triton", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
CASES = "tests/train/triton_cases.py"

COMPILED = """
import json, sys
import triton
from triton.backends.compiler import GPUTarget
from mainspring.kernels import binary_losses, embedding, interactions, softmax_loss

POINTER, SHORT = "*fp32", {"num_vectors": "i32", "width": "i32"}
DOT = {"VECTORS": 32, "BLOCK": 64}
def pointers(*names):
    return {name: POINTER for name in names}
SCALARS = ("grad_scale", "pos_weight", "pos_factor", "neg_factor", "pos_gamma", "neg_gamma",
           "margin")
FLAGS = {"WEIGHTED": True, "EACH": False, "WITH_GRAD": True, "WITH_MARGIN": True, "BLOCK": 1024}
BINARY = {**pointers("logits", "labels", "weights", "losses", "grad", "sums"), "count": "i32",
          **{name: "fp32" for name in SCALARS}}
SOFTMAX = {**pointers("logits", "weights", "losses", "grad"), "targets": "*i64",
           "num_classes": "i32", "grad_scale": "fp32", "smoothing": "fp32", "ignore": "i32"}
WHOLE = ("layout", "offsets", "run_starts", "run_tables", "run_rows", "order", "bags", "seed")
LOOKUP = {**pointers("weights", "out"), "ids": "*i64", "num_bags": "i32", "stride": "i32"}
UPDATE = {**pointers("grad", "first", "second", "factors"), "stride": "i32"}
RULE = ("rate", "epsilon", "beta1", "beta2", "correction1", "correction2", "decay", "clip_value",
        "clip_norm", "l1", "l2", "beta")
INTEGERS = {name: "i32" if name == "seed" else "*i64" for name in WHOLE}
NUMBERS = {name: "fp32" for name in RULE}
def update_case(number, kind):
    constants = {"UPDATE": number, "DECOUPLED": False, "STOCHASTIC": kind != "fp32",
                 "HALF": kind == "fp16", "BLOCK": 128}
    types = {**UPDATE, **INTEGERS, **NUMBERS, "rows": f"*{kind}"}
    return (f"update {number} {kind}", embedding.update_kernel, types, constants)
KERNELS = [
    *((f"lookup {kind}", embedding.lookup_kernel,
       {**LOOKUP, **INTEGERS, "rows": f"*{kind}"}, {"WEIGHTED": True, "BLOCK": 64})
      for kind in ("fp32", "bf16", "fp16")),
    *(update_case(number, "fp32") for number in range(7)),
    *(update_case(3, kind) for kind in ("bf16", "fp16")),
    ("dot_forward", interactions.dot_forward_kernel, {**pointers("x", "out"), **SHORT}, DOT),
    ("dot_backward", interactions.dot_backward_kernel,
     {**pointers("grad", "x", "dx"), **SHORT}, DOT),
    ("pairs_forward", interactions.pairs_forward_kernel, {**pointers("x", "out"), **SHORT},
     {"BLOCK": 64}),
    ("pairs_backward", interactions.pairs_backward_kernel,
     {**pointers("grad", "x", "dx"), **SHORT}, {"BLOCK": 64}),
    ("softmax", softmax_loss.softmax_kernel, SOFTMAX,
     {"WEIGHTED": True, "WITH_GRAD": True, "BLOCK": 1024}),
    *((f"binary {kind}", binary_losses.binary_kernel, BINARY, {"KIND": kind, **FLAGS})
      for kind in range(3)),
]
found = {}
for name, kernel, types, constants in KERNELS:
    signature = {arg: types.get(arg, "constexpr") for arg in kernel.arg_names}
    source = triton.compiler.ASTSource(fn=kernel, signature=signature, constexprs=constants)
    for arch in (80, 90):
        made = triton.compile(source, target=GPUTarget("cuda", arch, 32))
        found[f"{name} sm_{arch}"] = [
            len(made.asm["cubin"]), made.metadata.shared, made.asm["ptx"].count("st.local")
        ]
print(json.dumps(found))
"""


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, cwd=ROOT
    )


def test_kernels_when_interpreted_are_the_references() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", CASES]
    done = run(command, {**os.environ, "TRITON_INTERPRET": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_kernels_when_compiled_for_gpus_fit_and_spill_nothing(tmp_path: Any) -> None:
    environment = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, "-c", COMPILED],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert len(found) == 40
    for name, (size, shared, spills) in found.items():
        assert size > 1000, name
        assert shared <= 227 * 1024, name
        assert spills == 0, name
