"""What a reader refuses: everything but the bytes that were written."""

from __future__ import annotations

import random
import struct
from ctypes import CDLL

import pytest

from mainspring import _engine
from mainspring.errors import BundleCorruptError, BundleError, BundleVersionError
from tests.bundle.sample import sample_bundle, sample_sections
from tests.edge import library as edge
from tests.reference import bundle as reference
from tests.reference.bundle import HEADER, RECORD, Section, Verdict, with_checksums, write
from tests.reference.crc32c import crc32c

SAMPLE = sample_bundle()
NUM_SECTIONS = len(sample_sections())
TABLE_END = HEADER.size + NUM_SECTIONS * RECORD.size


def engine_code(library: CDLL, file: bytes) -> int:
    return edge.size(library, file)[0]


def test_crc32c_of_the_standard_text_has_the_published_value() -> None:
    assert crc32c(b"123456789") == 0xE3069283


def test_sample_when_opened_says_what_is_in_it() -> None:
    opened = _engine.Bundle.open(SAMPLE, "sample")
    assert opened.input_names == ["distance", "carrier", "when", "flights", "größe", "stops"]
    assert opened.feature_names[0] == "distance"
    at = opened.feature_names.index("größe_id")
    assert opened.feature_names[at : at + 3] == ["größe_id", "größe_missing", "größe_ratio"]
    assert opened.feature_names[at + 3 : at + 6] == ["größe_0.5", "größe_0", "größe_?"]
    assert opened.meta == b'{"name":"sample"}'
    assert opened.profile == b"a profile's own bytes"
    assert opened.to_bytes() == SAMPLE
    assert reference.verdict(SAMPLE) is Verdict.OK


def test_bundle_when_cut_at_any_byte_is_refused(library: CDLL) -> None:
    for length in range(len(SAMPLE)):
        cut = SAMPLE[:length]
        assert engine_code(library, cut) == edge.TRUNCATED, length
    for length in range(0, len(SAMPLE), 97):
        with pytest.raises(BundleCorruptError, match=r"empty|truncated"):
            _engine.Bundle.open(SAMPLE[:length], "cut.spring")
        assert reference.verdict(SAMPLE[:length]) is Verdict.TRUNCATED


def test_bundle_when_cut_with_a_true_header_is_refused(library: CDLL) -> None:
    for length in range(HEADER.size, len(SAMPLE), 41):
        cut = bytearray(SAMPLE[:length])
        struct.pack_into("<Q", cut, 16, length)
        fixed = with_checksums(bytes(cut))
        assert engine_code(library, fixed) == reference.verdict(fixed) != Verdict.OK


def test_bundle_when_any_bit_of_header_or_table_flips_is_refused(library: CDLL) -> None:
    for at in range(TABLE_END):
        for bit in range(8):
            flipped = bytearray(SAMPLE)
            flipped[at] ^= 1 << bit
            assert engine_code(library, bytes(flipped)) != edge.OK, (at, bit)


def test_bundle_when_any_byte_changes_is_refused(library: CDLL) -> None:
    generator = random.Random(5)
    for at in range(TABLE_END, len(SAMPLE)):
        changed = bytearray(SAMPLE)
        changed[at] ^= generator.randrange(1, 256)
        code = engine_code(library, bytes(changed))
        assert code in (edge.BAD_CHECKSUM, edge.CORRUPT), at


