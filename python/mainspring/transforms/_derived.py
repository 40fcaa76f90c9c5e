"""Tables brought to what a plan reads: derived columns are computed before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._sources import is_source
from mainspring.transforms.derived_column import DerivedColumn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mainspring.transforms.derived_column import Derivation
    from mainspring.transforms.expression import Expression

__all__ = ["derivation_of", "derived_columns", "extended", "refuse_derived"]


def derivation_of(expressions: Iterable[Expression]) -> Derivation | None:
    """Return what computes the derived columns of expressions; None where there are none."""
    derived = [column for expression in expressions for column in derived_columns(expression)]
    return derived[0].derivation(derived) if derived else None


def derived_columns(expression: Expression) -> list[DerivedColumn]:
    """Return the derived columns of an expression, in order; one may be there more than once."""
    found = [column for column in expression.columns if isinstance(column, DerivedColumn)]
    for side in expression.sides:
        found += derived_columns(side)
    return found


def extended(derivation: Derivation | None, data: Any, events: Any, *, learn: bool) -> Any:
    """Return data with the derived columns.

    Parameters
    ----------
    derivation : Derivation or None
        What computes them.
    data : object
        A table.
    events : mapping or None
        What the columns are computed from. None: the table must have them.
    learn : bool
        Whether the derivation is fitted first.

    Returns
    -------
    table
        The data itself where there is nothing to add.

    Raises
    ------
    ParameterError
        When events come without a column that needs them, or are needed and missing.
    UnsupportedError
        When the data is read part by part.
    """
    if derivation is None:
        if events is None:
            return data
        raise errors.ParameterError(
            "events: no expression is about the past of events. Leave them out, or begin one with "
            "ms.events(...).",
            expected="no events",
            got=type(events).__name__,
        )
    if events is None and not learn:
        return data  # the table has the columns, or the engine says which one is missing
    if is_source(data) and not hasattr(data, "__arrow_c_stream__"):
        refuse_derived(derivation, "data that is read part by part")
    if isinstance(data, _engine.Table):
        raise errors.ParameterError(
            "History features are added to a table of Arrow, pandas or polars, got one of the "
            "engine's own.",
            expected="a table",
            got="an engine's table",
        )
    if learn:
        derivation.fit(events)
    return derivation.extend(data, events)


def refuse_derived(derivation: Derivation | None, what: str) -> None:
    """Raise UnsupportedError where expressions are about the past.

    Parameters
    ----------
    derivation : Derivation or None
        None is fine.
    what : str
        The call or the data that has no support for it.
    """
    if derivation is None:
        return
    hint = "Add the columns first, with mainspring.history.HistoryPlans."
    raise errors.UnsupportedError(
        f"Features about the past of events are not supported for {what}. {hint}",
        expected="a table in memory",
        got=what,
        hint=hint,
    )
