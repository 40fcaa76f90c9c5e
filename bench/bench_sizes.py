"""Claim: the library for devices, with every step and model, is small enough for any of them."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring import pack

# Sizes are the same however busy the machine is, and however many threads there are.
pytestmark = pytest.mark.one_thread


def test_libraries(record: Any) -> None:
    for name, what in (
        ("mainspring_edge", "for devices, every step and model"),
        ("mainspring", "for servers, on every instruction set"),
    ):
        library = Path(ms.get_library_dir()) / f"lib{name}.so"
        if not library.is_file():
            pytest.skip(f"{library.name} is not installed here")
        record.value(f"lib{name}.so, {what}", library.stat().st_size, unit="bytes")


def test_browser(record: Any) -> None:
    for program in ("clang++", "wasm-ld"):
        if shutil.which(program) is None:
            pytest.skip(f"the browser's engine is not built here: {program} is not installed")
    whole = pack.browser_package()["mainspring.wasm"]
    record.value("WebAssembly, every step and model", len(whole), unit="bytes")
    record.value("WebAssembly, gzipped", len(gzip.compress(whole)), unit="bytes")
