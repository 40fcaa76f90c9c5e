"""The section HIST of a bundle, read as docs/format.md describes it."""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["read_history"]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def get(self, form: str) -> Any:
        values = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values[0] if len(values) == 1 else values

    def text(self) -> str:
        length = self.get("Q")
        self.at += length
        assert self.at <= len(self.data)
        return self.data[self.at - length : self.at].decode()

    def texts(self) -> list[str]:
        return [self.text() for _ in range(self.get("I"))]


def read_history(data: bytes) -> list[dict[str, Any]]:
    """Return the plans of a section.

    Parameters
    ----------
    data : bytes
        The section.

    Returns
    -------
    list of dict
        One for each plan.
    """
    assert data[:8] == b"MSHISTRY"
    cursor = _Cursor(data[8:])
    version = cursor.get("I")
    assert version in (2, 3)
    plans = [_plan(cursor, version) for _ in range(cursor.get("I"))]
    assert version == 2 or any(plan["edges"] for plan in plans)
    assert cursor.at == len(cursor.data)
    return plans


def _zone(cursor: _Cursor) -> tuple[str, int, list[int], list[int]]:
    name, first = cursor.text(), cursor.get("i")
    transitions = [cursor.get("q") for _ in range(cursor.get("Q"))]
    return name, first, transitions, [cursor.get("i") for _ in range(cursor.get("Q"))]


def _plan(cursor: _Cursor, version: int) -> dict[str, Any]:
    plan: dict[str, Any] = {"source": cursor.text(), "keys": cursor.texts(), "time": cursor.text()}
    plan.update(at=cursor.text(), request_keys=cursor.texts(), id=cursor.text(), zone=cursor.text())
    plan["lateness"], plan["skew"], plan["ttl"] = cursor.get("qqq")
    plan["numbers"] = cursor.texts()
    plan["exponents"] = [cursor.get("i") for _ in range(cursor.get("Q"))]
    plan["categories"], plan["available"] = cursor.texts(), cursor.texts()
    plan["conditions"] = [
        (cursor.text(), *cursor.get("BBd"), cursor.text()) for _ in range(cursor.get("I"))
    ]
    plan["features"] = [(cursor.text(), *cursor.get("BBIqqIIIdI")) for _ in range(cursor.get("I"))]
    plan["zones"] = [_zone(cursor) for _ in range(cursor.get("I"))]
    num_edges = cursor.get("I") if version == 3 else 0
    plan["edges"] = [[cursor.get("d") for _ in range(cursor.get("Q"))] for _ in range(num_edges)]
    plan["edges_of"] = [cursor.get("I") for _ in plan["features"]] if version == 3 else []
    return plan
