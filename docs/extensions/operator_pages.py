"""A page for each operator: what the engine's list says, and what its class says."""

from __future__ import annotations

import inspect
from typing import Any

import docstrings
import rst

from mainspring import _engine, transforms

__all__ = ["pages"]

INTRODUCTION = """\
Every operator of the engine. An operator is a method of the expression that :func:`mainspring.col`
begins, and a class in ``mainspring.transforms``. Null and NaN both mean missing. How operators
learn together, and in how many passes, is told in :doc:`/concepts/plan`.
"""


def pages() -> dict[str, str]:
    """Return the pages by name: ``index``, and one for each operator."""
    rows = _engine.operators()
    classes = transforms.operator_classes()
    texts = {row["name"]: _page(row, classes[row["name"]]) for row in rows}
    return {"index": _index(rows), **texts}


def _index(rows: list[dict[str, Any]]) -> str:
    cells = [
        (
            f":doc:`{row['name']} <{row['name']}>`",
            row["takes"],
            _learns(row),
            rst.escape(row["summary"]),
        )
        for row in rows
    ]
    names = "\n".join(f"   {row['name']}" for row in rows)
    return "\n".join(
        [
            rst.heading("Operators"),
            INTRODUCTION,
            rst.table(("operator", "takes", "learns", "what it does"), cells),
            f".. toctree::\n   :hidden:\n\n{names}\n",
        ]
    )


def _learns(row: dict[str, Any]) -> str:
    if not row["learns"]:
        return "nothing"
    return "from rows and target" if row["uses_target"] else "from rows"


def _page(row: dict[str, Any], cls: type[transforms.Transform]) -> str:
    doc = docstrings.parse(cls.__doc__ or "")
    columns = '"a", "b"' if row["joint"] else '"x"'
    facts = [
        ("takes", row["takes"] + (", two columns or more" if row["joint"] else "")),
        ("learns", _learns(row)),
        ("class", rst.literal(f"mainspring.transforms.{cls.__name__}")),
    ]
    parts = [
        rst.heading(row["name"]),
        f".. py:class:: mainspring.transforms.{cls.__name__}{_plain_signature(cls)}\n"
        "   :no-typesetting:\n",
        doc.summary + "\n",
        rst.code(f"col({columns}).{row['name']}{_plain_signature(cls)}"),
        rst.table((), facts, "facts"),
        doc.extended + "\n",
    ]
    if doc.parameters:
        defaults = {param["name"]: param["default"] for param in row["params"]}
        cells = [
            (
                rst.literal(entry.name),
                _type(entry.type),
                rst.literal(_value(defaults[entry.name])) if entry.name in defaults else "",
                entry.text,
            )
            for entry in doc.parameters
        ]
        headers = ("parameter", "type", "default", "meaning")
        parts += [rst.heading("Parameters", 2), rst.table(headers, cells)]
    if "Examples" in doc.sections:
        parts += [rst.heading("Example", 2), doc.sections["Examples"] + "\n"]
    if "Notes" in doc.sections:
        notes = f".. rst-class:: terms\n\n{doc.sections['Notes']}\n"
        parts += [rst.heading("Behaviour", 2), notes]
    if doc.raises:
        cells = [(f":exc:`~mainspring.{entry.name}`", entry.text) for entry in doc.raises]
        parts += [rst.heading("Errors", 2), rst.table((), cells, "facts")]
    if "References" in doc.sections:
        source = rst.link_dois(rst.prose(doc.sections["References"]))
        parts += [rst.heading("Source", 2), source + "\n"]
    return "\n".join(parts)


def _plain_signature(cls: type[transforms.Transform]) -> str:
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(cls).parameters.values()
    ]
    return str(inspect.Signature(parameters))


def _type(text: str) -> str:
    return rst.escape(text.split(", default")[0].removesuffix(", optional"))


def _value(value: object) -> str:
    return repr(tuple(value) if isinstance(value, list) else value)
