"""The routes that events are posted to, and that say what is known of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._arrow import as_table
from mainspring.serve.encodings import decompress
from mainspring.serve.histories import ModelHistory, time_us
from mainspring.serve.json_pages import body_of, headers_of, json_response, parse_json
from mainspring.serve.replies import Refusal
from mainspring.serve.request_forms import ARROW_TYPE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from mainspring.history import HistoryState
    from mainspring.serve.server import Server

__all__ = ["event_routes", "read_events"]


def event_routes(server: Server) -> list[BaseRoute]:
    """Make the routes of events.

    Parameters
    ----------
    server : Server
        Whose predictions read them.

    Returns
    -------
    list of BaseRoute
        Of Starlette.
    """
    from starlette.routing import Route

    def history_of(request: Request) -> ModelHistory:
        name = request.path_params["model"]
        server.access.require(headers_of(request), "predict", name)
        model = server.models.find(name, None)
        if server.handler.histories is None:
            raise Refusal(404, "This server keeps no history. Start it with --history.")
        history = server.handler.histories.of(model)
        if history is None:
            raise Refusal(404, f"No feature of '{model.name}' is about past events.")
        return history

    async def take(request: Request) -> Response:
        history = history_of(request)
        source = request.path_params["source"]
        state = history.states.get(source)
        if state is None:
            known = ", ".join(sorted(history.states))
            raise Refusal(404, f"There is no source '{source[:60]}'; expected one of {known}.")
        headers = headers_of(request)
        most, max_rows = server.options.max_body_bytes, server.options.max_rows
        body = await body_of(request, most)
        encoding = headers.get(b"content-encoding", b"identity").strip().lower()

        def work() -> dict[str, int]:
            plain = body if encoding == b"identity" else decompress(body, encoding, most)
            content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
            return _ingest(state, plain, content_type, max_rows)

        # Taken whether or not somebody waits for the answer.
        work_done = asyncio.wrap_future(server.load.submit(work, lambda: False))
        return json_response(await work_done)

    async def tell(request: Request) -> Response:
        history = history_of(request)
        return json_response({name: _told(state) for name, state in history.states.items()})

    return [
        Route("/v2/models/{model}/events/{source}", take, methods=["POST"]),
        Route("/v2/models/{model}/events", tell, methods=["GET"]),
    ]


def _told(state: HistoryState) -> dict[str, Any]:
    clock = state.clock
    return {
        **state.memory,
        "totals": state.totals,
        "clock": None if clock is None else clock.isoformat(),
        "columns": list(state.plan.event_columns),
        "features": state.feature_names,
    }


def _ingest(state: HistoryState, body: bytes, content_type: bytes, max_rows: int) -> dict[str, int]:
    table = read_events(state, body, content_type)
    if table.num_rows > max_rows:
        raise Refusal(413, f"There are {table.num_rows} events, expected at most {max_rows}.")
    try:
        return state.ingest(table)
    except errors.SchemaError as error:
        raise Refusal(400, str(error)) from error
    except errors.DataError as error:  # beyond max_bytes
        raise Refusal(503, str(error), [(b"retry-after", b"60")]) from error


def read_events(state: HistoryState, body: bytes, content_type: bytes) -> Any:
    """Read the events of a body.

    Parameters
    ----------
    state : HistoryState
        What takes them.
    body : bytes
        JSON, one object or a list of them, or an Arrow stream.
    content_type : bytes
        Which of them.

    Returns
    -------
    Table
        Of the engine.

    Raises
    ------
    Refusal
        400 with the event and column, or 415.
    """
    if content_type == ARROW_TYPE:
        import pyarrow as pa

        try:
            table = pa.ipc.open_stream(body).read_all()
            table.validate(full=True)
        except (pa.ArrowInvalid, OSError) as error:
            raise Refusal(400, "The body is no Arrow stream.") from error
        return as_table(table)
    if content_type not in (b"application/json", b""):
        got = content_type.decode("ascii", "replace")[:60]
        wanted = f"application/json or {ARROW_TYPE.decode()}"
        raise Refusal(415, f"Content-Type is {got}; expected {wanted}. Send that header.")
    rows = parse_json(body)
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refusal(400, "The body is not an event, {...}, or a list of events.")
    return as_table(_columns_of(state, rows))


def _columns_of(state: HistoryState, rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    plan = state.plan
    columns = {}
    for name in plan.event_columns:
        if rows and not any(name in row for row in rows):
            raise Refusal(400, f"The events lack '{name}'.")
        values = [row.get(name) for row in rows]
        kind = None
        if name in plan.event_times:
            values = [
                time_us(value, f"Event {number}, column '{name}'")
                for number, value in enumerate(values)
            ]
            kind = pa.timestamp("us", "UTC")
        try:
            columns[name] = pa.array(values, kind)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError) as error:
            raise Refusal(400, f"Column '{name}': {error}.") from error
    return pa.table(columns)
