"""Leaves of few bits: the report says how far predictions move, and they move no further."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring import pack
from mainspring.cli import main
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]


@pytest.fixture(scope="module")
def trained() -> tuple[bytes, np.ndarray]:
    random = np.random.default_rng(2)
    features = random.normal(size=(3000, 6))
    label = features[:, 0] * features[:, 1] + random.normal(size=3000) * 0.1
    data = lightgbm.Dataset(features, label)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, "num_leaves": 31}, data, 40)
    return ms.Predictor(booster).to_bytes(), features


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_scores_move_no_further_than_the_bound(
    trained: tuple[bytes, np.ndarray], bits: int
) -> None:
    file, features = trained
    small, report = pack.round_leaves(file, bits, data=features)
    before = ms.Predictor.from_bytes(file).predict_raw(features)
    after = ms.Predictor.from_bytes(small).predict_raw(features)
    moved = np.abs(after - before)
    assert 0 < moved.max() <= report.bound * (1 + 1e-9)
    assert report.measured_largest == moved.max()
    assert report.measured_mean == pytest.approx(moved.mean())
    assert report.bound <= 40 * report.unit / 2
    assert report.compressed_before == len(zlib.compress(pack.shrink(file), 9))
    assert report.compressed_after == len(zlib.compress(small, 9))
    assert report.compressed_after < report.compressed_before


def test_leaves_are_whole_numbers_of_the_unit(trained: tuple[bytes, np.ndarray]) -> None:
    file, features = trained
    small, report = pack.round_leaves(file, 8)
    scores = ms.Predictor.from_bytes(small).predict_raw(features)
    base = scores[0] / report.unit
    assert np.array_equal(np.round(scores / report.unit - base), scores / report.unit - base)
    assert report.measured_largest is None
    again, second = pack.round_leaves(small, 8)
    assert again == small
    assert (second.num_changed, second.bound) == (0, 0.0)


def test_forest_behind_transforms_is_rounded(golden: Find) -> None:
    whole = golden("0.1-late-flights")
    small, report = pack.round_leaves(whole.file, 10, data=whole.table)
    assert report.measured_largest is not None
    assert 0 < report.measured_largest <= report.bound * (1 + 1e-9)
    assert pack.needed_steps(small) == pack.needed_steps(whole.file)


def test_outputs_are_bounded_by_their_own_trees(trained: tuple[bytes, np.ndarray]) -> None:
    features = trained[1]
    data = lightgbm.Dataset(features, np.arange(3000) % 3.0)
    options = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}
    file = ms.Predictor(lightgbm.train(options, data, 5)).to_bytes()
    _, report = pack.round_leaves(file, 8, data=features)
    assert report.measured_largest is not None
    assert 0 < report.measured_largest <= report.bound * (1 + 1e-9)
    assert report.bound <= 5 * report.unit / 2


def test_leaves_that_are_vectors_are_rounded(trained: tuple[bytes, np.ndarray]) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    features = trained[1]
    forest = ensemble.RandomForestClassifier(10, max_depth=6, random_state=0)
    file = ms.Predictor(forest.fit(features, np.arange(3000) % 3)).to_bytes()
    small, report = pack.round_leaves(file, 12, data=features)
    assert report.measured_largest is not None
    assert 0 < report.measured_largest <= report.bound * (1 + 1e-9)
    assert ms.Predictor.from_bytes(small).predict_proba(features).shape == (3000, 3)


def test_command_rounds_and_reports(
    trained: tuple[bytes, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, features = trained
    (tmp_path / "m.spring").write_bytes(file)
    names = ms.Predictor.from_bytes(file).input_names
    table = pa.table(dict(zip(names, features.T, strict=True)))
    pq.write_table(table, tmp_path / "rows.parquet")
    output = tmp_path / "small.spring"
    bundle, rows = str(tmp_path / "m.spring"), str(tmp_path / "rows.parquet")
    arguments = ["--leaf-bits", "16", "--leaf-data", rows, "-o", str(output)]
    assert main(["pack", bundle, *arguments]) == 0
    small, report = pack.round_leaves(file, 16, data=table)
    assert output.read_bytes() == small
    assert str(report) in capsys.readouterr().out
    assert main(["pack", bundle, "--leaf-data", rows]) == 2
    assert "--leaf-bits" in capsys.readouterr().err


def test_model_when_no_forest_is_refused(golden: Find) -> None:
    with pytest.raises(ms.UnsupportedError, match="holds dense"):
        pack.round_leaves(golden("0.1-network").file)


@pytest.mark.parametrize("bits", [3, 25])
def test_bits_when_out_of_range_are_refused(trained: tuple[bytes, np.ndarray], bits: int) -> None:
    with pytest.raises(ms.ParameterError, match="4 to 24"):
        pack.round_leaves(trained[0], bits)
