"""Tables: a caption, headers with their scope, numbers flush right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainspring.html.markup import Markup, element, join

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
    return element(
        "tr",
        element("th", first, scope="row"),
        *(
            element("td", cell, class_="n" if column.number else None)
            for column, cell in zip(columns[1:], others, strict=True)
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
            class_="sort" if sortable else None,
        ),
        class_="scroll",
        tabindex="0" if sortable else None,
        role="region" if sortable else None,
        aria_label=caption if sortable else None,
    )
