"""Peers do the same work: on small tables their results equal ours, operator by operator."""

from __future__ import annotations

import numpy as np
import pytest

import mainspring as ms
from bench.data.clicks import clicks
from bench.data.sensors import sensors
from bench.jobs import (
    click_features_duckdb,
    click_features_polars,
    click_features_pyarrow,
    click_features_sklearn,
)
from bench.jobs.click_features import bucket_edges, check_features, full_job, plain_job
from bench.jobs.drift_tests import compare_tables
from bench.operator_cases import BUCKETS, CASES, Columns, Peer, columns
from mainspring.transforms import operator_classes

OPERATORS = list(operator_classes())


@pytest.fixture(scope="module")
def given() -> Columns:
    return columns(2_000)


def test_every_operator_has_a_case() -> None:
    assert [name for name in OPERATORS if name not in CASES] == []


@pytest.mark.parametrize(
    ("name", "peer"), [(name, peer) for name in OPERATORS for peer in CASES[name].peers]
)
def test_peer_of_an_operator_computes_the_same(name: str, peer: Peer, given: Columns) -> None:
    case = CASES[name]
    prep = ms.Preprocessor(case.expression(), profile=False).fit(given.table, target="label")
    ours = prep.transform(given.table)
    theirs = peer.make(given)().reshape(len(ours), -1)
    assert theirs.dtype == np.float32
    if case.same_values:
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        assert len(np.unique(ours)) > 1
    else:
        assert 0 <= theirs.min() < theirs.max() < BUCKETS


@pytest.mark.parametrize("options", [{}, {"tokens": "long"}, {"dictionary": True}])
def test_click_features_are_the_same_in_pyarrow_and_polars(options: dict[str, object]) -> None:
    pl = pytest.importorskip("polars")
    train = clicks(3_000, seed=0, tokens=str(options.get("tokens", "short")))
    table = clicks(2_000, seed=1, **options)  # type: ignore[arg-type]
    edges = bucket_edges(train)
    ours = full_job(edges).fit(train, target="label").transform(table)
    assert (ours == 1).any(axis=1).sum() > 1_000  # unseen categories are part of it
    learned = click_features_pyarrow.fit(train)
    check_features(ours, click_features_pyarrow.transformer(learned, edges)(table))
    check_features(ours, click_features_polars.transformer(learned, edges)(pl.from_arrow(table)))


@pytest.mark.parametrize("options", [{}, {"dictionary": True}])
def test_click_features_are_the_same_in_duckdb(options: dict[str, object]) -> None:
    pytest.importorskip("duckdb")
    train = clicks(3_000, seed=0)
    table = clicks(2_000, seed=1, **options)  # type: ignore[arg-type]
    edges = bucket_edges(train)
    ours = full_job(edges).fit(train, target="label").transform(table)
    database = click_features_duckdb.connection(1)
    learned = click_features_duckdb.fit(train, database)
    expected = click_features_pyarrow.fit(train)
    assert learned.vocabularies == expected.vocabularies
    check_features(ours, click_features_duckdb.transformer(learned, edges, database)(table))


def test_check_of_click_features_bites() -> None:
    train = clicks(500)
    ours = full_job(bucket_edges(train)).fit(train, target="label").transform(train)
    for column in range(ours.shape[1]):
        changed = ours.copy()
        changed[7, column] += 5000.0
        with pytest.raises(AssertionError):
            check_features(ours, changed)


def test_click_features_are_the_same_in_sklearn() -> None:
    train = clicks(2_000)
    frame = train.to_pandas()
    theirs = click_features_sklearn.plain_transformer()
    theirs.fit(frame, train["label"].to_numpy())
    ours = plain_job().fit(train, target="label").transform(train)
    click_features_sklearn.check_plain_features(ours, theirs.transform(frame))


def test_drift_tests_find_what_moved() -> None:
    before, now = sensors(10_000, seed=1, moved=False), sensors(10_000, seed=2, moved=True)
    tests = compare_tables(before, now)
    report = ms.detect_drift(before, now)
    assert len(tests) == 39
    for name, test in tests.items():
        column = report.column(name)
        assert test.missing_rate == pytest.approx(column.value("missing_rate"))
        if test.ks is not None:
            assert test.ks == pytest.approx(column.value("ks"), abs=1e-12)
            assert test.wasserstein == pytest.approx(column.value("wasserstein"), rel=1e-9)
        else:
            assert test.js == pytest.approx(column.value("js"), rel=1e-9)
