"""``mainspring convert``: model files become bundles that predict the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms

Run = Callable[..., Any]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lightgbm.Booster:
    """model.txt, and data.parquet with its columns and another one."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(300, 2))
    data = lightgbm.Dataset(x, label=x[:, 0] * x[:, 1], feature_name=["wind", "distance"])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 3)
    booster.save_model("model.txt")
    pq.write_table(
        pa.table({"id": np.arange(300), "wind": x[:, 0], "distance": x[:, 1]}), "data.parquet"
    )
    return booster


def test_convert_when_given_a_reference_writes_a_bundle_that_predicts_and_knows_drift(
    run: Run, model: lightgbm.Booster
) -> None:
    ran = run(
        "convert",
        "model.txt",
        "-o",
        "late.spring",
        "--reference",
        "data.parquet",
        "--name",
        "flights",
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"late.spring: {ms.load('late.spring')!r}",
        "profile of 300 rows; `mainspring drift` compares with it",
        "next: mainspring serve late.spring",
    ]
    table = pq.read_table("data.parquet")
    x = np.column_stack([table["wind"], table["distance"]])
    predictor = ms.load("late.spring")
    assert predictor.name == "flights"
    assert (predictor.predict(table) == model.predict(x)).all()
    assert predictor.profile is not None
    assert list(predictor.profile.columns) == ["wind", "distance"]
    assert run("drift", "late.spring", "data.parquet").code == 0


def test_convert_when_given_no_reference_says_what_is_missing(
    run: Run, model: lightgbm.Booster
) -> None:
    ran = run("convert", "model.txt", "-o", "late.spring")
    assert "no profile, so no drift can be told from it: --reference DATA adds one" in ran.out
    assert ms.load("late.spring").name == "late"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no.txt", "-o", "a.spring"), "no.txt"),
        (("data.parquet", "-o", "a.spring"), "'data.parquet' is a Parquet file, expected a model"),
        (("model.pkl", "-o", "a.spring"), "'model.pkl' is a pickle, which is never read"),
        (("model.txt",), "-o/--output"),
        (("model.txt", "-o", "no/a.spring"), "the folder no does not exist"),
        (("model.txt", "-o", "a.spring", "--reference", "no.parquet"), "no.parquet"),
        (("model.txt", "-o", "a.spring", "--reference", "other.parquet"), "'distance'"),
    ],
)
def test_convert_when_a_file_is_wrong_names_it_and_writes_nothing(
    run: Run, model: lightgbm.Booster, arguments: tuple[str, ...], words: str
) -> None:
    pq.write_table(pa.table({"wind": [1.0]}), "other.parquet")
    Path("model.pkl").write_bytes(pickle.dumps({"a": 1}))
    ran = run("convert", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert not Path("a.spring").exists()


def test_convert_of_a_model_without_names_says_how_to_give_them(
    run: Run, model: lightgbm.Booster
) -> None:
    x = np.random.default_rng(0).normal(size=(300, 2))
    data = lightgbm.Dataset(x, label=x[:, 0] * x[:, 1])
    parameters = {"verbose": -1, "num_threads": 1}
    lightgbm.train(parameters, data, 3).save_model("unnamed.txt")
    ran = run("convert", "unnamed.txt", "-o", "late.spring", "--reference", "data.parquet")
    assert ran.code == 2
    assert "'Column_0' is missing" in ran.err
    assert "trained without the names of its columns" in ran.err
    assert "call the columns of the data Column_0, Column_1, in their order." in ran.err
    assert ran.err.count("\n") == 1
