"""Make the golden bundles of the current format: files, rows and the bits they must give.

``python -m tests.golden.make_golden`` from the root. Until the first release the format is version
0 and may still change: then the files are made again. From the first release on each release adds
its own files, and no file that was ever released is made again.
"""

from __future__ import annotations

import datetime
import json
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import _engine, col, pack
from tests.bundle.sample import sample_bundle
from tests.bundle.sample_models import sample_composite_model, sample_network_model
from tests.edge.sample_table import sample_table
from tests.generic.columns import many_rows
from tests.generic.operators import CASES
from tests.golden.rows import rows_of

FOLDER = Path(__file__).parent
ROWS = 240
LIGHTGBM = {"verbose": -1, "num_threads": 1, "deterministic": True, "min_data_per_group": 5}


def flights(num_rows: int, seed: int) -> pa.Table:
    """Columns of every kind, with missing and rare values."""
    generator = np.random.default_rng(seed)

    def missing(share: float) -> np.ndarray:
        return generator.random(num_rows) < share

    start = datetime.datetime(2013, 1, 1, tzinfo=datetime.timezone.utc)
    minutes = generator.integers(0, 525_600, num_rows)
    times = [start + datetime.timedelta(minutes=int(minute)) for minute in minutes]
    zone = pa.timestamp("ms", "America/New_York")
    carriers = ["UA", "AA", "B6", "München", "", "a carrier with a very long name of its own"]
    distance = generator.gamma(2.0, 400.0, num_rows)
    late = distance + generator.normal(0, 300, num_rows) > 900
    return pa.table(
        {
            "distance": pa.array(distance, mask=missing(0.1)),
            "wind": pa.array(generator.normal(0, 9, num_rows), mask=missing(0.2)),
            "seats": pa.array(generator.integers(0, 400, num_rows), mask=missing(0.05)),
            "carrier": pa.array(generator.choice(carriers, num_rows), mask=missing(0.05)),
            "dest": pa.array([f"D{n:02}" for n in generator.geometric(0.1, num_rows)]),
            "sched_dep": pa.array(times, zone, mask=missing(0.02)),
            "day": pa.array([time.date() for time in times], pa.date32()),
            "late": pa.array(late.astype(float)),
        }
    )


def preprocessor() -> ms.Preprocessor:
    return ms.Preprocessor(
        col("distance", "wind").impute("median").clip(-30, 4000).standardize(),
        col("distance").log1p().alias("distance_log"),
        col("seats").bucketize([50, 120.5, 300]),
        col("carrier").ordinal(min_count=3),
        col("dest").target_mean(smoothing=20, folds=5),
        col("sched_dep").datetime("hour", "weekday", cyclical=True),
        col("day").datetime("month"),
        col("carrier", "dest").cross(buckets=32),
        col("wind").identity().alias("wind_raw"),
    )


def write(name: str, file: bytes, table: pa.Table) -> None:
    """Write the bundle, the rows it reads, and the bits that it gives for them now."""
    bundle = _engine.Bundle.open(file, name)
    names = set(bundle.input_names)
    table = table.select([column for column in table.column_names if column in names])
    (FOLDER / f"{name}.spring").write_bytes(file)
    expected: dict[str, Any] = {"rows": rows_of(table), "outputs": {}}
    source = _engine.Table.from_stream(table.__arrow_c_stream__())
    features = np.empty((table.num_rows, len(bundle.feature_names)), np.float32)
    bundle.transform_table(source, features)
    expected["features"] = features.astype(">f4").tobytes().hex()
    for kind in ("predict", "proba", "raw") if bundle.has_model else ():
        width = bundle.output_width(kind)
        if width > 0:
            out = np.empty((table.num_rows, width))
            bundle.predict_table(source, kind, out)
            expected["outputs"][kind] = out.astype(">f8").tobytes().hex()
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")


