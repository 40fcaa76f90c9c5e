"""Compile every Triton kernel for sm_80 and sm_90, without a GPU, and print what each takes.

Run by test_triton_kernels.py as a process of its own: JSON of cubin bytes, shared memory, stack and
local bytes a thread (what spills lies there), and registers.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget

from mainspring.kernels import (
    binary_losses,
    cross,
    embedding,
    embedding_pairs,
    interactions,
    normalization,
    number_losses,
    optimizers,
    query_losses,
    softmax_loss,
)

__all__ = ["builds"]

Build = tuple[str, Any, dict[str, str], dict[str, Any]]

POINTER, SHORT = "*fp32", {"num_vectors": "i32", "width": "i32"}
RULE = (
    *("rate", "epsilon", "beta1", "beta2", "correction1", "correction2", "decay", "clip_value"),
    *("clip_norm", "l1", "l2", "beta"),
)


def pointers(*names: str, kind: str = POINTER) -> dict[str, str]:
    return dict.fromkeys(names, kind)


def losses() -> Iterator[Build]:
    scalars = ("grad_scale", "pos_weight", "pos_factor", "neg_factor", "pos_gamma", "neg_gamma")
    binary = {
        **pointers("logits", "labels", "weights", "losses", "grad", "sums"),
        **{"count": "i32", **pointers(*scalars, "margin", kind="fp32")},
    }
    flags = {"WEIGHTED": True, "EACH": False, "WITH_GRAD": True, "BLOCK": 1024}
    for kind in range(3):
        constants = {"KIND": kind, "WITH_MARGIN": True, **flags}
        yield f"binary {kind}", binary_losses.binary_kernel, binary, constants
    number = {
        **pointers("predicted", "targets", "weights", "losses", "grad", "sums"),
        **{"count": "i32", "grad_scale": "fp32", "option": "fp32"},
    }
    for kind in range(5):
        yield f"number {kind}", number_losses.number_kernel, number, {"KIND": kind, **flags}
    softmax = {
        **{**pointers("logits", "weights", "losses", "grad"), "targets": "*i64"},
        **{"num_classes": "i32", "grad_scale": "fp32", "smoothing": "fp32", "ignore": "i32"},
    }
    constants = {"WEIGHTED": True, "WITH_GRAD": True, "BLOCK": 1024}
    yield "softmax", softmax_loss.softmax_kernel, softmax, constants
    query = {
        **pointers("scores", "labels", "gains", "discounts", "ideals", "losses", "grad", "room"),
        **{"offsets": "*i64", "num_rows": "i32"},
    }
    sizes = {"WITH_GRAD": True, "BLOCK": 256}
    for weighted in (False, True):
        constants = {"LAMBDA": weighted, **sizes}
        yield f"pairs {weighted}", query_losses.pairs_kernel, query, constants
    yield "list_net", query_losses.list_net_kernel, query, sizes
    yield "list_mle", query_losses.list_mle_kernel, query, sizes


def layers() -> Iterator[Build]:
    dot = {"VECTORS": 32, "BLOCK": 16}
    x = {**pointers("x", "out"), **SHORT}
    back = {**pointers("grad", "x", "dx"), **SHORT}
    yield "dot_forward", interactions.dot_forward_kernel, x, dot
    yield "dot_backward", interactions.dot_backward_kernel, back, {**dot, "BLOCK": 32}
    yield "pairs_forward", interactions.pairs_forward_kernel, x, {"BLOCK": 64}
    yield "pairs_backward", interactions.pairs_backward_kernel, back, {"BLOCK": 64}
    end = {**pointers("grad", "x0", "y", "x", "out", "dx0", "dy"), "count": "i32"}
    yield "cross_forward", cross.cross_forward_kernel, end, {"BLOCK": 1024}
    yield "cross_backward", cross.cross_backward_kernel, end, {"BLOCK": 1024}
    norm = {
        **pointers("grad", "x", "weight", "bias", "out", "moments", "dx", "parts"),
        **{"num_rows": "i32", "width": "i32", "rows_each": "i32", "epsilon": "fp32"},
        **{"dropout": "fp32", "start": "i64"},
    }
    for activation in range(4):
        given = {"HAS_WEIGHT": True, "HAS_BIAS": True, "DROPS": True}
        constants = {"ACTIVATION": activation, **given, "BLOCK": 1024, "num_warps": 8}
        yield f"norm {activation}", normalization.norm_forward_kernel, norm, constants
    for whole, block, warps in ((True, 1024, 8), (True, 4096, 16), (False, 4096, 16)):
        own = {**constants, "ACTIVATION": 2, "WHOLE": whole, "BLOCK": block, "num_warps": warps}
        name = f"norm_backward {whole} {block}"
        yield name, normalization.norm_backward_kernel, norm, own


def tables() -> Iterator[Build]:
    places = ("layout", "offsets", "run_starts", "run_tables", "run_rows", "order", "bags")
    whole = {**pointers(*places, kind="*i64"), "seed": "i32"}
    sizes = {"num_bags": "i32", "stride": "i32", "num_tables": "i32", "width": "i32"}
    lookup = {**pointers("weights", "out", "sums"), "ids": "*i64", **sizes, **whole}
    for kind in ("fp32", "bf16", "fp16"):
        types = {**lookup, "rows": f"*{kind}"}
        constants = {"WEIGHTED": True, "BLOCK": 64}
        yield f"lookup {kind}", embedding.lookup_kernel, types, constants
        name = f"lookup_pairs {kind}"
        yield name, embedding_pairs.lookup_pairs_kernel, types, {"BLOCK": 64}
    update = {**pointers("grad", "first", "second", "factors", "own"), "stride": "i32", **whole}
    numbers = pointers(*RULE, kind="fp32")
    cases = [(number, "fp32", False) for number in range(7)]
    cases += [(3, "bf16", False), (3, "fp16", False), (0, "fp32", True), (3, "fp32", True)]
    for number, kind, own in cases:
        constants = {
            **{"UPDATE": number, "DECOUPLED": False, "STOCHASTIC": kind != "fp32"},
            **{"HALF": kind == "fp16", "OWN": own, "BLOCK": 128},
        }
        types = {**update, **numbers, "rows": f"*{kind}"}
        yield f"update {number} {kind} {own}", embedding.update_kernel, types, constants


def steps() -> Iterator[Build]:
    scalars = ("rate", "keep", "coupled", "b1", "c1", "b2", "c2", "epsilon", "spread")
    types = {
        **{**pointers("table", "blocks", kind="*i64"), **pointers("sums", "clips")},
        **{**pointers(*scalars, "decay_of_average", kind="fp32"), "start": "i64"},
    }
    constants = {"ALIGNED": True, "BLOCK": optimizers.BLOCK}
    yield "gradient_norm", optimizers.norm_kernel, types, constants
    for method, state in ((0, 0), (1, 0), (2, 0), (3, 0), (2, 1), (1, 2), (2, 2)):
        flags = {"CLIPS": True, "AVERAGES": True, "ZEROES": True, "STATE": state}
        own = {"METHOD": method, "MOMENTUM": True, "NESTEROV": method == 0, **flags}
        yield f"step {method} {state}", optimizers.step_kernel, types, {**own, **constants}


def builds() -> Iterator[Build]:
    """Yield each build: its name, the kernel, types of arguments, and constants."""
    for family in (losses, layers, tables, steps):
        yield from family()


def resources(cubin: bytes) -> dict[str, int]:
    """Return what the assembler gave the kernel, by its own report."""
    bundled = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    tool = str(bundled) if bundled.exists() else shutil.which("cuobjdump")
    assert tool is not None, "needs cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        command = [tool, "--dump-resource-usage", file.name]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {name: int(number) for name, number in re.findall(r"(REG|STACK|LOCAL):(\d+)", report)}
    return {name.lower(): found[name] for name in ("REG", "STACK", "LOCAL")}


def main(wanted: str) -> None:
    """Compile the builds whose name has this in it, and print what they take."""
    found = {}
    for name, kernel, types, constants in builds():
        if wanted not in name:
            continue
        constants = dict(constants)
        options = {"num_warps": constants.pop("num_warps", 4)}
        constants = {key: value for key, value in constants.items() if key in kernel.arg_names}
        signature = {
            arg: "constexpr" if arg in constants else types[arg] for arg in kernel.arg_names
        }
        source = triton.compiler.ASTSource(fn=kernel, signature=signature, constexprs=constants)
        for arch in (80, 90):
            made = triton.compile(source, target=GPUTarget("cuda", arch, 32), options=options)
            cubin = made.asm["cubin"]
            sizes = {"bytes": len(cubin), "shared": made.metadata.shared}
            found[f"{name} sm_{arch}"] = {**sizes, **resources(cubin)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
