"""``mainspring serve``: answer requests with one or several bundles."""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring.cli.columns import part_names
from mainspring.errors import ParameterError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from mainspring.serve import Access, BatchOptions, HistoryOptions, PayloadLogOptions

__all__ = ["PHRASES", "add_arguments", "run"]

# What messages of the package say, and what it is called here.
PHRASES = {
    "BatchOptions: delay_us": "--batch-delay-us",
    "BatchOptions: max_rows": "--batch-rows",
    "Pass a dict from names to models": "Name them: NAME=FILE",
    "PayloadLogOptions: redact": "--payload-redact",
    "PayloadLogOptions: share": "--payload-share",
}
# What changes nothing without another option.
_NEEDS = {
    "batch_delay_us": "batch_rows",
    "history_max_mb": "history",
    "jwt_audience": "jwt_key",
    "payload_redact": "payload_log",
    "payload_share": "payload_log",
    "tls_client_ca": "tls_cert",
    "tls_key": "tls_cert",
}

# Where SageMaker puts a model.
_SAGEMAKER_MODELS = "/opt/ml/model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundles, and where to listen.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    add = parser.add_argument
    add("bundles", nargs="*", metavar="BUNDLE", help="a .spring file, or NAME=FILE")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=int,
        help="port to listen on; 0 for any (default: 8080, or what AIP_HTTP_PORT says)",
    )
    add("--workers", type=int, default=1, help="processes (default: %(default)s)")
    add("--reload-dir", metavar="DIR", help="folder of models, looked at every second")
    add("--api-key-file", metavar="FILE", help="who may do what; a line for each key")
    add("--new-api-key", metavar="NAME", help="print a new key and its line, and end")
    add(
        "--scopes",
        nargs="+",
        default=["predict"],
        metavar="SCOPE",
        help="what the new key allows, of predict, metrics and admin: a b, or a,b (default: "
        "predict)",
    )
    add("--jwt-key", metavar="FILE", help="who signs tokens: a public key in PEM, or a secret")
    add(
        "--jwt-algorithms",
        nargs="+",
        default=["RS256", "ES256"],
        metavar="NAME",
        help="what tokens may be signed with: a b, or a,b (default: RS256 ES256)",
    )
    add("--jwt-audience", metavar="NAME", help="the audience that tokens must name")
    add("--write-monitoring", metavar="DIR", help="write rules and a dashboard, and end")
    add("--rate-limit", type=float, metavar="N", help="requests a second that one key may send")
    add("--tls-cert", metavar="FILE", help="PEM certificate: speak TLS")
    add("--tls-key", metavar="FILE", help="PEM key of the certificate")
    add("--tls-client-ca", metavar="FILE", help="PEM: clients must have certificates of it")
    add(
        "--max-body-mb",
        type=float,
        default=16,
        metavar="MB",
        help="longer bodies are refused (default: %(default)s)",
    )
    add(
        "--max-rows",
        type=int,
        default=100_000,
        metavar="ROWS",
        help="requests with more rows are refused (default: %(default)s)",
    )
    add(
        "--request-timeout",
        type=float,
        default=30,
        metavar="S",
        help="seconds that a request may take to come (default: %(default)s)",
    )
    add(
        "--batch-rows",
        type=int,
        metavar="ROWS",
        help="predict the rows of several requests together, so many",
    )
    add(
        "--batch-delay-us",
        type=float,
        metavar="US",
        help="microseconds that a batch waits for more (default: 0)",
    )
    add(
        "--keep-predictions",
        type=int,
        default=0,
        metavar="ROWS",
        help="predictions that wait for their labels (default: %(default)s)",
    )
    add("--payload-log", metavar="DIR", help="keep a sample of requests as Arrow streams")
    add(
        "--payload-share",
        type=float,
        metavar="SHARE",
        help="share of the requests that are kept (default: 0.01)",
    )
    add(
        "--payload-redact",
        nargs="+",
        metavar="COLUMN",
        help="columns whose values are not kept: a b, or a,b",
    )
    add(
        "--history",
        metavar="DIR",
        help="take events, kept in DIR, and put features about them into predictions",
    )
    add("--history-max-mb", type=float, metavar="MB", help="most memory of a source's events")
    add("--access-log", action="store_true", help="a line of JSON for each prediction")
    add("--no-hot-path", action="store_true", help="answer through ASGI alone")


