"""The form of a result: one JSON document for each run.

==========  ========================================================================
schema      1; a reader refuses another number
commit      short commit of the tree, with ``+`` where files differ from it
date        day of the run, ``YYYY-MM-DD``
mode        ``quick`` or ``full``: the same work, fewer turns
threads     threads of the engine and of every peer
machine     ``cpu``, ``cores``, ``cache_mib``, ``memory_gib``, ``system``, ``load``
engine      ``compiler`` and ``isa`` of the engine
versions    of Python and of every package that takes part
bandwidth   bytes a second of a large copy in the same run, read and written bytes counted
records     list of pairs and values
==========  ========================================================================

Every record has ``kind``, ``claim`` (the file ``bench/bench_<claim>.py``), ``case``, ``peer``
(distribution name) and ``api`` (what of it was called). A **pair** adds ``rows``, ``bytes``
(Arrow bytes read plus bytes written, or null) and ``bandwidth_share`` (of ``bandwidth``, or null)
to what :meth:`bench.pairing.Pair.summary` returns. A **value** adds ``unit``, ``ours`` and
``theirs`` (null without a peer). All times are seconds a call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["SCHEMA", "clock", "complaints", "key", "read", "rounded", "text", "write"]

SCHEMA = 1
Document = dict[str, Any]

_NUMBER = (int, float)
_DOCUMENT = {
    "schema": int,
    "commit": str,
    "date": str,
    "mode": str,
    "threads": int,
    "machine": dict,
    "engine": dict,
    "versions": dict,
    "bandwidth": _NUMBER,
    "records": list,
}
_RECORD = {"kind": str, "claim": str, "case": str, "peer": (str, type(None)), "api": str}
_PAIR = {
    **_RECORD,
    "rows": int,
    "bytes": (int, type(None)),
    "bandwidth_share": (*_NUMBER, type(None)),
    "turns": int,
    "calls": list,
    "ours": dict,
    "theirs": dict,
    "ratio": dict,
}
_VALUE = {**_RECORD, "unit": str, "ours": _NUMBER, "theirs": (*_NUMBER, type(None))}
_TIMES = dict.fromkeys(("median", "min", "q1", "q3"), _NUMBER)
_RATIO = dict.fromkeys(("median", "low", "high"), _NUMBER)


def key(record: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what tells a record from the others of its run."""
    return record["claim"], record["case"], record["peer"] or ""


def clock(document: Mapping[str, Any]) -> str:
    """Return the clock that counts: with several threads that on the wall, since waiting spins."""
    return "cpu" if document["threads"] == 1 else "wall"


def complaints(document: Mapping[str, Any]) -> list[str]:
    """Say where a document is not of the form above; an empty list when it is."""
    found = _fields("document", document, _DOCUMENT)
    if found:
        return found
    if document["schema"] != SCHEMA:
        return [f"document: schema is {document['schema']}, this reads {SCHEMA}"]
    if document["mode"] not in ("quick", "full"):
        found.append(f"document: mode is {document['mode']!r}")
    seen = set()
    for number, record in enumerate(document["records"]):
        where = f"records[{number}]"
        form = {"pair": _PAIR, "value": _VALUE}.get(record.get("kind"))
        if form is None:
            found.append(f"{where}: kind is {record.get('kind')!r}")
            continue
        wrong = _fields(where, record, form)
        if not wrong and record["kind"] == "pair":
            wrong = _pair_complaints(where, record)
        if not wrong and key(record) in seen:
            wrong = [f"{where}: there is another {key(record)}"]
        if not wrong:
            seen.add(key(record))
        found += wrong
    return found


def _pair_complaints(where: str, record: Mapping[str, Any]) -> list[str]:
    found = []
    for name, form in (("ours", _TIMES), ("theirs", _TIMES), ("ratio", _RATIO)):
        for clock in ("cpu", "wall"):
            part = record[name].get(clock, {})
            found += _fields(f"{where}.{name}.{clock}", part, form)
    return found


def _fields(where: str, value: Mapping[str, Any], form: Mapping[str, Any]) -> list[str]:
    found = [f"{where}: {name} is missing" for name in form if name not in value]
    found += [f"{where}: {name} is not part of the form" for name in value if name not in form]
    for name, kind in form.items():
        given = value.get(name)
        if name in value and (isinstance(given, bool) or not isinstance(given, kind)):
            found.append(f"{where}: {name} is {given!r}")
    return found


def rounded(value: Any) -> Any:
    """Return the same document with four significant digits."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, a record to a line, so that changes can be read."""
    head = {name: value for name, value in document.items() if name != "records"}
    lines = ",\n".join(f"  {json.dumps(rounded(record))}" for record in document["records"])
    start = json.dumps(rounded(head), indent=1).removesuffix("\n}")
    return f'{start},\n "records": [\n{lines}\n ]\n}}\n'


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(document), encoding="utf-8")


def read(path: Path) -> Document:
    """Read a document.

    Raises
    ------
    ValueError
        When it is not of the form above.
    """
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    wrong = complaints(document)
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise ValueError(f"{path}: {'; '.join(wrong[:3])}{more}")
    return document
