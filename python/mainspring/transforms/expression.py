"""Columns and the operators that they go through: what ``col`` begins."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.transforms.arithmetic import Arithmetic, ArithmeticNumber
from mainspring.transforms.condition import Condition
from mainspring.transforms.operator_methods import OperatorMethods
from mainspring.transforms.transform import Transform, joins, unknown_operator

__all__ = ["Expression", "col"]

# What the engine takes in one expression: how deep sides may lie in each other; and how many
# columns they may have, since `e = e + e` doubles them every time.
_MAX_DEPTH = 100
_MAX_COLUMNS = 1000


@dataclass(frozen=True, repr=False)
class Expression(OperatorMethods):
    """Columns, and operators in the order in which they are applied. Immutable.

    Made by :func:`col`; every operator is a method that returns a longer expression, with the
    parameters of its class: ``col("x").impute("median").log1p()``. ``+``, ``-``, ``*`` and ``/``
    calculate with two expressions of one feature each, which may have operators of their own and
    be calculated themselves, or with an expression and a number: see :class:`Arithmetic` and
    :class:`ArithmeticNumber`.

    Parameters
    ----------
    columns : tuple of str
        Columns of the table. Each goes through the operators by itself, except that ``cross``
        joins them. Empty where there are sides.
    operators : tuple of Transform
        What they go through.
    name : str
        Another name for the feature, or the beginning of many; ``""`` for its own. See
        :meth:`alias`.
    sides : tuple of Expression
        In place of columns: what the first operator joins, each behind operators of its own.
    """

    columns: tuple[str, ...]
    operators: tuple[Transform, ...] = ()
    name: str = ""
    sides: tuple[Expression, ...] = ()

    def alias(self, name: str) -> Expression:
        """Give the expression's feature another name, or its features names that begin otherwise.

        Of many features the alias stands in place of the column's name: those of
        ``col("at").datetime("hour", "month").alias("sold")`` are called ``sold_hour`` and
        ``sold_month``. Before the names of those that several columns give together, as
        ``polynomial`` does, it stands with a ``_``.

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
            When the name is not a string, or empty. Several columns that go through the operators
            each by itself are refused when they are fitted.

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

    def __eq__(self, other: object) -> Any:
        """Compare with another expression, or make a condition of a column and a value."""
        if isinstance(other, (str, int, float)):
            return self._compare("==", other)
        if not isinstance(other, Expression):
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in fields(self))

    def __ne__(self, other: object) -> Any:
        if isinstance(other, (str, int, float)):
            return self._compare("!=", other)
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    def __lt__(self, other: float | str) -> Condition:
        return self._compare("<", other)

    def __le__(self, other: float | str) -> Condition:
        return self._compare("<=", other)

    def __gt__(self, other: float | str) -> Condition:
        return self._compare(">", other)

    def __ge__(self, other: float | str) -> Condition:
        return self._compare(">=", other)

    def _compare(self, symbol: str, value: float | str) -> Condition:
        if not isinstance(value, (str, int, float)):
            return NotImplemented
        if len(self.columns) != 1 or self.operators or self.sides:
            raise errors.ParameterError(
                f"{self!r} {symbol} {value!r}: a condition compares one column as it is.",
                expected="a column",
                got=repr(self),
            )
        return Condition(self.columns[0], symbol, value if isinstance(value, str) else float(value))

    def _calculate(
        self, symbol: str, other: Expression | float, *, number_first: bool = False
    ) -> Expression:
        if isinstance(other, bool) or not isinstance(other, (Expression, int, float)):
            return NotImplemented  # type: ignore[no-any-return]
        if not isinstance(other, Expression):
            return self._with_operator(ArithmeticNumber(symbol, float(other), number_first))
        for side in (self, other):
            if side._joins or len(side.columns) == 1:
                continue
            raise errors.ParameterError(
                f"{self!r} {symbol} {other!r}: expected one column on each side, got "
                f"{len(side.columns)}. Write one expression for each.",
                expected="one column on each side",
                got=f"{len(side.columns)} columns",
                hint="write one expression for each",
            )
        alike = self.operators == other.operators and not (self.name or other.name)
        if alike and not (self._joins or other._joins):
            both = replace(self, columns=(*self.columns, *other.columns))
            return both._with_operator(Arithmetic(symbol))
        depth = 1 + max(self._size[0], other._size[0])
        num_columns = self._size[1] + other._size[1]
        if depth > _MAX_DEPTH or num_columns > _MAX_COLUMNS:
            raise errors.ParameterError(
                f"An expression is calculated from {num_columns} columns, {depth} deep in each "
                f"other, expected at most {_MAX_COLUMNS} columns and {_MAX_DEPTH} deep. Calculate "
                "a column of its own beforehand, or use fewer.",
                expected=f"at most {_MAX_COLUMNS} columns, {_MAX_DEPTH} deep",
                got=f"{num_columns} columns, {depth} deep",
                hint="calculate a column of its own beforehand",
            )
        return Expression((), (Arithmetic(symbol),), "", (self, other))

    @property
    def _joins(self) -> bool:
        """Whether an operator makes one feature of all columns or sides."""
        return any(joins(operator.op) for operator in self.operators)

    @cached_property
    def _size(self) -> tuple[int, int]:
        """How deep the sides lie in each other, and how many columns they have."""
        sizes = [side._size for side in self.sides]
        return (
            1 + max(depth for depth, _ in sizes) if sizes else 0,
            sum(columns for _, columns in sizes) + len(self.columns),
        )

    def _spec(self, depth: int = 0) -> tuple[list[Any], list[tuple[str, dict[str, Any]]], str]:
        """Say what the engine is told; one level too deep ends there, and is refused."""
        inner = [side._spec(depth + 1) for side in self.sides] if depth <= _MAX_DEPTH else []
        operators = [(operator.op, operator.params) for operator in self.operators]
        return [*self.columns, *inner], operators, self.name

    def _all_columns(self) -> dict[str, None]:
        """Name the columns that it reads, keys of operators among them, in order."""
        columns: dict[str, None] = dict.fromkeys(self.columns)
        for side in self.sides:
            columns |= side._all_columns()
        for operator in self.operators:
            columns |= dict.fromkeys(operator.key_columns)
        return columns

    if not TYPE_CHECKING:  # a type checker knows the methods and finds the others itself

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            raise AttributeError(unknown_operator(name))

    def _with_operator(self, operator: Transform) -> Expression:
        return replace(self, operators=(*self.operators, operator))

    def __repr__(self) -> str:
        operators = self.operators
        if self.sides and len(self.sides) == 2 and isinstance(operators[0], Arithmetic):
            left, right = self.sides
            text = f"({left!r} {operators[0].symbol} {right!r})"
            operators = operators[1:]
        else:
            text = f"col({', '.join(repr(column) for column in self.columns)})"
        calls = "".join(f".{op.op}({op._arguments()})" for op in operators)
        alias = f".alias({self.name!r})" if self.name else ""
        return f"{text}{calls}{alias}"


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
