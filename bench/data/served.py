"""The model that every server of the benchmarks has, and the rows that it is asked for.

Ten texts and twenty numbers, 200 trees: as a pipeline of scikit-learn, as LightGBM's own file, as
what an expert would keep of both, and as a bundle.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

import mainspring as ms

__all__ = ["columns", "served_rows", "write_models"]

TREES, LEAVES, ROWS = 200, 31, 20_000
TEXTS = [f"c{i}" for i in range(10)]
NUMBERS = [f"n{i}" for i in range(20)]


def columns(num_rows: int, seed: int) -> dict[str, Any]:
    """Draw a table."""
    random = np.random.default_rng(seed)
    texts = {name: random.choice([f"v{k}" for k in range(200)], num_rows) for name in TEXTS}
    return {**texts, **{name: random.normal(size=num_rows) for name in NUMBERS}}


def served_rows() -> list[dict[str, Any]]:
    """Draw a thousand rows to ask for."""
    found: list[dict[str, Any]] = pa.table(columns(1000, 3)).to_pylist()
    return found


def write_models(made: Path) -> None:
    """Train the one model that every server has, and write it for each."""
    import pandas as pd

    table = columns(ROWS, 1)
    score = table["n0"] + table["n1"] * table["n2"] + (table["c0"] > "v5")
    labels = (score + np.random.default_rng(2).normal(size=ROWS) > 0).astype(int)
    frame = pd.DataFrame(table)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prep = ColumnTransformer([("text", encoder, TEXTS), ("number", StandardScaler(), NUMBERS)])
    features = prep.fit_transform(frame)
    model = lightgbm.LGBMClassifier(
        n_estimators=TREES, num_leaves=LEAVES, n_jobs=1, verbose=-1
    ).fit(features, labels)
    pipeline = Pipeline([("prep", prep), ("model", model)])
    (made / "pipeline.pickle").write_bytes(pickle.dumps(pipeline))
    model.booster_.save_model(made / "model.txt")
    scaler = prep.named_transformers_["number"]
    categories = prep.named_transformers_["text"].categories_
    learnt = {
        "codes": {
            name: {str(value): float(code) for code, value in enumerate(values)}
            for name, values in zip(TEXTS, categories, strict=True)
        },
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
    }
    (made / "learnt.pickle").write_bytes(pickle.dumps(learnt))
    kinds = dict.fromkeys(TEXTS, "text") | dict.fromkeys(NUMBERS, "number")
    (made / "columns.json").write_text(json.dumps(kinds))
    fitted = ms.from_sklearn(prep)
    profile = ms.profile(pa.table(table))
    ms.Predictor(model.booster_, fitted, name="m", profile=profile).save(made / "m.spring")
