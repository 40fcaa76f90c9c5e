"""Routes, metadata, metrics, and what an app cannot be made of."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from mainspring import _engine, errors, runtime
from mainspring.serve import create_app
from mainspring.serve.predictions import Prediction
from tests.runtime.test_batches import strip_model
from tests.serve.client import ask, post
from tests.serve.conftest import ROW, infer_body


def test_health_and_server_metadata_are_answered(app: Any) -> None:
    for path, expected in {
        "/healthz": {"status": "ok"},
        "/v2/health/live": {"live": True},
        "/v2/health/ready": {"ready": True},
        "/v2/models/two/ready": {"name": "two", "ready": True},
        "/v2/models/two/versions/1/ready": {"name": "two", "ready": True},
    }.items():
        answer = ask(app, "GET", path)
        assert (answer.status, answer.json) == (200, expected)
    assert ask(app, "GET", "/v2").json["name"] == "mainspring"


def test_model_metadata_lists_columns_and_outputs(both: Any) -> None:
    answer = ask(both, "GET", "/v2/models/three").json
    assert (answer["name"], answer["versions"], answer["platform"]) == (
        "three",
        ["1"],
        "mainspring",
    )
    kinds = {tensor["name"]: (tensor["datatype"], tensor["shape"]) for tensor in answer["inputs"]}
    assert list(kinds) == ["distance", "flight", "carrier", "departure"]
    assert kinds["distance"] == ("FP64", [-1])
    assert kinds["carrier"] == ("BYTES", [-1])
    assert kinds["departure"] == ("INT64", [-1])
    assert [tensor["name"] for tensor in answer["outputs"]] == [f"prediction_{i}" for i in range(3)]


def test_index_shows_a_row_that_each_model_takes(both: Any) -> None:
    for model in ask(both, "GET", "/").json["models"]:
        answer = post(both, model["predict"], model["example"])
        assert answer.status == 200
        assert answer.json["outputs"] == model["outputs"]
        assert ask(both, "GET", model["metadata"]).status == 200


def test_openapi_describes_each_model_with_a_row_that_it_takes(both: Any) -> None:
    document = ask(both, "GET", "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    paths = {path: each for path, each in document["paths"].items() if path.endswith("/predict")}
    assert list(paths) == ["/models/two/predict", "/models/three/predict"]
    for path, described in paths.items():
        content = described["post"]["requestBody"]["content"]["application/json"]
        row, rows = content["schema"]["anyOf"]
        assert rows == {"type": "array", "items": row}
        assert row["required"] == ["distance", "flight", "carrier", "departure"]
        assert row["properties"]["distance"]["type"] == ["number", "null"]
        assert row["properties"]["departure"]["format"] == "date-time"
        answer = post(both, path, content["example"])
        assert answer.status == 200
        wanted = described["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert set(answer.json) == set(wanted["required"])
        lacking = post(both, path, {})
        assert str(lacking.status) in described["post"]["responses"]
        item = wanted["properties"]["predictions"]["items"]
        assert (item["type"] == "array") == (path == "/models/three/predict")


def test_predict_without_a_name_wants_one_of_several(both: Any) -> None:
    answer = post(both, "/predict", ROW)
    assert (answer.status, "/models/NAME/predict" in answer.error) == (404, True)


def samples(app: Any) -> dict[tuple[str, ...], float]:
    answer = ask(app, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def test_metrics_count_requests_rows_errors_and_time(folder: Path) -> None:
    app = create_app({"two": folder / "two.spring"}, max_rows=10)
    post(app, "/predict", [ROW] * 3)
    post(app, "/predict", {})
    post(app, "/predict", b"{")
    post(app, "/predict", [ROW] * 11)
    post(app, "/predict?kind=x", ROW)
    post(app, "/v2/models/two/infer", infer_body([ROW, ROW]))
    ask(app, "GET", "/nothing")
    counted = samples(app)
    for outcome, count in {"ok": 1, "schema": 1, "data": 1, "limit": 1, "busy": 0}.items():
        labels = sorted(["1", outcome, "rows", "two"])
        assert counted[("mainspring_requests_total", *labels)] == count
    assert counted["mainspring_rows_total", "1", "rows", "two"] == 3
    assert counted["mainspring_rows_total", "1", "infer", "two"] == 2
    assert counted["mainspring_refused_requests_total", "400"] == 1
    assert counted["mainspring_refused_requests_total", "404"] == 1
    assert counted["mainspring_model_info", "1", "two"] == 1
    assert counted["mainspring_request_seconds_count", "1", "rows", "two"] == 4
    assert 0 < counted["mainspring_request_seconds_sum", "1", "rows", "two"] < 10
    buckets = [
        value
        for key, value in counted.items()
        if key[0] == "mainspring_request_seconds_bucket" and "rows" in key
    ]
    assert len(buckets) == len(_engine.latency_bounds()) + 1
    assert buckets == sorted(buckets)
    assert buckets[-1] == 4
    assert all(name.startswith(("mainspring_", "process_")) for name, *_ in counted)


@pytest.mark.parametrize("models", [[], {}, [5], {"a": None}, {"a/b": "x"}, {"": "x"}, 7])
def test_models_when_they_are_none_are_refused(models: Any, folder: Path) -> None:
    if isinstance(models, dict):
        models = {k: folder / "two.spring" if v == "x" else v for k, v in models.items()}
    with pytest.raises(errors.ParameterError):
        create_app(models)


def test_files_that_are_no_models_are_refused_when_the_app_is_made(folder: Path) -> None:
    with pytest.raises(errors.FileError, match=r"absent\.spring"):
        create_app(folder / "absent.spring")
    (folder / "text.spring").write_text("no bundle")
    with pytest.raises(errors.BundleCorruptError, match=r"text\.spring"):
        create_app([folder / "text.spring"])
    bundle = _engine.Bundle.load(folder / "two.spring")
    (folder / "plan.spring").write_bytes(strip_model(bundle))
    with pytest.raises(errors.UnsupportedError, match="transforms but no model"):
        create_app(folder / "plan.spring")
    with pytest.raises(errors.ParameterError, match="'mixed'"):
        create_app([folder / "two.spring", folder / "three.spring"])


def test_models_of_pandas_codes_are_refused_when_the_app_is_made() -> None:
    features = np.random.default_rng(1).normal(size=(300, 2))
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(features, label=features[:, 0]), 3)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    meta = b'{"model":{"pandas_categorical":[["x"]]},"name":"codes","preprocessor":false}'
    codes = runtime.load(_engine.write_bundle(meta, None, ["a", "b"], image.section, b""))
    with pytest.raises(errors.UnsupportedError, match="pandas categories"):
        create_app(codes)


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, 2**31])
@pytest.mark.parametrize("name", ["max_rows", "max_body_bytes"])
def test_limits_that_are_none_are_refused(folder: Path, name: str, limit: Any) -> None:
    with pytest.raises(errors.ParameterError, match=name):
        create_app(folder / "two.spring", **{name: limit})


def test_proba_of_a_regression_is_refused() -> None:
    features = np.random.default_rng(1).normal(size=(300, 2))
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(features, label=features[:, 0]), 3)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    plain = runtime.load(
        _engine.write_bundle(b'{"name":"p"}', None, ["a", "b"], image.section, b"")
    )
    app = create_app(plain)
    answer = post(app, "/predict?kind=proba", {"a": 1, "b": 2})
    assert (answer.status, "classifier" in answer.error) == (400, True)
    score = post(app, "/predict", {"a": 1, "b": None}).json["predictions"][0]
    assert score == plain.predict_row({"a": 1, "b": math.nan})


def test_serving_loads_neither_numpy_nor_pyarrow(folder: Path) -> None:
    code = f"""
import asyncio, json, sys
from mainspring.serve import create_app
from mainspring.serve.predictions import Prediction
from tests.serve.client import post
app = create_app({str(folder / "two.spring")!r})
assert post(app, "/predict", {ROW!r}).status == 200
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "pyarrow", "pandas", "uvicorn"} & set(done.stdout.split()) == set()


def test_extra_when_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    with pytest.raises(errors.MissingExtraError, match=r"mainspring\[serve\]"):
        create_app(folder / "two.spring")


def test_app_when_mounted_in_another_answers_there(app: Any) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    outer = Starlette(routes=[Mount("/models", app)])
    assert post(outer, "/models/predict", ROW).body == post(app, "/predict", ROW).body
    assert ask(outer, "GET", "/models/v2/health/live").status == 200


def test_receive_that_never_waits_does_not_hold_up_the_answer(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some hosts give the request again instead of waiting until the client leaves."""
    monkeypatch.setattr(Prediction, "is_inline", lambda *_: False)
    body = json.dumps(ROW).encode()

    async def again(scope: Any, receive: Any, send: Any) -> None:
        async def repeat() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await asyncio.wait_for(app(scope, repeat, send), 20)

    assert post(again, "/predict", ROW).status == 200
