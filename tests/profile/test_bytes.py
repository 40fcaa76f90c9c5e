"""Bytes of a profile: nothing in them is trusted, whatever they claim."""

from __future__ import annotations

import random
import struct

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import BundleCorruptError, BundleVersionError, MainspringError
from tests.reference.crc32c import crc32c

HEADER_BYTES = 16


def small_profile() -> ms.Profile:
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "x": rng.integers(0, 9, 300) / 4,
            "s": pa.array([None if n == 3 else f"v{n}" for n in rng.integers(0, 7, 300)]),
            "b": rng.random(300) < 0.5,
            "t": pa.array(np.arange(300), pa.timestamp("s")),
            "nothing": pa.nulls(300),
            "l": [[f"v{n}", None][: n % 3] for n in rng.integers(0, 7, 300)],
        }
    )
    return ms.profile(table, target="b")


def sketched_profile() -> ms.Profile:
    rng = np.random.default_rng(1)
    ids = pa.array([f"{n:x}" for n in rng.permutation(70_000)])
    return ms.profile(pa.table({"x": rng.normal(size=70_000), "id": ids}))


def resealed(data: bytes) -> bytes:
    """The same bytes with the checksum they should have."""
    return data[:12] + struct.pack("<I", crc32c(data[HEADER_BYTES:])) + data[HEADER_BYTES:]


def use_everything(data: bytes) -> bool:
    """Read, summarise, merge and compare; whether the bytes were taken."""
    try:
        profile = ms.Profile.from_bytes(data)
    except (BundleCorruptError, BundleVersionError):
        return False
    try:
        str(profile)
        profile.summary()
        ms.detect_drift(profile, small_profile(), columns=["x", "s", "l"])
        profile.merge(profile)
        profile.to_bytes()
    except MainspringError:
        pass
    return True


def test_reader_when_bytes_are_mutated_under_a_valid_checksum_never_crashes() -> None:
    random.seed(5)
    original = small_profile().to_bytes()
    taken = 0
    for _ in range(2500):
        data = bytearray(original)
        for _ in range(random.choice([1, 1, 1, 2, 5])):
            at = random.randrange(8, len(data))
            data[at] = random.choice([data[at] ^ 1 << random.randrange(8), 0, 0xFF, 0x7F, 0x80])
        taken += use_everything(resealed(bytes(data)))
    assert 0 < taken < 2500  # some changes are legal: other counts, other values


def test_reader_when_sketches_are_mutated_never_crashes() -> None:
    random.seed(6)
    original = sketched_profile().to_bytes()
    for _ in range(40):
        data = bytearray(original)
        # The interesting bytes are the first few of each block; most others are registers and keys.
        at = random.choice([random.randrange(16, 700), random.randrange(16, len(data))])
        data[at] = random.randrange(256)
        sealed = data[:12] + struct.pack("<I", 0) + data[16:]
        assert not use_everything(bytes(sealed))  # the checksum alone refuses
    small = bytearray(original[:600])
    for _ in range(300):
        data = bytearray(small)
        data[random.randrange(16, len(data))] = random.randrange(256)
        assert not use_everything(resealed(bytes(data)))


def test_reader_when_bytes_are_cut_refuses() -> None:
    original = small_profile().to_bytes()
    for length in range(0, len(original), 3):
        with pytest.raises(BundleCorruptError):
            ms.Profile.from_bytes(resealed(original[:length]) if length > 16 else original[:length])


def test_reader_when_a_bit_flips_refuses_by_checksum() -> None:
    original = small_profile().to_bytes()
    for at in range(0, len(original), 7):
        data = bytearray(original)
        data[at] ^= 4
        with pytest.raises((BundleCorruptError, BundleVersionError)):
            ms.Profile.from_bytes(bytes(data))


def test_reader_when_version_is_newer_says_so() -> None:
    data = bytearray(small_profile().to_bytes())
    data[8] = 9
    with pytest.raises(BundleVersionError, match="version 9"):
        ms.Profile.from_bytes(bytes(data))


@pytest.mark.parametrize("data", [b"", b"MSPROFIL", b"\x8fSPRING\n" + bytes(60), bytes(100)])
def test_reader_when_bytes_are_foreign_says_what_to_pass(data: bytes) -> None:
    with pytest.raises(BundleCorruptError):
        ms.Profile.from_bytes(data)


def test_size_when_exact_or_sketched_is_bounded() -> None:
    assert len(small_profile().to_bytes()) < 20_000
    rng = np.random.default_rng(2)
    continuous = ms.profile(pa.table({"x": rng.normal(size=400_000)}))
    assert len(continuous.to_bytes()) < 160_000
