"""N-grams of any bytes against Python's lists of characters and words."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import steps as oracle
from tests.reference.ngrams import ngrams, ngrams_by
from tests.steps.plans import (
    STORE_HASHED_NGRAMS,
    STORE_KNOWN_NGRAMS,
    STORE_WORD_IDS,
    TEXT,
    Plan,
    doubles,
    lookup_table,
)

PIECES = [b"a", b"Bc", b"x_1", b" ", b"  ", b"\n", b"\t ", b"-", b"\0", "é".encode(), "漢".encode()]
PIECES += [b"\xe9", b"\xff\xfe", b"\xe2\x80", "—".encode(), "\u3000".encode(), b"w" * 254 + b" "]
texts = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=30).map(b"".join)
columns = st.lists(st.none() | texts, max_size=20)
rules = st.builds(
    lambda analyzer, ends, length, lowercase: rule(analyzer, *sorted(ends), length, lowercase),
    st.sampled_from([1, 2, 3]),
    st.tuples(st.integers(1, 16), st.integers(1, 16)) | st.just((1, 1)) | st.just((1, 3)),
    st.integers(1, 3),
    st.booleans(),
)
NORMS = st.sampled_from([0, 1, 2])


def rule(analyzer: int, low: int, high: int, length: int = 1, lowercase: bool = True) -> int:
    least = length if analyzer == 1 else 1
    return analyzer | low << 8 | high << 16 | least << 24 | int(lowercase) << 32


def run(
    code: int,
    column: list[bytes | None],
    integers: tuple[int, int, int],
    payload: bytes = b"",
) -> np.ndarray:
    plan = Plan()
    loaded = plan.load("x", TEXT)
    plan.step(code, [loaded], None, integers=(0, *integers), payload=payload)
    plan.num_features = integers[0]
    return plan.run(x=pa.array(column, pa.binary()))


def known(keys: list[bytes], weights: list[float]) -> bytes:
    packed = doubles(weights)
    return packed + bytes(-len(packed) % 64) + lookup_table(list(keys))


@given(columns, rules, NORMS, st.sampled_from([0, 1, 2]), st.sampled_from([1, 2, 7, 100]))
def test_hashed_ngrams_of_any_bytes_equal_the_reference(
    column: list[bytes | None], which: int, norm: int, flags: int, size: int
) -> None:
    how = norm | flags << 8
    got = run(STORE_HASHED_NGRAMS, column, (size, which, how))
    expected = [oracle.store_hashed_ngrams(value, size, which, how) for value in column]
    np.testing.assert_array_equal(got, np.float32(expected).reshape(-1, size))


@given(columns, rules, NORMS, st.sampled_from([0, 1, 4, 5]), st.data())
def test_known_ngrams_of_any_bytes_equal_the_reference(
    column: list[bytes | None], which: int, norm: int, flags: int, data: st.DataObject
) -> None:
    analyzer, low, high, length = which.to_bytes(8, "little")[:4]
    name = ["word", "char", "char_wb"][analyzer - 1]
    seen = {
        ngram
        for value in column
        for ngram in ngrams(
            value or b"",
            name,
            (low, high),
            lowercase=bool(which >> 32),
            min_word_length=length,
        )
    }
    keys = [*sorted(seen)[:: data.draw(st.integers(1, 5), label="each")][:50], b"never seen"]
    weights = [1 + 0.25 * i for i in range(len(keys))]
    how = norm | flags << 8
    got = run(STORE_KNOWN_NGRAMS, column, (len(keys), which, how), known(keys, weights))
    expected = [oracle.store_known_ngrams(value, keys, weights, which, how) for value in column]
    wanted = np.array(expected).reshape(-1, len(keys))
    if flags & 4:  # two logarithms
        np.testing.assert_allclose(got, wanted, rtol=2e-7)
    else:
        np.testing.assert_array_equal(got, np.float32(wanted))


@pytest.mark.parametrize("analyzer", [1, 2, 3])
@pytest.mark.parametrize("ends", [(1, 1), (2, 5), (16, 16), (1, 16)])
def test_texts_longer_than_any_window_lose_no_ngram(analyzer: int, ends: tuple[int, int]) -> None:
    draw = random.Random(analyzer)
    text = b"".join(draw.choice(PIECES) for _ in range(9000))
    which = rule(analyzer, *ends)
    got = run(STORE_HASHED_NGRAMS, [text, None, text[:5000]], (97, which, 0))
    expected = [
        oracle.store_hashed_ngrams(value, 97, which, 0) for value in (text, None, text[:5000])
    ]
    np.testing.assert_array_equal(got, np.float32(expected))


@given(columns, st.integers(1, 3), st.booleans(), st.sampled_from([1, 2, 5, 40]), st.data())
def test_word_ids_of_any_bytes_equal_the_reference(
    column: list[bytes | None], least: int, lowercase: bool, length: int, data: st.DataObject
) -> None:
    which = rule(1, 1, 1, least, lowercase)
    seen = {word for value in column for word in ngrams_by(value, which)}
    keys = [*sorted(seen)[:: data.draw(st.integers(1, 3), label="each")], b"never seen"]
    got = run(STORE_WORD_IDS, column, (length, which, len(keys) + 2), lookup_table(list(keys)))
    expected = [oracle.store_word_ids(value, keys, length, which) for value in column]
    np.testing.assert_array_equal(got, np.float32(expected).reshape(-1, length))


def test_word_ids_of_more_words_than_a_block_are_all_there() -> None:
    keys = [f"w{number}".encode() for number in range(900)]
    text = b" ".join(keys * 2)
    which = rule(1, 1, 1)
    got = run(STORE_WORD_IDS, [text, None, text[:20]], (2000, which, 902), lookup_table(list(keys)))
    expected = [
        oracle.store_word_ids(value, keys, 2000, which) for value in (text, None, text[:20])
    ]
    np.testing.assert_array_equal(got, np.float32(expected))
    short = run(STORE_WORD_IDS, [text], (3, which, 902), lookup_table(list(keys)))
    assert short.tolist() == [[2, 3, 4]]


def test_words_of_more_than_255_bytes_are_left_out() -> None:
    which = rule(1, 2, 2)
    keys = [b"a b", b"a " + b"w" * 255]
    texts = [b"a " + b"w" * 256 + b" b", b"a " + b"W" * 255 + b" b"]
    got = run(STORE_KNOWN_NGRAMS, list(texts), (2, which, 0), known(keys, [1.0, 1.0]))
    assert got.tolist() == [[1, 0], [0, 1]]


def test_counts_that_cancel_leave_nothing_to_divide_by() -> None:
    odd = next(b"%d" % n for n in range(10, 99) if oracle.hash(b"%d" % n) & 1)
    even = next(b"%d" % n for n in range(10, 99) if not oracle.hash(b"%d" % n) & 1)
    got = run(STORE_HASHED_NGRAMS, [odd + b" " + even, odd], (1, rule(1, 1, 1), 2 | 1 << 9))
    assert got.tolist() == [[0], [-1]]
