"""Drift of lists: of how long they are, and of what is in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import mainspring as ms


def lists(num_rows: int, length: int, words: list[str], seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    rows = [
        [words[i] for i in random.integers(0, len(words), size)]
        for size in random.integers(0, length, num_rows)
    ]
    return pa.table({"tags": rows, "n": random.normal(size=num_rows)})


WORDS = ["a", "b", "c", "d"]


def test_lists_of_one_origin_do_not_drift() -> None:
    report = ms.detect_drift(lists(2000, 6, WORDS, 1), lists(2000, 6, WORDS, 2))
    assert report.drifted == []
    assert [column.name for column in report.columns] == ["tags", "tags[]", "n"]
    assert [column.kind for column in report.columns] == ["list", "text", "number"]
    assert report.skipped == []


def test_longer_lists_drift_by_their_lengths_alone() -> None:
    report = ms.detect_drift(lists(2000, 6, WORDS, 1), lists(2000, 12, WORDS, 2))
    assert report.drifted == ["tags"]
    assert "ks" in report.columns[0].reason


def test_other_elements_drift_by_the_elements_alone() -> None:
    report = ms.detect_drift(lists(2000, 6, WORDS, 1), lists(2000, 6, [*WORDS, "new"], 2))
    assert report.drifted == ["tags[]"]
    assert ms.detect_drift(
        lists(2000, 6, WORDS, 1), lists(2000, 6, [*WORDS, "new"], 2), columns=["tags"]
    ).drifted == ["tags[]"]


def test_statistics_are_those_of_plain_columns() -> None:
    before, now = lists(500, 6, WORDS, 1), lists(400, 7, [*WORDS, "new"], 2)
    found = ms.detect_drift(before, now)

    def lengths(table: pa.Table) -> pa.Table:
        return pa.table({"x": [float(len(row)) for row in table["tags"].to_pylist()]})

    def elements(table: pa.Table) -> pa.Table:
        return pa.table({"x": [word for row in table["tags"].to_pylist() for word in row]})

    for number, flat in ((0, lengths), (1, elements)):
        plain = ms.detect_drift(flat(before), flat(now)).columns[0]
        assert found.columns[number].statistics == plain.statistics


def test_page_and_text_show_both() -> None:
    report = ms.detect_drift(lists(500, 6, WORDS, 1), lists(500, 9, [*WORDS, "new"], 2))
    for text in (str(report), report.to_html()):
        assert "tags[]" in text
