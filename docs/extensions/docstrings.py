"""Takes a numpydoc docstring apart: its summary, its sections and its parameters."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field

__all__ = ["Docstring", "Parameter", "parse"]

_HEADING = re.compile(r"^(?P<name>[A-Z]\w+)\n-{3,}\n", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """A parameter as the docstring writes it."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Docstring:
    """A docstring in parts; every text is reStructuredText."""

    summary: str
    extended: str
    sections: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> list[Parameter]:
        """What stands under Parameters."""
        return _entries(self.sections.get("Parameters", ""))

    @property
    def raises(self) -> list[Parameter]:
        """What stands under Raises: an exception and when it comes."""
        return _entries(self.sections.get("Raises", ""))


def parse(text: str) -> Docstring:
    """Take a docstring apart."""
    clean = inspect.cleandoc(text)
    first = _HEADING.search(clean)
    head = clean[: first.start()] if first else clean
    summary, _, extended = head.strip().partition("\n\n")
    marks = list(_HEADING.finditer(clean))
    ends = [*(mark.start() for mark in marks[1:]), len(clean)]
    sections = {
        mark["name"]: clean[mark.end() : end].strip()
        for mark, end in zip(marks, ends, strict=False)
    }
    return Docstring(" ".join(summary.split()), extended.strip(), sections)


def _entries(section: str) -> list[Parameter]:
    entries: list[Parameter] = []
    for block in re.split(r"\n(?=\S)", section) if section else []:
        head, _, body = block.partition("\n")
        names, _, type_ = head.partition(" : ")
        entries.append(Parameter(names.strip(), type_.strip(), inspect.cleandoc(body)))
    return entries
