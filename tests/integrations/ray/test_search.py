"""A pipeline whose search is Ray Tune's, as its page has it, and epochs that Ray hears of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

pytest.importorskip("ray.tune", reason="Ray Tune: not installed; run .ci/ecosystem ray")

from mainspring.pipeline import load_pipeline
from tests.docs import flights
from tests.integrations.pages import programs

# Ray and what it builds on warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster on this machine, as small as it can be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_raylet_start_wait_time_s", "120")
        patch.setenv("PYTHONPATH", str(Path.cwd()))
        import ray

        ray.init(num_cpus=2, include_dashboard=False, object_store_memory=80 << 20)
        yield ray
        ray.shutdown()


def test_pipeline_of_the_page_searches_and_takes_what_was_found(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = flights.names()["train"]
    pq.write_table(rows, "flights.parquet")
    file = tmp_path / "searched_by_ray.py"
    file.write_text(programs("search.md")[1], encoding="utf-8")
    pipeline = load_pipeline(str(file))
    run = pipeline.run(progress=False)
    assert run["best"]["num_leaves"] in (2, 7, 31)
    assert len(set(run["model"].predict(rows))) > 5
    again = pipeline.run(progress=False)
    assert set(again.states.values()) == {"cached"}
    assert again.keys == run.keys


def test_epochs_that_are_reported_reach_ray_and_its_scheduler(ray: Any, tmp_path: Path) -> None:
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler

    def trial(config: dict[str, float]) -> None:
        from mainspring.tune import report_to_ray

        on_epoch = report_to_ray()
        for number in range(4):
            metrics = {"roc_auc": config["goal"] * (number + 1) / 4}
            on_epoch(SimpleNamespace(number=number, train_loss=1.0 / (number + 1), metrics=metrics))

    search = tune.TuneConfig(
        metric="roc_auc",
        mode="max",
        scheduler=ASHAScheduler(max_t=4, grace_period=1, reduction_factor=2),
        max_concurrent_trials=1,
    )
    tuner = tune.Tuner(
        trial,
        param_space={"goal": tune.grid_search([0.9, 0.5])},
        tune_config=search,
        run_config=tune.RunConfig(storage_path=str(tmp_path)),
    )
    found = tuner.fit()
    best = found.get_best_result()
    assert (best.config["goal"], best.metrics["epoch"]) == (0.9, 3)
    assert best.metrics["roc_auc"] == pytest.approx(0.9)
    assert best.metrics["train_loss"] == 0.25
    epochs = sorted(result.metrics["epoch"] for result in found)
    assert epochs[0] < 3, "the worse trial was stopped"
