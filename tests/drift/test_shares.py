"""What a plot of drift shows: both sides counted over the same bins or categories."""

from __future__ import annotations

import json
import pickle
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.drift.samples import categories, compare, numbers

VALUES = st.lists(st.one_of(st.none(), st.sampled_from("abcdefghijklmnop")), max_size=60)


def test_histograms_when_both_sides_are_counted_share_their_edges() -> None:
    random = np.random.default_rng(0)
    before, now = random.normal(size=3000), random.normal(2, 3, size=2000)
    now[:100] = np.nan
    found = compare(numbers(before), numbers(now))
    assert found.reference_histogram is not None
    assert found.current_histogram is not None
    edges = np.array(found.reference_histogram.edges)
    assert found.current_histogram.edges == found.reference_histogram.edges
    for side, values in (
        (found.reference_histogram, before),
        (found.current_histogram, now[100:]),
    ):
        assert side.counts == tuple(np.histogram(values, edges)[0])
        assert side.total == len(values)
        assert sum(side.counts) >= 0.985 * len(values)
    assert (found.reference_missing, found.current_missing) == (0, 100)


@given(VALUES, VALUES)
def test_categories_when_counted_are_those_of_the_definition(
    before: list[str | None], now: list[str | None]
) -> None:
    found = compare(categories(before), categories(now))
    one = Counter(value for value in before if value is not None)
    two = Counter(value for value in now if value is not None)
    shown = {share.value for share in found.categories}
    for share in found.categories:
        assert (share.reference, share.current) == (one[share.value], two[share.value])
    others = set(one) | set(two)
    others -= shown
    assert len(shown) == min(8, len(set(one) | set(two)))
    assert found.rest == (
        sum(one[value] for value in others),
        sum(two[value] for value in others if one[value]),
    )
    assert found.unseen == sum(two[value] for value in others if not one[value])
    n, m = max(1, sum(one.values())), max(1, sum(two.values()))
    largest = [max(share.reference / n, share.current / m) for share in found.categories]
    assert largest == sorted(largest, reverse=True)
    if others:
        assert max(max(one[v] / n, two[v] / m) for v in others) <= min(largest)


def test_categories_when_sketched_add_up() -> None:
    before = ["c0"] * 50_000 + [f"b{i}" for i in range(80_000)]
    now = ["c0"] * 40_000 + [f"n{i}" for i in range(70_000)]
    found = compare(categories(before), categories(now))
    assert not found.exact
    listed = found.categories
    assert sum(share.reference for share in listed) + found.rest[0] == len(before)
    assert sum(share.current for share in listed) + found.rest[1] == len(now)
    assert found.unseen == 0
    assert listed[0].value == "c0"


def test_report_when_plain_holds_no_value_of_the_data() -> None:
    report = ms.detect_drift(categories(["secret"] * 300), categories(["secret"] * 300))
    assert report.columns[0].categories[0].value == "secret"
    assert "secret" not in report.to_json()
    assert "secret" not in repr(report.columns)
    assert json.loads(report.to_json())["columns"][0]["reference_missing"] == 0
    assert pickle.loads(pickle.dumps(report)) == report


def test_shares_when_a_side_is_empty_are_of_the_other() -> None:
    found = compare(numbers(np.arange(10.0)), numbers(np.array([])))
    assert found.reference_histogram is not None
    assert found.current_histogram is not None
    assert sum(found.current_histogram.counts) == 0
    assert sum(found.reference_histogram.counts) == 10
    nothing = compare(pa.table({"x": pa.nulls(5)}), pa.table({"x": pa.nulls(5)}))
    assert nothing.reference_histogram is None
    assert nothing.categories == ()
