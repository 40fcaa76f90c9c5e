"""A reader and a writer of bundles, written from docs/format.md alone.

It knows no C++: the tests compare its verdict with the engine's on real bundles and on mutants.
"""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import dataclass, field
from enum import IntEnum

from tests.reference import (
    bundle_composite,
    bundle_dense,
    bundle_network,
    bundle_payloads,
    bundle_plan,
    sliced,
)
from tests.reference.bundle_payloads import align
from tests.reference.crc32c import crc32c

MAGIC = bytes.fromhex("8f535052494e470a")
MAJOR, MINOR = 0, 1
HEADER = struct.Struct("<8sHHIQII32s")
RECORD = struct.Struct("<4sIQQII")
MODEL_HEADER = struct.Struct("<IIIIdIIdd16s")
LABELS_HEADER = struct.Struct("<IIQ")
REQUIRED = {b"META": 0, b"POOL": 1, b"PLAN": 1, b"DATA": 1, b"MODL": 1, b"LABL": 1, b"PROF": 0}


class Verdict(IntEnum):
    """What a reader says of a file: the codes of the C interface."""

    OK = 0
    TRUNCATED = 1
    FOREIGN = 2
    NEWER_VERSION = 3
    BAD_CHECKSUM = 4
    CORRUPT = 5


class Refused(Exception):
    """The file is refused, with this verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict


@dataclass
class Section:
    """One section: four letters, its flags, its bytes."""

    type: bytes
    flags: int
    content: bytes


@dataclass
class Bundle:
    """A file that has passed every check."""

    major: int
    minor: int
    sections: list[Section] = field(default_factory=list)

    def content(self, type_: bytes) -> bytes:
        return next((s.content for s in self.sections if s.type == type_), b"")


def verdict(file: bytes) -> Verdict:
    """What a reader must say of these bytes."""
    try:
        read(file)
    except Refused as refused:
        return refused.verdict
    return Verdict.OK


def read(file: bytes) -> Bundle:
    """Check everything and take the file apart; `Refused` says why not."""
    bundle = read_sections(file)
    try:
        num_features, wide = bundle_plan.check(
            bundle.content(b"PLAN"), bundle.content(b"POOL"), bundle.content(b"DATA")
        )
    except bundle_payloads.Corrupt:
        raise Refused(Verdict.CORRUPT) from None
    model = bundle.content(b"MODL")
    num_labels = 0
    if model:
        model_features, num_labels = _check_model(model)
        _expect(model_features == num_features, Verdict.CORRUPT)
    elif wide:
        raise Refused(Verdict.CORRUPT)
    _check_labels(bundle.content(b"LABL"), num_labels)
    return bundle


def read_sections(file: bytes) -> Bundle:
    """Header, table, checksums and gaps; the sections' contents are not looked at."""
    bundle, num_sections, table_crc = _read_header(file)
    table = file[HEADER.size : HEADER.size + num_sections * RECORD.size]
    _expect(crc32c(table) == table_crc, Verdict.BAD_CHECKSUM)
    end = HEADER.size + len(table)
    for number in range(num_sections):
        type_, flags, offset, length, crc, reserved = RECORD.unpack_from(
            table, number * RECORD.size
        )
        known = type_ in REQUIRED
        _expect(known or flags != 1, Verdict.NEWER_VERSION)
        _expect(all(type_ != other.type for other in bundle.sections), Verdict.CORRUPT)
        _expect(flags == (REQUIRED[type_] if known else 0), Verdict.CORRUPT)
        _expect(reserved == 0, Verdict.CORRUPT)
        begin = align(end)
        _expect(offset == begin and begin < len(file), Verdict.CORRUPT)
        _expect(1 <= length <= len(file) - begin, Verdict.CORRUPT)
        _expect(not any(file[end:begin]), Verdict.CORRUPT)
        content = file[begin : begin + length]
        _expect(crc32c(content) == crc, Verdict.BAD_CHECKSUM)
        bundle.sections.append(Section(type_, flags, content))
        end = begin + length
    _expect(end == len(file), Verdict.CORRUPT)
    return bundle


def write(sections: list[Section], *, major: int = MAJOR, minor: int = MINOR) -> bytes:
    """The file of these sections, in this order, with true checksums."""
    end = HEADER.size + len(sections) * RECORD.size
    table = body = b""
    for section in sections:
        begin = align(end)
        body += bytes(begin - end) + section.content
        end = begin + len(section.content)
        crc = crc32c(section.content)
        table += RECORD.pack(section.type, section.flags, begin, len(section.content), crc, 0)
    fields = [MAGIC, major, minor, len(sections), end, crc32c(table), 0, bytes(32)]
    fields[6] = crc32c(HEADER.pack(*fields))
    return HEADER.pack(*fields) + table + body