def test_bundle_when_bytes_follow_is_refused(library: CDLL) -> None:
    for extra in (b"\0", bytes(64), b"x" * 1000):
        assert engine_code(library, SAMPLE + extra) == edge.CORRUPT
    longer = bytearray(SAMPLE + bytes(64))
    struct.pack_into("<Q", longer, 16, len(longer))
    fixed = with_checksums(bytes(longer))
    assert engine_code(library, fixed) == reference.verdict(fixed) == Verdict.CORRUPT


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG"),
        (b"PK\x03\x04" + bytes(100), "zip"),
        (b"PAR1" + bytes(100), "Parquet"),
        (b"ARROW1\0\0" + bytes(100), "Arrow"),
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        (b'{"model": 1}', "JSON"),
        (b"\x80\x05\x95" + bytes(10), "pickle"),
        (b"tree\nversion=v4\n", "LightGBM"),
        (b"x", "got 78"),
    ],
)
def test_foreign_file_when_opened_is_named(content: bytes, word: str, library: CDLL) -> None:
    assert engine_code(library, content) == edge.FOREIGN == reference.verdict(content)
    with pytest.raises(BundleCorruptError, match=word) as caught:
        _engine.Bundle.open(content, "thing.bin")
    assert str(caught.value).startswith("'thing.bin' is not a mainspring bundle: expected the")
    assert caught.value.hint


def test_empty_file_when_opened_is_called_empty() -> None:
    with pytest.raises(
        BundleCorruptError, match=r"'a.spring' is empty: expected at least 64 bytes"
    ):
        _engine.Bundle.open(b"", "a.spring")


@pytest.mark.parametrize(("major", "minor"), [(1, 0), (1, 1), (9, 3), (65535, 0)])
def test_bundle_of_a_higher_major_is_refused_as_newer(
    library: CDLL, major: int, minor: int
) -> None:
    file = write(sample_sections(), major=major, minor=minor)
    assert engine_code(library, file) == edge.NEWER_VERSION == reference.verdict(file)
    with pytest.raises(BundleVersionError, match=f"at most format 0.1, got format {major}"):
        _engine.Bundle.open(file, "new.spring")


def test_bundle_of_a_higher_minor_is_read(library: CDLL) -> None:
    file = write(sample_sections(), minor=7)
    assert engine_code(library, file) == edge.OK == reference.verdict(file)


def test_unknown_section_when_optional_is_skipped(library: CDLL) -> None:
    for place in range(NUM_SECTIONS + 1):
        sections = sample_sections()
        sections.insert(place, Section(b"XTRA", 0, b"later versions know what this is"))
        file = write(sections)
        assert engine_code(library, file) == edge.OK == reference.verdict(file)


def test_unknown_section_when_required_is_refused_as_newer(library: CDLL) -> None:
    file = write([*sample_sections(), Section(b"XTRA", 1, b"cannot be skipped")])
    assert engine_code(library, file) == edge.NEWER_VERSION == reference.verdict(file)
    with pytest.raises(BundleVersionError, match="'XTRA'"):
        _engine.Bundle.open(file, "new.spring")


def test_sections_in_any_order_are_read(library: CDLL) -> None:
    sections = sample_sections()
    random.Random(1).shuffle(sections)
    file = write(sections)
    assert engine_code(library, file) == edge.OK == reference.verdict(file)


@pytest.mark.parametrize("number", range(NUM_SECTIONS))
def test_section_when_repeated_is_refused(library: CDLL, number: int) -> None:
    sections = sample_sections()
    sections.append(sections[number])
    file = write(sections)
    assert engine_code(library, file) == edge.CORRUPT == reference.verdict(file)


@pytest.mark.parametrize("number", range(NUM_SECTIONS))
def test_section_when_missing_gives_the_same_verdict_as_the_reference(
    library: CDLL, number: int
) -> None:
    sections = sample_sections()
    del sections[number]
    file = write(sections)
    assert engine_code(library, file) == reference.verdict(file)


