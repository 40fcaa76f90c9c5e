"""Every check of training data against its oracle, and what must not change what it finds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from tests.generic.columns import chunked, encoded, num_threads, sliced
from tests.reference import check_values as oracles
from tests.tolerances import check_is_close

NAMES = tuple(str(row["name"]) for row in _engine.checks())
# Of one feature of one table, and of a whole table or of two.
CHECKS = tuple(n for n in NAMES if "feature" in signature(getattr(oracles, n)).parameters)
WHOLE = tuple(name for name in NAMES if name not in CHECKS)
OF_BOTH = ("test_columns", "test_size", "split_duplicates", "time_overlap", "new_labels")
OF_PAIRS = ("new_categories", "out_of_range", "group_leakage", "index_leakage", "identifier_power")
OF_PAIRS += ("label_power_change",)
# Of values alone, whatever the label: untidy_columns has something for each of them to find.
OF_VALUES = ("constant_feature", "missing_values", "outliers", "mixed_types", "null_spellings")
OF_VALUES += ("text_variants", "text_lengths", "special_characters")
OF_LABELS = tuple(name for name in CHECKS if name not in OF_VALUES)
by_check = pytest.mark.parametrize("name", CHECKS)
by_whole = pytest.mark.parametrize("name", WHOLE)

FEATURES = {
    "numbers": (st.none() | st.integers(-3, 3).map(float) | st.floats(-9, 9, width=32)),
    "words": st.none() | st.sampled_from(["a", "b", "", "é", "long enough to leave a slot"]),
    "untidy": st.sampled_from([" N/A", "null", "7", "-1.5 ", "Ab-c", "ab c", "--", "?!", "x" * 40]),
}


def mostly(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Missing now and then: checks look at labelled rows alone, and want enough of them."""
    return st.one_of(*[values] * 9, st.none())


LABELS = {
    "binary": mostly(st.sampled_from([0.0, 1.0])),
    "multiclass": mostly(st.integers(0, 3).map(float)),
    "words": mostly(st.sampled_from(["yes", "no", "maybe"])),
    "regression": mostly(st.floats(-9, 9, width=32)),
}
SECONDS = st.none() | st.integers(0, 5)
Columns = dict[str, list[Any]]


def table_of(columns: Columns) -> pa.Table:
    def typed(name: str, values: list[Any]) -> pa.Array:
        if name in ("due", "known"):
            return pa.array(values, pa.int64()).cast(pa.timestamp("s"))
        text = any(isinstance(value, str) for value in values)
        return pa.array(values, pa.string() if text else pa.float64())

    return pa.table({name: typed(name, values) for name, values in columns.items()})


def check(table: pa.Table) -> ms.CheckReport:
    return ms.check(table, target="label", time="due", available={"feature": "known"})


def draw_columns(data: st.DataObject, min_rows: int = 0, max_rows: int = 110) -> Columns:
    feature = data.draw(st.sampled_from(sorted(FEATURES)), label="feature")
    label = data.draw(st.sampled_from(sorted(LABELS)), label="label")
    row = st.tuples(FEATURES[feature], LABELS[label], SECONDS, SECONDS)
    rows = data.draw(st.lists(row, min_size=min_rows, max_size=max_rows), label="rows")
    names = ("feature", "label", "due", "known")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=False))
    columns = columns or {name: [] for name in names}
    if data.draw(st.booleans(), label="copy of the label") and rows:
        columns["feature"] = list(columns["label"])
    return columns


def fixed_columns(num_rows: int = 400) -> Columns:
    """A feature that knows a little of the label, is missing at times, and known late at times."""
    return {
        "feature": [
            None if row % 7 == row % 3 else float(row * 37 % 11 + row % 2 * 4)
            for row in range(num_rows)
        ],
        "label": [float(row % 2) for row in range(num_rows)],
        "due": [row * 10 for row in range(num_rows)],
        "known": [None if row % 50 == 1 else row * 10 + row % 3 - 1 for row in range(num_rows)],
    }


