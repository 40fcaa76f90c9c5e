"""The flights of flights_pipeline.py, learnt and scored where a cluster's workers are.

``mainspring run flights_on_clusters.py --set engine=dask`` (or spark, or ray) beside
flights_pipeline.py: its steps, of which two go over a cluster. Each engine gives the model and the
predictions of ``engine=local``, which needs none; only the profile of departures, which are too
many to be counted one by one, is within its stated error. A cluster that has been connected to is
used, otherwise one of this machine. Needs the extra ``quickstart`` and that of the engine.
"""

from __future__ import annotations

import flights_pipeline as flights
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mainspring as ms
from mainspring.pipeline import steps

DEFAULTS = {**flights.pipeline.parameters, "engine": "local"}
pipeline = ms.Pipeline("flights-on-clusters", parameters=DEFAULTS, folder=".")
PARTITIONS = 4


def spread(engine, table, folder):
    """Give rows to an engine, in partitions: files, tables, or what Spark makes of a table."""
    size = -(-table.num_rows // PARTITIONS)
    parts = [table.slice(number * size, size) for number in range(PARTITIONS)]
    if engine == "dask":
        folder.mkdir()
        paths = [str(folder / f"{number}.parquet") for number in range(PARTITIONS)]
        for part, path in zip(parts, paths, strict=True):
            pq.write_table(part, path)
        return paths
    if engine == "ray":
        from ray import data

        return data.from_arrow(parts)
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "America/New_York")  # as the data has it
    return session.createDataFrame(table)


def numbered(table):
    """Give rows their numbers, by which they can be put in order."""
    return table.append_column("row", pa.array(np.arange(table.num_rows)))


def gathered(engine, data):
    """Bring rows here, in the order of their numbers and without these."""
    if engine == "dask":
        table = pa.Table.from_pandas(data.compute(), preserve_index=False)
    elif engine == "ray":
        import ray

        table = pa.concat_tables(ray.get(data.to_arrow_refs()))
    else:
        table = data.toArrow()
    return table.sort_by("row").drop_columns(["row"])


@pipeline.step
def model(parts, engine, rounds, smoothing, scratch):
    """Learn transforms on the workers, and trees from the features."""
    if engine == "local":
        return flights.model(parts, rounds, smoothing)
    train = parts[0]
    rows = spread(engine, numbered(train), scratch / "train")
    prep = flights.preprocessor(smoothing)
    cluster = getattr(ms.scale, engine)
    table = gathered(engine, cluster.fit_transform(prep, rows, keep=["row"], **flights.LATE))
    features = np.column_stack([column.to_numpy().astype(np.float32) for column in table.columns])
    trees = flights.learner(rounds)(features, train["late"].to_numpy(), prep)
    return ms.Predictor(trees, prep, name="late-flights")


@pipeline.step
def watched(model, december, engine, scratch):
    """Score a later month on the workers, and see what has moved."""
    if engine == "local":
        return steps.monitor(model, december, metrics=["roc_auc"], **flights.LATE)
    cluster = getattr(ms.scale, engine)
    drift = cluster.drift(model, spread(engine, december, scratch / "december"))
    rows = spread(engine, numbered(december), scratch / "rows")
    scores = gathered(engine, cluster.predict(model, rows, kind="proba", keep=["row"]))
    columns = {"late": december["late"], "score": scores[scores.column_names[-1]]}
    quality = ms.evaluate(columns, score="score", metrics=["roc_auc"], **flights.LATE)
    return {"drift": drift.to_dict(), "quality": quality.to_dict()}


for step in flights.pipeline.steps:
    if step.name not in ("model", "watched"):
        where = {"needs": step.needs, "settings": step.settings, "after": step.after}
        pipeline.add(step.name, step.function, retries=step.retries, **where)


if __name__ == "__main__":
    run = pipeline.run()
    print(run)
    print(
        f"roc_auc of a later month: {run['watched']['quality']['metrics']['roc_auc']['value']:.3f}"
    )
