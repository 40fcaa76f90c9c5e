"""Predictions of JSON rows with the engine alone, as a function in a cloud would make them.

``mainspring.runtime`` needs neither NumPy nor pyarrow. The model here is made on the spot; a
function would read the bytes of its bundle once, at its cold start.
"""

from __future__ import annotations

import json

import lightgbm
import numpy as np

import mainspring as ms
from mainspring import runtime


def made_somewhere_else() -> bytes:
    """Train, and return what would be shipped."""
    random = np.random.default_rng(3)
    rows = [
        {"age": float(age), "plan": plan}
        for age, plan in zip(
            random.integers(18, 90, 2000), random.choice(["free", "paid"], 2000), strict=True
        )
    ]
    leaves = np.array([row["plan"] == "free" and row["age"] < 40 for row in rows])
    prep = ms.Preprocessor(ms.col("age"), ms.col("plan").ordinal())
    data = lightgbm.Dataset(prep.fit_transform(rows), label=leaves)
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 20)
    return ms.Predictor(booster, prep, name="churn").to_bytes()


predictor = runtime.load(made_somewhere_else())


def handler(body: bytes) -> bytes:
    """Answer one request: rows in, scores or what is wrong with them out."""
    try:
        scores = predictor.predict(body)
    except (ms.SchemaError, ms.DataError, ms.ParameterError) as error:
        return json.dumps({"error": str(error), "row": error.row, "column": error.column}).encode()
    return json.dumps({"scores": [round(score, 3) for score in scores]}).encode()


good = handler(b'{"rows": [{"age": 25, "plan": "free"}, {"age": 70, "plan": null}]}')
bad = handler(b'[{"age": 25, "plan": "free"}, {"age": "old", "plan": "paid"}]')
print(good.decode())
print(bad.decode())
assert json.loads(good)["scores"][0] > 0.8 > 0.2 > json.loads(good)["scores"][1]
assert json.loads(bad)["row"] == 1
