"""Models that come, go and change while requests are answered."""

from __future__ import annotations

import json
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mainspring import errors, runtime
from mainspring.serve import create_app
from mainspring.serve.access import Access, read_keys
from tests.serve.client import JSON, ask, post
from tests.serve.conftest import ROW, infer_body

ADMIN = "ms_admin"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "models"
    made.mkdir()
    return made


def put(path: Path, source: Path) -> None:
    """Put a file in place as a careful program does: whole, or not at all."""
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(source.read_bytes())
    new.rename(path)


def version_of(app: Any, name: str = "m") -> list[str]:
    versions: list[str] = ask(app, "GET", f"/v2/models/{name}").json["versions"]
    return versions


def test_folder_is_served_and_looked_at_again(repository: Path, folder: Path) -> None:
    put(repository / "m.spring", folder / "two.spring")
    app = create_app(repository=repository)
    assert post(app, "/predict", ROW).json["outputs"] == ["prediction"]
    put(repository / "m.spring", folder / "three.spring")
    app.state.server.repository.scan()
    assert len(post(app, "/predict", ROW).json["outputs"]) == 3
    assert version_of(app) == ["1", "2"]
    old = {"inputs": [], "outputs": []}
    assert "columns" in post(app, "/v2/models/m/versions/1/infer", old).error
    put(repository / "other.spring", folder / "two.spring")
    app.state.server.repository.scan()
    assert post(app, "/models/other/predict", ROW).status == 200
    app.state.server.repository.scan()
    assert version_of(app) == ["1", "2"]  # what has not changed is not loaded again