def make_flights() -> None:
    """Transforms, a forest for a binary target, and a profile: what most bundles are."""
    train = flights(ROWS, seed=1)
    prep = preprocessor()
    features = prep.fit_transform(train, target="late")
    data = lightgbm.Dataset(
        features, train["late"].to_numpy(), categorical_feature=prep.categorical_indices
    )
    options = {**LIGHTGBM, "objective": "binary", "num_leaves": 7}
    booster = lightgbm.train(options, data, num_boost_round=8)
    predictor = ms.Predictor(booster, prep, name="late-flights")
    path = FOLDER / "0.1-late-flights.spring"
    predictor.save(path)
    write(path.stem, path.read_bytes(), flights(40, seed=2))


def make_packed() -> None:
    """The same as a device gets it: without profile, program, covers and gains."""
    file = pack.shrink((FOLDER / "0.1-late-flights.spring").read_bytes())
    write("0.1-packed", file, flights(40, seed=2))


def make_three_classes() -> None:
    """A model alone, with missing values, a categorical feature and three outputs."""
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(ROWS, 3))
    matrix[:, 1] = generator.integers(0, 9, ROWS)
    matrix[generator.random(matrix.shape) < 0.15] = np.nan
    label = np.nan_to_num(matrix[:, 1]) % 3
    data = lightgbm.Dataset(matrix, label, categorical_feature=[1])
    options = {**LIGHTGBM, "objective": "multiclass", "num_class": 3, "num_leaves": 6}
    booster = lightgbm.train(options, data, num_boost_round=4)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    names = ["first", "kind", "third"]
    file = _engine.write_bundle(b'{"name":"three classes"}', None, names, image.section, b"")
    columns = {name: pa.array(matrix[:40, i], from_pandas=True) for i, name in enumerate(names)}
    write("0.1-three-classes", file, pa.table(columns))


def make_network() -> None:
    """A scaler and two layers in float32, and labels."""
    generator = np.random.default_rng(6)
    layers = [
        ("center", generator.normal(size=4), generator.random(4) + 0.5, "identity", 0.0, 0.0),
        ("dense", generator.normal(size=(9, 4)), generator.normal(size=9), "tanh", 0.0, 0.0),
        ("dense", generator.normal(size=(3, 9)), generator.normal(size=3), "identity", 0.0, 0.0),
    ]
    names = ["first", "second", "third", "größe"]
    image = _engine.make_dense("float32", layers, "softmax", 3, names, "a network")
    image = image.with_labels(["no", "größer", ""], "probability", 0.0)
    meta = b'{"name":"network"}'
    file = _engine.write_bundle(meta, None, names, image.section, b"", image.labels)
    matrix = generator.normal(size=(40, 4)) * 3
    matrix[generator.random(matrix.shape) < 0.05] = np.nan
    columns = {name: pa.array(matrix[:, i], from_pandas=True) for i, name in enumerate(names)}
    write("0.1-network", file, pa.table(columns))


def make_short_weights() -> None:
    """Layers of odd sizes whose weights have two bytes or one; the narrow last one keeps four."""
    for kind in ("bfloat16", "int8"):
        generator = np.random.default_rng(9)
        layers = [
            ("dense", generator.normal(size=(21, 13)) / 3, generator.normal(size=21), "relu", 0, 0),
            ("dense", generator.normal(size=(10, 21)) / 4, generator.normal(size=10), "tanh", 0, 0),
            ("dense", generator.normal(size=(2, 10)), generator.normal(size=2), "identity", 0, 0),
        ]
        names = [f"x{i}" for i in range(13)]
        image = _engine.make_dense("float32", layers, "identity", 0, names, "layers")
        section = image.with_weights(kind).section
        file = _engine.write_bundle(f'{{"name":"{kind}"}}'.encode(), None, names, section, b"")
        matrix = np.round(generator.normal(size=(40, 13)) * 2, 2)
        matrix[generator.random(matrix.shape) < 0.02] = np.nan
        columns = {name: pa.array(matrix[:, i], from_pandas=True) for i, name in enumerate(names)}
        write(f"0.1-{kind}", file, pa.table(columns))


