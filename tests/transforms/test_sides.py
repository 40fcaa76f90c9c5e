"""Arithmetic between expressions that each have operators of their own."""

from __future__ import annotations

import math
import pickle
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import MainspringError, ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import Expression

TABLE = pa.table(
    {
        "a": [1.0, 7.0, None, 3.0, 0.0],
        "b": [4.0, None, 2.0, -2.0, 8.0],
        "c": [2.0, 0.0, 1.0, 5.0, None],
        "g": ["x", "y", "x", None, "y"],
        "y": [0.0, 1.0, 1.0, 0.0, 1.0],
    }
)
A, B, C = (np.array(TABLE[name].to_pylist(), float) for name in "abc")


def features(expression: Any, table: pa.Table = TABLE) -> np.ndarray:
    return Preprocessor(expression).fit_transform(table)[:, 0]


@pytest.mark.parametrize(
    ("expression", "expected", "name"),
    [
        (
            col("a").log1p() / col("b").impute("median"),
            np.log1p(A) / np.where(np.isnan(B), 3.0, B),
            "a_div_b",
        ),
        ((col("a") - col("b")) / col("c"), (A - B) / C, "(a_minus_b)_div_c"),
        (col("a") - (col("b") - col("c")), A - (B - C), "a_minus_(b_minus_c)"),
        ((col("a") - col("b")) - col("c"), (A - B) - C, "(a_minus_b)_minus_c"),
        (
            (col("a") + col("b")) * (col("a") - col("c")),
            (A + B) * (A - C),
            "(a_plus_b)_times_(a_minus_c)",
        ),
        ((col("a") - col("b")).alias("d") / col("c"), (A - B) / C, "d_div_c"),
        (((col("a") - col("b")) / col("c")).alias("r") + 1, (A - B) / C + 1, "r"),
        ((col("a") * 2 - col("a")).clip(0.0, 3.0), np.clip(A, 0, 3), "a_minus_a"),
        (1 - col("a") / (1 + col("a").log1p()), 1 - A / (1 + np.log1p(A)), "a_div_a"),
    ],
)
def test_sides_with_their_own_operators_are_calculated_apart(
    expression: Expression, expected: np.ndarray, name: str
) -> None:
    expected = np.where(np.isfinite(expected), expected, np.nan)
    prep = Preprocessor(expression)
    got = prep.fit_transform(TABLE)[:, 0]
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    assert prep.feature_names_out_ == [name]
    assert eval(repr(expression), {"col": col}) == expression
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.expressions == (expression,)
    assert again.bundle.to_bytes() == prep.bundle.to_bytes()
    loaded = pickle.loads(pickle.dumps(prep))
    assert loaded.transform(TABLE).tobytes() == got.tobytes()
    row = {name: TABLE[name][0].as_py() for name in "abc"}
    assert prep.transform_row(row)[0].tobytes() == got[0].tobytes()


def test_side_when_its_column_is_read_elsewhere_too_keeps_its_values() -> None:
    prep = Preprocessor(
        col("a").log1p() / col("b").impute("median"),
        col("b"),
        (col("a") - col("b").clip(0.0, 1.0)) * col("a").log1p(),
        col("a"),
    )
    got = prep.fit_transform(TABLE)
    filled = np.where(np.isnan(B), 3.0, B)
    expected = [np.log1p(A) / filled, B, (A - np.clip(B, 0, 1)) * np.log1p(A), A]
    np.testing.assert_allclose(got, np.stack(expected, 1), rtol=1e-6)
    assert [entry["name"] for entry in prep.bundle.inputs] == ["a", "b"]


def test_sides_that_learn_do_it_in_one_pass_and_what_joins_them_in_the_next() -> None:
    ratio = col("a").standardize() / col("b").impute("mean").min_max()
    prep = Preprocessor(ratio)
    assert prep.num_rounds == 1
    present = A[~np.isnan(A)]
    standard = (A - present.mean()) / present.std()
    filled = np.where(np.isnan(B), np.nanmean(B), B)
    low, high = filled.min(), filled.max()
    scaled = (filled - low) / (high - low)
    with np.errstate(divide="ignore"):
        expected = standard / scaled
    expected = np.where(np.isfinite(expected), expected, np.nan)
    np.testing.assert_allclose(prep.fit_transform(TABLE)[:, 0], expected, rtol=1e-5)

    both = Preprocessor(ratio.impute("median").standardize())
    assert both.num_rounds == 2
    filled = np.where(np.isnan(expected), np.nanmedian(expected), expected)
    wanted = (filled - filled.mean()) / filled.std()
    np.testing.assert_allclose(both.fit_transform(TABLE)[:, 0], wanted, rtol=1e-5, atol=1e-6)