def with_checksums(file: bytes) -> bytes:
    """The same bytes with every checksum made true again, where the table allows it."""
    fixed = bytearray(file)
    num_sections = min(HEADER.unpack_from(fixed)[3], (len(fixed) - HEADER.size) // RECORD.size)
    for number in range(num_sections):
        at = HEADER.size + number * RECORD.size
        _, _, offset, length, _, _ = RECORD.unpack_from(fixed, at)
        if offset + length <= len(fixed):
            struct.pack_into("<I", fixed, at + 24, crc32c(bytes(fixed[offset : offset + length])))
    table = bytes(fixed[HEADER.size : HEADER.size + num_sections * RECORD.size])
    struct.pack_into("<II", fixed, 24, crc32c(table), 0)
    struct.pack_into("<I", fixed, 28, crc32c(bytes(fixed[: HEADER.size])))
    return bytes(fixed)


def _expect(holds: bool, verdict: Verdict) -> None:
    if not holds:
        raise Refused(verdict)


def _read_header(file: bytes) -> tuple[Bundle, int, int]:
    _expect(len(file) > 0, Verdict.TRUNCATED)
    _expect(file[:8] == MAGIC[: len(file)], Verdict.FOREIGN)
    _expect(len(file) >= HEADER.size, Verdict.TRUNCATED)
    _, major, minor, num_sections, length, table_crc, crc, reserved = HEADER.unpack_from(file)
    _expect(crc32c(file[:28] + bytes(4) + file[32:64]) == crc, Verdict.BAD_CHECKSUM)
    _expect(major <= MAJOR, Verdict.NEWER_VERSION)
    _expect(not any(reserved) and length <= 1 << 40, Verdict.CORRUPT)
    _expect(len(file) >= length, Verdict.TRUNCATED)
    _expect(len(file) == length and 1 <= num_sections <= 64, Verdict.CORRUPT)
    _expect(HEADER.size + num_sections * RECORD.size <= length, Verdict.CORRUPT)
    return Bundle(major, minor), num_sections, table_crc


def _check_model(section: bytes) -> tuple[int, int]:
    """How many features the plan must have, and how many labels the bundle."""
    _expect(len(section) >= MODEL_HEADER.size, Verdict.TRUNCATED)
    code, num_features, num_outputs, link, scale, num_classes, decision, *rest = (
        MODEL_HEADER.unpack_from(section)
    )
    divisor, threshold, reserved = rest
    _expect(code in (1, 2, 3, 4), Verdict.NEWER_VERSION)
    _expect(not any(reserved), Verdict.CORRUPT)
    _expect(decision <= 2 and (decision == 0 or num_classes != 0), Verdict.CORRUPT)
    if decision == 0 or num_outputs != 1:
        _expect(struct.pack("<d", threshold) == bytes(8), Verdict.CORRUPT)
    _expect(math.isfinite(threshold), Verdict.CORRUPT)
    _expect(1 <= num_features <= 1 << 20 and 1 <= num_outputs <= 1 << 16, Verdict.CORRUPT)
    _expect(link <= 6, Verdict.CORRUPT)
    _expect(math.isfinite(scale) and scale > 0, Verdict.CORRUPT)
    _expect(math.isfinite(divisor) and divisor > 0, Verdict.CORRUPT)
    _expect(
        num_classes == 0
        or (num_classes == 2 and num_outputs == 1)
        or (num_classes >= 2 and num_classes == num_outputs),
        Verdict.CORRUPT,
    )
    try:
        if code == bundle_composite.COMPOSITE:
            bundle_composite.check_composite(section, num_features, num_outputs, _check_model)
        elif code == bundle_network.NETWORK:
            bundle_network.check_network(section, num_features, num_outputs)
        else:
            check = bundle_payloads.check_forest if code == 1 else bundle_dense.check_dense
            check(section, num_features, num_outputs)
        (program_length,) = struct.unpack_from("<Q", section, 120)
        if code == 1 and program_length != 0:
            program = section[len(section) - program_length :]
            sliced.check_sliced(program, section, num_features, num_outputs)
    except bundle_payloads.TooShort:
        raise Refused(Verdict.TRUNCATED) from None
    except bundle_payloads.Corrupt:
        raise Refused(Verdict.CORRUPT) from None
    return num_features, num_classes if decision != 0 else 0


def _check_labels(section: bytes, num_classes: int) -> None:
    _expect((len(section) != 0) == (num_classes != 0), Verdict.CORRUPT)
    if num_classes == 0:
        return
    _expect(len(section) >= LABELS_HEADER.size, Verdict.CORRUPT)
    num_labels, type_, text_length = LABELS_HEADER.unpack_from(section)
    _expect(num_labels == num_classes and 1 <= type_ <= 4, Verdict.CORRUPT)
    text_at = LABELS_HEADER.size + 8 * num_labels
    _expect(len(section) == text_at + text_length, Verdict.CORRUPT)
    words = section[LABELS_HEADER.size : text_at]
    if type_ == 4:
        ends = struct.unpack(f"<{num_labels}Q", words)
        text = section[text_at:]
        _expect(list(ends) == sorted(ends) and ends[-1] == text_length, Verdict.CORRUPT)
        try:
            for begin, end in itertools.pairwise((0, *ends)):
                text[begin:end].decode()
        except UnicodeDecodeError:
            raise Refused(Verdict.CORRUPT) from None
        return
    _expect(text_length == 0, Verdict.CORRUPT)
    if type_ == 2:
        _expect(all(map(math.isfinite, struct.unpack(f"<{num_labels}d", words))), Verdict.CORRUPT)
    if type_ == 3:
        _expect(max(struct.unpack(f"<{num_labels}Q", words)) <= 1, Verdict.CORRUPT)
