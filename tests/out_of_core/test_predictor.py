"""Predictions and features of a predictor in batches, and the command that writes features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.cli import main
from tests.out_of_core.sample import every_source, one_pass, sample_table, write_parquet

TABLE = sample_table()


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    prep = one_pass()
    data = lightgbm.Dataset(prep.fit_transform(TABLE, target="y"), label=TABLE["y"].to_numpy())
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 5)
    return ms.Predictor(booster, prep, name="late")


@pytest.fixture
def features(predictor: ms.Predictor) -> pa.Table:
    return predictor.transform_batches(TABLE).read_all()


def test_predict_batches_gives_the_bits_of_predict(predictor: ms.Predictor, tmp_path: Path) -> None:
    whole = {
        kind: pa.Table.from_batches([pa.record_batch(predictor.predict_arrow(TABLE, kind))])
        for kind in ("predict", "proba", "raw")
    }
    for name, data in every_source(TABLE, tmp_path).items():
        assert predictor.predict_batches(data).read_all() == whole["predict"], name
    for kind, wanted in whole.items():
        reader = predictor.predict_batches(TABLE.to_reader(50), kind, batch_rows=900)
        batches = list(reader)
        assert [batch.num_rows for batch in batches] == [900, 900, 900, 300]
        assert pa.Table.from_batches(batches) == wanted


def test_transform_batches_gives_the_preprocessors_features(
    predictor: ms.Predictor, features: pa.Table
) -> None:
    wanted = one_pass().fit(TABLE, target="y").transform(TABLE, output="arrow")
    assert features == pa.Table.from_batches([wanted])


def test_batches_when_a_call_is_wrong_say_so(predictor: ms.Predictor) -> None:
    with pytest.raises(ms.ParameterError, match="batch_rows"):
        predictor.predict_batches(TABLE, batch_rows=-1)
    with pytest.raises(ms.SchemaError, match=r"batch 0: .*'x'"):
        predictor.predict_batches(iter([TABLE.drop_columns("x")]))
    booster = lightgbm.train(
        {"objective": "regression", "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(np.arange(200.0).reshape(100, 2), label=np.arange(100.0)),
        2,
    )
    with pytest.raises(ms.UnsupportedError, match="has no preprocessor"):
        ms.Predictor(booster).transform_batches(TABLE)


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
def test_transform_command_writes_the_features(
    predictor: ms.Predictor,
    features: pa.Table,
    ending: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readers: dict[str, Callable[..., pa.Table]] = {
        "parquet": pq.read_table,
        "csv": pyarrow.csv.read_csv,
        "arrow": pyarrow.feather.read_table,
    }
    predictor.save(tmp_path / "late.spring")
    folder = write_parquet(TABLE, tmp_path / "data", 3)
    out = tmp_path / f"features.{ending}"
    assert main(["transform", str(tmp_path / "late.spring"), str(folder), "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 3,000 rows, 6 features\n"
    got = readers[ending](out)
    if ending == "csv":
        assert got.column_names == features.column_names
        assert got.num_rows == 3000
    else:
        assert got == features


def test_transform_command_when_a_file_is_odd_leaves_nothing(
    predictor: ms.Predictor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    predictor.save(tmp_path / "late.spring")
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    pq.write_table(TABLE.drop_columns("n"), folder / "002.parquet")
    out = tmp_path / "out"
    out.mkdir()
    command = ["transform", str(tmp_path / "late.spring"), str(folder)]
    assert main([*command, "-o", str(out / "features.parquet")]) == 2
    assert "002.parquet: " in capsys.readouterr().err
    assert list(out.iterdir()) == []
