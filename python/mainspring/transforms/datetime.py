"""Operators for dates and times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mainspring.transforms.transform import Transform

__all__ = ["Datetime"]


@dataclass(frozen=True, repr=False, init=False)
class Datetime(Transform, op="datetime"):
    """Take parts of a date or timestamp.

    A timestamp with a zone is read in the local time of that zone, one without as it is. Each part
    gives a feature ``NAME_part``, or ``NAME_part_sin`` and ``NAME_part_cos``. Missing stays
    missing. Learns nothing but the zone.

    Parameters
    ----------
    *parts : {"year", "iso_year", "quarter", "month", "week", "day", "weekday", "day_of_year", \
"hour", "minute", "second", "microsecond", "days_in_month", "is_month_start", "is_month_end", \
"is_quarter_start", "is_quarter_end", "is_year_start", "is_year_end", "is_leap_year"}
        One or more, all different. Monday is weekday 0; ``week`` and ``iso_year`` are those of
        ISO 8601; ``microsecond`` is that of the second; what begins with ``is_`` is 1 or 0.
    cyclical : bool, default False
        Sine and cosine of the part's place in its cycle instead of its number, so that 23 o'clock
        lies beside 0. Only for ``quarter``, ``month``, ``week``, ``day``, ``weekday``,
        ``day_of_year``, ``hour``, ``minute`` and ``second``.

    Raises
    ------
    ParameterError
        For a part that is not in the list, or there twice, and for one without a cycle where
        ``cyclical`` is True.
    SchemaError
        While fitting: the column has no times, or dates alone where a part of the day is wanted.

    Notes
    -----
    Formula
        The part in the proleptic Gregorian calendar; cyclical, ``sin`` and ``cos`` of
        ``2 pi (part - first) / size``.
    Missing
        Stays missing in every feature.
    Infinity
        Times have none.
    Memory
        None while fitting. The transitions of the zone lie in the plan, so no database of zones is
        needed to predict.

    Examples
    --------
    >>> import datetime, mainspring as ms
    >>> rows = [{"at": datetime.datetime(2024, 1, 1, 6)}, {"at": None}]
    >>> ms.Preprocessor(ms.col("at").datetime("hour", "weekday")).fit_transform(rows).tolist()
    [[6.0, 0.0], [nan, nan]]
    """

    parts: tuple[str, ...] = ()
    cyclical: bool = False

    def __init__(self, *parts: str, cyclical: bool = False) -> None:
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "cyclical", cyclical)
        self.__post_init__()

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Datetime:
        """Make the operator from its parameters by name."""
        return cls(*params["parts"], cyclical=params["cyclical"])

    def _arguments(self) -> str:
        arguments = [repr(part) for part in self.parts]
        if self.cyclical:
            arguments.append("cyclical=True")
        return ", ".join(arguments)
