"""The payload log: rows as they were asked and answered, rotated, redacted, never in the way."""

from __future__ import annotations

import errno
import json
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors
from mainspring.serve import PayloadLogOptions, create_app
from mainspring.serve.payload_log import _File
from mainspring.serve.payload_rows import payload_rows
from tests.serve.client import JSON, post
from tests.serve.conftest import ROW, infer_body
from tests.serve.test_metrics import samples
from tests.serve.test_process import Server


def logged(folder: Path, tmp_path: Path, **options: Any) -> Any:
    chosen = {"share": 1.0, **options}
    return create_app(
        {"two": folder / "two.spring"}, payload_log=PayloadLogOptions(tmp_path / "log", **chosen)
    )


def tables(tmp_path: Path) -> list[pa.Table]:
    files = sorted((tmp_path / "log").glob("*.arrows"), key=lambda path: path.stat().st_mtime_ns)
    return [pa.ipc.open_stream(path.read_bytes()).read_all() for path in files]


def test_rows_of_every_protocol_are_kept_with_their_predictions(
    folder: Path, tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    app = logged(folder, tmp_path, redact=["carrier"])
    few = [row for row in rows[:40] if None not in row.values()][:3]
    columns = {name: [row[name] for row in few] for name in ROW}
    split = {"columns": list(ROW), "data": [[row[name] for name in ROW] for row in few]}
    sink = pa.BufferOutputStream()
    plain = [{**row, "flight": int(row["flight"])} for row in few]
    table = pa.table(
        {
            "distance": pa.array([row["distance"] for row in plain], "double"),
            "flight": pa.array([row["flight"] for row in plain], "int64"),
            "carrier": [row["carrier"] for row in plain],
            "departure": pa.array([row["departure"] for row in plain]).cast(
                pa.timestamp("us", "UTC")
            ),
        }
    )
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    arrow = [("content-type", "application/vnd.apache.arrow.stream")]
    asked: list[tuple[str, Any, Any]] = [
        ("/predict", few, [JSON]),
        ("/predict", few[0], [JSON]),
        ("/predict", {"rows": few}, [JSON]),
        ("/predict", {"columns": columns}, [JSON]),
        ("/v2/models/two/infer", infer_body(few), [JSON]),
        ("/v1/models/two:predict", {"instances": few}, [JSON]),
        ("/v1/models/two:predict", {"inputs": columns}, [JSON]),
        ("/invocations", {"dataframe_split": split}, [JSON]),
        ("/predict", sink.getvalue().to_pybytes(), arrow),
    ]
    expected = []
    for path, body, headers in asked:
        answer = post(app, path, body, headers=[*headers, ("x-request-id", path[:5])])
        assert answer.status == 200
        expected += [json.dumps(one) for one in post(app, "/predict", few).json["predictions"]][
            : 1 if body is few[0] else 3
        ]
    post(app, "/predict", b"{")
    app.state.server.stop()
    (found,) = tables(tmp_path)
    # Each request above was followed by one for what to expect.
    own = found.filter(
        pa.compute.is_in(found["request_id"], pa.array(["/pred", "/v2/m", "/v1/m", "/invo"]))
    )
    assert own["prediction"].to_pylist() == expected
    assert own["input.distance"].to_pylist()[:3] == [row["distance"] for row in few]
    assert own["input.flight"].to_pylist()[:3] == [row["flight"] for row in few]
    assert own["input.carrier"].null_count == len(own)
    assert own["row"].to_pylist()[:4] == [0, 1, 2, 0]
    assert found.schema.metadata == {b"model": b"two", b"version": b"1"}
    moment = found["time"][0].as_py().timestamp()
    assert abs(moment - time.time()) < 600


def test_share_of_the_requests_is_kept(folder: Path, tmp_path: Path) -> None:
    app = logged(folder, tmp_path, share=0.25)
    for _ in range(400):
        post(app, "/predict", ROW)
    app.state.server.stop()
    count = sum(len(table) for table in tables(tmp_path))
    assert 50 < count < 150
    assert samples(app)["mainspring_payloads_total"] == {("written",): count}


def test_files_are_rotated_and_the_oldest_deleted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = logged(folder, tmp_path, max_file_bytes=4000, max_files=3)
    moments = iter(range(10**9, 0, -(10**5)))  # a clock that goes back, and jumps
    monkeypatch.setattr(time, "time", lambda: float(next(moments)))
    for number in range(60):
        headers = [JSON, ("x-request-id", f"r{number}")]
        assert post(app, "/predict", [ROW] * 20, headers=headers).status == 200
    app.state.server.stop()
    found = tables(tmp_path)
    assert 1 < len(found) <= 3
    assert found[-1]["request_id"][-1].as_py() == "r59"
    assert sum(len(table) for table in found) < 60 * 20


def test_disk_that_is_full_costs_the_log_and_nothing_else(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = logged(folder, tmp_path)

    def full(self: Any, batch: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_File, "write", full)
        for _ in range(20):
            assert post(app, "/predict", ROW).status == 200
        app.state.server.stop()
    assert samples(app)["mainspring_payloads_total"] == {("dropped",): 20}
    assert sum("No space left" in record.getMessage() for record in caplog.records) == 1
    assert list((tmp_path / "log").iterdir()) == []
    monkeypatch.setattr(app.state.server.payloads, "_retry_at", 0.0)
    post(app, "/predict", ROW)
    app.state.server.stop()
    assert samples(app)["mainspring_payloads_total"]["written",] == 1


def test_requests_never_wait_for_the_log(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = logged(folder, tmp_path, max_waiting=5)
    log = app.state.server.payloads
    with monkeypatch.context() as patch:
        patch.setattr(log, "_thread", object())  # one that takes nothing
        for _ in range(8):
            assert post(app, "/predict", ROW).status == 200
    assert log.counts == {("two", "1", "dropped"): 3}


def test_what_has_no_rows_is_dropped(folder: Path, tmp_path: Path) -> None:
    app = logged(folder, tmp_path)
    values = {"instances": [list(ROW.values())]}
    assert post(app, "/v1/models/two:predict", values).status == 200
    assert post(app, "/predict", []).status == 200
    app.state.server.stop()
    assert samples(app)["mainspring_payloads_total"] == {("written",): 1, ("dropped",): 1}
    with pytest.raises(ValueError, match="2 rows have 1"):
        payload_rows("rows", b"[{}, {}]", b'{"predictions": [1]}')


@pytest.mark.parametrize(
    "wrong", [{"share": 0}, {"share": 1.5}, {"max_files": 0}, {"max_file_bytes": "x"}]
)
def test_options_when_wrong_are_refused(
    folder: Path, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(errors.ParameterError, match=next(iter(wrong))):
        logged(folder, tmp_path, **wrong)


def test_nothing_is_kept_while_a_column_to_redact_is_in_no_model_of_a_folder(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    models = tmp_path / "models"
    models.mkdir()
    model = linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    prep = ms.Preprocessor(ms.col("height")).fit(pa.table({"height": [0.0, 1.0]}))
    ms.Predictor(model, prep).save(models / "other.spring")
    options = PayloadLogOptions(tmp_path / "log", 1.0, redact=iter(["carrier", "distance"]))
    app = create_app(repository=models, payload_log=options)
    server = app.state.server
    assert "No request is kept: to be redacted is 'carrier'" in caplog.text
    assert server.handler.watchers == ()
    assert post(app, "/predict", {"height": 2.0}).status == 200
    caplog.clear()
    (models / "two.spring").write_bytes((folder / "two.spring").read_bytes())
    server.repository.scan()
    assert caplog.text == ""
    assert post(app, "/v2/models/two/infer", infer_body([ROW])).status == 200
    server.stop()
    (found,) = tables(tmp_path)
    assert found["input.carrier"].null_count == found["input.distance"].null_count == 1
    server.models.remove("two")
    assert "'carrier', which is a column of no model" in caplog.text
    assert server.handler.watchers == ()


def test_command_keeps_what_it_is_told_to(folder: Path, tmp_path: Path) -> None:
    server = Server(
        str(folder / "two.spring"),
        *("--payload-log", str(tmp_path / "log"), "--payload-share", "1"),
        *("--payload-redact", "distance,flight"),
    )
    for _ in range(5):
        assert server.post("/predict", json.dumps(ROW).encode())[0] == 200
    assert server.stop(signal.SIGTERM)[0] == 0
    (found,) = tables(tmp_path)
    assert found["input.carrier"].to_pylist() == [ROW["carrier"]] * 5
    assert found["input.distance"].null_count == found["input.flight"].null_count == 5
