"""The flights of New York as a pipeline, from data to a model that is watched.

Run it with ``python flights_pipeline.py`` or ``mainspring run flights_pipeline.py``, twice: the
second run takes every result from the store. Airflow, Prefect and Dagster run the same object.
Needs the extra ``quickstart``. Writes ``.mainspring``, ``registry`` and ``models`` into the working
folder; ``mainspring serve --reload-dir models`` would swap the model in while it serves.
"""

from __future__ import annotations

import mainspring as ms
from mainspring import col
from mainspring.pipeline import steps

pipeline = ms.Pipeline("flights", parameters={"rounds": 40, "smoothing": 20.0}, folder=".")
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
LATE = {"target": "late"}


def months(flights, first, last):
    """Return the flights of some months."""
    import pyarrow.compute as pc

    month = flights["month"]
    return flights.filter(pc.and_(pc.greater_equal(month, first), pc.less_equal(month, last)))


def preprocessor(smoothing):
    """Say what becomes of each column that is known before departure."""
    return ms.Preprocessor(
        col(*WEATHER).impute("median"),
        col("distance").log1p().standardize(),
        col("carrier", "origin").ordinal(min_count=20),
        col("dest").target_mean(smoothing=smoothing, folds=5),
        col("sched_dep").datetime("hour", "weekday", cyclical=True),
    )


def learner(rounds):
    """Say what learns from the features."""
    options = {"objective": "binary", "num_leaves": 15, "num_threads": 1, "verbose": -1}
    return steps.Learner("lightgbm", {**options, "seed": 2013}, rounds)


@pipeline.step(retries=2)
def flights():
    """Read the flights that landed, with the weather of their hour."""
    import pyarrow as pa

    from mainspring.cli.quickstart_data import flights_with_weather

    table, _ = flights_with_weather()
    names = ["month", "late", "carrier", "origin", "dest", "distance", *WEATHER]
    # In microseconds, as clusters have them: a type is part of what is learnt.
    departures = table["sched_dep"].cast(pa.timestamp("us", "America/New_York"))
    return table.select(names).append_column("sched_dep", departures)


@pipeline.step
def parts(flights):
    """Cut the first quarter into training and test rows."""
    return ms.split(months(flights, 1, 3).drop_columns(["month"]), 0.25, stratify="late")


@pipeline.step
def model(parts, rounds, smoothing):
    """Learn transforms and trees."""
    learns = {"preprocessor": preprocessor(smoothing), "learner": learner(rounds)}
    return steps.train(parts, name="late-flights", **learns, **LATE)


@pipeline.step
def december(flights):
    """Take the rows of a later month, as a service would meet them."""
    return months(flights, 12, 12).drop_columns(["month"])


pipeline.add("checked", steps.check, needs={"train": "december"}, settings=LATE)
pipeline.add(
    "quality", steps.evaluate, needs={"predictor": "model", "table": "parts"}, settings=LATE
)
pipeline.add(
    "passed",
    steps.gate,
    needs={"predictor": "model", "table": "parts"},
    settings={**LATE, "champion": "models/late-flights.spring", "least": 0.65, "tolerance": 0.01},
)
pipeline.add(
    "registered",
    steps.register,
    needs={"predictor": "model"},
    settings={"folder": "registry", "name": "late-flights"},
    after=["passed", "checked"],
)
pipeline.add(
    "deployed",
    steps.deploy,
    needs={"predictor": "model"},
    settings={"folder": "models", "name": "late-flights"},
    after=["registered"],
)
pipeline.add(
    "watched",
    steps.monitor,
    needs={"predictor": "model", "table": "december"},
    settings={**LATE, "metrics": ["roc_auc"]},
)
pipeline.add(
    "decision",
    steps.needs_retraining,
    needs={"monitored": "watched"},
    settings={"drifted": 3, "least": {"roc_auc": 0.7}},
)


if __name__ == "__main__":
    run = pipeline.run()
    print(run)
    print(f"roc_auc of the test rows: {run['quality']['metrics']['roc_auc']['value']:.3f}")
    print(f"registered: version {run['registered']['version']}")
    print(f"train again: {'; '.join(run['decision']['reasons']) or 'no'}")
    print(f"a second time: {pipeline.run()!r}")
