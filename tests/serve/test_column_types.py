"""Columns of every type in JSON: bool, binary, decimal, date, unsigned, against dicts and Arrow."""

from __future__ import annotations

import base64
from datetime import date
from decimal import Decimal
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.serve import create_app
from tests.serve.client import ask, post

PRICES = ["1.50", "-2.25", "1000.00", "0.01"]
KEYS = [b"\x00\xff", b"abc", b"a key that is longer than a view", b""]


def predictor_of(table: pa.Table, *expressions: Any) -> ms.Predictor:
    prep = ms.Preprocessor(*expressions)
    features = prep.fit_transform(table)
    label = np.arange(table.num_rows) % 4 < 2
    params = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
    booster = lightgbm.train(params, lightgbm.Dataset(features, label=label), 5)
    return ms.Predictor(booster, prep, name="types")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return pa.table(
        {
            "flag": pa.array([True, False, None, True] * 25),
            "key": pa.array(KEYS * 25, pa.binary()),
            "price": pa.array([Decimal(price) for price in PRICES] * 25, pa.decimal128(10, 2)),
            "day": pa.array([date(2013, 1, day) for day in (1, 5, 9, 30)] * 25),
            "count": pa.array([0, 2**64 - 1, 5, None] * 25, pa.uint64()),
        }
    )


@pytest.fixture(scope="module")
def predictor(table: pa.Table) -> ms.Predictor:
    return predictor_of(
        table,
        ms.col("flag", "price", "count"),
        ms.col("key").ordinal(min_count=1),
        ms.col("day").datetime("weekday", "day"),
    )


def json_rows(table: pa.Table) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "key": base64.b64encode(row["key"]).decode(),
            "price": str(row["price"]),
            "day": row["day"].isoformat(),
        }
        for row in table.to_pylist()
    ]


def test_columns_of_every_type_give_the_bits_of_the_table(
    predictor: ms.Predictor, table: pa.Table
) -> None:
    expected = predictor.predict(table).tolist()
    assert len(set(expected)) > 1
    app = create_app(predictor)
    rows = json_rows(table)
    assert post(app, "/predict", rows).json["predictions"] == expected
    numbers = [{**row, "price": float(row["price"])} for row in rows]
    assert post(app, "/predict", numbers).json["predictions"] == expected
    assert list(predictor.predict_row(row) for row in table.to_pylist()) == expected


def test_metadata_names_the_datatype_of_each(predictor: ms.Predictor) -> None:
    inputs = ask(create_app(predictor), "GET", "/v2/models/types").json["inputs"]
    kinds = {tensor["name"]: tensor["datatype"] for tensor in inputs}
    assert kinds["flag"] == "BOOL"
    assert kinds["key"] == "BYTES"
    assert kinds["count"] == "UINT64"
    assert kinds["day"] == "INT64"
    units = {tensor["name"]: tensor.get("parameters") for tensor in inputs}
    assert units["day"] == {"unit": "day"}
    assert units["count"] is None


def test_example_row_is_taken(predictor: ms.Predictor) -> None:
    app = create_app(predictor)
    example = ask(app, "GET", "/").json["models"][0]["example"]
    assert post(app, "/predict", example).status == 200


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"flag": "true"}, "true, false, a number or null"),
        ({"key": "no base64!"}, "base64"),
        ({"price": "1.5.0"}, "'price'"),
        ({"price": ""}, "a number as text"),
        ({"price": "NaN"}, "'price'"),
        ({"day": "2013-02-30"}, "RFC 3339"),
    ],
)
def test_values_of_another_form_are_refused(
    predictor: ms.Predictor, table: pa.Table, change: dict[str, Any], text: str
) -> None:
    answer = post(create_app(predictor), "/predict", {**json_rows(table)[0], **change})
    assert (answer.status, text in answer.error) == (400, True), answer.error