def test_highest_version_is_served_and_the_one_before_kept(repository: Path, folder: Path) -> None:
    for number in (1, 2, 10):
        put(repository / "m" / f"{number}.spring", folder / "two.spring")
    app = create_app(repository=repository)
    assert version_of(app) == ["2", "10"]
    (repository / "m" / "11").mkdir()
    put(repository / "m" / "11" / "any.spring", folder / "three.spring")
    app.state.server.repository.scan()
    assert version_of(app) == ["10", "11"]
    assert len(post(app, "/predict", ROW).json["outputs"]) == 3
    assert post(app, "/v1/models/m/versions/10:predict", {"instances": [ROW]}).status == 200
    assert post(app, "/v1/models/m/versions/9:predict", {"instances": [ROW]}).status == 404


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "empty", "golden"])
def test_file_that_fails_leaves_what_was_served(
    repository: Path, folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(repository / "m.spring", folder / "two.spring")
    app = create_app(repository=repository)
    before = post(app, "/predict", ROW).body
    good = (folder / "three.spring").read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 4
    broken = {"truncated": good[:-9], "flipped": bytes(flipped), "text": b"x", "empty": b""}
    if damage == "golden":
        wrong = {"rows": [ROW], "predictions": [0.5]}
        (repository / "m.golden.json").write_text(json.dumps(wrong))
    (repository / "m.spring").write_bytes(broken.get(damage, (folder / "two.spring").read_bytes()))
    os.utime(repository / "m.spring", ns=(1, 1))
    with caplog.at_level(logging.ERROR, "mainspring.serve"):
        app.state.server.repository.scan()
        app.state.server.repository.scan()
    assert len(caplog.records) == 1
    assert post(app, "/predict", ROW).body == before
    assert ask(app, "GET", "/v2/health/ready").status == 200
    assert app.state.server.repository.loads == {("m", "ok"): 1, ("m", "failed"): 1}


def test_golden_rows_that_are_predicted_so_let_a_file_pass(repository: Path, folder: Path) -> None:
    put(repository / "m.spring", folder / "two.spring")
    score = runtime.load(folder / "two.spring").predict_row(ROW)
    golden = {"rows": [ROW], "predictions": [score]}
    (repository / "m.golden.json").write_text(json.dumps(golden))
    assert post(create_app(repository=repository), "/predict", ROW).json["predictions"] == [score]


@pytest.mark.parametrize(
    ("golden", "said"),
    [
        ([ROW], "m.golden.json is not"),
        ({"rows": [ROW]}, "m.golden.json is not"),
        ({"rows": ROW, "predictions": [0.5]}, "m.golden.json is not"),
        ({"rows": [ROW, ROW], "predictions": [0.5]}, "2 rows and 1 predictions"),
        ({"rows": [7], "predictions": [0.5]}, ""),
    ],
)
def test_golden_rows_that_are_none_keep_only_their_own_file_back(
    repository: Path, folder: Path, golden: object, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("m", "other"):
        put(repository / f"{name}.spring", folder / "two.spring")
    (repository / "m.golden.json").write_text(json.dumps(golden))
    app = create_app(repository=repository)
    assert [model.name for model in app.state.server.models] == ["other"]
    (record,) = caplog.records
    assert "m.spring is not served" in record.getMessage()
    assert said in record.getMessage()


def test_empty_folder_is_not_ready_until_a_model_comes(repository: Path, folder: Path) -> None:
    app = create_app(repository=repository)
    assert ask(app, "GET", "/v2/health/ready").status == 503
    assert ask(app, "GET", "/v2/health/live").status == 200
    assert post(app, "/predict", ROW).status == 404
    put(repository / "m.spring", folder / "two.spring")
    app.state.server.repository.scan()
    assert ask(app, "GET", "/ping").status == 200
    with pytest.raises(errors.FileError):
        create_app(repository=repository / "absent")


def test_models_change_hundred_times_without_a_failed_request(
    repository: Path, folder: Path
) -> None:
    put(repository / "m.spring", folder / "two.spring")
    app = create_app(repository=repository)
    server = app.state.server
    headers = {b"content-type": b"application/json"}
    body = json.dumps(ROW).encode()
    answers = [
        post(create_app({"m": folder / name}), "/predict", ROW).body
        for name in ("two.spring", "three.spring")
    ]
    seen: list[Any] = []
    done = threading.Event()

    def ask_on() -> None:
        while not done.is_set():
            seen.append(server.answer("/predict", "", dict(headers), body))

    askers = [threading.Thread(target=ask_on) for _ in range(2)]
    for asker in askers:
        asker.start()
    for number in range(100):
        put(repository / "m.spring", folder / ("two.spring" if number % 2 else "three.spring"))
        server.repository.scan()
    done.set()
    for asker in askers:
        asker.join()
    assert {reply.status for reply in seen} == {200}
    assert {reply.body for reply in seen} == set(answers)
    assert server.models.slots["m"].current.version == "101"


def admin_app(repository: Path, tmp_path: Path) -> Any:
    import hashlib

    keys = tmp_path / "keys"
    keys.write_text(
        "# who\n\n"
        f"root {hashlib.sha256(ADMIN.encode()).hexdigest()} predict,metrics,admin\n"
        f"reader {hashlib.sha256(b'ms_reader').hexdigest()} predict m*\n"
    )
    return create_app(repository=repository, access=keys)


def as_admin(app: Any, verb: str, body: object = None) -> Any:
    headers = [JSON, ("authorization", f"Bearer {ADMIN}")]
    data = b"" if body is None else json.dumps(body).encode()
    return ask(app, "POST", f"/v2/repository/models/m/{verb}", [data], headers)


def test_models_are_loaded_unloaded_and_rolled_back(
    repository: Path, folder: Path, tmp_path: Path
) -> None:
    put(repository / "m.spring", folder / "two.spring")
    app = admin_app(repository, tmp_path)
    key = [JSON, ("x-api-key", "ms_reader")]
    assert as_admin(app, "rollback").status == 409
    put(repository / "m.spring", folder / "three.spring")
    assert as_admin(app, "load").status == 200
    assert len(post(app, "/predict", ROW, headers=key).json["outputs"]) == 3
    assert as_admin(app, "rollback").json == {"name": "m", "version": "1"}
    assert len(post(app, "/predict", ROW, headers=key).json["outputs"]) == 1
    assert as_admin(app, "traffic", {"shares": {"2": 1.0}}).status == 200
    assert len(post(app, "/predict", ROW, headers=key).json["outputs"]) == 3
    assert as_admin(app, "traffic", {"shadow": "2"}).status == 200
    for body in ([ROW], [ROW, ROW]):
        assert len(post(app, "/predict", body, headers=key).json["outputs"]) == 1
    app.state.server.load._pool.shutdown()
    assert app.state.server.shadows.counts == {("m", "2", "different"): 2}
    app.state.server.load._pool = None
    assert as_admin(app, "traffic", {"shadow": "9"}).status == 404
    for wrong in ({"shares": {"9": 0.5}}, {"shares": {"2": 1.5}}, {"shares": [1]}):
        assert as_admin(app, "traffic", wrong).status in (400, 404)
    assert as_admin(app, "unload").status == 200
    assert post(app, "/predict", ROW, headers=key).status == 404
    app.state.server.repository.scan()
    assert post(app, "/predict", ROW, headers=key).status == 404
    assert as_admin(app, "load").status == 200
    assert post(app, "/predict", ROW, headers=key).status == 200
    (repository / "m.spring").write_bytes(b"x")
    assert as_admin(app, "load").status == 400
    (repository / "m.spring").unlink()
    assert as_admin(app, "load").status == 404


def test_canary_takes_its_share_of_the_requests(
    repository: Path, folder: Path, tmp_path: Path
) -> None:
    put(repository / "m.spring", folder / "two.spring")
    app = admin_app(repository, tmp_path)
    put(repository / "m.spring", folder / "three.spring")
    as_admin(app, "load")
    key = [JSON, ("x-api-key", "ms_reader")]

    def answered() -> list[int]:
        found = [post(app, "/predict", ROW, headers=key).json for _ in range(600)]
        widths = [len(one["outputs"]) for one in found]
        return [widths.count(3), widths.count(1)]

    assert answered() == [600, 0]
    assert as_admin(app, "traffic", {"shares": {"1": 0.25}}).status == 200
    current, canary = answered()
    assert current + canary == 600
    assert 90 < canary < 210  # 150 expected, five standard deviations
    whole = {"inputs": infer_body([ROW])["inputs"]}
    for version, width in (("1", 1), ("2", 3)):  # who names a version gets it
        found = post(app, f"/v2/models/m/versions/{version}/infer", whole, headers=key)
        assert len(found.json["outputs"]) == width
    assert as_admin(app, "traffic", {"shares": {}}).status == 200
    assert answered() == [600, 0]


def test_callers_may_do_what_their_key_allows(
    repository: Path, folder: Path, tmp_path: Path
) -> None:
    put(repository / "m.spring", folder / "two.spring")
    put(repository / "other.spring", folder / "two.spring")
    app = admin_app(repository, tmp_path)
    reader, root = ("x-api-key", "ms_reader"), ("authorization", f"bearer {ADMIN}")
    for headers, path, status in (
        ([JSON], "/models/m/predict", 401),
        ([JSON, ("authorization", "Bearer")], "/models/m/predict", 401),
        ([JSON, ("authorization", "Basic eDp5")], "/models/m/predict", 401),
        ([JSON, ("x-api-key", "ms_wrong")], "/models/m/predict", 401),
        ([JSON, ("authorization", "Bearer \xff\xfe")], "/models/m/predict", 401),
        ([JSON, reader], "/models/m/predict", 200),
        ([JSON, reader], "/models/other/predict", 403),
        ([JSON, reader], "/v2/repository/models/m/unload", 403),
        ([JSON, root], "/models/other/predict", 200),
    ):
        answer = post(app, path, ROW, headers=headers)
        assert answer.status == status
        assert status != 401 or answer.headers["www-authenticate"] == "Bearer"
    for key, names in (([reader], {"m"}), ([root], {"m", "other"})):
        index = ask(app, "GET", "/", headers=key).json["models"]
        assert {model["name"] for model in index} == names
        for path, method, member in (
            ("/v2/models/stats", "GET", "model_stats"),
            ("/v2/repository/index", "POST", None),
        ):
            found = ask(app, method, path, [b""], key).json
            assert {one["name"] for one in (found[member] if member else found)} == names
        paths = ask(app, "GET", "/openapi.json", headers=key).json["paths"]
        assert ("/models/other/predict" in paths) == ("other" in names)
    assert ask(app, "GET", "/metrics", headers=[reader]).status == 403
    assert ask(app, "GET", "/metrics", headers=[root]).status == 200
    assert ask(app, "GET", "/", headers=[]).status == 401
    assert ask(app, "GET", "/v2/models/m", headers=[]).status == 401
    assert ask(app, "GET", "/healthz", headers=[]).status == 200


def test_tokens_are_verified(folder: Path) -> None:
    jwt = pytest.importorskip("jwt")
    import time

    secret = "a secret that is long enough for sha256"
    access = Access(jwt_key=secret, jwt_algorithms=["HS256"], jwt_audience="us")
    app = create_app({"m": folder / "two.spring"}, access=access)
    now = int(time.time())
    good = {"exp": now + 60, "aud": "us", "scope": "predict", "sub": "me"}

    def status(claims: dict[str, Any], algorithm: str = "HS256", key: str = secret) -> int:
        token = jwt.encode(claims, None if algorithm == "none" else key, algorithm=algorithm)
        return post(
            app, "/predict", ROW, headers=[JSON, ("authorization", f"Bearer {token}")]
        ).status

    assert status(good) == 200
    assert status(good, algorithm="none") == 401
    assert status(good, key=secret[::-1]) == 401
    assert status({**good, "exp": now - 60}) == 401
    assert status({**good, "aud": "others"}) == 401
    assert status({name: value for name, value in good.items() if name != "exp"}) == 401
    assert status({**good, "scope": "metrics"}) == 403
    assert status({**good, "models": ["n*"]}) == 403  # also where the path names no model
    assert status({**good, "models": ["m"]}) == 200
    assert status({**good, "models": 5}) == 401
    with pytest.raises(errors.ParameterError, match="none"):
        Access(jwt_key=secret, jwt_algorithms=["none"])


def test_tokens_of_public_keys_are_verified(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jwt = pytest.importorskip("jwt")
    with monkeypatch.context() as patch:
        patch.setattr(jwt.algorithms, "has_crypto", False)
        with pytest.raises(errors.MissingExtraError, match="RS256 need cryptography"):
            Access(jwt_key="x")
    pytest.importorskip("cryptography")
    import time

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, kind).decode()
    app = create_app({"m": folder / "two.spring"}, access=Access(jwt_key=public))
    claims = {"exp": int(time.time()) + 60}

    def status(token: str) -> int:
        headers = [JSON, ("authorization", f"Bearer {token}")]
        return post(app, "/predict", ROW, headers=headers).status

    assert status(jwt.encode(claims, key, "ES256")) == 200
    assert status(jwt.encode(claims, other, "ES256")) == 401
    # A public key is no secret: what was signed with it as one is refused.
    monkeypatch.setattr(jwt.algorithms.HMACAlgorithm, "prepare_key", lambda self, key: key.encode())
    assert status(jwt.encode(claims, public, "HS256")) == 401


def test_file_of_keys_when_wrong_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    for line in ("x", "x y predict", f"x {'0' * 64} fly", f"x {'0' * 63} predict", "a b c d e"):
        path.write_text(line)
        with pytest.raises(errors.ParameterError, match="line 1"):
            read_keys(path)
    for nothing in ("", "\n\n", "# no key yet\n"):  # the server would be open to everybody
        path.write_text(nothing)
        with pytest.raises(errors.ParameterError, match="holds no API key"):
            read_keys(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(errors.FileError, match="it is no text"):
        read_keys(path)
    with pytest.raises(errors.FileError):
        read_keys(tmp_path / "absent")


def test_callers_that_send_too_much_are_told_when_to_come_again(
    repository: Path, folder: Path, tmp_path: Path
) -> None:
    import hashlib

    keys = tmp_path / "keys"
    keys.write_text(f"a {hashlib.sha256(b'k').hexdigest()} predict\n")
    app = create_app({"m": folder / "two.spring"}, access=keys, rate_limit=0.5)
    key = [JSON, ("x-api-key", "k")]
    assert post(app, "/predict", ROW, headers=key).status == 200
    answer = post(app, "/predict", ROW, headers=key)
    assert (answer.status, int(answer.headers["retry-after"]) >= 1) == (429, True)
