"""What every page keeps to: valid, offline, small, readable by all, the same bytes again."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import FileError
from tests.html import document
from tests.html.samples import NASTY, ROWS, fragments_of, nasty_table, pages_of, table_of_all_kinds

KINDS = ("profile", "drift", "check")
MAX_BYTES = 300_000


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Pages of every kind of column."""
    return pages_of(table_of_all_kinds(1), table_of_all_kinds(2, 0.8), "flag")


@pytest.fixture(scope="module")
def nasty_pages() -> dict[str, str]:
    """Pages of names and values that try to leave their place."""
    before, now = nasty_table(), nasty_table(0.5)
    return pages_of(before, now, NASTY[0])


@pytest.mark.parametrize("kind", KINDS)
def test_page_when_read_strictly_is_valid_offline_and_accessible(
    pages: dict[str, str], kind: str
) -> None:
    text = pages[kind]
    root = document.read(text)
    assert document.complaints(root) == []
    assert text.startswith("<!DOCTYPE html>\n")
    assert [html.attributes for html in root.all("html")] == [{"lang": "en"}]
    assert len(root.all("h1")) == len(root.all("main")) == len(root.all("title")[:1]) == 1
    assert len(text.encode()) <= MAX_BYTES
    policy = next(e for e in root.all("meta") if "http-equiv" in e.attributes)
    assert str(policy.attributes["content"]).startswith("default-src 'none'")


@pytest.mark.parametrize("kind", KINDS)
def test_page_when_names_are_nasty_has_no_element_of_theirs(
    nasty_pages: dict[str, str], pages: dict[str, str], kind: str
) -> None:
    text = nasty_pages[kind]
    root = document.read(text)
    assert document.complaints(root) == []
    assert len(root.all("script")) == len(root.all("style")) == 1
    assert root.all("script")[0].text == document.read(pages[kind]).all("script")[0].text
    tags = {element.tag for element in document.everything(root)}
    plain = {element.tag for element in document.everything(document.read(pages[kind]))}
    assert tags <= plain | {"bdi"}
    assert [b for b in root.all("b") if not b.text] == []
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text) is None
    assert "x" * 100 not in text
    assert "</style><script>alert(1)</script>" in root.text


@pytest.mark.parametrize("kind", KINDS)
def test_page_when_written_again_has_the_same_bytes(pages: dict[str, str], kind: str) -> None:
    again = pages_of(table_of_all_kinds(1), table_of_all_kinds(2, 0.8), "flag")
    assert again[kind] == pages[kind]


def test_page_when_titled_shows_it_escaped() -> None:
    profile = ms.profile([{"x": 1}])
    root = document.read(profile.to_html(title="<b>May</b>"))
    assert "Profile · <b>May</b>" in root.text
    assert "May" not in [b.text for b in root.all("b")]


def wide(num_columns: int, rows: int, seed: int, shift: float = 0.0) -> pa.Table:
    random = np.random.default_rng(seed)
    names = [f"a_column_with_a_rather_long_name_{i}" for i in range(num_columns)]
    values = random.normal(size=(num_columns, rows)) + shift
    return pa.table({name: values[i] for i, name in enumerate(names)})


@pytest.mark.parametrize(("num_columns", "all_lines"), [(1000, True), (1500, False)])
def test_pages_when_columns_are_many_stay_small_and_say_what_is_left_out(
    num_columns: int, all_lines: bool
) -> None:
    before, now = wide(num_columns, 220, 1), wide(num_columns, 220, 2, 1.0)
    pages = {
        "profile": ms.profile(before).to_html(),
        "drift": ms.detect_drift(before, now).to_html(),
    }
    if all_lines:
        label = before.append_column("y", [np.arange(220) % 2])
        pages["check"] = ms.check(label, target="y").to_html()
    for kind, text in pages.items():
        assert 150_000 < len(text.encode()) <= MAX_BYTES, kind
        root = document.read(text)
        assert document.complaints(root) == []
        assert "to keep this page within 300 kB" in root.text, kind
        if kind != "check":
            lines = len(root.all("tbody")[0].all("tr"))
            assert (lines == num_columns) == all_lines, kind
            assert len(root.all("svg")) > 50
            left_out = re.search(r"lines of ([\d,]+) columns", root.text)
            missing = 0 if left_out is None else int(left_out[1].replace(",", ""))
            assert missing == num_columns - lines


def test_pages_when_names_are_huge_stay_small() -> None:
    before = pa.table({f"{i}" + "<" * 10_000: [1.0] * 220 for i in range(400)})
    for text in (ms.profile(before).to_html(), ms.detect_drift(before, before).to_html()):
        assert len(text.encode()) <= MAX_BYTES


