"""An oracle that lets a wrong answer pass is no oracle: every comparison must be able to fail."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.generic import test_checks as checks
from tests.generic import test_models as models
from tests.generic import test_statistics as statistics
from tests.generic.case import Case
from tests.generic.columns import eleven_rows
from tests.generic.operators import by_case
from tests.reference import check_values, drift_statistics
from tests.repo.mutants import mutants_of, same_values
from tests.tolerances import check_is_close, differences, statistic_is_close


@by_case
def test_oracle_when_an_operator_is_changed_bites(case: Case) -> None:
    columns = eleven_rows(case)
    target = list(case.target(np.arange(11.0)))
    table = case.table(columns)
    got = case.preprocessor().fit(table, np.array(target)).transform(table)
    expected = case.expected(columns, columns, target)
    assert differences(case.op, got, expected).size == 0
    mutants = mutants_of(got, columns[0])
    assert {"zeros", "one_ulp", "shifted", "swapped"} <= mutants.keys()
    passed = [
        n for n, mutant in mutants.items() if differences(case.op, mutant, expected).size == 0
    ]
    assert passed == []


RNG = np.random.default_rng(11)
# A drift that every statistic sees, too weak for a p-value of zero: other values, missing ones.
BEFORE: dict[str, list[Any]] = {
    "numeric": [None, *RNG.normal(0, 1, 200).round(2).tolist()],
    "categorical": [None, "once", *RNG.choice(list("abcdef"), 200, p=[0.3, *[0.14] * 5]).tolist()],
    "two categories": [None, *["no"] * 150, *["yes"] * 50],
}
NOW: dict[str, list[Any]] = {
    "numeric": [*[None] * 7, *RNG.normal(0.3, 1.2, 160).round(2).tolist()],
    "categorical": [*[None] * 7, *["new"] * 5, *RNG.choice(list("abcdef"), 150).tolist()],
    "two categories": [*[None] * 7, *["no"] * 100, *["yes"] * 50],
}


def found(name: str, kind: str, before: list[Any], now: list[Any]) -> tuple[float, float | None]:
    tables = (statistics.table_of(before, kind), statistics.table_of(now, kind))
    result = statistics.measure(*tables)[name]
    return result.value, result.p_value


@statistics.by_statistic
def test_oracle_when_a_statistic_is_changed_bites(name: str, kind: str) -> None:
    oracle = getattr(drift_statistics, name)
    before, now = BEFORE[kind], NOW[kind]
    value, p = found(name, kind, before, now)
    wanted = oracle(before, now)
    assert statistic_is_close(name, (value, p), wanted)
    wrong = [(v, p) for v in (0.0, math.nan, -value, value * (1 + 1e-6), value + 1e-6)]
    if p is not None:
        assert 1e-4 < p < 0.5
        wrong += [(value, q) for q in (None, 0.0, 1 - p, p * (1 + 1e-6))]
    assert [pair for pair in wrong if statistic_is_close(name, pair, wanted)] == []
    # The answer for other rows passes only where the oracle gives it, too.
    present = [v for v in now if v is not None]
    for other in (
        (now, before),
        (before, now[: len(now) // 2]),
        (before, present),
        (before, before),
    ):
        same = statistic_is_close(name, oracle(*other), wanted)
        assert statistic_is_close(name, found(name, kind, *other), wanted) == same
        assert not same or other[1] in (before, present)


@pytest.mark.parametrize("name", checks.OF_LABELS)
def test_oracle_when_a_check_is_changed_bites(name: str) -> None:
    columns = checks.fixed_columns()
    got = checks.value_of(checks.check(checks.table_of(columns)), name)
    wanted = getattr(check_values, name)(**columns)
    assert check_is_close(got, wanted)
    assert 0 < got < 1
    shifted = {
        **columns,
        **{key: [*columns[key][3:], *columns[key][:3]] for key in ("label", "due")},
    }
    shifted["label"] = [1.0 if row % 5 else value for row, value in enumerate(shifted["label"])]
    other = checks.value_of(checks.check(checks.table_of(shifted)), name)
    wrong = [0.0, 1.0, 0.5 * got, 1 - got + 1e-6, got * (1 + 1e-6), got + 1 / 400, other]
    assert [value for value in wrong if check_is_close(value, wanted)] == []


@models.by_model
def test_oracle_when_a_model_is_changed_bites(kind: str, number: int) -> None:
    predictor, rows = models.predictor_and_rows(kind, number)
    text = models.fixed_model(kind, number).text
    expected = np.array(models.oracle_of(kind).raw_scores(text, rows.tolist()))
    got = predictor.predict_raw(rows).reshape(expected.shape)
    assert same_values(got, expected)
    mutants = mutants_of(got, rows[:, 0].tolist())
    assert {"zeros", "identity", "one_ulp", "shifted", "swapped", "missing_dropped"} <= set(mutants)
    assert [name for name, mutant in mutants.items() if same_values(mutant, expected)] == []