def run(arguments: argparse.Namespace) -> int:
    """Listen, say where, and serve until the process is asked to stop.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0; 1 when worker processes could not be kept alive.
    """
    if arguments.new_api_key is not None:
        return _print_key(arguments)
    if arguments.write_monitoring is not None:
        return _write_monitoring(Path(arguments.write_monitoring))
    _check(arguments)
    from mainspring.serve import create_app
    from mainspring.serve.run import RunOptions, listen
    from mainspring.serve.run import run as run_server
    from mainspring.serve.workers import be_worker, run_workers, share_counters

    if arguments.workers > 1:
        share_counters(arguments.workers)
    app = create_app(
        _models(arguments.bundles),
        max_body_bytes=max(1, int(arguments.max_body_mb * (1 << 20))),
        max_rows=arguments.max_rows,
        repository=arguments.reload_dir,
        access=_access(arguments),
        rate_limit=arguments.rate_limit,
        batching=_batching(arguments),
        keep_predictions=arguments.keep_predictions,
        payload_log=_payload_log(arguments),
        history=_history(arguments),
    )
    _check_history(arguments, app)
    port = _default_port() if arguments.port is None else arguments.port
    options = RunOptions(
        tls_certificate=arguments.tls_cert,
        tls_key=arguments.tls_key,
        tls_client_authority=arguments.tls_client_ca,
        request_seconds=arguments.request_timeout,
        access_log=arguments.access_log,
        hot_path=not arguments.no_hot_path,
    )
    options.check()
    several = arguments.workers > 1
    sockets = [listen(arguments.host, port, several)]
    while len(sockets) < arguments.workers:
        sockets.append(listen(arguments.host, sockets[0].getsockname()[1], several))
    _say(arguments, app, sockets[0])
    if not several:
        run_server(app, sockets[0], options)
        return 0

    def serve(number: int, opened: socket.socket) -> None:
        be_worker(number)
        run_server(app, opened, options)

    return run_workers(sockets, serve)


def _default_port() -> int:
    text = os.environ.get("AIP_HTTP_PORT", "8080")
    if not text.isdecimal():
        raise ParameterError(
            f"The environment variable AIP_HTTP_PORT is {text!r}, expected the number of a port. "
            "Correct it, or give --port.",
            expected="the number of a port",
            got=text,
        )
    return int(text)


def _access(arguments: argparse.Namespace) -> Access | None:
    """Who may do what: keys, tokens, both, or nobody is asked."""
    from mainspring.serve import Access
    from mainspring.serve.access import read_keys

    if arguments.api_key_file is None and arguments.jwt_key is None:
        return None
    secret = None
    if arguments.jwt_key is not None:
        try:
            secret = Path(arguments.jwt_key).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise ParameterError(
                f"--jwt-key {arguments.jwt_key} cannot be read: {reason}.", got=arguments.jwt_key
            ) from error
        if not secret:
            raise ParameterError(f"--jwt-key {arguments.jwt_key} is empty; expected a key.")
    keys = [] if arguments.api_key_file is None else read_keys(arguments.api_key_file)
    algorithms = part_names(arguments.jwt_algorithms, ())
    return Access(keys, secret, algorithms, arguments.jwt_audience)


def _batching(arguments: argparse.Namespace) -> BatchOptions | None:
    from mainspring.serve import BatchOptions

    if arguments.batch_rows is None:
        return None
    return BatchOptions(max_rows=arguments.batch_rows, delay_us=arguments.batch_delay_us or 0)


def _payload_log(arguments: argparse.Namespace) -> PayloadLogOptions | None:
    from mainspring.serve import PayloadLogOptions

    if arguments.payload_log is None:
        return None
    share = 0.01 if arguments.payload_share is None else arguments.payload_share
    redacted = part_names(arguments.payload_redact or (), ())
    return PayloadLogOptions(arguments.payload_log, share, redacted)


def _history(arguments: argparse.Namespace) -> HistoryOptions | None:
    from mainspring.serve import HistoryOptions

    if arguments.history is None:
        return None
    most = arguments.history_max_mb
    return HistoryOptions(arguments.history, max_bytes=None if most is None else int(most * 2**20))


def _check_history(arguments: argparse.Namespace, app: Starlette) -> None:
    """Refuse a history that nobody feeds; the models of a folder may come yet."""
    histories = app.state.server.handler.histories
    if histories is not None and arguments.reload_dir is None and not histories.all():
        raise ParameterError(
            "--history does nothing: no feature of these models is about the past. Leave it out.",
            expected="a model with features about the past",
            got="none",
        )


