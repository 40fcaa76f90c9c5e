"""The GPU library over a device of host memory: launcher and bodies of kernels as they are."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainspring.gpu import library
from tests.native_build import build_plain

__all__ = ["emulated_path", "emulation", "use_emulation"]


def emulated_path() -> Path:
    """Build the emulated library and return its file."""
    place = build_plain("mainspring_gpu_emulated")
    return place / "kernels" / "cuda" / "libmainspring_gpu_emulated.so"


def use_emulation(patch: pytest.MonkeyPatch) -> None:
    patch.setenv(library.LIBRARY, str(emulated_path()))


class Emulation:
    """What a test can do to the device, and ask it."""

    def __init__(self) -> None:
        self.library = library.loaded()
        self.library.emulation_set_room.argtypes = (ctypes.c_uint64,)
        for name in ("copies_out", "used_bytes", "last_stream", "last_event"):
            getattr(self.library, f"emulation_{name}").restype = ctypes.c_uint64

    @property
    def copies_out(self) -> int:
        return int(self.library.emulation_copies_out())

    @property
    def used_bytes(self) -> int:
        return int(self.library.emulation_used_bytes())

    @property
    def last_stream(self) -> int:
        return int(self.library.emulation_last_stream())

    @property
    def last_event(self) -> int:
        return int(self.library.emulation_last_event() or 0)

    @contextmanager
    def devices(self, count: int) -> Iterator[None]:
        self.library.emulation_set_devices(count)
        try:
            yield
        finally:
            self.library.emulation_set_devices(2)

    @contextmanager
    def room(self, num_bytes: int) -> Iterator[None]:
        self.library.emulation_set_room(num_bytes)
        try:
            yield
        finally:
            self.library.emulation_set_room(0)

    @contextmanager
    def failing_launch(self, *, sticky: bool) -> Iterator[None]:
        self.library.emulation_fail_launch(int(sticky))
        try:
            yield
        finally:
            self.library.emulation_heal()


@pytest.fixture
def emulation(monkeypatch: pytest.MonkeyPatch) -> Emulation:
    use_emulation(monkeypatch)
    device = Emulation()
    if device.used_bytes:
        gc.collect()  # what earlier tests left in cycles would go in the midst of this one
    return device
