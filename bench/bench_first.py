"""The first claims of speed: predict against LightGBM, fit and transform against scikit-learn.

Run: ``python bench/bench_first.py [-o RESULT.json]``; needs the test extra. Data: the flights of
January to March 2013. Both sides of a pair get the same rows and threads and take turns in one
process; a pair counts only after the results have been found equal. Ratios are medians of the
ratios of neighbouring runs, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler, TargetEncoder

import mainspring as ms
from mainspring.cli.quickstart import of_months
from mainspring.cli.quickstart_data import flights_with_weather

NUMBERS = ["distance", "temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
CODES = ["carrier", "origin"]
MEANS = ["dest", "tailnum"]
TREES = 200


def pair(
    name: str, ours: Callable[[], Any], theirs: Callable[[], Any], *, peer: str, repeats: int
) -> dict[str, Any]:
    """Time two functions in turns and return medians, minima and the ratio."""
    for function in (ours, theirs):
        function()
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats):
        order = ((0, ours), (1, theirs)) if turn % 2 == 0 else ((1, theirs), (0, ours))
        for side, function in order:
            started = time.perf_counter()
            function()
            times[side].append(time.perf_counter() - started)
    ratios = sorted(b / a for a, b in zip(*times, strict=True))
    return {
        "claim": name,
        "peer": peer,
        "repeats": repeats,
        "ours_us": round(1e6 * statistics.median(times[0]), 1),
        "peer_us": round(1e6 * statistics.median(times[1]), 1),
        "ours_min_us": round(1e6 * min(times[0]), 1),
        "peer_min_us": round(1e6 * min(times[1]), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_quartiles": [
            round(ratios[len(ratios) // 4], 2),
            round(ratios[3 * len(ratios) // 4], 2),
        ],
    }


def predict_pairs() -> list[dict[str, Any]]:
    """Compare predictions of one forest, from a float64 matrix and from one row."""
    random = np.random.default_rng(1)
    features = random.normal(size=(50_000, 28))
    labels = (features[:, :4].sum(axis=1) + random.normal(size=50_000) > 0).astype(float)
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "num_threads": 2, "verbose": -1},
        lightgbm.Dataset(features, labels),
        TREES,
    )
    predictor = ms.Predictor(booster, name="forest")
    rows = np.ascontiguousarray(features[:4096])
    assert (predictor.predict_raw(rows) == booster.predict(rows, raw_score=True)).all()
    row = dict(zip(predictor.feature_names, features[0].tolist(), strict=True))
    assert predictor.predict_row(row) == predictor.predict(features[:1])[0]
    assert abs(predictor.predict_row(row) - booster.predict(features[:1])[0]) < 1e-15
    peer = f"lightgbm {lightgbm.__version__}"
    one = features[:1]
    out = np.empty(4096)
    results = []
    for threads in (1, 2):
        ms.set_num_threads(threads)
        results.append(
            pair(
                f"predict 4096 rows, {TREES} trees of 31 leaves, {threads} thread(s)",
                lambda: predictor.predict(rows, out=out),
                lambda threads=threads: booster.predict(rows, num_threads=threads),
                peer=peer,
                repeats=60,
            )
        )
    ms.set_num_threads(1)
    results.append(
        pair(
            f"predict one row, {TREES} trees of 31 leaves",
            lambda: predictor.predict(one),
            lambda: booster.predict(one, num_threads=1),
            peer=peer,
            repeats=600,
        )
    )
    return results


def transform_pairs() -> list[dict[str, Any]]:
    """Compare fitting and transforming of numbers, codes and target means, one thread."""
    ms.set_num_threads(1)
    table = of_months(flights_with_weather()[0], 1, 2, 3).combine_chunks()
    frame, late = table.to_pandas(), table["late"].to_numpy()
    prep = ms.Preprocessor(
        ms.col(*NUMBERS).impute("median").standardize(),
        ms.col(*CODES).ordinal(),
        ms.col(*MEANS).target_mean(smoothing=20, folds=5),
        profile=False,
    )
    theirs = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            (
                "codes",
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                CODES,
            ),
            ("means", TargetEncoder(target_type="binary", smooth=20, cv=5, random_state=0), MEANS),
        ]
    )
    prep.fit(table, target="late")
    theirs.fit(frame, late)
    got, expected = prep.transform(table), np.asarray(theirs.transform(frame), dtype=np.float64)
    np.testing.assert_allclose(got[:, :8], expected[:, :8], rtol=2e-6, atol=2e-6)
    # Codes are two numberings of the same categories.
    for column in (8, 9):
        pairs = np.unique(np.column_stack([got[:, column], expected[:, column]]), axis=0)
        assert len(pairs) == len(np.unique(got[:, column])) == len(np.unique(expected[:, column]))
    # Of means, missing tail numbers have one of their own in both.
    np.testing.assert_allclose(got[:, 10:], expected[:, 10:], rtol=1e-6)
    peer = f"scikit-learn {sklearn.__version__}"
    out = np.empty(got.shape, dtype=np.float32)
    rows = f"{table.num_rows:,} rows, 8 numbers and 4 texts, 1 thread"
    return [
        pair(
            f"transform {rows}",
            lambda: prep.transform(table, out=out),
            lambda: theirs.transform(frame),
            peer=peer,
            repeats=15,
        ),
        pair(
            f"fit {rows}",
            lambda: prep.fit(table, target="late"),
            lambda: theirs.fit(frame, late),
            peer=peer,
            repeats=9,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", metavar="FILE.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    result = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "build": {key: str(value) for key, value in ms.build_info().items()},
        "date": time.strftime("%Y-%m-%d"),
        "pairs": predict_pairs() + transform_pairs(),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.output:
        Path(arguments.output).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
