"""The steps of a FeatureTransformer that was given none, from the columns that it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring import errors
from mainspring.transforms import Expression, col

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["default_steps"]


def default_steps(schema: pa.Schema) -> list[Expression]:
    """Choose one expression for each column.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the table to be fitted.

    Returns
    -------
    list of Expression
        Numbers and bools: ``impute("median").standardize()``; strings: ``ordinal()``.

    Raises
    ------
    SchemaError
        When a column is neither; the message names it.
    """
    return [_step_of(field.name, field.type) for field in schema]


def _step_of(name: str, kind: pa.DataType) -> Expression:
    from pyarrow import types

    if types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind):
        return col(name).impute("median").standardize()
    value_kind = kind.value_type if types.is_dictionary(kind) else kind
    if str(value_kind) in ("string", "large_string", "string_view"):
        return col(name).ordinal()
    raise errors.SchemaError(
        f"Column '{name}' has no default steps: expected numbers, bools or strings, got {kind}. "
        "Pass steps, or leave the column out.",
        column=name,
        expected="numbers, bools or strings",
        got=str(kind),
        hint="pass steps, or leave the column out",
    )
