"""From a pandas table to a saved predictor, and back: run it with ``python pandas_to_bundle.py``.

Needs lightgbm and pandas. Writes late.spring into the working folder.
"""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd

import mainspring as ms
from mainspring import col


def flights(num_rows: int, seed: int) -> pd.DataFrame:
    """Make flights whose delay depends on wind, carrier and hour."""
    random = np.random.default_rng(seed)
    wind = random.gamma(2.0, 5.0, num_rows)
    carrier = random.choice(["UA", "AA", "DL", "B6"], num_rows, p=[0.4, 0.3, 0.2, 0.1])
    hour = random.integers(5, 23, num_rows)
    risk = 0.08 * wind + 0.15 * hour + (carrier == "B6") - 4.0
    table = pd.DataFrame(
        {
            "wind": np.where(random.random(num_rows) < 0.05, np.nan, wind),
            "carrier": carrier,
            "sched_dep": pd.Timestamp("2013-01-01") + pd.to_timedelta(hour, unit="h"),
            "late": (random.random(num_rows) < 1 / (1 + np.exp(-risk))).astype(int),
        }
    )
    table.loc[::50, "carrier"] = None
    return table


train, test = flights(4000, seed=1), flights(1000, seed=2)

prep = ms.Preprocessor(
    col("wind").impute("median").log1p().standardize(),
    col("carrier").ordinal(min_count=20),
    col("sched_dep").datetime("hour"),
)
X = prep.fit_transform(train)
data = lightgbm.Dataset(X, label=train["late"], categorical_feature=prep.categorical_indices)
booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 30)

# The bundle holds transforms, trees and profile: to predict, LightGBM is not needed any more.
predictor = ms.Predictor(booster, prep, name="late")
predictor.save("late.spring")

loaded = ms.load("late.spring")
assert (loaded.predict(test) == predictor.predict(test)).all()
assert (loaded.predict_raw(test) == booster.predict(prep.transform(test), raw_score=True)).all()

print(loaded)
print("raw scores equal LightGBM's, bit for bit")
row = {"wind": 30.0, "carrier": "B6", "sched_dep": pd.Timestamp("2013-02-01 20:00")}
print(f"a windy evening: {loaded.predict_row(row):.2f}")
