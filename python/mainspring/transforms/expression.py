"""Columns and the operators that they go through: what ``col`` begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.transforms.arithmetic import Arithmetic, ArithmeticNumber
from mainspring.transforms.operator_methods import OperatorMethods
from mainspring.transforms.transform import Transform, unknown_operator

__all__ = ["Expression", "col"]


@dataclass(frozen=True, repr=False)
class Expression(OperatorMethods):
    """Columns, and operators in the order in which they are applied. Immutable.

    Made by :func:`col`; every operator is a method that returns a longer expression, with the
    parameters of its class: ``col("x").impute("median").log1p()``. ``+``, ``-``, ``*`` and ``/``
    calculate with two expressions of one column each, behind the same operators, or with an
    expression and a number: see :class:`Arithmetic` and :class:`ArithmeticNumber`.

    Parameters
    ----------
    columns : tuple of str
        Columns of the table. Each goes through the operators by itself, except that ``cross``
        joins them.
    operators : tuple of Transform
        What they go through.
    name : str
        Another name for the feature; ``""`` for its own. See :meth:`alias`.
    """

    columns: tuple[str, ...]
    operators: tuple[Transform, ...] = ()
    name: str = ""

    def alias(self, name: str) -> Expression:
        """Give the expression's only feature another name.

        Parameters
        ----------
        name : str
            The new name, not empty.

        Returns
        -------
        Expression
            A new one.

        Raises
        ------
        ParameterError
            When the name is not a string, or empty. An expression of several features is refused
            when it is fitted.

        Examples
        --------
        >>> from mainspring import col
        >>> col("x").clip(0, 1).alias("share")
        col('x').clip(low=0, high=1).alias('share')
        """
        if not isinstance(name, str) or not name:
            raise errors.ParameterError(
                f"alias: the name must be a string that is not empty, got {name!r}.",
                expected="a string that is not empty",
                got=repr(name),
            )
        return replace(self, name=name)

    def __add__(self, other: Expression | float) -> Expression:
        return self._calculate("+", other)

    def __radd__(self, other: float) -> Expression:
        return self._calculate("+", other, number_first=True)

    def __sub__(self, other: Expression | float) -> Expression:
        return self._calculate("-", other)

    def __rsub__(self, other: float) -> Expression:
        return self._calculate("-", other, number_first=True)

    def __mul__(self, other: Expression | float) -> Expression:
        return self._calculate("*", other)

    def __rmul__(self, other: float) -> Expression:
        return self._calculate("*", other, number_first=True)

    def __truediv__(self, other: Expression | float) -> Expression:
        return self._calculate("/", other)

    def __rtruediv__(self, other: float) -> Expression:
        return self._calculate("/", other, number_first=True)

    def _calculate(
        self, symbol: str, other: Expression | float, *, number_first: bool = False
    ) -> Expression:
        if isinstance(other, bool) or not isinstance(other, (Expression, int, float)):
            return NotImplemented  # type: ignore[no-any-return]
        if not isinstance(other, Expression):
            return self._with_operator(ArithmeticNumber(symbol, float(other), number_first))
        alike = self.operators == other.operators and not (self.name or other.name)
        if not alike or len(self.columns) != 1 or len(other.columns) != 1:
            raise errors.ParameterError(
                f"{self!r} {symbol} {other!r}: expected one column on each side, behind the same "
                "operators and without an alias.",
                expected="one column on each side, behind the same operators",
                got=f"{self!r} {symbol} {other!r}",
                hint=f"put the operators behind it: (col('a') {symbol} col('b')).log1p()",
            )
        both = replace(self, columns=(*self.columns, *other.columns))
        return both._with_operator(Arithmetic(symbol))

    if not TYPE_CHECKING:  # a type checker knows the methods and finds the others itself

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(unknown_operator(name))

    def _with_operator(self, operator: Transform) -> Expression:
        return replace(self, operators=(*self.operators, operator))

    def __repr__(self) -> str:
        columns = ", ".join(repr(column) for column in self.columns)
        calls = "".join(f".{op.op}({op._arguments()})" for op in self.operators)
        alias = f".alias({self.name!r})" if self.name else ""
        return f"col({columns}){calls}{alias}"


def col(*names: str) -> Expression:
    """Begin an expression over columns of a table.

    Parameters
    ----------
    *names : str
        One column or more.

    Returns
    -------
    Expression
        Has one method for each operator.

    Raises
    ------
    ParameterError
        When there is no name, or one is not a string.

    Examples
    --------
    >>> from mainspring import col
    >>> col("distance", "wind_speed").impute("median").log1p().standardize()
    col('distance', 'wind_speed').impute().log1p().standardize()
    """
    bad = [name for name in names if not isinstance(name, str) or not name]
    if bad or not names:
        got = repr(bad[0]) if bad else "nothing"
        raise errors.ParameterError(
            f"col: expected column names, strings that are not empty, got {got}."
            + (" Write col(*names) for a list." if bad and isinstance(bad[0], list) else ""),
            expected="column names",
            got=got,
        )
    return Expression(names)
