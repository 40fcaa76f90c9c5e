"""How many passes over the data a fit makes, and that fewer passes learn the same."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mainspring import ParameterError, Preprocessor, col
from mainspring.transforms import Expression

ROUNDS = [
    (col("x"), 0),
    (col("x").log1p().clip(0, 1), 0),
    (col("x").standardize(), 1),
    (col("x").impute("median").log1p().standardize(), 1),
    (col("x").impute("mean").clip(0, 1).ordinal(), 1),
    (col("s").impute("most_frequent").ordinal(), 1),
    (col("x").impute("median").impute("mean"), 1),
    (col("x").impute("constant", fill_value=0).standardize(), 1),
    (col("x").impute("constant", fill_value=0).target_mean().log1p(), 1),
    (col("x").log1p().standardize().clip(0, 1), 1),
    (col("x").standardize(with_mean=False, with_std=False).standardize(), 1),
    (col("x").impute("median").target_mean(), 2),
    (col("x").impute("median").bucketize((1.0, 2.0)).target_mean(), 2),
    (col("x").standardize().standardize(), 2),
    (col("s").target_mean().standardize(), 2),
    (col("x").impute("median").standardize().impute("mean").ordinal(), 2),
    (col("x").standardize().impute("mean").ordinal(), 2),
    (col("x", "y").impute("median").cross(), 1),
    (col("x", "y").impute("median").cross().target_mean(), 2),
    (col("x").standardize().standardize().standardize(), 3),
    (col("x").log1p() / col("y").impute("median"), 1),
    (col("x").standardize() - col("y").impute("median").standardize(), 1),
    ((col("x").standardize() / col("y")).standardize(), 2),
    (col("x").standardize().standardize() / col("y").standardize(), 2),
    (((col("x") - col("y").standardize()) / col("z").impute()).impute("mean").standardize(), 2),
    ((col("x") / (col("y").standardize() - col("z")).standardize()).ordinal(), 3),
]


@pytest.mark.parametrize(("expression", "rounds"), ROUNDS, ids=lambda value: repr(value))
def test_num_rounds_when_expressions_are_chained(expression: Expression, rounds: int) -> None:
    assert Preprocessor(expression).num_rounds == rounds
    # The slowest expression decides.
    assert Preprocessor(col("a").standardize(), expression).num_rounds == max(1, rounds)


def test_page_of_the_plan_names_the_true_rounds(root: Path) -> None:
    page = (root / "docs" / "concepts" / "plan.md").read_text()
    rows = re.findall(r"\n\| `(\(?col\(.*)` \| (\d)", page)
    assert len(rows) == 6
    for expression, rounds in rows:
        assert Preprocessor(eval(expression, {"col": col})).num_rounds == int(rounds)


def test_rows_that_a_fill_before_has_filled_are_not_those_of_the_learnt_fill() -> None:
    # The missing row becomes log1p(5); the row below -1 is missing behind log1p and filled with the
    # median. Only that row is what impute("median") adds to standardize.
    table = pa.table({"x": [None, -3.0, 0.0, 1.0, 3.0]})
    prep = Preprocessor(
        col("x").impute("constant", fill_value=5).log1p().impute("median").standardize()
    )
    assert prep.num_rounds == 1
    logs = np.log1p([5.0, 0.0, 1.0, 3.0])
    values = np.array([logs[0], np.median(logs), *logs[1:]])
    expected = (values - values.mean()) / values.std()
    np.testing.assert_allclose(prep.fit_transform(table)[:, 0], expected, rtol=1e-6, atol=1e-7)
    prep = Preprocessor(*prep.expressions)
    for row in range(table.num_rows):
        prep.partial_fit(table.slice(row, 1))
    np.testing.assert_allclose(prep.transform(table)[:, 0], expected, rtol=1e-6, atol=1e-7)


def test_strings_that_are_missing_reach_the_fill_as_missing() -> None:
    table = pa.table({"s": ["b", None, "a", "b", None]})
    prep = Preprocessor(col("s").impute("most_frequent").ordinal(min_count=2))
    assert prep.num_rounds == 1
    assert prep.fit_transform(table)[:, 0].tolist() == [2, 2, 1, 2, 2]
    assert prep.bundle.steps[1]["step"] == "fill"


VALUES = st.none() | st.floats(-2, 1e4, width=32)


@given(
    values=st.lists(VALUES, min_size=1, max_size=40),
    strategy=st.sampled_from(["median", "mean", "most_frequent"]),
    tail=st.sampled_from(["log1p_standardize", "ordinal", "clip_standardize", "impute"]),
)
def test_fill_when_rewritten_learns_what_two_passes_would(
    values: list[float | None], strategy: str, tail: str
) -> None:
    assume(any(value is not None for value in values))
    present = [value for value in values if value is not None]
    # log1p(-1) is infinite, of a value and of a fill, which each shard may change.
    seen = [present[: count + 1] for count in range(len(present))]
    fills = [float(fill(some)) for some in seen for fill in (np.median, np.mean)]
    assume(tail != "log1p_standardize" or -1.0 not in (*present, *fills))
    table = pa.table({"x": pa.array(values, pa.float64())})

    def behind(expression: Expression) -> Expression:
        if tail == "log1p_standardize":
            return expression.log1p().standardize()
        if tail == "clip_standardize":
            return expression.clip(-1, 100).standardize()
        return expression.ordinal() if tail == "ordinal" else expression.impute("mean")

    one_pass = Preprocessor(behind(col("x").impute(strategy)), profile=False)
    assert one_pass.num_rounds == 1

    # Two passes by hand: what is filled is written out, in float64, and learnt from again.
    fill = one_pass.fit(table).bundle.steps[1]["numbers"][0]
    filled = pa.table({"x": [fill if value is None else value for value in values]})
    second = Preprocessor(behind(col("x")), profile=False).fit(filled)
    got = one_pass.transform(table)
    assert got.tobytes() == second.transform(filled).tobytes()

    # Filled rows are added once for all shards together, whatever the fill was after each.
    shards = Preprocessor(behind(col("x").impute(strategy)), profile=False)
    for row in range(len(values)):
        shards.partial_fit(table.slice(row, 1))
        if any(value is not None for value in values[: row + 1]):
            _ = shards.bundle
    assert shards.transform(table).tobytes() == got.tobytes()


def test_fit_when_two_rounds_are_needed_learns_from_what_the_first_gives() -> None:
    table = pa.table({"s": ["a", "b", "a", None, "b", "a"], "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    first = Preprocessor(col("s").target_mean(smoothing=1)).fit(table, target="y")
    # float64 between the operators: only the plan can say what it is.
    encoded = first.bundle.transform_row({"s": "a"})[0]
    both = Preprocessor(col("s").target_mean(smoothing=1).standardize()).fit(table, target="y")
    got = both.transform(table)[:, 0]
    assert abs(got.mean()) < 1e-6
    assert abs(got.std() - 1) < 1e-6
    assert np.float32(encoded) == first.transform(table)[0, 0]
    ranks = np.argsort(first.transform(table)[:, 0], kind="stable")
    assert np.array_equal(ranks, np.argsort(got, kind="stable"))


def test_partial_fit_when_two_rounds_are_needed_names_the_expression() -> None:
    table = pa.table({"x": [1.0, 2.0]})
    prep = Preprocessor(col("x").standardize().ordinal())
    with pytest.raises(ParameterError) as caught:
        prep.partial_fit(table)
    assert "ordinal in col('x').standardize().ordinal()" in str(caught.value)
    assert caught.value.column == "x"
    with pytest.raises(ParameterError, match="merge needs expressions"):
        prep.merge(Preprocessor(col("x").standardize().ordinal()))
    with pytest.raises(ParameterError, match="several rounds"):
        prep.fit(table).state_bytes()


def test_fit_when_numbers_lie_far_from_zero_keeps_their_digits() -> None:
    deviations = np.random.default_rng(0).normal(size=1000)
    for mean in (1e6, 1e9, 1e12):
        values = mean + deviations
        step = next(
            step
            for step in Preprocessor(col("x").standardize())
            .fit(pa.table({"x": values}))
            .bundle.steps
            if step["step"] == "affine"
        )
        center, scale = step["numbers"][:2]
        exact = values.astype(np.longdouble)
        wanted = np.sqrt(np.mean((exact - exact.mean()) ** 2))
        assert abs(center - np.mean(exact)) <= 1e-15 * mean
        assert abs(scale - wanted) <= 1e-12 * wanted


def test_standardize_when_a_column_is_constant_gives_zeros() -> None:
    for value in (0.1, 1e150, 3e-200, -7.7):
        got = Preprocessor(col("x").standardize()).fit_transform(pa.table({"x": [value] * 7}))
        assert not got.any()
