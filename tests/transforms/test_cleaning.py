"""Cleaning operators: what stands behind them, what they refuse, and Python beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mainspring import ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import Expression, MapValues
from tests.reference.regex_extract import regex_part


def run(expression: Expression, values: list[Any], kind: pa.DataType | None = None) -> list[Any]:
    table = pa.table({"x": pa.array(values, kind or pa.string())})
    prep = Preprocessor(expression, profile=False).fit(table)
    return [None if math.isnan(v) else v for v in prep.transform(table)[:, 0].tolist()]


def known(expression: Expression, values: list[str | None], words: list[str]) -> list[Any]:
    """What strings come out: their places among the words, -1 for another, None for a missing."""
    places = dict(zip(words, range(len(words)), strict=True))
    return run(expression.map_values(places, default=-1), values)


def test_chain_when_text_is_dirty_gives_clean_numbers() -> None:
    values = [" 1.234,50 ", "n/a", "", None, "-7", "7 %", "\u2003+3"]
    column = col("x").strip().null_if(("", "n/a")).parse_number(decimal=",", thousands=".")
    assert run(column.impute("constant", 0.5), values) == [1234.5, 0.5, 0.5, 0.5, -7, 0.5, 3]
    scaled = run(column.standardize(), values)
    assert scaled[1:4] == [None] * 3
    assert sum(v for v in scaled if v is not None) == pytest.approx(0, abs=1e-6)


def test_chain_of_strings_learns_from_what_is_cleaned() -> None:
    values = ["a ", " a", "b", "B-b", None, "NA"]
    assert run(col("x").strip().null_if("NA").ordinal(), values) == [2, 2, 4, 3, 0, 0]
    folded = col("x").regex_extract("([a-z])").target_mean(smoothing=0)
    table = pa.table({"x": values})
    prep = Preprocessor(folded, profile=False).fit(table, np.array([1.0, 0, 1, 1, 5, 5]))
    assert prep.transform(table)[:, 0].tolist() == [0.5, 0.5, 1, 1, 5, 5]


def test_null_if_on_numbers_leaves_the_others() -> None:
    column = col("x").null_if((-999, 0.5))
    assert run(column, [-999, 1, 0.5, None], pa.float64()) == [None, 1, None, None]
    assert run(column, [-999, 1, 5, None], pa.int64()) == [None, 1, 5, None]
    assert run(col("x").null_if(0), [-0.0, 0.0, math.inf], pa.float64()) == [None, None, math.inf]


def test_map_values_keeps_drops_or_replaces_the_others() -> None:
    values = ["S", "L", "?", "", None]
    words = ["small", "large", "?", "", "other"]
    mapping = {"S": "small", "L": "large"}
    assert known(col("x").map_values(mapping), values, words) == [0, 1, None, None, None]
    kept = col("x").map_values(mapping, keep_others=True)
    assert known(kept, values, words) == [0, 1, 2, 3, None]
    other = col("x").map_values(mapping, default="other")
    assert known(other, values, words) == [0, 1, 4, 4, None]
    assert known(col("x").map_values({"S": ""}, default="?"), values, words) == [3, 2, 2, 2, None]
    assert repr(kept) == "col('x').map_values({'S': 'small', 'L': 'large'}, keep_others=True)"
    sentinels = col("x").map_values({-999: 0, 7: 1.5}, keep_others=True)
    numbers = [-999.0, 7.0, 3.0, None, math.nan, math.inf]
    assert run(sentinels, numbers, pa.float64()) == [0, 1.5, 3, None, None, math.inf]
    assert run(sentinels, [-999, 7, 3, None], pa.int64()) == [0, 1.5, 3, None]
    again = MapValues.from_params(kept.operators[0].params)
    assert again == kept.operators[0]
    assert hash(again) == hash(kept.operators[0])


def test_parse_number_rounds_as_float_does() -> None:
    texts = [
        "1e23",
        "9007199254740993",
        "0.1" + "0" * 60 + "1",
        "2.2250738585072011e-308",
        "1e-400",
    ]
    halves = [f"{mantissa}.5" for mantissa in range(2**52, 2**52 + 4)]
    table = pa.table({"x": texts + halves})
    exact = Preprocessor(col("x").parse_number().hash(buckets=1 << 24), profile=False)
    numbers = pa.table({"x": [float(text) for text in texts + halves]})
    plain = Preprocessor(col("x").hash(buckets=1 << 24), profile=False)
    got = exact.fit(table).transform(table)
    np.testing.assert_array_equal(got, plain.fit(numbers).transform(numbers))


@given(st.text("0123456789.eE+-nainfty ", max_size=10))
@example("1_000")
def test_parse_number_takes_what_float_takes(text: str) -> None:
    try:
        expected = None if "_" in text else float(text)
    except ValueError:
        expected = None
    with np.errstate(over="ignore"):
        expected = expected if expected is None else float(np.float32(expected))
    expected = None if expected is not None and math.isnan(expected) else expected
    assert run(col("x").parse_number(), [text, "1"])[0] == expected


def test_parse_datetime_stands_before_parts_of_times() -> None:
    values = ["2024-02-29 23:00+01:00", "29.02.2024 06:30Z", "30.02.2024 06:30Z", None]
    column = col("x").parse_datetime("%Y-%m-%d %H:%M%z", "%d.%m.%Y %H:%M%z")
    assert run(column.datetime("hour"), values) == [22, 6, None, None]
    assert run(column.missing_flag(), values) == [0, 0, 1, 1]


def test_out_of_range_flag_stands_beside_clip() -> None:
    table = pa.table({"x": [1.0, -5.0, math.inf, None, 10.0]})
    prep = Preprocessor(col("x").clip(0, 10), col("x").out_of_range_flag(0, 10), profile=False)
    assert prep.fit_transform(table)[:, 1].tolist() == [0, 1, 1, 0, 0]
    assert prep.feature_names_out_ == ["x", "x_out_of_range"]


LEAVES = st.sampled_from(
    ["a", "b", "é", ".", "[ab]", "[^a]", r"\d", r"\W", r"\s", r"[\d_]", r"\.", "x{2}", "ab"]
)
EDGES = st.sampled_from(["^", "$", r"\b", r"\B", r"\A", r"\Z", ""])
REPEATS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}?", "{2,}"])


def _longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})")
        | inner.map(lambda one: f"({one})")
        | st.tuples(inner, REPEATS).map(lambda pair: f"(?:{pair[0]}){pair[1]}")
        | st.tuples(EDGES, inner, EDGES).map("".join)
    )


PATTERNS = st.recursive(LEAVES, _longer, max_leaves=8)
TEXTS = st.lists(st.text("abxé0_ .\n", max_size=10), min_size=1, max_size=20)


@settings(max_examples=400)
@given(PATTERNS, TEXTS)
@example("(?:(a)|b)+", ["ab", "ba"])
@example("(a|ab)(c|bcd)?", ["abcd"])
def test_regex_extract_when_taken_equals_re(pattern: str, texts: list[str]) -> None:
    if r"\B" in pattern:  # before Python 3.14 it does not match in the empty text
        texts = [text or "x" for text in texts]
    for group in range(re.compile(pattern, re.ASCII).groups + 1):
        try:
            column = col("x").regex_extract(pattern, group)
        except ParameterError as error:
            assume("may be empty" not in str(error))
            raise
        expected = [regex_part(text, pattern, group) for text in texts]
        words = sorted({part for part in expected if part is not None})
        places = [None if part is None else words.index(part) for part in expected]
        assert known(column, texts, words or ["none"]) == places


REFUSED = [
    (r"(a)\1", "backreference at byte 4"),
    (r"(?P<n>a)(?P=n)", "backreference"),
    ("(?=a)b", "a lookahead"),
    ("(?!a)b", "a lookahead"),
    ("(?<=a)b", "a lookbehind"),
    ("(?<!a)b", "a lookbehind"),
    ("(?>a)", "an atomic group"),
    ("(a)?(?(1)b|c)", "a condition"),
    ("(?i)a", "a flag"),
    ("(?#note)a", "a comment"),
    ("a++", "a possessive repeat"),
    ("a**", "a repeat of a repeat"),
    ("(a*)*", "a repeat of what may be empty"),
    ("(?:a|)+", "a repeat of what may be empty"),
    ("*a", "a repeat of nothing"),
    ("^*", "a repeat of what takes no character"),
    ("a{300}", "a repeat of more than 256"),
    ("((?:abcd){100})", "more than 256 instructions"),
    ("a{2,1}", "a repeat whose least is above its most"),
    ("a{b", "begins no repeat"),
    ("(a", "without its '\\)'"),
    ("a)", "without its '\\('"),
    ("[a", "without its '\\]'"),
    ("[b-a]", "end is before its beginning"),
    (r"[\d-z]", "begins with a class"),
    (r"[a-\d]", "ends with a class"),
    (r"\p{L}", r"the escape '\\p'"),
    ("a\\", "a backslash at the end"),
    (r"\xg0", "without its digits"),
    (r"\ud800", "no character"),
    ("(" * 80 + "a" + ")" * 80, "more than 64 deep"),
    ("a", "no group 1"),
]


@pytest.mark.parametrize(("pattern", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_regex_extract_when_refused_says_by_what(pattern: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        col("x").regex_extract(pattern)


def test_regex_extract_on_a_long_text_takes_linear_time() -> None:
    # Backtracking would take 2^30 ways through this.
    values = ["a" * 20_000 + "b", None]
    assert known(col("x").regex_extract("((?:a|a)+)c", 1), values, ["a"]) == [None, None]


WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: col("x").strip(side="left"), "'side' of strip must be 'both', 'start' or 'end'"),
    (lambda: col("x").null_if(()), "'values' of null_if must be one value or more"),
    (lambda: col("x").null_if(("a", 1)), "'values' of null_if must be a number, a string, a list"),
    (lambda: col("x").null_if((1, 1.0)), "'values' of null_if must be values that are all diff"),
    (lambda: col("x").null_if(math.nan), "'values' of null_if must be numbers that are not NaN"),
    (lambda: col("x").null_if(None), "'values' of null_if must be list of numbers or strings"),
    (lambda: col("x").parse_number(decimal=""), "'decimal' of parse_number must be one character"),
    (lambda: col("x").parse_number(decimal=" "), "'decimal' of parse_number"),
    (lambda: col("x").parse_number(thousands="."), "'thousands' of parse_number must be one char"),
    (lambda: col("x").parse_number(thousands="00"), "'thousands' of parse_number"),
    (lambda: col("x").parse_boolean(true=()), "'true' of parse_boolean must be one value or more"),
    (lambda: col("x").parse_boolean(false="1"), "'false' of parse_boolean must be values that are"),
    (lambda: col("x").map_values({}), "'old' of map_values must be one value or more"),
    (lambda: col("x").map_values([("a", "b")]), "'mapping' of map_values must be a dict"),
    (lambda: col("x").map_values({"a": 1, "b": "c"}), "'new' of map_values"),
    (lambda: col("x").map_values({"a": math.nan}), "'new' of map_values must be numbers that are"),
    (
        lambda: col("x").map_values({"a": "b"}, default=1),
        "'default' of map_values must be a string",
    ),
    (
        lambda: col("x").map_values({"a": 1}, default="b"),
        "'default' of map_values must be a number",
    ),
    (lambda: col("x").map_values({"a": 1}, keep_others=True), "'keep_others' of map_values"),
    (lambda: col("x").map_values({1: "a"}, keep_others=True), "or numbers become numbers"),
    (
        lambda: col("x").map_values({"a": "b"}, default="c", keep_others=True),
        "'default' of map_values must be None where keep_others=True",
    ),
    (lambda: col("x").parse_datetime(), "'formats' of parse_datetime must be one format or more"),
    (lambda: col("x").parse_datetime("%Q"), "the directive '%Q' is not known"),
    (lambda: col("x").parse_datetime("100%"), "the directive '%' is not known"),
    (lambda: col("x").parse_datetime("%m %b"), "the directive '%b' says what one before does"),
    (lambda: col("x").parse_datetime("today"), "it has no directive"),
    (lambda: col("x").parse_datetime("%Y", "%Y%z"), "formats that all have %z, or none of them"),
    (lambda: col("x").parse_datetime("%Y", zone=""), "'zone' of parse_datetime must be the name"),
    (lambda: col("x").parse_datetime("%Y", zone=1), "'zone' of parse_datetime must be"),
    (lambda: col("x").regex_extract(""), "'pattern' of regex_extract must be a regular expression"),
    (lambda: col("x").out_of_range_flag(), "'high' of out_of_range_flag must be a finite number"),
    (lambda: col("x").out_of_range_flag(2, 1), "'high' of out_of_range_flag must be a number"),
    (lambda: col("x").out_of_range_flag(math.nan), "'low' of out_of_range_flag"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_parameters_when_wrong_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make()


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (col("n").strip(), "Column 'n' has type int64, expected a string for strip"),
        (col("n").null_if("a"), "'values' of null_if has strings, but col.'n'. gives numbers"),
        (col("s").null_if(1), "'values' of null_if has numbers, but col.'s'. gives strings"),
        (col("s").map_values({1: 2}), "'old' of map_values has numbers"),
        (col("s").strip(), "gives strings, expected numbers or ids for a feature"),
        (col("s").parse_number().strip(), "strip takes strings, but .* gives numbers"),
        (col("t").parse_datetime("%Y"), "Column 't' has type .*, expected a string"),
        (col("s").datetime("hour"), r"Use parse_datetime\(\.\.\.\) on it first"),
    ],
    ids=str,
)
def test_columns_when_of_another_kind_are_refused(expression: Expression, message: str) -> None:
    table = pa.table({"n": [1], "s": ["a"], "t": pa.array([0], pa.timestamp("us"))})
    with pytest.raises(SchemaError, match=message):
        Preprocessor(expression).fit(table)


def test_bytes_when_not_utf8_stay_as_they_are() -> None:
    values = [b" \xff ", b"\xff", b"a\xff1"]
    table = pa.table({"x": pa.array(values, pa.binary())})
    for column, expected in (
        (col("x").strip().ordinal(), [2, 2, 3]),
        (col("x").regex_extract("([a-z].?)").missing_flag(), [1, 1, 0]),
        (col("x").parse_number().missing_flag(), [1, 1, 1]),
    ):
        got = Preprocessor(column, profile=False).fit_transform(table)[:, 0].tolist()
        assert got == expected
