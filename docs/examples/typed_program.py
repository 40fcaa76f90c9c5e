"""A typed program, in which ``mypy --strict`` finds nothing: the package brings its types.

Needs lightgbm. Writes late.spring and drift.html into the working folder.
"""

from __future__ import annotations

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import col


def flights(num_rows: int, seed: int, wind: float) -> pa.Table:
    """Make flights that are late where the wind is strong."""
    random = np.random.default_rng(seed)
    speed = random.gamma(2.0, wind, num_rows)
    return pa.table(
        {
            "wind": pa.array(speed, mask=random.random(num_rows) < 0.05),
            "carrier": random.choice(["UA", "AA", "DL"], num_rows),
            "late": (speed + random.normal(size=num_rows) > 12).astype(np.int8),
        }
    )


def train(table: pa.Table) -> ms.Predictor:
    """Fit transforms and a model, and make one object of them."""
    prep = ms.Preprocessor(
        col("wind").impute("median").log1p().standardize(), col("carrier").ordinal(min_count=20)
    )
    data = lightgbm.Dataset(prep.fit_transform(table), table["late"].to_numpy())
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 20)
    return ms.Predictor(booster, prep, name="late")


def watch(predictor: ms.Predictor, table: pa.Table) -> list[str]:
    """Name the columns that have drifted since training."""
    if predictor.profile is None:
        return []
    report = ms.detect_drift(predictor.profile, table, limits={"ks": 0.1})
    report.to_html("drift.html")
    for name in report.drifted:
        print(f"{name}: {report.column(name).reason}")
    return report.drifted


def answer(predictor: ms.Predictor, row: dict[str, object]) -> str:
    """Predict a row, or say what is wrong with it."""
    try:
        return f"{predictor.predict_row(row):.2f}"
    except ms.SchemaError as error:
        return f"{error.column} is missing"


known, held_out = ms.split(flights(4000, seed=1, wind=5.0), 0.25)
predictor = train(known)
predictor.save("late.spring")
scored = held_out.append_column("p", pa.array(predictor.predict(held_out)))
quality = ms.evaluate(scored, target="late", score="p")
print(f"area under the curve: {quality.value('roc_auc'):.3f}")
print(answer(ms.load("late.spring"), {"wind": 30.0, "carrier": "UA"}))
print(answer(predictor, {"wind": 30.0}))
print(watch(predictor, flights(2000, seed=2, wind=8.0)))
