"""Transforms and model searched together, by scikit-learn's own tools.

Needs scikit-learn and pandas. Every fold fits the transforms anew, and target_mean is cross-fitted
within it, so no score is flattered by a row that has seen its own target.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from mainspring import col
from mainspring.sklearn import FeatureTransformer

random = np.random.default_rng(7)
towns = np.array([f"town {i}" for i in range(200)])
appeal = random.normal(0, 1.2, 200)  # what the town alone says of the target
which = random.integers(0, 200, 3000)
rooms = random.integers(1, 8, 3000).astype(float)
sold = random.random(3000) < 1 / (1 + np.exp(-(appeal[which] + 0.4 * (rooms - 4))))
houses = pd.DataFrame({"town": towns[which], "rooms": rooms})
houses.loc[::20, "rooms"] = np.nan

rooms_as_number = col("rooms").impute("median").standardize()
model = make_pipeline(FeatureTransformer(), LogisticRegression())
search = GridSearchCV(
    model,
    {
        "featuretransformer__steps": [
            [rooms_as_number],
            [rooms_as_number, col("town").target_mean(smoothing=1)],
            [rooms_as_number, col("town").target_mean(smoothing=10)],
            [rooms_as_number, col("town").target_mean(smoothing=100)],
        ]
    },
    scoring="roc_auc",
    cv=3,
)
search.fit(houses, sold)

for steps, auc in zip(
    search.cv_results_["param_featuretransformer__steps"],
    search.cv_results_["mean_test_score"],
    strict=True,
):
    print(f"{auc:.3f}  {', '.join(map(repr, steps))}")
print(f"best: {search.best_params_['featuretransformer__steps']}")
assert len(search.best_params_["featuretransformer__steps"]) == 2
