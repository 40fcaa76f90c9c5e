"""A short current table beside a profile: its numbers are sorted, and nothing of it is bounded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

import mainspring as ms
from tests.drift.workload import SHAPES

ROWS = 30_000  # more distinct values than a profile keeps
NAN, INF = float("nan"), float("inf")


def column(reference: object, current: object) -> ms.drift.ColumnDrift:
    return ms.detect_drift(reference, current).column("x")


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_distances_beside_an_exact_profile_are_those_of_scipy(shape: str, moved: bool) -> None:
    rng = np.random.default_rng(3)
    before, now = SHAPES[shape](rng, 9_000, False), SHAPES[shape](rng, ROWS, moved)
    found = column(ms.profile({"x": before}), {"x": now})
    assert found.exact
    assert found.value("ks") == pytest.approx(
        stats.ks_2samp(before, now, method="asymp").statistic, abs=1e-15
    )
    assert found.value("wasserstein") == pytest.approx(
        stats.wasserstein_distance(before, now), rel=1e-9
    )
    assert found.statistics == column({"x": before}, {"x": now}).statistics


@pytest.mark.parametrize("shape", SHAPES)
def test_beside_a_sketch_only_the_sketch_is_bounded(shape: str) -> None:
    rng = np.random.default_rng(4)
    before, now = SHAPES[shape](rng, 200_000, False), SHAPES[shape](rng, ROWS, True)
    profile = ms.profile({"x": before})
    found = column(profile, {"x": now})
    both = column(profile, ms.profile({"x": now}))
    ks = found.statistics["ks"]
    truth = stats.ks_2samp(before, now, method="asymp").statistic
    assert ks.low - 1e-12 <= truth <= ks.high + 1e-12
    assert found.rank_error <= both.rank_error
    assert (found.reference_rows, found.current_rows) == (200_000, ROWS)


def test_missing_infinite_and_negative_zero() -> None:
    values = [0.0, -0.0, None, NAN, INF, -INF, 3.0] * 100
    now = pa.table({"x": pa.array(values, pa.float64())})
    profile = ms.profile({"x": [0.0, 1.0, 2.0, 3.0] * 100})
    found = column(profile, now)
    assert found.current_missing == 200
    assert found.to_dict() == column(profile, ms.profile(now)).to_dict()


def test_times_and_integers_with_nulls() -> None:
    rng = np.random.default_rng(6)
    days = [None if rng.random() < 0.1 else dt.date(2026, 1, 1) for _ in range(500)]
    whole = [None if rng.random() < 0.2 else int(i) for i in rng.integers(0, 900, 500)]
    now = pa.table({"day": days, "n": whole})
    profile = ms.profile({"day": [dt.date(2025, 1, 1)] * 500, "n": list(range(500))})
    for name in ("day", "n"):
        kept = ms.detect_drift(profile, now).column(name)
        assert kept.to_dict() == ms.detect_drift(profile, ms.profile(now)).column(name).to_dict()


def test_no_rows_and_a_column_of_nothing() -> None:
    profile = ms.profile({"x": [1.0, 2.0]})
    for now in (pa.table({"x": pa.array([], pa.float64())}), pa.table({"x": pa.nulls(400)})):
        found = column(profile, now)
        assert found.current_rows == now.num_rows
        assert np.isnan(found.value("ks") or NAN)


def parts_of(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    """Give a table part by part, wide enough to be read in parts of some thousand rows."""
    for name in map(str, range(100)):
        table = table.append_column(name, pa.array(np.zeros(table.num_rows, np.int8)))
    for first in range(0, table.num_rows, rows):
        yield table.slice(first, rows)


def test_parts_are_kept_while_they_are_few() -> None:
    rng = np.random.default_rng(7)
    profile = ms.profile({"x": rng.normal(0, 1, 200_000)})
    few = pa.table({"x": rng.normal(0.2, 1, ROWS)})
    assert column(profile, parts_of(few, 7_000)).to_dict() == column(profile, few).to_dict()


def test_parts_that_become_many_are_profiled() -> None:
    rng = np.random.default_rng(8)
    profile = ms.profile({"x": rng.normal(0, 1, 200_000)})
    values = np.where(rng.random(90_000) < 0.1, NAN, rng.normal(0.2, 1, 90_000))
    many = pa.table({"x": pa.array(values, from_pandas=True)})
    found = column(profile, parts_of(many, 20_000))
    assert found.current_missing == int(np.isnan(values).sum())
    # What was kept and what came after are one sketch of all rows.
    truth, ks = column(profile, ms.profile(many)), found.statistics["ks"]
    assert (found.current_rows, found.rank_error) == (90_000, truth.rank_error)
    assert ks == truth.statistics["ks"]


def test_a_profile_that_goes_on_after_it_was_compared_is_compared_as_it_is_then() -> None:
    first, more, now = ({"x": [float(i * k) for i in range(500)]} for k in (1, 2, 3))
    grown, merged = ms.profile(first), ms.profile(first)
    for profile in (grown, merged):
        assert not column(profile, first).drifted
    grown.update(more)
    merged.merge(ms.profile(more))
    wanted = ms.profile(first).update(more)
    for profile in (grown, merged):
        assert profile.to_bytes() == wanted.to_bytes()
        assert column(profile, now).to_dict() == column(wanted, now).to_dict()
