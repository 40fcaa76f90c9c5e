"""The profile that the counts of a fleet become.

What lies between two edges comes from the reference: values of a bin are spread as they were there,
so that drift is what moved from bin to bin.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from mainspring.errors import BundleCorruptError, SchemaError
from mainspring.pack.counters import (
    CountedColumn,
    count_plan,
    counted_columns,
    plan_id,
    read_counts,
)
from mainspring.profiles import Profile

__all__ = ["profile_of_counts"]


def profile_of_counts(
    bundle: bytes, counts: bytes, *, num_bins: int = 20, max_categories: int = 256
) -> Profile:
    """Return a profile of the rows that devices have counted.

    Parameters
    ----------
    bundle : bytes
        The contents of the ``.spring`` file whose reference profile the plan was made of.
    counts : bytes
        What a device sent, or :func:`add_counts` of many.
    num_bins, max_categories : int
        As :func:`count_plan` was called.

    Returns
    -------
    Profile
        Of the counted columns. Missing rows, and rows of a category that has a bin, are exact.
        Within a bin, numbers are spread as in the reference, and so are the rare strings that share
        one; so drift inside of a bin is not seen. Strings that the reference lacks are called
        ``(unseen)``.

    Raises
    ------
    SchemaError
        When the counts were made with another plan.
    BundleCorruptError
        When bytes are no whole counts.
    UnsupportedError
        When the bundle has no reference profile.
    """
    plan = count_plan(bundle, num_bins=num_bins, max_categories=max_categories)
    expected = plan_id(plan)
    found, num_rows, words = read_counts(counts)
    if found != expected:
        raise SchemaError(
            "The counts were made with another plan than this bundle's. Name the bundle that the "
            "devices have, with the bins and categories of its plan.",
            expected=f"plan {expected:016x}",
            got=f"plan {found:016x}",
        )
    columns = {}
    at = 0
    for column in counted_columns(bundle, num_bins, max_categories):
        missing, bins = words[at], words[at + 1 : at + 1 + column.num_bins]
        if missing + sum(bins) != num_rows:
            raise BundleCorruptError(
                f"Column '{column.given.name}' has {missing + sum(bins):,} counted rows of "
                f"{num_rows:,}. Fetch the counts again.",
                column=column.given.name,
            )
        columns[column.given.name] = (column.kind, _runs(column, missing, bins))
        at += 1 + column.num_bins
    return _profile_of_runs(columns, num_rows)


def _runs(column: CountedColumn, missing: int, bins: Sequence[int]) -> list[tuple[Any, int]]:
    """Return values and how many rows have them; None is missing."""
    runs: list[tuple[Any, int]] = [(None, missing)]
    if column.kind == "boolean":
        runs += [(False, bins[0]), (True, bins[1])]
    elif column.kind == "text":
        named = zip(column.categories, bins[:-1], strict=True)
        runs += [(name, count) for (name, _), count in named]
        if column.others:
            runs += _spread(bins[-1], column.others)
        else:
            runs.append((_unseen(column), bins[-1]))
    else:
        of_bin: list[list[float]] = [[] for _ in bins]
        for value in column.grid:
            of_bin[bisect_left(column.edges, value)].append(value)
        of_bin[-1] = of_bin[-1] or [math.nextafter(column.edges[-1], math.inf)]
        for number, count in enumerate(bins):
            values = of_bin[number] or [column.edges[number]]
            runs += _spread(count, [(value, 1) for value in values])
    return [run for run in runs if run[1]]


def _unseen(column: CountedColumn) -> str:
    name = "(unseen)"
    while name in {known for known, _ in column.categories}:
        name = f"({name})"
    return name


def _spread(count: int, shares: Sequence[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """Divide rows over values by their shares; what is left of a division goes on to the next."""
    total = sum(share for _, share in shares)
    runs, before, given = [], 0, 0
    for value, share in shares:
        before += share
        end = (count * before + total // 2) // total
        runs.append((value, end - given))
        given = end
    return runs


def _profile_of_runs(
    columns: dict[str, tuple[str, list[tuple[Any, int]]]], num_rows: int
) -> Profile:
    """Profile rows that are given as runs of equal values.

    The rows are cut where a run of any column ends, and what lies between is one row, so many
    times. Rows of each bit of these numbers are profiled once; doubling does the rest.
    """
    import pyarrow as pa

    types = {
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
        "timestamp": pa.timestamp("us"),
    }
    ends = sorted({end for _, runs in columns.values() for end in _ends(runs)})
    weights = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    rows = {}
    for name, (kind, runs) in columns.items():
        values, at, run_ends = [], 0, _ends(runs)
        for end in ends:
            while run_ends[at] < end:
                at += 1
            values.append(runs[at][0])
        if kind == "timestamp":
            values = [None if value is None else round(value) for value in values]
        rows[name] = pa.array(values, types[kind])
    table = pa.table(rows)
    whole = Profile()
    whole.update(table.slice(0, 0))
    for bit in reversed(range(num_rows.bit_length())):
        whole.merge(Profile.from_bytes(whole.to_bytes()))
        chosen = [number for number, weight in enumerate(weights) if weight >> bit & 1]
        if chosen:
            whole.update(table.take(pa.array(chosen, pa.int64())))
    return whole


def _ends(runs: Sequence[tuple[Any, int]]) -> list[int]:
    ends, end = [], 0
    for _, count in runs:
        end += count
        ends.append(end)
    return ends
