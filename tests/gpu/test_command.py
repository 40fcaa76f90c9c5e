"""``mainspring predict --device``: rows of a file copied to a GPU when asked, the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier

import mainspring as ms
from mainspring import col
from mainspring.cli import main
from mainspring.gpu.staging import Stage, predict_in_turns
from tests.gpu.emulation import Emulation

NUM_ROWS = 3000


def table() -> pa.Table:
    rng = np.random.default_rng(0)
    words = [None if i % 9 == 0 else f"w{i % 31}" for i in range(NUM_ROWS)]
    return pa.table({"x": rng.normal(size=NUM_ROWS), "word": words, "unused": words})


def saved(folder: Path, model: object) -> Path:
    prep = ms.Preprocessor(col("x").standardize(), col("word").ordinal()).fit(table())
    features = prep.transform(table())
    model.fit(features, features[:, 0] > 0)  # type: ignore[attr-defined]
    path = folder / "model.spring"
    ms.Predictor(model, prep).save(path)
    return path


def test_predict_on_a_device_writes_the_bits_of_the_cpu(device: object, tmp_path: Path) -> None:
    bundle = saved(tmp_path, GradientBoostingRegressor(n_estimators=10))
    pq.write_table(table(), tmp_path / "data.parquet", row_group_size=700)
    for name, extra in (("cpu", []), ("gpu", ["--device", "cuda"])):
        out = str(tmp_path / f"{name}.parquet")
        command = ["predict", str(bundle), str(tmp_path / "data.parquet"), "-o", out, *extra]
        assert main([*command, "--keep", "word"]) == 0
    assert pq.read_table(tmp_path / "gpu.parquet").equals(pq.read_table(tmp_path / "cpu.parquet"))


def test_predict_of_probabilities_has_a_column_for_each_class(
    device: object, tmp_path: Path
) -> None:
    bundle = saved(tmp_path, RandomForestClassifier(5, max_depth=4))
    pq.write_table(table(), tmp_path / "data.parquet")
    out = tmp_path / "out.parquet"
    command = ["predict", str(bundle), str(tmp_path / "data.parquet"), "-o", str(out)]
    assert main([*command, "--kind", "proba", "--device", "cuda"]) == 0
    expected = ms.load(bundle).predict_proba(table())
    np.testing.assert_array_equal(pq.read_table(out).to_pandas().to_numpy(), expected)


def test_parts_take_turns_and_nothing_is_written_before_it_was_copied(
    emulation: Emulation, tmp_path: Path
) -> None:
    # The emulated device copies from pinned memory as late as it may.
    predictor = ms.load(saved(tmp_path, GradientBoostingRegressor(n_estimators=5)))
    rows = table().select(predictor.input_names)
    stages = [Stage("cuda"), Stage("cuda")]
    assert stages[0].stream != stages[1].stream
    for at_once in (1, 257, 1000, 5000):
        for data in (rows, rows.slice(0, 0), rows.slice(1, 999)):
            parts = predict_in_turns(predictor.bundle, data, "predict", stages, at_once)
            want = predict_rows(predictor, data)
            np.testing.assert_array_equal(np.concatenate(list(parts)), want)
    for stage in stages:
        stage.close()
    assert emulation.library.emulation_pinned() == 0
    assert emulation.library.emulation_streams() == 0


def predict_rows(predictor: ms.Predictor, data: pa.Table) -> np.ndarray[Any, Any]:
    return predictor.predict(data) if data.num_rows else np.zeros(0)


def test_predict_without_a_device_says_so_and_writes_nothing(
    emulation: Emulation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = saved(tmp_path, GradientBoostingRegressor(n_estimators=2))
    pq.write_table(table(), tmp_path / "data.parquet")
    out = tmp_path / "out.parquet"
    command = ["predict", str(bundle), str(tmp_path / "data.parquet"), "-o", str(out)]
    with emulation.devices(0):
        assert main([*command, "--device", "cuda"]) != 0
    assert "no CUDA-capable device is detected" in capsys.readouterr().err
    assert not out.exists()
