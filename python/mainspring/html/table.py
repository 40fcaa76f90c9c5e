"""Tables: a caption, headers with their scope, numbers flush right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.html.markup import Markup, element, join
from mainspring.html.style import LABELLED

__all__ = ["Column", "row", "table"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    label : str
        Its header.
    number : bool
        Cells are flush right.
    sortable : bool
        A click on the header may sort by it.
    """

    label: str
    number: bool = False
    sortable: bool = True


def _first_of_last_numbers(columns: Sequence[Column]) -> int:
    """Return where the numbers begin that go on to the last column.

    The table says so once: a class in every cell would be a third of a long table's bytes.
    """
    at = len(columns)
    while at > 1 and columns[at - 1].number:
        at -= 1
    return at


def _labels(columns: Sequence[Column]) -> str | None:
    """Return the labels of numbers as variables, for where there is no room for a header."""
    labels = [
        f"--l{i}:'{column.label} '"
        for i, column in enumerate(columns, 1)
        if column.number and i in LABELLED
    ]
    return ";".join(labels) or None


def row(columns: Sequence[Column], cells: Sequence[str]) -> Markup:
    """Write a row; its first cell is its header.

    Parameters
    ----------
    columns : sequence of Column
        The table's columns.
    cells : sequence of str
        One for each; text is escaped, markup is not.

    Returns
    -------
    Markup
        A ``tr``.
    """
    first, *others = cells
    last_numbers = _first_of_last_numbers(columns)
    return element(
        "tr",
        element("th", first, scope="row"),
        *(
            element("td", cell, class_="n" if column.number and i < last_numbers else None)
            for i, (column, cell) in enumerate(zip(columns[1:], others, strict=True), 1)
        ),
    )


def table(
    caption: str, columns: Sequence[Column], rows: Sequence[Markup], *, sortable: bool = False
) -> Markup:
    """Write a table that scrolls by itself where the window is narrow.

    Parameters
    ----------
    caption : str
        What it shows.
    columns : sequence of Column
        Its columns.
    rows : sequence of Markup
        As :func:`row` writes them.
    sortable : bool, default False
        The page's script may sort it.

    Returns
    -------
    Markup
        The table.
    """
    last_numbers = _first_of_last_numbers(columns)
    classes = [
        *(["says"] if not columns[-1].number else []),
        *(["sort"] if sortable else []),
        *([f"n{last_numbers + 1}"] if last_numbers < len(columns) else []),
    ]
    heads = [
        element(
            "th",
            column.label,
            scope="col",
            class_="n" if column.number else None,
            data_sort=sortable and column.sortable,
        )
        for column in columns
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", *heads)),
            element("tbody", join(*rows)),
            class_=" ".join(classes) or None,
            style=None if columns[-1].number else _labels(columns),
        ),
        class_="scroll",
        tabindex="0" if sortable else None,
        role="region" if sortable else None,
        aria_label=caption if sortable else None,
    )
