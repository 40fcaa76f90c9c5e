"""The server does what its OpenAPI document says: examples work, and what is drawn from it too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from mainspring.serve import create_app
from tests.serve.client import JSON, ask, post


def operations(app: Any, headers: Any = (JSON,)) -> list[tuple[str, str, dict[str, Any]]]:
    document = ask(app, "GET", "/openapi.json", headers=headers).json
    assert document["openapi"] == "3.1.0"
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_example_is_answered(both: Any) -> None:
    found = operations(both)
    assert len({operation["operationId"] for _, _, operation in found}) == len(found) == 11
    for method, path, operation in found:
        body = b""
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            body = json.dumps(content["example"]).encode()
        answer = ask(both, method.upper(), path, [body])
        assert answer.status == 200, (path, answer.body)
        assert {"200"} <= set(operation["responses"])


def test_document_says_what_keys_are_for(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"a {hashlib.sha256(b'k').hexdigest()} predict\n")
    app = create_app({"m": folder / "two.spring"}, access=keys)
    found = operations(app, [("x-api-key", "k")])
    assert all({"401", "403"} <= set(operation["responses"]) for _, _, operation in found)


def test_page_of_routes_asks_for_nothing_from_elsewhere(app: Any) -> None:
    answer = ask(app, "GET", "/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.body.decode()
    assert "https://" not in answer.body.decode()
    assert "NONCE" not in answer.body.decode()


def test_requests_that_schemathesis_draws_have_documented_answers(both: Any) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    # How many values a tensor has is said by another member: JSON Schema cannot say so, and what
    # it allows here may be refused.
    bound = ("infer", "labels")
    schema = schemathesis.openapi.from_asgi("/openapi.json", both)
    num_cases = 0

    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=40,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @_given(operation)
        def check(case: Any) -> None:
            nonlocal num_cases
            num_cases += 1
            is_bound = str(case.operation.path).endswith(bound)
            case.call_and_validate(excluded_checks=[positive_data_acceptance] if is_bound else [])

        check()
    assert num_cases > 200


def _given(operation: Any) -> Any:
    from hypothesis import given

    return given(case=operation.as_strategy())


def test_wrong_method_is_answered_with_those_that_are_there(both: Any) -> None:
    for method, path, _ in operations(both):
        other = "GET" if method == "post" else "POST"
        answer = ask(both, other, path)
        assert answer.status == 405
        assert method.upper() in answer.headers["allow"]


def test_labels_of_the_document_are_measured(both: Any) -> None:
    document = ask(both, "GET", "/openapi.json").json
    path = "/v2/models/two/labels"
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    assert post(both, path, body["example"]).json["joined"] == 1
