"""Mutants with true checksums: the engine and the reader written from the page say the same."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable
from ctypes import CDLL

import pytest

from mainspring import _engine
from tests.bundle.sample import sample_sections
from tests.bundle.sample_models import (
    sample_composite_model,
    sample_dense_model,
    sample_fixed_model,
    sample_network_model,
    sample_packed_model,
    sample_vector_model,
)
from tests.edge import library as edge
from tests.reference import bundle as reference
from tests.reference.bundle import Section, Verdict, write

SECTIONS = sample_sections(labels=True)
WORDS = (0, 1, 2, 7, 63, 64, 255, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)


def mutate(content: bytes, generator: random.Random) -> bytes:
    """Change a bit, a byte, a word, or the length."""
    changed = bytearray(content)
    at = generator.randrange(len(changed))
    match generator.randrange(6):
        case 0 | 1:
            changed[at] ^= 1 << generator.randrange(8)
        case 2:
            changed[at] = generator.randrange(256)
        case 3:
            at = at // 4 * 4
            struct.pack_into("<I", changed, min(at, len(changed) - 4), generator.choice(WORDS))
        case 4:
            at = at // 8 * 8
            word = generator.choice((*WORDS, 2**63, 2**64 - 1))
            struct.pack_into("<Q", changed, min(at, len(changed) - 8), word)
        case 5:
            at = at // 4 * 4
            other = generator.randrange(len(changed)) // 4 * 4
            changed[at : at + 4] = changed[other : other + 4]
    return bytes(changed)


def mutants(type_: bytes, count: int, seed: int) -> list[bytes]:
    generator = random.Random(seed)
    files = []
    for _ in range(count):
        sections = [
            Section(s.type, s.flags, mutate(s.content, generator) if s.type == type_ else s.content)
            for s in SECTIONS
        ]
        files.append(write(sections))
    return files


@pytest.mark.parametrize("type_", [b"POOL", b"PLAN", b"DATA", b"MODL", b"LABL"])
def test_verdicts_of_mutants_agree_with_the_page(library: CDLL, type_: bytes) -> None:
    seen: Counter[int] = Counter()
    for number, file in enumerate(mutants(type_, 400, seed=len(type_) + type_[0])):
        code = edge.size(library, file)[0]
        assert code == reference.verdict(file), (type_, number)
        seen[code] += 1
    # Mutants that all fail, or none of them, would show nothing.
    assert seen[Verdict.OK] > 0
    assert seen[Verdict.CORRUPT] > 0


@pytest.mark.parametrize(
    "make_model",
    [
        sample_vector_model,
        sample_packed_model,
        sample_fixed_model,
        sample_dense_model,
        sample_composite_model,
        sample_network_model,
    ],
)
def test_verdicts_of_mutants_of_other_models_agree_with_the_page(
    library: CDLL, make_model: Callable[[int], bytes]
) -> None:
    num_features = struct.unpack_from("<I", SECTIONS[4].content, 4)[0]
    model = make_model(num_features)
    rest = [section for section in SECTIONS if section.type not in (b"MODL", b"LABL")]
    generator = random.Random(11)
    seen: Counter[int] = Counter()
    # First as it is, then with every word of its header and of its arrays changed in some way.
    contents = [model] + [mutate(model, generator) for _ in range(1200)]
    end = {sample_composite_model: 640, sample_network_model: 1024}.get(make_model, 192)
    for at in range(0, end, 4):
        for word in WORDS:
            changed = bytearray(model)
            struct.pack_into("<I", changed, at, word)
            contents.append(bytes(changed))
    for number, content in enumerate(contents):
        file = write([*rest[:4], Section(b"MODL", 1, content), *rest[4:]])
        code = edge.size(library, file)[0]
        assert code == reference.verdict(file), number
        assert number > 0 or code == Verdict.OK
        seen[code] += 1
    assert min(seen[Verdict.OK], seen[Verdict.CORRUPT]) > 10
    assert seen[Verdict.TRUNCATED] > 0


def test_every_bit_of_the_plan_agrees_with_the_page(library: CDLL) -> None:
    plan = next(s for s in SECTIONS if s.type == b"PLAN").content
    generator = random.Random(3)
    for at in generator.sample(range(len(plan)), 500):
        changed = bytearray(plan)
        changed[at] ^= 1 << generator.randrange(8)
        file = write(
            [Section(s.type, s.flags, bytes(changed)) if s.type == b"PLAN" else s for s in SECTIONS]
        )
        assert edge.size(library, file)[0] == reference.verdict(file), at


def replace_word(type_: bytes, at: int, word: int) -> bytes:
    changed = bytearray(next(s for s in SECTIONS if s.type == type_).content)
    struct.pack_into("<I", changed, at, word)
    return write(
        [Section(s.type, s.flags, bytes(changed)) if s.type == type_ else s for s in SECTIONS]
    )


@pytest.mark.parametrize(("type_", "end"), [(b"PLAN", 64), (b"MODL", 128), (b"LABL", 32)])
def test_headers_with_every_kind_of_number_agree_with_the_page(
    library: CDLL, type_: bytes, end: int
) -> None:
    for at in range(0, end, 4):
        for word in WORDS:
            file = replace_word(type_, at, word)
            assert edge.size(library, file)[0] == reference.verdict(file), (at, word)


def test_every_word_of_the_payloads_agrees_with_the_page(library: CDLL) -> None:
    data = next(s for s in SECTIONS if s.type == b"DATA").content
    seen: Counter[int] = Counter()
    for at in range(0, len(data) // 4 * 4, 4):
        for word in (1, 93_601, 2**31 - 1, 2**32 - 1):
            file = replace_word(b"DATA", at, word)
            code = edge.size(library, file)[0]
            assert code == reference.verdict(file), (at, word)
            seen[code] += 1
    assert min(seen[Verdict.OK], seen[Verdict.CORRUPT]) > 100


def test_mutants_that_are_accepted_predict() -> None:
    row = {"distance": 2.5, "carrier": "AA", "when": None, "flights": 7, "größe": 0.25}
    row["stops"] = ["UA", "unseen", None]
    accepted = 0
    for type_ in (b"PLAN", b"DATA", b"MODL", b"LABL"):
        for file in mutants(type_, 150, seed=17):
            if reference.verdict(file) is Verdict.OK:
                opened = _engine.Bundle.open(file, "mutant")
                if set(opened.input_names) == set(row):
                    for kind in ("raw", "predict"):
                        opened.predict_row(row, kind)
                    accepted += 1
    assert accepted > 20