def test_partial_fit_and_merge_of_sides_give_the_bits_of_one_fit() -> None:
    expression = (col("a").impute("mean").standardize() - col("b").impute("median")) / col("c")
    whole = Preprocessor(expression, col("g").count() * col("a")).fit(TABLE)
    parts = [Preprocessor(*whole.expressions) for _ in range(3)]
    for part, (first, rows) in zip(parts, [(0, 2), (2, 1), (3, 2)], strict=True):
        part.partial_fit(TABLE.slice(first, rows))
    merged = parts[2].merge(parts[0])
    merged.merge(Preprocessor.from_state_bytes(parts[1].state_bytes()))
    assert merged.bundle.to_bytes() == whole.bundle.to_bytes()
    with pytest.raises(ParameterError, match=r"\(col\('a'\)\.log1p\(\), col\('b'\)\)"):
        Preprocessor(col("a").log1p() / col("b")).merge(Preprocessor(col("a").log1p() / col("c")))


def test_streamed_fit_of_sides_in_several_rounds_gives_the_bits_of_one_table() -> None:
    expression = (col("a").standardize() / col("b").impute("median")).impute("mean").standardize()
    whole = Preprocessor(expression).fit(TABLE)
    streamed = Preprocessor(expression).fit(TABLE.slice(row, 1) for row in range(5))
    assert streamed.bundle.to_bytes() == whole.bundle.to_bytes()


def test_partial_fit_when_a_side_needs_two_rounds_names_what_cannot_begin() -> None:
    with pytest.raises(ParameterError, match=r"ordinal in \(col\('a'\), col\('b'\)\.min_max\(\)\)"):
        Preprocessor((col("a") / col("b").min_max()).ordinal()).partial_fit(TABLE)
    deep = col("a") / col("b").standardize().min_max()
    with pytest.raises(ParameterError, match=r"min_max in col\('b'\)\.standardize") as caught:
        Preprocessor(deep).partial_fit(TABLE)
    assert caught.value.column == "b"


def test_side_that_learns_from_the_target_is_cross_fitted_in_fit_transform() -> None:
    rows = pa.concat_tables([TABLE] * 20)
    mean = col("g").target_mean(smoothing=1, folds=3, seed=5)
    alone = Preprocessor(mean, col("a"))
    both = Preprocessor(mean / col("a").clip(1.0, 9.0), col("a"))
    assert both.uses_target
    divisor = np.clip(np.tile(A, 20), 1, 9)
    trained = alone.fit_transform(rows, target="y")[:, 0]
    got = both.fit_transform(rows, target="y")[:, 0]
    np.testing.assert_allclose(got, trained / divisor, rtol=1e-6)
    served = alone.transform(rows)[:, 0]
    np.testing.assert_allclose(both.transform(rows)[:, 0], served / divisor, rtol=1e-6)
    assert not np.array_equal(trained, served)
    batches = Preprocessor(*both.expressions)
    parts = [rows.slice(first, 30) for first in range(0, 100, 30)]
    streamed = np.concatenate(list(batches.fit_transform_batches(iter(parts), target="y")))
    assert streamed[:, 0].tobytes() == got.tobytes()


def test_side_with_a_key_of_its_own_divides_by_the_group() -> None:
    prep = Preprocessor(col("c") / col("c").group_stats(by="g"))
    got = prep.fit_transform(TABLE)[:, 0]
    np.testing.assert_allclose(got, [2 / 1.5, math.nan, 1 / 1.5, 1, math.nan], rtol=1e-6)
    assert prep.feature_names_out_ == ["c_div_c_mean_by_g"]
    assert prep.profile is not None
    assert list(prep.profile.columns) == ["c", "g"]


@pytest.mark.parametrize("joined", [(col("a") - col("b")), (col("a").log1p() - col("b"))])
def test_key_behind_sides_goes_past_them(joined: Expression) -> None:
    filled = joined.impute("median").group_stats(by="g", stats=("max", "count"))
    prep = Preprocessor(filled, joined.impute("median"))
    got = prep.fit_transform(TABLE)
    groups = TABLE["g"].to_pylist()
    for group in set(groups):
        rows = [row for row, other in enumerate(groups) if other == group]
        assert (got[rows, 0] == got[rows, 2].max()).all()
        assert (got[rows, 1] == len(rows)).all()
    name = prep.feature_names_out_[2]
    assert prep.feature_names_out_ == [f"{name}_max_by_g", f"{name}_count_by_g", "a_minus_b"]
    assert prep.num_rounds == 2
    streamed = Preprocessor(*prep.expressions).fit(TABLE.slice(row, 1) for row in range(5))
    assert streamed.bundle.to_bytes() == prep.bundle.to_bytes()
    with pytest.raises(ParameterError, match=r"group_stats in .* can only begin"):
        Preprocessor(filled).partial_fit(TABLE)


def test_side_of_times_reads_the_zone() -> None:
    stamps = pa.array([1704067200, None], pa.timestamp("s", "Europe/Paris"))
    table = pa.table({"at": stamps, "x": [2.0, 1.0]})
    got = features(col("at").datetime("hour") / col("x"), table)
    np.testing.assert_array_equal(got, np.float32([0.5, math.nan]))


