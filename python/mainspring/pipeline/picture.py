"""The graph of a pipeline as a static SVG: a step stands right of all that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mainspring.html.markup import Markup, element
from mainspring.html.palette import DARK, LIGHT, variables

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline

__all__ = ["cell_picture", "picture"]

# A letter of the common fonts of one width is 0.6 of their size, 13 px, or a little more.
_HEIGHT, _GAP, _BETWEEN, _LETTER = 30, 14, 44, 7.9
_SWEEPS = 4


def picture(pipeline: Pipeline, states: Mapping[str, str] | None = None) -> str:
    """Draw the steps and what they need.

    Parameters
    ----------
    pipeline : Pipeline
        Whose.
    states : mapping of str to str, optional
        What became of steps ("ran", "cached", "failed"): their colour, and a word for those who do
        not see it.

    Returns
    -------
    str
        An ``svg`` element without ids, scripts or references, for a file or a page.
    """
    needs = {step.name: step.dependencies for step in pipeline.steps}
    columns = _columns(needs)
    places, width, height = _places(columns)
    shapes = [
        _line(places[needed], places[name]) for name, wanted in needs.items() for needed in wanted
    ]
    shapes += [_box(name, places[name], (states or {}).get(name, "")) for name in needs]
    style = (
        f".msp{{{variables(LIGHT)}font:13px ui-monospace,monospace}}"
        f"@media(prefers-color-scheme:dark){{.msp{{{variables(DARK)}}}}}"
        ".msp rect{fill:var(--panel);stroke:var(--reference)}.msp text{fill:var(--text)}"
        ".msp path{fill:none;stroke:var(--reference)}.msp .ran{stroke:var(--current)}"
        ".msp .cached{stroke:var(--pass)}.msp .failed{stroke:var(--fail)}"
    )
    return element(
        "svg",
        element("title", f"Pipeline {pipeline.name}"),
        element("style", Markup(style)),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        class_="msp",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
    )


def cell_picture(pipeline: Pipeline, states: Mapping[str, str] | None = None) -> str:
    """Draw the steps for a notebook's cell: what is wider than the cell scrolls.

    Parameters
    ----------
    pipeline : Pipeline
        Whose.
    states : mapping of str to str, optional
        As in :func:`picture`.

    Returns
    -------
    str
        A ``div`` with the picture.
    """
    return element("div", Markup(picture(pipeline, states)), style="overflow-x:auto")


def _columns(needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Sort steps into columns, and within each so that few lines cross.

    A step's column is the length of the longest way to it; the order is that of the mean of the
    neighbours' places, back and forth (K. Sugiyama, S. Tagawa and M. Toda 1981,
    doi:10.1109/TSMC.1981.4308636).
    """
    depth: dict[str, int] = {}
    for name, wanted in needs.items():
        depth[name] = max((depth[needed] + 1 for needed in wanted), default=0)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, number in depth.items():
        columns[number].append(name)
    followers: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for needed in wanted:
            followers[needed].append(name)
    for sweep in range(_SWEEPS):
        beside = needs if sweep % 2 == 0 else followers
        rank = {name: row for column in columns for row, name in enumerate(column)}
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            means = {
                name: sum(rank[one] for one in beside[name]) / len(beside[name])
                if beside[name]
                else rank[name]
                for name in column
            }
            column.sort(key=lambda name: (means[name], rank[name]))
            rank.update({name: row for row, name in enumerate(column)})
    return columns


def _places(
    columns: list[list[str]],
) -> tuple[dict[str, tuple[float, float, float]], float, float]:
    """Return left, middle and width of each box, and the size of the picture."""
    tallest = max((len(column) for column in columns), default=0)
    height = tallest * (_HEIGHT + _GAP) + _GAP
    places, left = {}, float(_GAP)
    for column in columns:
        width = round(max(len(name) for name in column) * _LETTER + 20, 1)
        top = (height - len(column) * (_HEIGHT + _GAP) + _GAP) / 2
        for row, name in enumerate(column):
            places[name] = (left, top + row * (_HEIGHT + _GAP) + _HEIGHT / 2, width)
        left = round(left + width + _BETWEEN, 1)
    return places, round(max(left - _BETWEEN + _GAP, 2 * _GAP), 1), height


def _box(name: str, place: tuple[float, float, float], state: str) -> Markup:
    left, middle, width = place
    return element(
        "g",
        element("title", f"{name}: {state}" if state else name),
        element(
            "rect",
            x=left,
            y=middle - _HEIGHT / 2,
            width=width,
            height=_HEIGHT,
            rx=5,
            class_=state or None,
        ),
        element("text", name, x=left + 10, y=middle + 4.5),
    )


def _line(start: tuple[float, float, float], end: tuple[float, float, float]) -> Markup:
    x0, y0, x1, y1 = start[0] + start[2], start[1], end[0], end[1]
    half = (x1 - x0) / 2
    curve = f"M{x0:g} {y0:g}C{x0 + half:g} {y0:g} {x1 - half:g} {y1:g} {x1:g} {y1:g}"
    return element("path", d=f"{curve}m-6 -4l6 4l-6 4")
