"""Every system that is missing is an error that names its extra."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest

import mainspring as ms


def called(module: str, name: str, *arguments: Any, **options: Any) -> Callable[[], Any]:
    """Import the adapter when it is called: that must not need the system either."""
    return lambda: getattr(importlib.import_module(module), name)(*arguments, **options)


PIPELINE = ms.Pipeline("p", folder="unused")

# Extra, what it brings, and where somebody asks for it.
SYSTEMS = [
    ("airflow", "airflow", called("mainspring.pipeline.airflow", "airflow_dag", PIPELINE)),
    ("prefect", "prefect", called("mainspring.pipeline.prefect", "prefect_flow", PIPELINE)),
    ("dagster", "dagster", called("mainspring.pipeline.dagster", "dagster_assets", PIPELINE)),
    ("dask", "dask", called("mainspring.scale.dask", "profile", None)),
    ("spark", "pyspark", called("mainspring.scale.spark", "profile", None)),
    ("ray", "ray", called("mainspring.scale.ray", "profile", None)),
    ("ray", "ray", called("mainspring.tune.ray_trials", "report_to_ray")),
    ("tune", "optuna", called("mainspring.tune.optuna_studies", "optuna_study", "s")),
    ("mlflow", "mlflow", called("mainspring.mlflow", "load_model", "models:/m/1")),
    ("kafka", "confluent_kafka", called("mainspring.stream.kafka_client", "client")),
    ("pulsar", "pulsar", called("mainspring.stream.pulsar", "_client")),
    (
        "tensorflow",
        "tensorflow",
        called("mainspring.train.tensorflow_batches", "tensorflow_dataset", None),
    ),
]


@pytest.mark.parametrize(("extra", "package", "ask"), SYSTEMS, ids=[one[1] for one in SYSTEMS])
def test_system_when_it_is_missing_names_its_extra(
    extra: str, package: str, ask: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ms.MissingExtraError) as caught:
        ask()
    assert f"pip install 'mainspring[{extra}]'" in str(caught.value)
    assert caught.value.hint == f"pip install 'mainspring[{extra}]'"