def _check_lists(arguments: argparse.Namespace) -> None:
    for name in ("scopes", "jwt_algorithms", "payload_redact"):
        for word in getattr(arguments, name) or ():
            if word.endswith(".spring"):  # no scope, no algorithm, and hardly a column
                raise ParameterError(
                    f"--{name.replace('_', '-')} takes all that stands behind it, and so {word}. "
                    "Name bundles before the options.",
                    expected="bundles before the options",
                    got=word,
                )


def _check(arguments: argparse.Namespace) -> None:
    _check_lists(arguments)
    for name, needed in _NEEDS.items():
        if getattr(arguments, name) is not None and getattr(arguments, needed) is None:
            option, other = (f"--{one.replace('_', '-')}" for one in (name, needed))
            raise ParameterError(
                f"{option} does nothing without {other}. Give both, or neither.",
                expected=other,
                got=option,
            )
    if arguments.history_max_mb is not None and not 0 < arguments.history_max_mb < 2**40:
        raise ParameterError(
            f"--history-max-mb is {arguments.history_max_mb:g}; expected a number above 0.",
            expected="a number above 0",
            got=str(arguments.history_max_mb),
        )
    if not 0 < arguments.max_body_mb < 2048:
        raise ParameterError(
            f"--max-body-mb is {arguments.max_body_mb:g}; expected a number above 0, below 2048.",
            got=str(arguments.max_body_mb),
        )
    if not 0 < arguments.workers <= 256:
        raise ParameterError(
            f"--workers is {arguments.workers}; expected 1 to 256.", got=str(arguments.workers)
        )
    if arguments.history is not None and arguments.workers > 1:
        raise ParameterError(
            f"--history keeps its events in one process; --workers is {arguments.workers}, "
            "expected 1.",
            expected="1",
            got=str(arguments.workers),
        )
    if not 0 < arguments.request_timeout < 86400:
        raise ParameterError(
            f"--request-timeout is {arguments.request_timeout:g}; expected seconds above 0.",
            got=str(arguments.request_timeout),
        )
    if not arguments.bundles and arguments.reload_dir is None:
        folder = Path(os.environ.get("SM_MODEL_DIR", _SAGEMAKER_MODELS))
        arguments.bundles = [str(path) for path in sorted(folder.glob("*.spring"))]
        if not arguments.bundles:
            raise ParameterError(
                "There is nothing to serve; name a bundle before the options, or a folder of "
                "bundles with --reload-dir."
            )


def _print_key(arguments: argparse.Namespace) -> int:
    from mainspring.serve.access import make_key_line

    key, line = make_key_line(arguments.new_api_key, part_names(arguments.scopes, ()))
    print(f"key, which is shown this once: {key}")
    print(f"line for --api-key-file: {line}")
    return 0


def _write_monitoring(folder: Path) -> int:
    from mainspring.serve.monitoring import write_monitoring

    for path in write_monitoring(folder):
        print(path)
    return 0


def _say(arguments: argparse.Namespace, app: Starlette, opened: socket.socket) -> None:
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    scheme = "https" if arguments.tls_cert else "http"
    url = f"{scheme}://{host}:{opened.getsockname()[1]}"
    models: list[Any] = list(app.state.server.models)
    for model in models:
        print(f"{model.name}: {len(model.columns)} columns to {', '.join(model.outputs)}")
    if models:
        path = "/predict" if len(models) == 1 else f"/models/{models[0].name}/predict"
        row = json.dumps(models[0].example_row(), ensure_ascii=False).replace("'", "'\\''")
        has_keys = app.state.server.access.is_on
        key = " -H 'Authorization: Bearer KEY'" if has_keys else ""
        print(f"curl -s '{url}{path}' -H 'Content-Type: application/json'{key} -d '{row}'")
    print(f"serving on {url} (Ctrl-C stops it)", flush=True)


def _models(bundles: list[str]) -> dict[str, str] | list[str]:
    """``NAME=FILE`` gives a name; either all or none have one."""
    named = [tuple(text.split("=", 1)) for text in bundles if "=" in text]
    if not named:
        return bundles
    if len(named) != len(bundles):
        raise ParameterError(
            "Some bundles have a name (NAME=FILE) and some have none; name all of them."
        )
    if len({name for name, _ in named}) != len(named):
        raise ParameterError("Two bundles have one name; expected different names.")
    return {name: path for name, path in named}
