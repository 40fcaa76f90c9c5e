"""Comparisons of a column with a value: which events a window sees."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMPARISONS", "Condition"]

# As the engine numbers them.
COMPARISONS = {"==": 1, "!=": 2, "<": 3, "<=": 4, ">": 5, ">=": 6}

# For names of features, of which XGBoost takes no "<".
_WORDS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


@dataclass(frozen=True)
class Condition:
    """``col("clicked") == 1``: holds where the value is there and compares so.

    Parameters
    ----------
    column : str
        The column.
    symbol : str
        One of ``== != < <= > >=``.
    value : float or str
        A number or a text; text is ordered by its bytes.
    """

    column: str
    symbol: str
    value: float | str

    def __bool__(self) -> bool:
        """Refuse: a condition is part of a declaration, and is neither true nor false."""
        raise TypeError(
            f"{self} is a condition for where=, neither true nor false. Compare expressions with "
            "repr()."
        )

    def __str__(self) -> str:
        return f"{self.column}.{_WORDS[self.symbol]}({self.value})"
