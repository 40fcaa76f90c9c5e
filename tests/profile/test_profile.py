"""The Python face of profiles: columns, errors, tables of text."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import ParameterError, SchemaError

TABLE = pa.table({"x": [1.0, 2.5, None], "s": ["a", "a", "b"], "y": [True, False, True]})


def test_profile_when_columns_are_named_takes_those_and_the_target() -> None:
    profile = ms.profile(TABLE, columns=["s"], target="y")
    assert profile.columns == ["s", "y"]
    assert profile.target == "y"
    assert ms.Profile.from_bytes(profile.to_bytes()).target == "y"


def test_profile_when_data_is_rows_or_frames_is_the_same() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    data = {"x": [1.0, 2.5, 4.0], "s": ["a", "a", "b"]}
    plain = ms.profile(pa.table(data)).summary()
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    for other in (pandas.DataFrame(data), polars.DataFrame(data), rows):
        found = ms.profile(other).summary()
        for column, same in zip(found, plain, strict=True):
            assert {**column, "type": ""} == {**same, "type": ""}


def test_update_when_column_is_missing_changes_nothing() -> None:
    profile = ms.profile(TABLE)
    before = profile.to_bytes()
    with pytest.raises(SchemaError, match="'s'"):
        profile.update(TABLE.drop(["s"]))
    with pytest.raises(SchemaError, match=r"number .*string"):
        profile.update(pa.table({"x": ["1"], "s": ["a"], "y": [True]}))
    assert profile.to_bytes() == before


def test_merge_when_columns_differ_names_them() -> None:
    profile = ms.profile(TABLE)
    with pytest.raises(SchemaError, match="lacks column 'y'"):
        profile.merge(ms.profile(TABLE.drop(["y"])))
    with pytest.raises(SchemaError, match="has column 'y'"):
        ms.profile(TABLE.drop(["y"])).merge(profile)
    with pytest.raises(SchemaError, match="target"):
        profile.merge(ms.profile(TABLE, target="y"))
    with pytest.raises(ParameterError, match="Profile"):
        profile.merge(TABLE)  # type: ignore[arg-type]


def test_profile_when_columns_are_wrong_says_so() -> None:
    with pytest.raises(ParameterError, match="list"):
        ms.profile(TABLE, columns="x")
    with pytest.raises(ParameterError, match="twice"):
        ms.profile(TABLE, columns=["x", "x"])
    with pytest.raises(SchemaError, match="'z'"):
        ms.profile(TABLE, columns=["z"])
    with pytest.raises(SchemaError, match="'z'"):
        ms.profile(TABLE).column("z")
    with pytest.raises(SchemaError, match="text"):
        ms.profile(TABLE).quantile("s", 0.5)
    with pytest.raises(ParameterError, match="q must"):
        ms.profile(TABLE).quantile("x", 1.5)


def test_text_when_printed_fits_eighty_columns() -> None:
    wide = pa.table({f"a rather long name of a column {i}": [1e-9 * i, 1e300] for i in range(5)})
    for table in (TABLE, wide, pa.table({"s": ["\x1b[31m\n" * 40]})):
        text = str(ms.profile(table))
        assert max(map(len, text.splitlines())) <= 80
        assert "\x1b" not in text
        assert len(text.splitlines()) == 2 + table.num_columns
    assert repr(ms.profile(TABLE)) == "<Profile of 3 rows, 3 columns>"


def test_summary_when_dumped_is_json() -> None:
    summary = json.loads(json.dumps(ms.profile(TABLE).summary()))
    assert [column["name"] for column in summary] == ["x", "s", "y"]
    assert summary[0]["mean"] == 1.75


def test_profile_when_empty_merges_and_prints() -> None:
    empty = ms.Profile()
    assert (empty.num_rows, empty.columns) == (0, [])
    assert str(empty) == "0 rows, 0 columns"
    assert empty.merge(ms.profile(TABLE)) == ms.profile(TABLE)
    assert ms.profile(TABLE).merge(ms.Profile()) == ms.profile(TABLE)
    assert ms.Profile.from_bytes(ms.Profile(columns=["x"]).to_bytes()).update(TABLE).columns == [
        "x"
    ]


def test_equality_when_compared_with_other_things_is_false() -> None:
    assert ms.profile(TABLE) != 3
    assert ms.profile(TABLE) != ms.profile(TABLE.slice(1))
