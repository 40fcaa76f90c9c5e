"""Drift of columns together: found where no single column shows it, silent where there is none."""

from __future__ import annotations

import sys
import time

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.drift.matrix import matrices
from mainspring.errors import DataError, MissingExtraError, ParameterError, SchemaError

METHODS = [ms.drift.pca_error, ms.drift.mmd, ms.drift.domain_classifier]


def together(rows: int, seed: int, correlation: float = 0.9) -> pa.Table:
    """Two columns that go together, and two beside them; each alone is always the same."""
    rng = np.random.default_rng(seed)
    x, other = rng.normal(size=(2, rows))
    y = correlation * x + np.sqrt(1 - correlation**2) * other
    z = rng.normal(size=rows)
    z[rng.random(rows) < 0.05] = np.nan
    return pa.table(
        {"x": x, "y": y, "z": z, "s": rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])}
    )


REFERENCE = together(8_000, 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_when_nothing_moved_do_not_drift(method, seed) -> None:  # type: ignore[no-untyped-def]
    found = method(REFERENCE, together(5_000, seed))
    assert not found.drifted, found.reason
    assert sum(part for _, part in found.columns) == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_columns_when_they_no_longer_go_together_drift(method) -> None:  # type: ignore[no-untyped-def]
    """No single column has moved: the report is silent."""
    current = together(5_000, 4, correlation=-0.9)
    assert ms.detect_drift(REFERENCE, current).drifted == []
    found = method(REFERENCE, current)
    assert found.drifted, found.reason
    if method is not ms.drift.mmd:  # its parts are moves of means
        assert {name for name, _ in found.columns[:2]} == {"x", "y"}


def test_domain_classifier_when_one_column_moved_names_it() -> None:
    current = together(5_000, 5)
    current = current.set_column(2, "z", [np.asarray(current["z"]) + 0.7])
    found = ms.drift.domain_classifier(REFERENCE, current)
    assert found.columns[0][0] == "z"
    assert found.columns[0][1] > 0.6
    assert 0.6 < found.low < found.value < found.high < 0.8


def test_domain_classifier_when_lightgbm_is_missing_uses_scikit_learn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    found = ms.drift.domain_classifier(REFERENCE, together(5_000, 4, correlation=-0.9))
    assert found.drifted
    assert {name for name, _ in found.columns[:2]} == {"x", "y"}
    for name in ("sklearn", "sklearn.ensemble"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"mainspring\[sklearn\]"):
        ms.drift.domain_classifier(REFERENCE, REFERENCE)


def test_mmd_when_features_are_many_is_that_of_the_kernel() -> None:
    """The unbiased statistic of Gretton et al. over all pairs."""
    current = together(1_500, 6, correlation=0.2)
    both = matrices(REFERENCE.slice(0, 1_500), current)
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 1_500, (2, 2_000))
    distances = np.linalg.norm(both.reference[pairs[0]] - both.reference[pairs[1]], axis=1)
    width = np.median(distances[distances > 0])

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return np.exp(-squares / (2 * width**2))

    x, y = both.reference, both.current
    n = len(x)
    inside = [(kernel(a, a).sum() - n) / (n * (n - 1)) for a in (x, y)]
    exact = inside[0] + inside[1] - 2 * kernel(x, y).mean()
    found = ms.drift.mmd(REFERENCE.slice(0, 1_500), current, features=4_096)
    assert found.value == pytest.approx(exact, rel=0.15)
    assert found.value == ms.drift.mmd(REFERENCE.slice(0, 1_500), current, features=4_096).value


def test_mmd_when_nothing_moved_has_even_p_values() -> None:
    p_values = [
        ms.drift.mmd(together(1_000, s), together(1_000, s + 100)).p_value for s in range(60)
    ]
    assert sum(p < 0.05 for p in p_values) <= 9  # type: ignore[operator]
    assert 0.3 < np.mean(p_values) < 0.7  # type: ignore[arg-type]


@pytest.mark.slow
def test_mmd_when_rows_are_a_million_takes_seconds() -> None:
    rng = np.random.default_rng(0)
    before, now = (pa.table({f"x{i}": rng.normal(size=1_000_000) for i in range(25)}) for _ in "ab")
    started = time.process_time()
    assert not ms.drift.mmd(before, now).drifted
    assert time.process_time() - started < 60


def test_pca_error_when_all_components_are_kept_is_zero() -> None:
    numbers = REFERENCE.select(["x", "y"])
    found = ms.drift.pca_error(numbers, numbers, variance=0.999999)
    assert found.value == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_tables_when_wrong_are_refused(method) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match="at least 100"):
        method(REFERENCE, REFERENCE.slice(0, 50))
    with pytest.raises(DataError, match="no rows"):
        method(REFERENCE, REFERENCE.slice(0, 0))
    with pytest.raises(SchemaError, match="lacks column 'q'"):
        method(REFERENCE, REFERENCE, columns=["q"])
    with pytest.raises(SchemaError, match="expected numbers"):
        method(REFERENCE, REFERENCE.set_column(0, "x", [["t"] * 8_000]), columns=["x"])
    with pytest.raises(DataError, match="varies"):
        method(*[pa.table({"x": [1.0] * 200})] * 2)


def test_options_when_wrong_say_what_is_right() -> None:
    with pytest.raises(ParameterError, match="variance"):
        ms.drift.pca_error(REFERENCE, REFERENCE, variance=1)
    with pytest.raises(ParameterError, match="features"):
        ms.drift.mmd(REFERENCE, REFERENCE, features=0)


@pytest.mark.parametrize("factor", [1e307, 1e-300, 2.0**600])
def test_pca_error_when_numbers_are_huge_or_tiny_is_that_of_their_shares(factor: float) -> None:
    rng = np.random.default_rng(0)
    sides = [{name: rng.normal(size=500) for name in "abc"} for _ in range(2)]
    plain = ms.drift.pca_error(*map(pa.table, sides)).value
    scaled = [pa.table({name: v * factor for name, v in side.items()}) for side in sides]
    assert ms.drift.pca_error(*scaled).value == pytest.approx(plain, rel=1e-12)