def with_label(task: str) -> Columns:
    """The same with another label, which depends on the feature and is missing now and then."""
    columns = fixed_columns()
    scores = [(value or -2.0) + row * 29 % 13 * 0.7 for row, value in enumerate(columns["feature"])]
    labels: dict[str, Any] = {
        "regression": scores,
        "multiclass": [float(score // 6) for score in scores],
        "words": [f"class {score // 9:g}" for score in scores],
        "binary": [float(score > 6) for score in scores],
    }
    missing = [value is None and row % 3 == 0 for row, value in enumerate(columns["feature"])]
    known = [None if gone else v for v, gone in zip(labels[task], missing, strict=True)]
    return {**columns, "label": known}


def value_of(report: ms.CheckReport, name: str) -> float:
    return next(float(finding.value) for finding in report.findings if finding.check == name)


def test_checks_when_run_are_those_of_the_list() -> None:
    report = check(table_of(fixed_columns()))
    of_one = [name for name in NAMES if name not in (*OF_BOTH, *OF_PAIRS)]
    assert [finding.check for finding in report.findings] == of_one
    assert all(finding.why and finding.remedy for finding in report.findings)
    both = check_both(fixed_columns(), fixed_columns())
    assert {finding.check for finding in both} >= set(NAMES)
    assert all(finding.why and finding.remedy for finding in both)


def check_both(train: Columns, test: Columns) -> list[Any]:
    """Return the findings of two tables, the feature taken for a group, and for an identifier."""
    tables = table_of(train), table_of(test)
    known = {"target": "label", "time": "due", "available": {"feature": "known"}}
    return [
        finding
        for keys in ({"group": "feature"}, {"id": "feature", "available": None})
        for finding in ms.check(*tables, **{**known, **keys}).findings
    ]


def assert_whole_is_right(name: str, train: Columns, test: Columns) -> float | None:
    of = [f for f in check_both(train, test) if f.check == name]
    # "known" is a feature, too, where nothing says what it is.
    found = next((f for f in of if name not in OF_PAIRS or f.column == "feature"), None)
    if found is None:  # a pair of columns of two kinds
        assert name in OF_PAIRS
        return None
    assert check_is_close(found.value, getattr(oracles, name)(train, test))
    return float(found.value)


@by_whole
@settings(max_examples=15)
@given(data=st.data())
def test_value_of_tables_when_drawn_equals_the_oracle(name: str, data: st.DataObject) -> None:
    train = draw_columns(data, min_rows=data.draw(st.sampled_from([1, 70]), label="min_rows"))
    test = draw_columns(data, min_rows=1)
    assume(any(value is not None for value in train["label"] + test["label"]))
    assert_whole_is_right(name, train, test)


def differing() -> tuple[Columns, Columns]:
    """Two tables of which every check of both measures something between nothing and all."""
    train, test = fixed_columns(), fixed_columns(300)
    train["feature"][:30] = [float(row % 3) + 1e-6 * row for row in range(30)]
    test["feature"][:40] = [50.0 + row for row in range(40)]
    test["label"][:5] = [2.0] * 5
    test["due"] = [None if time is None else time + 2000 for time in test["due"]]
    for columns in (train, test):
        for name in columns:
            columns[name][250:260] = columns[name][240:250]
            columns[name][270:275] = columns[name][265:270]
        columns["feature"][265:275] = [3.0] * 5 + [3.000001] * 5  # alike but for little
    return train, test


@by_whole
def test_value_of_tables_when_they_differ_equals_the_oracle_and_is_not_trivial(name: str) -> None:
    train, test = differing()
    if name == "row_number_power":
        train["label"] = [float(row > 250) for row in range(400)]
    if name == "label_power_change":
        train["label"] = [float((value or 0.0) > 4) for value in train["feature"]]
        test["label"] = [float(row % 2) for row in range(300)]
    if name == "new_categories":
        for columns in (train, test):
            columns["feature"] = [v if v is None else f"v{v:g}" for v in columns["feature"]]
    value = assert_whole_is_right(name, train, test)
    if name not in ("test_columns", "redundant_features", "row_order"):
        assert value is not None
        assert value > 0
        assert not check_is_close(value + 0.01, getattr(oracles, name)(train, test))


@by_check
@settings(max_examples=30)
@given(data=st.data())
def test_value_when_tables_are_drawn_equals_the_oracle(name: str, data: st.DataObject) -> None:
    columns = draw_columns(data, min_rows=data.draw(st.sampled_from([0, 70]), label="min_rows"))
    found = value_of(check(table_of(columns)), name)
    assert check_is_close(found, getattr(oracles, name)(**columns))


@by_check
@pytest.mark.parametrize(
    "columns",
    [
        {name: values[:count] for name, values in fixed_columns().items()}
        for count in (0, 1, 49, 50, 51, 400)
    ]
    + [
        {**fixed_columns(), name: [value] * 400}
        for name, value in (("feature", None), ("label", None), ("feature", 2.0), ("label", 1.0))
    ]
    + [with_label(task) for task in LABELS],
    ids=lambda columns: f"{len(columns['label'])} rows",
)
def test_value_when_rows_are_few_equal_or_missing_equals_the_oracle(
    name: str, columns: Columns
) -> None:
    found = value_of(check(table_of(columns)), name)
    assert check_is_close(found, getattr(oracles, name)(**columns))


def untidy_columns(name: str) -> Columns:
    """A feature that a check of values has something to say about."""
    values: dict[str, list[Any]] = {
        "constant_feature": [7.0] * 400,
        "missing_values": [None if row % 9 == 0 else float(row) for row in range(400)],
        "outliers": [1e6 if row % 50 == 0 else float(row % 10) for row in range(400)],
        "mixed_types": ["x" if row % 40 == 0 else f" {row}.5 " for row in range(400)],
        "null_spellings": ["N/A " if row % 40 == 0 else f"v{row % 5}" for row in range(400)],
        "text_variants": ["New York" if row % 3 else "new-york" for row in range(399)] + ["é"],
        "text_lengths": ["y" * 90 if row % 100 == 0 else f"v{row % 5}" for row in range(400)],
        "special_characters": ["?!" if row % 80 == 0 else f"v{row % 5}" for row in range(400)],
    }
    return {**fixed_columns(), "feature": values[name]}


@pytest.mark.parametrize("name", OF_VALUES)
def test_value_when_a_feature_is_untidy_equals_the_oracle_and_warns(name: str) -> None:
    columns = untidy_columns(name)
    report = check(table_of(columns))
    expected = getattr(oracles, name)(**columns)
    assert expected > 0
    assert check_is_close(value_of(report, name), expected)
    assert not check_is_close(value_of(report, name) * 1.01, expected)
    assert [f.severity for f in report.findings if f.check == name] == ["warn"]
    tidy = check(table_of({**fixed_columns(), "feature": [float(i % 37) for i in range(400)]}))
    assert [f.severity for f in tidy.findings if f.check == name] == ["pass"]


def test_findings_when_laid_out_otherwise_are_the_same() -> None:
    for label in (fixed_columns()["label"], [f"v{row % 3}" for row in range(400)]):
        table = table_of({**fixed_columns(), "label": label})
        expected = check(table).findings
        for offset in range(0, 66, 5):
            assert check(sliced(table, offset)).findings == expected, offset
        for cuts in ([0, 1, 64], [7, 7, 200]):
            assert check(chunked(table, cuts)).findings == expected
        texts = [name for name in ("feature", "label") if pa.types.is_string(table[name].type)]
        if texts:
            coded = encoded(chunked(table.select(texts), [3, 90]), pa.int16())
            other = table
            for name in texts:
                at = table.column_names.index(name)
                other = other.set_column(at, name, coded[name])
            assert check(other).findings == expected


def test_findings_when_threads_differ_are_the_same() -> None:
    table = table_of(fixed_columns())
    expected = check(table).findings
    for count in (1, 2, 5):
        with num_threads(count):
            assert check(table).findings == expected
    with ThreadPoolExecutor(8) as pool:
        assert all(found.findings == expected for found in pool.map(check, [table] * 24))
