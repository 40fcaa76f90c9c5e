"""The rules of the C++ tree as functions of a path and a text; each returns its complaints."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# From the bottom up. A folder includes itself or any lower row, never sideways or up.
ROWS: tuple[tuple[str, ...], ...] = (
    ("runtime/core",),
    ("runtime/arrow", "runtime/json"),
    ("runtime/steps", "runtime/models", "runtime/counters"),
    ("runtime/bundle",),
    ("runtime/predictor",),
    ("host",),
    ("profile",),
    ("measure",),
    ("fit", "history", "train"),
    ("serve",),
    ("bind",),
)
RANK = {folder: rank for rank, row in enumerate(ROWS) for folder in row}

# What compiles to nothing that has to be linked: types, concepts and constexpr functions.
RUNTIME_HEADERS = frozenset(
    (
        "array",
        "bit",
        "compare",
        "concepts",
        "cstddef",
        "cstdint",
        "limits",
        "span",
        "stddef.h",
        "stdint.h",
        "type_traits",
    )
)
INTRINSICS = frozenset(["immintrin.h", "xmmintrin.h", "cpuid.h", "arm_neon.h", "wasm_simd128.h"])
PER_ISA = re.compile(r"(_(avx2|avx512|neon|wasm128)\.cpp|\.inc)$")
CUDA_HEADER = re.compile(r"^(cuda|cub/|cublas|cooperative_groups|nv)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def folder_of(path: str) -> str | None:
    """Return the layer that a path under csrc (``runtime/core/tile.hpp``) belongs to."""
    parts = PurePosixPath(path).parts
    for depth in (2, 1):
        folder = "/".join(parts[:depth])
        if folder in RANK and len(parts) > depth:
            return folder
    return None


def includes_of(text: str) -> list[tuple[bool, str]]:
    """Return (is in quotes, name) of every include."""
    return [(quote == '"', name) for quote, name in INCLUDE.findall(text)]


def layer_complaints(path: str, text: str) -> list[str]:
    """Check the includes of a file in csrc (path from csrc) against the rows."""
    folder = folder_of(path)
    if folder is None:
        return [f"{path}: lies in no layer; the layers are {', '.join(RANK)}"]
    complaints = []
    for quoted, name in includes_of(text):
        if not quoted:
            continue
        target = folder_of(name)
        if target is None:
            complaints.append(f'{path}: "{name}" is not a path from csrc into a layer')
        elif folder == "train" and target not in ("train", "runtime/core"):
            complaints.append(f"{path}: train knows nothing above runtime/core, not {name}")
        elif target != folder and RANK[target] >= RANK[folder]:
            complaints.append(f"{path}: {folder} may not include {name} ({target})")
    return complaints


def edge_complaints(path: str, text: str) -> list[str]:
    """Check that a file of edge/ uses nothing but runtime and its own headers."""
    return [
        f"{path}: edge may include runtime only, not {name}"
        for quoted, name in includes_of(text)
        if quoted and "/" in name and not name.startswith("runtime/")
    ]


def header_complaints(path: str, text: str) -> list[str]:
    """Check which foreign headers a file (path from the root) includes."""
    complaints = []
    in_runtime = path.startswith("csrc/runtime/")
    for quoted, name in includes_of(text):
        if name.startswith("pybind11") and not path.startswith("csrc/bind/"):
            complaints.append(f"{path}: pybind11 belongs into csrc/bind")
        elif name == "Python.h" and not path.startswith("csrc/bind/"):
            complaints.append(f"{path}: Python.h belongs into csrc/bind")
        elif CUDA_HEADER.match(name) and not path.startswith("kernels/cuda/"):
            complaints.append(f"{path}: CUDA header {name} belongs into kernels/cuda")
        elif quoted:
            continue
        elif in_runtime and PER_ISA.search(path) and name not in INTRINSICS:
            complaints.append(
                f"{path}: <{name}> in a per-ISA file; its inline functions would be compiled for a "
                "CPU that others do not have"
            )
        elif in_runtime and name not in RUNTIME_HEADERS | INTRINSICS:
            complaints.append(f"{path}: <{name}> in runtime, which calls no library")
    return complaints


def comment_complaints(path: str, text: str) -> list[str]:
    """Check that the file begins by saying what it is for."""
    if re.match(r"(//|/\*) ?\S", text):
        return []
    return [f"{path}: the first line must be a comment on the file's purpose"]


def macro_complaints(path: str, text: str) -> list[str]:
    """Check that a C++ file defines no macro but the public header's visibility mark."""
    names = re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE)
    return [
        f"{path}: macro {name}" for name in names if not name.startswith(("MAINSPRING_", "ARROW_"))
    ]