def make_interactions() -> None:
    """Embeddings, interactions and layers that meet again; ids that no table has."""
    names = [f"x{i}" for i in range(9)]
    file = _engine.write_bundle(
        b'{"name":"interactions"}', None, names, sample_network_model(), b""
    )
    generator = np.random.default_rng(8)
    matrix = np.round(generator.normal(size=(40, 9)) * 2, 2)
    matrix[:, 4] = generator.integers(-1, 4, 40)
    matrix[:, 5] = generator.integers(0, 3, 40)
    columns = {name: pa.array(matrix[:, i]) for i, name in enumerate(names)}
    write("0.1-interactions", file, pa.table(columns))


def make_composite() -> None:
    """A forest, a network behind it, and a node of every kind between them."""
    file = _engine.write_bundle(
        b'{"name":"composite"}', None, [f"x{i}" for i in range(9)], sample_composite_model(), b""
    )
    generator = np.random.default_rng(7)
    matrix = np.round(generator.normal(size=(40, 9)) * 2, 2)
    matrix[generator.random(matrix.shape) < 0.1] = np.nan
    columns = {f"x{i}": pa.array(matrix[:, i], from_pandas=True) for i in range(9)}
    write("0.1-composite", file, pa.table(columns))


def baskets(num_rows: int, seed: int) -> pa.Table:
    """Lists of strings, integers and numbers, some of them empty or missing."""
    generator = np.random.default_rng(seed)
    items = ["milk", "bread", "Öl", "", "a thing with a very long name of its own", None]
    tags, prices = [], []
    for size in generator.integers(0, 6, num_rows):
        tags.append([items[i] for i in generator.integers(0, len(items), size)])
        prices.append(generator.gamma(2.0, 3.0, size).tolist())
    missing = generator.random(num_rows) < 0.1
    return pa.table(
        {
            "items": pa.array(tags, pa.list_(pa.string()), mask=missing),
            "prices": pa.array(prices, pa.list_(pa.float64()), mask=missing),
            "codes": pa.array([[int(x) for x in price] for price in prices]),
            "sum": pa.array([sum(price) for price in prices]),
        }
    )


def make_baskets() -> None:
    """Columns of lists, and a model behind them."""
    train = baskets(ROWS, seed=4)
    prep = ms.Preprocessor(
        col("items").one_hot(min_count=3),
        col("items").list_slice(-2).hash(32).list_pad(2),
        col("codes").ordinal(min_count=2).list_pad(3),
        col("prices").list_length(),
        *(col("prices").list_pool(how) for how in ("mean", "std", "max")),
        col("prices").list_pad(2, fill_value=None),
    )
    data = lightgbm.Dataset(prep.fit_transform(train), train["sum"].to_numpy())
    booster = lightgbm.train({**LIGHTGBM, "num_leaves": 5}, data, num_boost_round=6)
    path = FOLDER / "0.1-baskets.spring"
    ms.Predictor(booster, prep, name="baskets").save(path)
    write(path.stem, path.read_bytes(), baskets(40, seed=5))


def make_operators() -> None:
    """Every operator that there is: states, the bundle that they compile to, rows, features."""
    entries = []
    for case in CASES:
        rows = case.table(many_rows(case, 23))
        prep = case.preprocessor().partial_fit(rows, case.target(np.sin(np.arange(23.0))))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        parts = {
            "states": prep.state_bytes(),
            "bundle": prep.bundle.to_bytes(),
            "rows": sink.getvalue().to_pybytes(),
            "features": prep.transform(rows).astype(">f4").tobytes(),
        }
        packed = {name: b64encode(zlib.compress(part)).decode() for name, part in parts.items()}
        entries.append({"operator": case.op, "case": case.id, "binary": case.binary, **packed})
    path = FOLDER / "0.1-operators.json"
    path.write_text(json.dumps(entries, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make_operators()
    make_flights()
    make_packed()
    make_three_classes()
    make_baskets()
    make_network()
    make_short_weights()
    make_composite()
    make_interactions()
    write("0.1-every-step", sample_bundle(), sample_table(60, seed=9))
