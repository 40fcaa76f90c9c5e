"""Hash and checksum against their definitions, and against values that can never change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.probe import library
from tests.reference import hashes
from tests.reference.checksum import crc32c

u64 = st.integers(0, 2**64 - 1)

# In bundles that are out in the world: a change here is a change of the format.
GOLDEN_BYTES = {
    "": 0x49E12E57C27D1280,
    "a": 0x8A528967C1BF007F,
    "ab": 0x0AD967A068C3FC66,
    "abc": 0xC24AA9FD94875ACB,
    "JFK": 0x63831C61FB02D195,
    "N725MQ": 0xD6512A1ADF407223,
    "abcdefg": 0xC94ECC6C305828E8,
    "abcdefgh": 0x37FE661F33BF2685,
    "abcdefghi": 0x85688DA970F1A04D,
    "fifteen bytes..": 0x64D27593EE762DD8,
    "sixteen bytes...": 0xD537808191FA1114,
    "seventeen bytes..": 0xF0C5E90C4B5B27F3,
    "Zürich, 東京: a longer name of a place": 0x691D10C2F56B9F1D,
}


def hash_bytes(data: bytes) -> int:
    return int(library().probe_hash_bytes(data, len(data)))


@pytest.mark.parametrize("text", GOLDEN_BYTES)
def test_hash_bytes_never_changes(text: str) -> None:
    assert hash_bytes(text.encode()) == GOLDEN_BYTES[text]


def test_hash_numbers_never_change() -> None:
    lib = library()
    assert lib.probe_hash_u64(0) == 0xE220A8397B1DCDAF
    assert lib.probe_hash_u64(1) == 0x910A2DEC89025CC1
    assert lib.probe_hash_u64(42) == 0xBDD732262FEB6E95
    assert lib.probe_hash_u64(9223372036854775808) == 0x481EC0A212A9F3DB
    assert lib.probe_hash_u64(18446744073709551615) == 0xE4D971771B652C20
    assert lib.probe_combine_hashes(1, 2) == 0xF4018E4B997FB14A
    assert lib.probe_combine_hashes(2, 1) == 0x2FF733D794EA2EE4
    assert lib.probe_mix_row(42, 7) == 0xF66AEFD6C4B27CFE
    assert lib.probe_hash_bucket(0x910A2DEC89025CC1, 4096) == 2320


@given(st.binary(max_size=100))
def test_hash_bytes_equals_its_definition(data: bytes) -> None:
    assert hash_bytes(data) == hashes.hash_bytes(data)


@given(u64, u64, st.integers(1, 2**32 - 1))
def test_number_hashes_equal_their_definitions(a: int, b: int, buckets: int) -> None:
    lib = library()
    assert lib.probe_hash_u64(a) == hashes.hash_u64(a)
    assert lib.probe_combine_hashes(a, b) == hashes.combine_hashes(a, b)
    assert lib.probe_mix_row(a, b) == hashes.mix_row(a, b)
    assert lib.probe_hash_bucket(a, buckets) == hashes.hash_bucket(a, buckets) < buckets
    assert a == b or lib.probe_combine_hashes(a, b) != lib.probe_combine_hashes(b, a)


def test_crc_of_the_check_string_is_the_published_one() -> None:
    assert library().probe_crc32c(b"123456789", 9, 0) == 0xE3069283
    assert library().probe_crc32c(bytes(32), 32, 0) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert library().probe_crc32c(b"", 0, 0) == 0


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_crc_in_pieces_equals_its_definition(first: bytes, second: bytes) -> None:
    want = crc32c(first + second)
    for function in (library().probe_crc32c, library().probe_crc32c_portable):
        assert function(second, len(second), function(first, len(first), 0)) == want


def test_status_messages_when_known_say_what_to_do() -> None:
    lib = library()
    messages = [lib.probe_status_message(code).decode() for code in range(16)]
    assert len(set(messages)) == 16
    assert all(message.endswith(".") for message in messages)
    assert lib.probe_status_message(16).decode() == "Unknown error code."
