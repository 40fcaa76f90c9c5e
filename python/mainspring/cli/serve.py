"""``mainspring serve``: answer requests with one or several bundles."""

from __future__ import annotations

import argparse
import json

from mainspring.errors import ParameterError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundles, and where to listen.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("bundles", nargs="+", metavar="BUNDLE", help="a .spring file, or NAME=FILE")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=8080, help="port to listen on; 0 for any (%(default)s)"
    )
    parser.add_argument(
        "--max-body-mb",
        type=float,
        default=16,
        metavar="MB",
        help="longer bodies are refused (%(default)s)",
    )
    parser.add_argument(
        "--max-rows",
        type=int,
        default=100_000,
        metavar="ROWS",
        help="requests with more rows are refused (%(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Listen, say where, and serve until the process is asked to stop.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    from mainspring.serve import create_app
    from mainspring.serve.run import listen
    from mainspring.serve.run import run as run_server

    if not 0 < arguments.max_body_mb < 2048:
        raise ParameterError(
            f"--max-body-mb is {arguments.max_body_mb:g}; expected a number above 0, below 2048.",
            got=str(arguments.max_body_mb),
        )
    app = create_app(
        _models(arguments.bundles),
        max_body_bytes=max(1, int(arguments.max_body_mb * (1 << 20))),
        max_rows=arguments.max_rows,
    )
    opened = listen(arguments.host, arguments.port)
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    url = f"http://{host}:{opened.getsockname()[1]}"
    for model in app.state.models.values():
        print(f"{model.name}: {len(model.columns)} columns to {', '.join(model.outputs)}")
    first = next(iter(app.state.models.values()))
    path = "/predict" if len(app.state.models) == 1 else f"/models/{first.name}/predict"
    row = json.dumps(first.example_row(), ensure_ascii=False).replace("'", "'\\''")
    print(f"curl -s '{url}{path}' -H 'Content-Type: application/json' -d '{row}'")
    print(f"serving on {url} (Ctrl-C stops it)", flush=True)
    run_server(app, opened)
    return 0


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
