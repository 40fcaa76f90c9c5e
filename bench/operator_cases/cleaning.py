"""Cleaning: strings that should be numbers, flags and times; what comes out is made a number."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from bench.operator_cases.case import Case, Peer, number_peers, polars_peer

DAYS = {f"day {number}": float(number) for number in range(7)}
CLOCK = "%Y-%m-%d %H:%M:%S"
MONTH = r"-(\d+)-"


def _in_polars(api: str, expression: Callable[[], pl.Expr]) -> tuple[Peer, ...]:
    return (polars_peer(api, lambda _: expression().cast(pl.Float32)),)


def _absent(text: pl.Expr, words: list[str]) -> pl.Expr:
    return text.is_in(words) | text.is_null()


CASES = {
    "strip": Case(
        ("number_text",),
        lambda column: column.strip().null_if("0.0").missing_flag(),
        _in_polars(
            "str.strip_chars",
            lambda: _absent(pl.col("number_text").str.strip_chars(), ["0.0"]).fill_null(True),
        ),
    ),
    "case": Case(
        ("day_text",),
        lambda column: column.case("upper").null_if("DAY 0").missing_flag(),
        _in_polars(
            "str.to_uppercase",
            lambda: _absent(pl.col("day_text").str.to_uppercase(), ["DAY 0"]).fill_null(True),
        ),
    ),
    "null_if": Case(
        ("day_text",),
        lambda column: column.null_if(("day 0", "day 3")).missing_flag(),
        _in_polars(
            "is_in", lambda: _absent(pl.col("day_text"), ["day 0", "day 3"]).fill_null(True)
        ),
    ),
    "parse_number": Case(
        ("number_text",),
        lambda column: column.parse_number(),
        _in_polars(
            "strip_chars, cast",
            lambda: pl.col("number_text").str.strip_chars().cast(pl.Float64, strict=False),
        ),
    ),
    "parse_boolean": Case(
        ("day_text",),
        lambda column: column.parse_boolean(true=("day 5", "day 6"), false=("day 0", "day 1")),
        _in_polars(
            "replace_strict",
            lambda: pl.col("day_text").replace_strict(
                {"day 5": 1.0, "day 6": 1.0, "day 0": 0.0, "day 1": 0.0}, default=None
            ),
        ),
    ),
    "map_values": Case(
        ("day_text",),
        lambda column: column.map_values(DAYS, default=-1),
        _in_polars(
            "replace_strict",
            lambda: pl.when(pl.col("day_text").is_not_null()).then(
                pl.col("day_text").replace_strict(DAYS, default=-1.0)
            ),
        ),
    ),
    "parse_datetime": Case(
        ("time_text",),
        lambda column: column.parse_datetime(CLOCK).datetime("hour"),
        _in_polars(
            "str.to_datetime, dt.hour",
            lambda: pl.col("time_text").str.to_datetime(CLOCK, strict=False).dt.hour(),
        ),
    ),
    "regex_extract": Case(
        ("time_text",),
        lambda column: column.regex_extract(MONTH).parse_number(),
        _in_polars(
            "str.extract, cast",
            lambda: pl.col("time_text").str.extract(MONTH, 1).cast(pl.Float64, strict=False),
        ),
    ),
    "out_of_range_flag": Case(
        ("number",),
        lambda column: column.out_of_range_flag(1.0, 30.0),
        number_peers(
            lambda _, x: ((x < 1.0) | (x > 30.0)).fill_null(False),
            lambda _, x: (x < 1.0) | (x > 30.0),
        ),
    ),
}
