"""Every kind of model against its oracle, and what must not change what it predicts."""

from __future__ import annotations

import importlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from ctypes import CDLL
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from tests.edge import library as edge
from tests.edge.columns import column_of
from tests.generic.columns import bits, chunked, encoded, num_threads, sliced
from tests.generic.model import DrawnModel

KINDS = tuple(str(name) for name in _engine.model_kinds())
GUARD = -7.25e307
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 1e-35, 1.0, 2.5, 2.0**31]


def oracle_of(kind: str) -> Any:
    return importlib.import_module(f"tests.reference.{kind}")


@cache
def fixed_model(kind: str, number: int) -> DrawnModel:
    oracle = oracle_of(kind)
    model: DrawnModel = oracle.drawn(oracle.FIXED[number])
    return model


FIXED = [(kind, number) for kind in KINDS for number in range(len(oracle_of(kind).FIXED))]
by_kind = pytest.mark.parametrize("kind", KINDS)
by_model = pytest.mark.parametrize(("kind", "number"), FIXED)


def predictor_and_rows(kind: str, number: int) -> tuple[ms.Predictor, np.ndarray]:
    """A predictor, and rows that are hard on it, special ones at the end."""
    model = fixed_model(kind, number)
    num_features = model.rows.shape[1]
    special = [np.resize(np.roll(SPECIAL, shift), num_features) for shift in range(len(SPECIAL))]
    rows = np.vstack([model.rows, special, np.full((2, num_features), np.nan)])
    return ms.Predictor(model.source), rows


def table_of(predictor: ms.Predictor, rows: np.ndarray) -> pa.Table:
    return pa.table({name: pa.array(rows[:, i]) for i, name in enumerate(predictor.feature_names)})


@by_kind
@settings(max_examples=12)
@given(data=st.data())
def test_scores_when_models_are_drawn_equal_the_oracle(kind: str, data: st.DataObject) -> None:
    oracle = oracle_of(kind)
    model = data.draw(oracle.MODELS)
    predictor = ms.Predictor(model.source)
    assert _engine.Bundle.open(predictor.to_bytes(), kind).model_kind == kind
    expected = np.array(oracle.raw_scores(model.text, model.rows.tolist()))
    got = predictor.predict_raw(model.rows)
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    assert again.to_bytes() == predictor.to_bytes()
    assert bits(again.predict_raw(model.rows)) == bits(got)


@by_model
def test_scores_when_rows_are_special_equal_the_oracle(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    model = fixed_model(kind, number)
    expected = np.array(oracle_of(kind).raw_scores(model.text, rows.tolist()))
    for count in (len(rows), 1, 0):
        got = predictor.predict_raw(rows[len(rows) - count :])
        np.testing.assert_array_equal(
            got.reshape(count, expected.shape[1]), expected[len(rows) - count :]
        )


@by_model
def test_predictions_when_laid_out_otherwise_are_the_same_bits(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    expected = bits(predictor.predict(rows))
    table = table_of(predictor, rows)
    nulls = pa.table(
        [pa.array(column.to_numpy(), from_pandas=True) for column in table.columns],
        names=table.column_names,
    )
    for data in (table, nulls, np.asfortranarray(rows), rows[::-1].copy()[::-1]):
        assert bits(predictor.predict(data)) == expected
    for offset in range(66):
        assert bits(predictor.predict(sliced(table, offset))) == expected, offset
    for cuts in ([0, 1, 64], [7, 7, 63, 65], list(range(len(rows)))):
        assert bits(predictor.predict(chunked(table, cuts))) == expected
        assert bits(predictor.predict(encoded(chunked(table, cuts), pa.int16()))) == expected


@by_model
def test_bundle_when_written_and_read_has_the_same_bytes_and_bits(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    file = predictor.to_bytes()
    for again in (ms.Predictor.from_bytes(file), pickle.loads(pickle.dumps(predictor))):
        assert again.to_bytes() == file
        assert bits(again.predict(rows)) == bits(predictor.predict(rows))
        assert bits(again.predict_raw(rows)) == bits(predictor.predict_raw(rows))


@by_model
@pytest.mark.parametrize("num_rows", [0, 1, 2, 31, 63, 64, 65, 511, 513, 1300, 9001])
def test_out_when_guarded_is_filled_and_nothing_around_it(
    kind: str, number: int, num_rows: int
) -> None:
    predictor, some = predictor_and_rows(kind, number)
    rows = np.resize(some, (num_rows, some.shape[1]))
    before = bits(rows)
    expected = predictor.predict_raw(rows)
    for shift in (8, 9):  # a cache line, and an address that is a multiple of 8 alone
        memory = np.full(expected.size + 2 * shift, GUARD)
        out = memory[shift : shift + expected.size].reshape(expected.shape)
        for threads in (1, 2):
            out[:] = GUARD
            with num_threads(threads):
                assert predictor.predict_raw(rows, out=out) is out
            assert bits(out) == bits(expected)
        assert (memory[:shift] == GUARD).all()
        assert (memory[shift + expected.size :] == GUARD).all()
    assert bits(rows) == before


@by_model
def test_predictor_when_used_by_many_threads_gives_the_same_bits(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    table = table_of(predictor, rows)
    expected = predictor.predict(rows)
    one = dict(zip(predictor.feature_names, rows[7].tolist(), strict=True))

    def use(turn: int) -> bool:
        data = table if turn % 2 else rows
        row = np.array(predictor.predict_row(one))
        return bits(predictor.predict(data)) == bits(expected) and bits(row) == bits(expected[7])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(24)))


@by_model
def test_rows_when_alone_equal_rows_of_the_batch(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    batch = predictor.predict(rows)
    for row, expected in zip(rows, batch, strict=True):
        assert bits(predictor.predict(row[None])) == bits(expected)
        values = dict(zip(predictor.feature_names, row.tolist(), strict=True))
        assert bits(np.array(predictor.predict_row(values))) == bits(expected)


@by_model
@pytest.mark.parametrize("level", [edge.BASELINE, edge.AVX2, edge.AVX512])
def test_model_through_the_c_interface_gives_the_bits_of_python(
    library: CDLL, kind: str, number: int, level: int
) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    opened = edge.open_bundle(library, predictor.to_bytes(), level)
    table = table_of(predictor, rows)  # columns only point to its memory
    columns = [column_of(chunk) for column in table.columns for chunk in column.chunks]
    for output, expected in (
        (edge.PREDICT, predictor.predict(rows)),
        (edge.RAW, predictor.predict_raw(rows)),
    ):
        code, _, out = opened.predict(columns, len(rows), output)
        assert code == edge.OK
        assert bits(out) == bits(expected)
