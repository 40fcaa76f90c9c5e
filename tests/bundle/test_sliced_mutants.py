"""Mutants of the bit-sliced program: judged as the page says, and harmless where they pass."""

from __future__ import annotations

import random
import struct
from collections import Counter
from ctypes import CDLL
from pathlib import Path

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from tests.bundle.test_mutants import WORDS, mutate
from tests.edge import library as edge
from tests.models.lightgbm_models import NUM_FEATURES, Recipe, hard_rows, train
from tests.reference import bundle as reference
from tests.reference.bundle import Section, Verdict, read, write


@pytest.fixture(scope="module")
def library() -> CDLL:
    """Return the library for servers: that for devices does not read the program."""
    return edge.load(Path(ms.get_library_dir()) / "libmainspring.so")


def model_of(categorical: bool) -> lightgbm.Booster:
    """Small trees over numbers have the quick form, too."""
    return train(Recipe("multiclass", categorical=categorical, zero_as_missing=True, num_rounds=3))


def split_bundle(categorical: bool) -> tuple[list[Section], bytes, bytes]:
    """The sections of a bundle, and its model in front of the program and the program."""
    return split(ms.Predictor(model_of(categorical)))


def split(predictor: ms.Predictor) -> tuple[list[Section], bytes, bytes]:
    sections = read(predictor.to_bytes()).sections
    model = next(s for s in sections if s.type == b"MODL").content
    (length,) = struct.unpack_from("<Q", model, 120)
    assert length > 2000
    return sections, model[:-length], model[-length:]


by_kind = pytest.mark.parametrize("categorical", [True, False])


def with_program(sections: list[Section], model: bytes, program: bytes) -> bytes:
    """A true file whose program may have another length than the header says."""
    return write(
        [
            Section(s.type, s.flags, model + program if s.type == b"MODL" else s.content)
            for s in sections
        ]
    )


def single_row_part(program: bytes, num_nodes: int) -> int:
    """Where the last arrays begin: features of categories, their classes, words, runs, nodes."""
    features, _, classes, words, runs, bits = struct.unpack_from("<6I", program, 40)
    sizes = (32 * features, 2 * classes, 8 * words, 8 * runs, 4 * num_nodes)
    assert bits != 0
    return len(program) - sum((size + 63) // 64 * 64 for size in sizes)


def programs(program: bytes, num_nodes: int, count: int) -> list[bytes]:
    """The program as it is, random changes, and every kind of number in what decides on sizes."""
    generator = random.Random(5)
    found = [program, *(mutate(program, generator) for _ in range(count))]
    last = single_row_part(program, num_nodes)
    found += [program[:last] + mutate(program[last:], generator) for _ in range(count)]
    for at in (*range(0, 512, 4), *range(last, last + 64, 4)):
        for word in WORDS:
            changed = bytearray(program)
            struct.pack_into("<I", changed, at, word)
            found.append(bytes(changed))
    return found


@by_kind
def test_verdicts_of_mutants_agree_with_the_page(library: CDLL, categorical: bool) -> None:
    judge_mutants(library, split_bundle(categorical), 800)


def test_verdicts_when_leaves_are_vectors_agree_with_the_page(library: CDLL) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    draw = np.random.default_rng(2)
    rows = draw.normal(size=(300, NUM_FEATURES))
    label = np.digitize(rows[:, 0] + rows[:, 1], [-0.5, 0.5])
    model = ensemble.RandomForestClassifier(6, max_depth=5, random_state=1).fit(rows, label)
    judge_mutants(library, split(ms.Predictor(model)), 300)


def test_verdicts_of_trees_that_ask_one_condition_a_level_agree_with_the_page(
    library: CDLL,
) -> None:
    booster = train(Recipe("regression", num_leaves=2, categorical=True, num_rounds=30))
    parts = split(ms.Predictor(booster))
    assert struct.unpack_from("<I", parts[2], 28) == (1,)  # no masks of rows that reach a node
    judge_mutants(library, parts, 300)


def judge_mutants(library: CDLL, parts: tuple[list[Section], bytes, bytes], count: int) -> None:
    sections, model, program = parts
    rows = np.random.default_rng(1).normal(size=(150, NUM_FEATURES))
    rows[::3, 3] = np.arange(50)
    seen: Counter[int] = Counter()
    (num_nodes,) = struct.unpack_from("<I", model, 68)
    for number, changed in enumerate(programs(program, num_nodes, count)):
        file = with_program(sections, model, changed)
        code = edge.size(library, file)[0]
        assert code == reference.verdict(file), number
        if code == Verdict.OK:
            predictor = ms.Predictor.from_bytes(file)
            predictor.predict_raw(rows)
            predictor.predict_raw(rows[:5])
        assert number > 0 or code == Verdict.OK
        seen[code] += 1
    assert min(seen[Verdict.OK], seen[Verdict.CORRUPT], seen[Verdict.TRUNCATED]) > 10


@by_kind
def test_program_when_cut_or_lengthened_is_refused(library: CDLL, categorical: bool) -> None:
    sections, model, program = split_bundle(categorical)
    for changed in (program[:-64], program[:32], program + bytes(64)):
        file = with_program(sections, model, changed)
        assert edge.size(library, file)[0] == reference.verdict(file) != Verdict.OK
    # The header may say so, too: then the program's own header decides.
    for length in (0, 8, 32, 64, len(program) - 64, len(program) + 64, 2**40 + 64, 2**64 - 64):
        changed = bytearray(model)
        struct.pack_into("<Q", changed, 120, length)
        file = with_program(sections, bytes(changed), (program + bytes(64))[: min(length, 2**20)])
        expected = reference.verdict(file)
        assert edge.size(library, file)[0] == expected
        assert (expected == Verdict.OK) == (length == 0)


@by_kind
def test_program_when_left_out_changes_no_bit(categorical: bool) -> None:
    sections, model, program = split_bundle(categorical)
    walked = bytearray(model)
    struct.pack_into("<Q", walked, 120, 0)
    booster = model_of(categorical)
    rows = hard_rows(booster, 4, 700)
    with_it = ms.Predictor.from_bytes(with_program(sections, model, program))
    without = ms.Predictor.from_bytes(with_program(sections, bytes(walked), b""))
    expected = booster.predict(rows, raw_score=True)
    for step in (700, 33, 17, 1):
        for first in range(0, 700, step):
            some = slice(first, first + step)
            np.testing.assert_array_equal(with_it.predict_raw(rows[some]), expected[some])
            np.testing.assert_array_equal(without.predict_raw(rows[some]), expected[some])