def test_sides_that_give_no_single_number_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="expected one column on each side, got 2"):
        col("a", "b") / col("c")
    with pytest.raises(SchemaError, match=r"Column 'g' has type string, expected a number for ari"):
        Preprocessor(col("a").log1p() / col("g")).fit(TABLE)
    with pytest.raises(SchemaError, match=r"arithmetic takes numbers, but col\('g'\)\.ordinal\(\)"):
        Preprocessor(col("g").ordinal() / col("a")).fit(TABLE)
    with pytest.raises(SchemaError, match="one feature for each category"):
        Preprocessor(col("g").one_hot() / col("a")).fit(TABLE)
    several = col("a").group_stats(by="g", stats=("min", "max"))
    with pytest.raises(ParameterError, match="arithmetic takes two columns, got 3"):
        Preprocessor(several / col("a")).fit(TABLE)
    with pytest.raises(SchemaError, match="'missing'"):
        Preprocessor(col("missing").log1p() / col("a")).fit(TABLE)
    with pytest.raises(ParameterError, match="called 'a_div_b'"):
        Preprocessor(col("a").log1p() / col("b"), col("a") / col("b")).fit(TABLE)


def test_sides_that_the_engine_is_told_wrongly_are_refused() -> None:
    side = Expression(("a", "b"))
    joined = (col("a").log1p() / col("b")).operators
    with pytest.raises(ParameterError, match="A side of a calculation is one column"):
        Preprocessor(Expression((), joined, "", (side, col("c"))))
    with pytest.raises(
        ParameterError, match=r"No operator joins the sides \(col\('a'\), col\('c'\)\)"
    ):
        Preprocessor(Expression((), col("x").log1p().operators, "", (col("a"), col("c"))))
    with pytest.raises(ParameterError, match="at least one column name"):
        Preprocessor(Expression(()))


def test_expressions_that_are_calculated_too_deep_or_too_often_are_refused() -> None:
    columns = [col(f"x{i}") for i in range(101)]
    total = reduce(lambda left, right: left + right.log1p(), columns)
    table = pa.table({f"x{i}": [float(i)] for i in range(101)})
    assert features(total, table) == np.float32(math.fsum(math.log1p(i) for i in range(1, 101)))
    assert eval(repr(total), {"col": col}) == total
    with pytest.raises(ParameterError, match="101 deep in each other, expected at most 1000"):
        total + col("a")
    doubled = col("a").log1p() + col("b")
    for _ in range(8):
        doubled = doubled + doubled
    with pytest.raises(ParameterError, match="calculated from 1024 columns, 10 deep"):
        doubled + doubled
    # What is immutable cannot hold itself, unless it is forced to.
    cycle = col("a").log1p() / col("b")
    object.__setattr__(cycle, "sides", (cycle, col("b")))
    with pytest.raises(ParameterError, match="more than 100 deep"):
        Preprocessor(cycle)


def test_state_bytes_with_sides_when_changed_are_refused_or_compile() -> None:
    prep = Preprocessor((col("a").impute("mean") - col("b").standardize()) / col("c")).fit(TABLE)
    state = prep.state_bytes()
    random = np.random.default_rng(3)
    refused = 0
    for _ in range(400):
        changed = bytearray(state)
        for place in random.integers(8, len(state), 2):
            changed[place] = random.integers(256)
        try:
            Preprocessor.from_state_bytes(bytes(changed))
        except MainspringError:
            refused += 1
    assert refused > 40


NUMBERS = st.none() | st.floats(-1e3, 1e3, width=32)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> tuple[Expression, Any]:
    """An expression without learning, and NumPy's function of the same."""
    if depth == 0 or draw(st.booleans()):
        name = draw(st.sampled_from("abc"))
        leaf = col(name)
        if draw(st.booleans()):
            return leaf.clip(-5.0, 5.0), lambda given: np.clip(given[name], -5, 5)
        return leaf, lambda given: given[name]
    (left, of_left), (right, of_right) = draw(trees(depth - 1)), draw(trees(depth - 1))
    symbol = draw(st.sampled_from("+-*/"))
    code = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[symbol]
    calculated = left._calculate(symbol, right)

    def result(given: dict[str, np.ndarray]) -> np.ndarray:
        with np.errstate(all="ignore"):
            value = code(of_left(given), of_right(given))
        return np.where(np.isfinite(value), value, np.nan)

    return calculated, result


@given(trees(), st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_any_tree_of_sides_equals_numpy_bit_for_bit(
    tree: tuple[Expression, Any], rows: list[tuple[float | None, ...]]
) -> None:
    expression, oracle = tree
    columns = {name: [row[i] for row in rows] for i, name in enumerate("abc")}
    given = {name: np.array(values, float) for name, values in columns.items()}
    table = pa.table({name: pa.array(values, pa.float64()) for name, values in columns.items()})
    prep = Preprocessor(expression.alias("r"), profile=False)
    with np.errstate(over="ignore"):
        expected = oracle(given).astype(np.float32)
    np.testing.assert_array_equal(prep.fit_transform(table)[:, 0], expected)
