"""A training as an HTML page: its learning curve, every epoch, the verdict."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mainspring import __version__
from mainspring.html.axis import Axis
from mainspring.html.facts import facts
from mainspring.html.markup import Markup, element
from mainspring.html.page import page
from mainspring.html.plot import HEIGHT, figure, svg
from mainspring.html.table import Column, row, table
from mainspring.profiles.text_table import format_number

if TYPE_CHECKING:
    from mainspring.train.training import Training

__all__ = ["training_page"]


def training_page(training: Training) -> str:
    """Write a training as a page.

    Parameters
    ----------
    training : Training
        What to show.

    Returns
    -------
    str
        HTML, one offline file.
    """
    best = training.best_epoch
    headline = f"{len(training.epochs)} epochs"
    if best is not None and training.metric is not None:
        value = format_number(training.epochs[best].metrics[training.metric])
        headline = f"{training.metric} {value} after epoch {best + 1} of {len(training.epochs)}"
    names = list(training.epochs[0].metrics) if training.epochs else []
    series = {"training loss": [epoch.train_loss for epoch in training.epochs]}
    series |= {name: [epoch.metrics[name] for epoch in training.epochs] for name in names}
    plots = [_curve(name, values, best) for name, values in series.items() if len(values) > 1]
    parts = [facts([("epochs", str(len(training.epochs))), ("best", _number(best))])]
    if plots:
        parts += [element("h2", "Learning curve"), element("div", *plots, class_="plots")]
    columns = tuple(Column(name, number=True) for name in ("epoch", *series))
    rows = [
        row(
            columns,
            [str(number + 1), *(format_number(values[number]) for values in series.values())],
        )
        for number in range(len(training.epochs))
    ]
    parts += [element("h2", "Epochs"), table("Validation rows after each epoch.", columns, rows)]
    of_each = {} if best is None else training.epochs[best].targets
    if of_each:
        columns = (Column("target"), *(Column(name, number=True) for name in names))
        rows = [
            row(columns, [target, *(format_number(values[name]) for name in names)])
            for target, values in of_each.items()
        ]
        caption = f"Validation rows after epoch {_number(best)}; above, the means of these."
        parts += [element("h2", "Targets"), table(caption, columns, rows)]
    if training.verdict:
        said = [element("p", line) for line in training.verdict_lines()]
        parts += [element("h2", "Verdict"), *said]
    footer = f"Written by mainspring {__version__}."
    return page("Training", headline, *parts, title=None, footer=footer)


def _number(best: int | None) -> str:
    return "-" if best is None else str(best + 1)


def _curve(name: str, values: list[float], best: int | None) -> Markup:
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    wide = high - low or 1.0

    def height(value: float) -> float:
        inside = (value - low) / wide if math.isfinite(value) else 1.0
        return HEIGHT * (1 - inside)

    last = len(values) - 1
    points = " ".join(f"{100 * at / last:.2f} {height(v):.1f}" for at, v in enumerate(values))
    shapes = [element("path", d=f"M{points}", class_="c")]
    if best is not None:
        at = f"{100 * best / last:.2f}"
        shapes.append(element("path", d=f"M{at} {HEIGHT}V{height(values[best]):.1f}", class_="gap"))
    said = f"From {format_number(values[0])} to {format_number(values[-1])}"
    image = svg(
        100,
        HEIGHT,
        *shapes,
        element("path", d=f"M0 {HEIGHT}H100", class_="e"),
        class_="plot",
        title=f"{name} by epoch",
        desc=f"{said}, between {format_number(low)} and {format_number(high)}.",
    )
    axis = Axis([1 + at for at in range(len(values))])
    return figure(f"{name} (up) by epoch. {said}; dashed: the best epoch.", image, axis)
