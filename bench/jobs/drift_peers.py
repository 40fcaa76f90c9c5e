"""One library of drift on two Parquet files, in an environment of its own.

``python drift_peers.py PEER REFERENCE CURRENT`` prints one JSON line: the version, and seconds of
CPU that the comparison took, imports and reading left out. Needs nothing of this repository.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

# The time moves on by itself, and no library here takes it as a feature.
TIME = "ts"


def evidently(before: Any, now: Any) -> None:
    """Run the preset, as its documentation does."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    Report([DataDriftPreset()]).run(now, before)


def nannyml_chi2(before: Any, now: Any) -> None:
    """Kolmogorov-Smirnov and chi-squared, the reference fitted in the run."""
    _nannyml(before, now, ["kolmogorov_smirnov"], ["chi2"])


def nannyml_js(before: Any, now: Any) -> None:
    """Jensen-Shannon distances, the default."""
    _nannyml(before, now, ["jensen_shannon"], ["jensen_shannon"])


def _nannyml(before: Any, now: Any, continuous: list[str], categorical: list[str]) -> None:
    import nannyml

    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(before.columns),
        continuous_methods=continuous,
        categorical_methods=categorical,
        chunk_number=1,
    )
    calculator.fit(before)
    calculator.calculate(now)


def alibi_detect(before: Any, now: Any) -> None:
    """Test all columns; strings as codes, NaN as 0, since it takes neither."""
    import numpy as np
    from alibi_detect.cd import TabularDrift

    codes = {}
    sides = []
    for number, name in enumerate(before.columns):
        one, other = before[name], now[name]
        if one.dtype == object or str(one.dtype) in ("string", "str", "bool"):
            known = {value: k for k, value in enumerate(sorted({*one, *other}, key=str))}
            codes[number] = len(known)
            one, other = one.map(known), other.map(known)
        sides.append((one.fillna(0).to_numpy(float), other.fillna(0).to_numpy(float)))
    first, second = (np.column_stack([side[k] for side in sides]) for k in (0, 1))
    TabularDrift(first, p_val=0.05, categories_per_feature=codes).predict(second)


def whylogs(before: Any, now: Any) -> None:
    """Profiles of both sides, and their drift scores."""
    import whylogs
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    views = [whylogs.log(pandas=side).view() for side in (before, now)]
    calculate_drift_scores(target_view=views[1], reference_view=views[0], with_thresholds=True)


def deepchecks(before: Any, now: Any) -> None:
    """Drift of all features, on all rows."""
    from deepchecks.tabular import Dataset
    from deepchecks.tabular.checks import FeatureDrift

    texts = [name for name in before.columns if before[name].dtype in (object, bool)]
    sides = [Dataset(side, cat_features=texts) for side in (before, now)]
    FeatureDrift(n_samples=None).run(*sides)


PEERS: dict[str, tuple[str, Callable[[Any, Any], None]]] = {
    "evidently": ("evidently", evidently),
    "nannyml_chi2": ("nannyml", nannyml_chi2),
    "nannyml_js": ("nannyml", nannyml_js),
    "alibi_detect": ("alibi-detect", alibi_detect),
    "whylogs": ("whylogs", whylogs),
    "deepchecks": ("deepchecks", deepchecks),
}


def main() -> None:
    """Read both files, and time the comparison."""
    import pandas as pd

    warnings.filterwarnings("ignore")
    package, run = PEERS[sys.argv[1]]
    before, now = (pd.read_parquet(path).drop(columns=[TIME]) for path in sys.argv[2:4])
    run(before.head(2_000), now.head(2_000))  # imports
    started = time.process_time()
    run(before, now)
    seconds = time.process_time() - started
    print(json.dumps({"version": metadata.version(package), "seconds": seconds}))


if __name__ == "__main__":
    main()
