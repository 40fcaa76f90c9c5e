"""A preprocessor in a notebook's cell: its expressions, and the features that they became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.html.fragment import fragment
from mainspring.html.markup import Markup, element, name, names
from mainspring.html.table import Column, row, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainspring.transforms.fitted_plan import FittedPlan
    from mainspring.transforms.transform import Transform

__all__ = ["preprocessor_fragment"]

_ROWS = 20
_COLUMNS = (Column("expression"), Column("columns", number=True), Column("learns"))


def preprocessor_fragment(preprocessor: FittedPlan) -> str:
    """Write a preprocessor for a notebook.

    Parameters
    ----------
    preprocessor : FittedPlan
        What to show, fitted or not.

    Returns
    -------
    str
        Markup that brings its style. Nothing that was learnt is in it but names and counts.
    """
    expressions = preprocessor.expressions
    rows = [
        row(
            _COLUMNS,
            [
                element("code", name(repr(expression), longest=160)),
                f"{len(expression._all_columns()):,}",
                ", ".join(_learning(expression.operators)) or "nothing",
            ],
        )
        for expression in expressions[:_ROWS]
    ]
    more = len(expressions) - len(rows)
    caption = _caption(preprocessor)
    return fragment(
        table(caption, _COLUMNS, rows) if rows else element("p", caption),
        element("p", f"{more:,} more expressions: repr() has them.", class_="quiet")
        if more
        else None,
        _features(preprocessor),
    )


def _learning(operators: Iterable[Transform]) -> list[str]:
    from mainspring import _engine

    learns = {entry["name"] for entry in _engine.operators() if entry["learns"]}
    return [operator.op for operator in operators if operator.op in learns]


def _caption(preprocessor: FittedPlan) -> str:
    made_by = preprocessor._made_by
    count = len(preprocessor.expressions)
    what = made_by or f"{count:,} expression{'' if count == 1 else 's'}"
    if not preprocessor.__sklearn_is_fitted__():
        return f"Preprocessor: {what}, not fitted"
    inputs, features = len(preprocessor.bundle.input_names), preprocessor.n_features_out_
    return f"Preprocessor: {what}, fitted: {inputs:,} columns to {features:,} features"


def _features(preprocessor: FittedPlan) -> Markup | None:
    if not preprocessor.__sklearn_is_fitted__():
        return None
    return element("p", "Features: ", names(preprocessor.feature_names_out_))
