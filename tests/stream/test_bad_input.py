"""What cannot be read is put aside with a reason, and spoils nothing else."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.stream import ParquetFolder, Stream
from tests.stream.conftest import arrow_stream, json_rows, rows_table
from tests.stream.memory import MemorySource, messages_of

GOOD = b'{"distance": 100, "hour": 7, "carrier": "UA"}'
ROW = pa.table({"distance": [100.0], "hour": [7], "carrier": ["UA"]})

# A message, its format and what the reason says.
BAD = [
    ("json", b"", "empty"),
    ("json", b"{", "cannot be read as json"),
    ("json", b'{"distance": NaN, "hour": 7, "carrier": "UA"}', "NaN is no JSON"),
    ("json", b'"text"', "a JSON text, expected an object"),
    ("json", b"[1, 2]", "a JSON list of other things"),
    ("json", b"\xff\xfe", "cannot be read as json"),
    ("json", b"[" * 100_000, "cannot be read as json"),
    ("json", b'{"distance": "far", "hour": 7, "carrier": "UA"}', "Column 'distance'"),
    ("json", b'{"distance": 1, "hour": 7}', "lacks the column 'carrier'"),
    ("json", b'{"distance": 1, "hour": 7, "carrier": "\\ud800"}', "carrier"),
    # Together these two would be one object, and the third two.
    ("json", b'{"distance": 1, "hour": 7', "cannot be read as json"),
    ("json", b'"carrier": "UA"}', "cannot be read as json"),
    ("json", GOOD + b"," + GOOD, "cannot be read as json"),
    ("arrow", b"no stream", "cannot be read as an Arrow stream"),
    ("arrow", arrow_stream(ROW)[:-40], "cannot be read as an Arrow stream"),
    ("arrow", arrow_stream(ROW.drop_columns(["hour"])), "hour"),
    (
        "arrow",
        arrow_stream(ROW.set_column(1, "hour", pa.array(["seven"]))),
        "Column 'hour' has type string",
    ),
    ("csv", b"distance,hour,carrier\n1,2\n", "Row 0 of the CSV has 2 fields, expected 3"),
    ("csv", b"distance,hour,carrier\nfar,2,UA\n", "Column 'distance'"),
    ("csv", b'distance,hour,carrier\n1,2,"UA\n', "cannot be read as csv"),
]
GOOD_OF = {
    "json": GOOD,
    "arrow": arrow_stream(ROW),
    "csv": b"distance,hour,carrier\n100,7,UA\n",
}


@pytest.mark.parametrize(("form", "bad", "reason"), BAD)
def test_message_that_cannot_be_read_is_put_aside(
    form: str, bad: bytes, reason: str, predictor: ms.Predictor, tmp_path: Path
) -> None:
    good = GOOD_OF[form]
    values = [good, bad, good, good, bad]
    letters = ParquetFolder(tmp_path / "dead")
    sink = ParquetFolder(tmp_path / "out")
    source = MemorySource(messages_of(values))
    stream = Stream(predictor, source, sink, format=form, dead_letters=letters)
    stream.run(idle_seconds=0)
    found = pq.read_table(tmp_path / "out", partitioning=None)
    assert found["offset"].to_pylist() == [0, 2, 3]
    np.testing.assert_array_equal(found["probability"], [predictor.predict(ROW)[0]] * 3)
    dead = pq.read_table(tmp_path / "dead", partitioning=None)
    assert dead["offset"].to_pylist() == [1, 4]
    assert dead["value"].to_pylist() == [bad, bad]
    assert dead["key"].to_pylist() == [b"k1", b"k4"]
    assert reason in dead["reason"][0].as_py()
    assert sum(stream.facts.dead.values()) == 2


def test_message_that_cannot_be_read_without_a_place_for_it_stops_the_stream(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    source = MemorySource(messages_of([GOOD, b"{", GOOD]))
    sink = ParquetFolder(tmp_path)
    with pytest.raises(ms.DataError, match=r"Message rows/0/1: .*dead_letters"):
        Stream(predictor, source, sink).run(idle_seconds=0)
    assert source.offsets == {}
    letters = ParquetFolder(tmp_path / "dead")
    Stream(predictor, source, sink, dead_letters=letters).run(idle_seconds=0)
    assert pq.read_table(tmp_path / "topic=rows", partitioning=None).num_rows == 2


def test_every_message_of_a_batch_bad_leaves_none(predictor: ms.Predictor, tmp_path: Path) -> None:
    letters = ParquetFolder(tmp_path / "dead")
    source = MemorySource(messages_of([b'{"hour": "x"}'] * 50))
    stream = Stream(predictor, source, ParquetFolder(tmp_path / "out"), dead_letters=letters)
    assert stream.run(idle_seconds=0) == 0
    assert pq.read_table(tmp_path / "dead", partitioning=None).num_rows == 50
    assert source.offsets == {("rows", 0): 50}


def test_schema_that_changes_midway_goes_on_with_what_fits(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    table = rows_table(5, seed=9)
    wide = table.append_column("extra", pa.array(range(5)))
    turned = table.select(["carrier", "id", "hour", "distance"])
    narrow = table.set_column(2, "hour", table["hour"].cast(pa.int16()))
    gone = table.drop_columns(["carrier"])
    other = table.set_column(0, "id", table["id"].cast(pa.string()))
    values = [arrow_stream(one) for one in (table, wide, turned, narrow, gone, other, table)]
    sink, letters = ParquetFolder(tmp_path / "out"), ParquetFolder(tmp_path / "dead")
    source = MemorySource(messages_of(values))
    Stream(
        predictor, source, sink, format="arrow", keep=["id"], dead_letters=letters
    ).run(idle_seconds=0)  # fmt: skip
    files = sorted((tmp_path / "out").rglob("*.parquet"))
    # The column that is kept changed its type, and back: three files.
    assert [path.stem for path in files] == [f"{at:020d}" for at in (0, 5, 6)]
    found = [pq.read_table(path, partitioning=None) for path in files]
    assert [one["id"].type for one in found] == [pa.int64(), pa.string(), pa.int64()]
    want = predictor.predict(table)
    for one in found:
        for at in range(0, one.num_rows, 5):
            np.testing.assert_array_equal(one["probability"][at : at + 5], want)
    dead = pq.read_table(tmp_path / "dead", partitioning=None)
    assert dead["offset"].to_pylist() == [4]


def test_disk_that_is_full_loses_nothing(
    predictor: ms.Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = rows_table(300, seed=10)
    source = MemorySource(messages_of(json_rows(table)))
    write, calls = pq.write_table, []

    def full(*positional: Any, **named: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*positional, **named)

    monkeypatch.setattr(pq, "write_table", full)
    sink = ParquetFolder(tmp_path, file_rows=50)
    with pytest.raises(ms.errors.FileError, match="No space left"):
        Stream(predictor, source, sink, batch_rows=50).run(idle_seconds=0)
    sink = ParquetFolder(tmp_path, file_rows=50)
    Stream(predictor, source, sink, batch_rows=50).run(idle_seconds=0)
    found = pq.read_table(tmp_path, partitioning=None)
    assert found["offset"].to_pylist() == list(range(300))
    np.testing.assert_array_equal(found["probability"], predictor.predict(table))


def test_commit_that_was_lost_repeats_nothing(predictor: ms.Predictor, tmp_path: Path) -> None:
    values = json_rows(rows_table(100, seed=11))
    source = MemorySource(messages_of(values[:60]))
    Stream(predictor, source, ParquetFolder(tmp_path)).run(idle_seconds=0)
    again = MemorySource(messages_of(values))
    Stream(predictor, again, ParquetFolder(tmp_path), batch_rows=37).run(idle_seconds=0)
    assert pq.read_table(tmp_path, partitioning=None)["offset"].to_pylist() == list(range(100))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "xml"}, "format is 'xml'"),
        ({"kind": "best"}, "kind is 'best'"),
        ({"batch_rows": 0}, "batch_rows must be"),
        ({"batch_ms": -1}, "batch_ms must be"),
        ({"keep": ["probability"]}, "keep names 'probability'"),
        ({"history": ms.stream.HistoryFeed()}, "needs a folder"),
    ],
)
def test_argument_that_cannot_be_is_refused(
    options: dict[str, Any], said: str, predictor: ms.Predictor, tmp_path: Path
) -> None:
    with pytest.raises(ms.ParameterError, match=said):
        Stream(predictor, MemorySource([]), ParquetFolder(tmp_path), **options)


def test_rows_of_several_messages_have_the_bits_of_one_table(predictor: ms.Predictor) -> None:
    """Lists of rows, blanks around them and empty lists are as good as objects."""
    from mainspring.stream.scoring import Scoring

    rows = json_rows(rows_table(6, seed=12))
    values = [rows[0], b" [" + rows[1] + b" , " + rows[2] + b"]\n", b"[]", b"\t" + rows[3], rows[4]]
    scoring = Scoring(
        predictor, form="json", kind="raw", keep=["id"], csv_columns=None, drift=None,
        quality=None, history=None,
    )  # fmt: skip
    scored, dead = scoring.predict(messages_of(values))
    assert not dead
    assert scored[0].counts == [1, 2, 0, 1, 1]
    assert scored[0].table["id"].to_pylist() == [0, 1, 2, 3, 4]
    want = predictor.predict_raw(rows_table(6, seed=12))[:5]
    np.testing.assert_array_equal(scored[0].table["raw"], want)
    from mainspring.stream.formats import encode

    written = list(encode("json", scored[0].table, scored[0].counts))
    assert [len(one) if isinstance(one, list) else 1 for one in map(json.loads, written)] == [
        1, 2, 0, 1, 1,
    ]  # fmt: skip
