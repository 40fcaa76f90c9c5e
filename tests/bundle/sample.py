"""A small bundle with every step and a forest, put together by hand from docs/format.md."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field

from tests.bundle.sample_models import doubles, sample_labels, sample_model
from tests.reference.bundle import Section, write
from tests.reference.bundle_payloads import align
from tests.reference.bundle_plan import HEADER, INPUT, OUTPUT, STEP
from tests.reference.hashes import hash_bytes, hash_u64

FLOAT, INTEGER, STRING, TIMESTAMP, STRINGS = 1, 2, 3, 4, 7  # input kinds
F64, I32, I64, BYTES, BYTES_LIST = 2, 3, 4, 5, 8  # slot types
MICRO = 3
SLOTS = {"x": F64, "y": F64, "text": BYTES, "id": I32, "time": I64, "count": I64, "hash": I64}
SLOTS |= {"hash2": I64, "bucket": I32, "texts": BYTES_LIST, "part": BYTES_LIST}
SLOTS |= {"first": BYTES, "second": BYTES}
SLOTS |= {"clean": BYTES}
NUMBER, ID = 1, 2  # feature kinds
CARRIERS = [b"UA", b"AA", b"", b"a carrier of more than 31 bytes in all", "Ö".encode()]


@dataclass
class Parts:
    """The arrays of a plan while they grow."""

    pool: bytes = b""
    data: bytes = b""
    inputs: list[bytes] = field(default_factory=list)
    steps: list[bytes] = field(default_factory=list)
    outputs: list[bytes] = field(default_factory=list)

    def name(self, text: str) -> tuple[int, int]:
        encoded = text.encode()
        self.pool += encoded
        return len(self.pool) - len(encoded), len(encoded)

    def add_input(self, name: str, kind: int, fitted: int, unit: int = 0, zone: str = "") -> None:
        zone_name = self.name(zone) if zone else (0, 0)
        self.inputs.append(INPUT.pack(*self.name(name), *zone_name, kind, unit, fitted, bytes(45)))

    def add_payload(self, payload: bytes) -> tuple[int, int]:
        self.data += bytes(align(len(self.data)) - len(self.data))
        self.data += payload
        return len(self.data) - len(payload), len(payload)

    def step(
        self,
        code: int,
        reads: tuple[str, ...] = (),
        writes: tuple[str, ...] = (),
        numbers: tuple[float, ...] = (),
        integers: dict[int, int] | None = None,
        payload: tuple[int, int] = (0, 0),
    ) -> None:
        slots = list(SLOTS)
        inputs = [slots.index(name) for name in reads]
        outputs = [slots.index(name) for name in writes]
        whole = [(integers or {}).get(i, 0) for i in range(4)]
        self.steps.append(
            STEP.pack(
                code,
                0,
                len(inputs),
                len(outputs),
                *inputs,
                *[0] * (4 - len(inputs)),
                *outputs,
                *[0] * (4 - len(outputs)),
                0,
                *numbers,
                *[0.0] * (4 - len(numbers)),
                *whole,
                *payload,
                bytes(16),
            )
        )

    def load(self, number: int, kind: int, slot: str, unit: int = 0) -> None:
        self.step(1, writes=(slot,), integers={0: number, 1: kind, 2: unit})

    def store(self, slot: str, name: str, kind: int = NUMBER, cardinality: int = 0) -> None:
        self.step(2, reads=(slot,), integers={0: len(self.outputs)})
        categorical = int(kind == ID)
        self.outputs.append(
            OUTPUT.pack(*self.name(name), kind, categorical, bytes(2), cardinality, 0, bytes(12))
        )

    def store_one_hot(
        self, slot: str, names: list[str], num_ids: int, places: tuple[int, int]
    ) -> None:
        integers = {0: len(self.outputs), 1: len(names), 3: num_ids}
        self.step(16, reads=(slot,), integers=integers, payload=places)
        self.add_outputs(names)

    def store_multi_hot(
        self, slot: str, names: list[str], unseen: int, missing: int, table: tuple[int, int]
    ) -> None:
        integers = {0: len(self.outputs), 1: len(names), 2: unseen, 3: missing}
        self.step(17, reads=(slot,), integers=integers, payload=table)
        self.add_outputs(names)

    def store_jagged(self, slot: str, name: str, number: int, num_ids: int, *table: int) -> None:
        offset, length = self.name(name)
        integers = {0: number, 1: offset, 2: length, 3: num_ids}
        self.step(37, reads=(slot,), integers=integers, payload=table or (0, 0))

    def store_ngrams(
        self,
        code: int,
        slot: str,
        names: list[str],
        which: int,
        values: int,
        payload: tuple[int, int] = (0, 0),
    ) -> None:
        integers = {0: len(self.outputs), 1: len(names), 2: which, 3: values}
        self.step(code, reads=(slot,), integers=integers, payload=payload)
        self.add_outputs(names)

    def add_outputs(self, names: list[str]) -> None:
        for name in names:
            self.outputs.append(OUTPUT.pack(*self.name(name), NUMBER, 0, bytes(2), 0, 0, bytes(12)))

    def plan(self) -> bytes:
        counts = (len(self.inputs), len(SLOTS), len(self.steps), len(self.outputs))
        arrays = [bytes(SLOTS.values()), *map(b"".join, (self.inputs, self.steps, self.outputs))]
        section = HEADER.pack(*counts, 0, bytes(44))
        for array in arrays:
            section += array + bytes(align(len(array)) - len(array))
        return section


FACTOR = 0xD6E8FEB86659FD93


def cells_of(hashes: list[int]) -> bytes:
    """The cells of a lookup whose entries have these hashes."""
    shift = 64 - (2 * len(hashes)).bit_length()
    num_cells = 1 << 64 - shift
    number_bits = (1 << len(hashes).bit_length()) - 1
    cells = [0] * num_cells
    for entry, value in enumerate(hashes):
        at = (value * FACTOR % 2**64) >> shift
        while cells[at]:
            at = (at + 1) % num_cells
        cells[at] = value >> 32 & ~number_bits | entry + 1
    return struct.pack(f"<{num_cells}I", *cells)


def lookup_of_strings(keys: list[bytes]) -> bytes:
    """The payload of a lookup whose entries are these keys."""
    entries, arena = b"", b""
    for key in keys:
        if len(key) <= 31:
            entries += bytes([len(key) + 1]) + key.ljust(31, b"\0")
        else:
            entries += struct.pack("<B3xIQQQ", 255, len(key), hash_bytes(key), len(arena), 0)
            arena += key
    cells = cells_of([hash_bytes(key) for key in keys])
    header = struct.pack("<IIQQ8xQ24x", BYTES, len(keys), len(cells) // 4, len(arena), FACTOR)
    return header + entries + cells + arena + bytes(-(len(cells) + len(arena)) % 8)


def lookup_of_numbers(keys: list[int], key_type: int) -> bytes:
    """The same for integers, or for doubles given by their bits."""
    cells = cells_of([hash_u64(key) for key in keys])
    header = struct.pack("<IIQQ8xQ24x", key_type, len(keys), len(cells) // 4, 0, FACTOR)
    return header + struct.pack(f"<{len(keys)}Q", *keys) + cells + bytes(-len(cells) % 8)


def zone_table(transitions: list[int], offsets: list[int], first: int) -> bytes:
    count = len(transitions)
    table = struct.pack(f"<Ii{count}q{count}i", count, first, *transitions, *offsets)
    return table + bytes(-len(table) % 8)


def bits(value: float) -> int:
    return int.from_bytes(doubles(value), "little")


def sample_plan(*, lists: bool = True) -> Parts:
    """Features out of six columns, through every step; fewer without lists."""
    parts = Parts()
    parts.add_input("distance", FLOAT, 11)
    parts.add_input("carrier", STRING, 12)
    parts.add_input("when", TIMESTAMP, 17, MICRO, "Europe/Paris")
    parts.add_input("flights", INTEGER, 5)
    parts.add_input("größe", FLOAT, 10)
    parts.load(0, FLOAT, "x")
    parts.step(6, ("x",), ("x",), numbers=(3.5,))
    parts.step(4, ("x",), ("x",))
    parts.step(3, ("x",), ("y",), numbers=(1.25, 0.75))
    parts.step(5, ("y",), ("y",), numbers=(-4.0, math.inf))
    parts.store("y", "distance")
    parts.load(1, STRING, "text")
    carriers = parts.add_payload(lookup_of_strings(CARRIERS))
    parts.step(8, ("text",), ("id",), integers={3: len(CARRIERS) + 2}, payload=carriers)
    parts.store("id", "carrier", ID, len(CARRIERS) + 2)
    means = parts.add_payload(doubles(0.5, math.nan, 0.25, 0.75, -1.0, 2.0, 1e300))
    parts.step(9, ("id",), ("y",), integers={3: 7}, payload=means)
    parts.store("y", "carrier_target_mean")
    parts.step(6, ("text",), ("text",), payload=parts.add_payload(b"none"))
    parts.load(2, TIMESTAMP, "time", MICRO)
    zone = parts.add_payload(zone_table([1_000_000_000, 1_500_000_000], [7200, 3600], 3600))
    parts.step(14, ("time",), ("time",), integers={0: MICRO}, payload=zone)
    parts.step(10, ("time",), ("y",), integers={0: 7, 1: MICRO})
    parts.store("y", "when_hour")
    sines = parts.add_payload(doubles(*(math.sin(day) for day in range(7))))
    parts.step(10, ("time",), ("y",), integers={0: 5, 1: MICRO}, payload=sines)
    parts.store("y", "when_weekday_sin")
    units = {0: MICRO, 1: MICRO}
    parts.step(22, ("time", "time"), ("y",), numbers=(3.6e9,), integers=units)
    parts.store("y", "when_hours_since_when")
    parts.step(22, ("time",), ("y",), numbers=(8.64e10,), integers={0: MICRO, 1: 1, 3: 10**9})
    parts.store("y", "when_days_since_2001")
    holidays = parts.add_payload(struct.pack("<3q", -1, 0, 11_575))
    parts.step(23, ("time",), ("y",), integers={0: 2, 1: MICRO}, payload=holidays)
    parts.store("y", "when_days_to_holiday")
    week = {0: 5, 1: MICRO, 2: 31, 3: MICRO}
    parts.step(23, ("time", "time"), ("y",), integers=week, payload=holidays)
    parts.store("y", "when_business_days_since_when")
    parts.load(3, INTEGER, "count")
    parts.step(6, ("count",), ("count",), integers={0: (1 << 64) - 5})
    counts = parts.add_payload(lookup_of_numbers([7, 0, (1 << 64) - 5], I64))
    parts.step(8, ("count",), ("id",), integers={3: 5}, payload=counts)
    parts.store("id", "flights", ID, 5)
    parts.step(11, ("text",), ("hash",))
    parts.step(11, ("count",), ("hash2",))
    parts.step(12, ("hash", "hash2"), ("hash",))
    parts.step(13, ("hash",), ("bucket",), integers={3: 16})
    parts.store("bucket", "carrier_x_flights", ID, 16)
    parts.load(4, FLOAT, "x")
    edges = parts.add_payload(doubles(-1.5, 0.0, 2.25))
    parts.step(7, ("x",), ("id",), integers={3: 5}, payload=edges)
    parts.store("id", "größe_bucket", ID)
    sizes = parts.add_payload(lookup_of_numbers([bits(0.5), bits(0.0)], F64))
    parts.step(8, ("x",), ("id",), integers={3: 4}, payload=sizes)
    parts.store("id", "größe_id", ID, 4)
    parts.step(15, ("x",), ("y",))
    parts.store("y", "größe_missing")
    parts.step(18, ("x",), ("y",), numbers=(-0.5,), integers={0: 1})
    points = parts.add_payload(doubles(-1, 2.5, 0, 0.75, 0, 0.875, 0, 1))
    parts.step(19, ("y",), ("y",), payload=points)
    parts.step(20, ("y",), ("y",))
    parts.step(21, ("x", "y"), ("y",), integers={0: 4})
    parts.step(21, ("y",), ("y",), numbers=(2.5,), integers={0: 2, 1: 2})
    parts.store("y", "größe_ratio")
    places = parts.add_payload(struct.pack("<4I", 3, 0, 1, 2))
    parts.store_one_hot("id", ["größe_0.5", "größe_0", "größe_?"], 4, places)
    parts.step(33, ("text",), ("y",), integers={0: 4, 1: 1})
    parts.store("y", "carrier_letters_share")
    words = 1 | 1 << 8 | 2 << 16 | 1 << 24 | 1 << 32
    parts.store_ngrams(34, "text", ["carrier_hash_0", "carrier_hash_1"], words, 2 | 1 << 9)
    known = doubles(0.5, 2.0).ljust(64, b"\0") + lookup_of_strings([b"ua", b"a carrier"])
    names = ["carrier_ua", "carrier_a carrier"]
    parts.store_ngrams(35, "text", names, words, 1 | 1 << 10, parts.add_payload(known))
    add_cleaning(parts)
    if not lists:
        return parts
    parts.add_input("stops", STRINGS, 12)
    parts.load(5, STRINGS, "texts")
    stops = ["stops_UA", "stops_AA", "stops_", "stops_long", "stops_Ö", "stops_?", "stops_missing"]
    parts.store_multi_hot("texts", stops, 6, 7, carriers)
    parts.store_jagged("texts", "stops", 0, len(CARRIERS) + 2, *carriers)
    parts.store_jagged("texts", "hashed stops", 1, 9)
    parts.step(25, ("texts",), ("part",), integers={0: (1 << 64) - 3, 1: 2})
    parts.step(24, ("part",), ("y",), integers={0: 1})
    parts.store("y", "stops_length")
    parts.step(26, ("part",), ("first", "second"), integers={0: 0})
    parts.step(11, ("second",), ("hash",))
    parts.step(13, ("hash",), ("bucket",), integers={0: 1, 3: 8})
    parts.store("bucket", "stops_1", ID, 8)
    return parts


def add_cleaning(parts: Parts) -> None:
    """Steps that clean: over the carriers, whose ids are those of the sizes."""
    characters = struct.pack("<2Q2I", 1 << 32, 1 << 33, 0xD6, 0x3000)
    parts.step(27, ("text",), ("clean",), integers={0: 3}, payload=parts.add_payload(characters))
    parts.step(
        28, ("clean",), ("clean",), payload=parts.add_payload(lookup_of_strings([b"", b"n/a"]))
    )
    parts.step(15, ("clean",), ("y",))
    parts.store("y", "carrier_missing")
    entries = [(0, 2**64 - 1), (0, 2**64 - 2), (0, 5), (1, 4)]
    texts = b"".join(struct.pack("<2Q", *entry) for entry in entries) + b"12;5e"
    parts.step(30, ("id", "text"), ("clean",), integers={3: 4}, payload=parts.add_payload(texts))
    parts.step(29, ("clean",), ("y",), integers={0: ord(";"), 1: 0x202F})
    parts.store("y", "carrier_number")
    formats = parts.add_payload(bytes([7, 1, 1, ord(";"), 7, 1, 1, ord("e"), 0, 3, 2, 5, 0]))
    parts.step(31, ("clean",), ("hash",), payload=formats)
    parts.step(13, ("hash",), ("bucket",), integers={3: 16})
    parts.store("bucket", "carrier_time", ID, 16)
    zone = zone_table([-2_208_988_800 + 5 * 86_400], [7200], -3600)
    local = parts.add_payload(zone + bytes([6, 1, 1, ord(";"), 6, 1, 1, ord("e"), 0]))
    parts.step(31, ("clean",), ("hash",), integers={0: len(zone)}, payload=local)
    parts.step(13, ("hash",), ("bucket",), integers={3: 16})
    parts.store("bucket", "carrier_local_time", ID, 16)
    # (.)[A-Z]: begin, any character, end, a letter, match.
    program = [(4, 0, 0), (1, 0, 1), (5, 0, 0), (1, 1, 1), (0, 0, 0)]
    packed = b"".join(struct.pack("<3I", *instruction) for instruction in program)
    ranges = struct.pack("<4I", 0, 0x10FFFF, ord("A"), ord("Z"))
    pattern = parts.add_payload(struct.pack("<2I", len(program), 2) + packed + ranges)
    parts.step(32, ("text",), ("clean",), payload=pattern)
    parts.step(15, ("clean",), ("y",))
    parts.store("y", "carrier_no_letter")


def sample_sections(*, lists: bool = True, labels: bool = False) -> list[Section]:
    parts = sample_plan(lists=lists)
    meta = json.dumps({"name": "sample"}, sort_keys=True, separators=(",", ":")).encode()
    return [
        Section(b"META", 0, meta),
        Section(b"POOL", 1, parts.pool),
        Section(b"PLAN", 1, parts.plan()),
        Section(b"DATA", 1, parts.data),
        Section(b"MODL", 1, sample_model(len(parts.outputs), labels=labels)),
        *([Section(b"LABL", 1, sample_labels())] if labels else []),
        Section(b"PROF", 0, b"a profile's own bytes"),
    ]


def sample_bundle(*, lists: bool = True) -> bytes:
    return write(sample_sections(lists=lists))