def test_too_many_sections_are_refused(library: CDLL) -> None:
    extra = [Section(f"X{i:03}".encode(), 0, b"x") for i in range(64 - NUM_SECTIONS)]
    file = write([*sample_sections(), *extra])
    assert engine_code(library, file) == edge.OK
    file = write([*sample_sections(), *extra, Section(b"LAST", 0, b"x")])
    assert engine_code(library, file) == edge.CORRUPT == reference.verdict(file)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (32, edge.CORRUPT),  # reserved bytes of the header
        (HEADER.size + 5, edge.CORRUPT),  # an unknown flag
        (HEADER.size + 28, edge.CORRUPT),  # a reserved field
        (HEADER.size + 8, edge.CORRUPT),  # an offset
        (HEADER.size + 16, edge.CORRUPT),  # a length
    ],
)
def test_field_when_changed_under_a_true_checksum_is_refused(
    library: CDLL, at: int, code: int
) -> None:
    changed = bytearray(SAMPLE)
    changed[at] ^= 64
    fixed = with_checksums(bytes(changed))
    assert engine_code(library, fixed) == code == reference.verdict(fixed)


def test_gap_when_not_zero_is_refused(library: CDLL) -> None:
    changed = bytearray(SAMPLE)
    _, _, offset, length, _, _ = RECORD.unpack_from(SAMPLE, HEADER.size)
    changed[offset + length] = 1
    assert engine_code(library, bytes(changed)) == edge.CORRUPT
    assert reference.verdict(bytes(changed)) is Verdict.CORRUPT


def test_checksum_error_when_raised_names_the_section() -> None:
    changed = bytearray(SAMPLE)
    _, _, offset, _, _, _ = RECORD.unpack_from(SAMPLE, HEADER.size + 2 * RECORD.size)
    changed[offset + 3] ^= 1
    with pytest.raises(BundleCorruptError, match="Section 'PLAN' does not have the checksum"):
        _engine.Bundle.open(bytes(changed), "bad.spring")
    changed = bytearray(SAMPLE)
    changed[20] ^= 1
    with pytest.raises(BundleCorruptError, match="The header does not have the checksum"):
        _engine.Bundle.open(bytes(changed), "bad.spring")


def test_payloads_when_shared_too_often_are_refused(library: CDLL) -> None:
    """A small file may not ask for a quadratic amount of checking."""
    from tests.bundle.sample import F64, FLOAT, I32, SLOTS, Parts, doubles

    assert SLOTS["x"] == F64
    assert SLOTS["id"] == I32
    parts = Parts()
    parts.add_input("x", FLOAT, 11)
    parts.load(0, FLOAT, "x")
    num_edges = 8192
    edges = parts.add_payload(doubles(*range(num_edges)))
    allowed = (256 * len(parts.data) + 16384) // (len(parts.data) - 16384)
    for count in (allowed, 2 * allowed):
        parts.steps = parts.steps[:1]
        parts.outputs = []
        for _ in range(count):
            parts.step(7, ("x",), ("id",), integers={3: num_edges + 2}, payload=edges)
        parts.store("id", "x_bucket")
        file = write(
            [
                Section(b"POOL", 1, parts.pool),
                Section(b"PLAN", 1, parts.plan()),
                Section(b"DATA", 1, parts.data),
            ]
        )
        expected = Verdict.OK if count == allowed else Verdict.CORRUPT
        assert engine_code(library, file) == expected == reference.verdict(file)


def test_memory_when_misaligned_is_refused(library: CDLL) -> None:
    from ctypes import byref, sizeof

    import numpy as np

    for shift in (1, 8, 32, 63):
        memory = edge.aligned(len(SAMPLE), shift=shift)
        memory[:] = np.frombuffer(SAMPLE, np.uint8)
        sizes = edge.Sizes(sizeof(edge.Sizes))
        code = library.mainspring_size(memory.ctypes.data, len(SAMPLE), None, byref(sizes), None)
        assert code == edge.MISALIGNED


def test_every_refusal_is_a_bundle_error() -> None:
    generator = random.Random(11)
    for _ in range(300):
        changed = bytearray(SAMPLE)
        for _ in range(generator.randrange(1, 4)):
            changed[generator.randrange(len(changed))] = generator.randrange(256)
        if bytes(changed) == SAMPLE:
            continue
        with pytest.raises(BundleError):
            _engine.Bundle.open(bytes(changed), "mutant")