@pytest.mark.parametrize("rows", [0, 1])
def test_pages_when_tables_are_empty_are_whole(rows: int) -> None:
    table = table_of_all_kinds(1).slice(0, rows)
    for text in (
        ms.profile(table).to_html(),
        ms.detect_drift(table, table_of_all_kinds(1)).to_html(),
        ms.detect_drift(table_of_all_kinds(1), table).to_html(),
        ms.profile(table.select([])).to_html(),
        ms.Profile().to_html(),
        ms.profile(table)._repr_html_(),
        ms.detect_drift(table, table)._repr_html_(),
    ):
        assert document.complaints(document.read(text)) == []


def test_pages_when_profiles_are_sketched_say_what_is_certain() -> None:
    random = np.random.default_rng(3)
    names = np.array([f"id {i}" for i in range(70_000)])
    numbers = random.normal(size=70_000)
    numbers[:1000] = np.nan
    numbers[1000:2000] = np.inf
    before = pa.table({"number": numbers, "id": names})
    now = pa.table({"number": numbers[::-1] + 1, "id": names[::-1]})
    profile, report = ms.profile(before), ms.detect_drift(before, now)
    for text, words in (
        (
            profile.to_html(),
            (
                f"off by at most {100 * profile.column('number').rank_error:.2g}% of the rows",
                f"too low by {profile.column('id').count_error:,}; distinct is an estimate",
                "With infinities: number.",
                "of them NaN1,000",
            ),
        ),
        (
            report.to_html(),
            (
                f"certain up to {100 * report.column('number').rank_error:.2g}% of them",
                "rare categories are not all counted",
            ),
        ),
    ):
        root = document.read(text)
        assert document.complaints(root) == []
        shown = root.text.replace("\ufffd", "")
        assert [word for word in words if word not in shown] == []


def test_check_page_when_rows_are_at_fault_names_the_first() -> None:
    noon = pa.scalar(0, pa.timestamp("s"))
    rows = 100
    table = pa.table(
        {
            "y": np.arange(rows) % 2,
            "f": np.arange(rows) % 7,
            "asked": [noon.as_py()] * rows,
            "known": pa.array(np.where(np.arange(rows) % 10 == 3, 60, -60), pa.timestamp("s")),
        }
    )
    report = ms.check(table, target="y", time="asked", available={"f": "known"})
    text = document.read(report.to_html()).text
    assert "First rows: 3, 13, 23, 33, 43." in text
    assert "▲ warn" in text or "✕ fail" in text


def test_pages_when_redacted_show_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    secrets = ["Smith", "Jones", "Brown"]
    table = pa.table(
        {
            "surname": random.choice(secrets, ROWS),
            "salary": np.round(random.normal(48_613, 777, ROWS)),
            "born": pa.array(random.integers(0, 10**15, ROWS), pa.timestamp("us")),
            "label": ["Smith"] * ROWS,
        }
    )
    now = table.slice(0, 300)
    monkeypatch.delenv("MAINSPRING_REDACT", raising=False)
    plain = pages_of(table, now, "label") | fragments_of(table, now, "label")
    monkeypatch.setenv("MAINSPRING_REDACT", "1")
    values = [*secrets, f"{np.min(table['salary'].to_numpy()):.0f}", "1970", "1980", "1990"]
    found = {f"page {k}": v for k, v in pages_of(table, now, "label").items()}
    found |= {f"fragment {k}": v for k, v in fragments_of(table, now, "label").items()}
    for kind, text in found.items():
        shown = document.read(text).text
        assert [value for value in values if value in shown] == [], kind
        assert "surname" in shown or "label" in shown
        assert document.complaints(document.read(text)) == []
    assert "Smith" in "".join(plain.values())


@pytest.mark.parametrize("kind", KINDS)
def test_fragment_when_shown_twice_has_no_id_and_is_short(kind: str) -> None:
    text = fragments_of(table_of_all_kinds(1), table_of_all_kinds(2, 0.8), "flag")[kind]
    root = document.read(text + text)
    assert document.complaints(root) == []
    assert [e for e in document.everything(root) if "id" in e.attributes] == []
    assert root.all("script") == root.all("h1") == []
    assert root.children[0].attributes == {"class": "ms"}
    assert len(text.encode()) < 40_000


def test_fragment_when_columns_are_many_names_the_page() -> None:
    table = wide(50, 220, 1)
    for text in (ms.profile(table)._repr_html_(), ms.detect_drift(table, table)._repr_html_()):
        root = document.read(text)
        assert len(root.all("tr")) == 21
        assert "30 more columns: .to_html(path) has them." in root.text


def test_file_when_written_is_the_page(tmp_path: Path) -> None:
    table = table_of_all_kinds(1)
    for thing in (
        ms.profile(table),
        ms.detect_drift(table, table),
        ms.check(table, target="flag"),
    ):
        for path in (tmp_path / "a.html", str(tmp_path / "a.html")):
            assert thing.to_html(path, title="t") is None
            assert (tmp_path / "a.html").read_bytes() == thing.to_html(title="t").encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_file_when_it_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    profile = ms.profile([{"x": 1}])
    with pytest.raises(FileError, match="does not exist; make it first"):
        profile.to_html(tmp_path / "no" / "a.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        profile.to_html(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
