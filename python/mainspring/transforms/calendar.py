"""Operators for the distance between times, and for holidays and business days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from mainspring.transforms.transform import Transform

__all__ = ["BusinessDays", "Elapsed", "Holidays", "IsBusinessDay"]


@dataclass(frozen=True, repr=False)
class Elapsed(Transform, op="elapsed"):
    """Measure the time since another column's moment, or since a fixed one.

    ``col("arrival").elapsed(since="departure", unit="hours")`` is called
    ``arrival_hours_since_departure``. The two columns may have different units and zones: times
    with a zone are moments, whatever zone shows them, and times without one are compared as they
    are. Learns nothing.

    Parameters
    ----------
    since : str
        The column to count from. Where it is later, the result is negative.
    unit : {"seconds", "minutes", "hours", "days", "weeks"}, default "seconds"
        What to count in; fractions stay. A day has 24 hours.
    moment : str or datetime.date
        Instead of ``since``: a fixed moment, as a ``datetime`` or RFC 3339 text, with an offset
        (``"Z"``) where the column has a zone, and without one where it has none.

    Raises
    ------
    ParameterError
        For another unit, a moment that is no time, and for both or neither of ``since`` and
        ``moment``.
    SchemaError
        While fitting: one of the columns has no times, or of the two sides only one has a zone.

    Notes
    -----
    Formula
        Ticks of this column minus ticks of the other, in the finest of their units and the second,
        exactly; then float64, divided by the ticks of ``unit``.
    Missing
        Missing where one of the two is, and where the ticks leave int64: 292 years for
        nanoseconds.
    Infinity
        Times have none.
    Memory
        None.

    Examples
    --------
    >>> import datetime, mainspring as ms
    >>> noon = datetime.datetime(2024, 1, 1, 12)
    >>> rows = [{"start": noon, "end": noon + datetime.timedelta(minutes=90)}]
    >>> prep = ms.Preprocessor(ms.col("end").elapsed(since="start", unit="hours"))
    >>> prep.fit_transform(rows).tolist(), prep.feature_names_out_
    ([[1.5]], ['end_hours_since_start'])
    """

    since: str = ""
    unit: str = "seconds"
    moment: str = ""

    def __post_init__(self) -> None:
        """Take the moment as a date or datetime, too."""
        if isinstance(self.moment, date):
            object.__setattr__(self, "moment", self.moment.isoformat())
        super().__post_init__()

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The column to count from.

        Returns
        -------
        tuple of str
            Empty where there is a fixed moment.
        """
        return (self.since,) if self.since else ()


@dataclass(frozen=True, repr=False)
class Holidays(Transform, op="holidays"):
    """Say whether a day is in a given list, and how far the next and the last of the list are.

    A timestamp with a zone is read in the local time of that zone. Each part gives a feature
    ``NAME_part``. The list lies in the bundle. Learns nothing but the zone.

    Parameters
    ----------
    dates : tuple of str
        The days of the list, ``"2024-12-25"``, ``datetime.date`` or ``numpy.datetime64``, in any
        order; one or more.
    parts : tuple of str, default ("is_holiday",)
        One or more of ``"is_holiday"`` (1 or 0), ``"days_to_holiday"`` and
        ``"days_since_holiday"`` (whole days, 0 on a holiday).

    Raises
    ------
    ParameterError
        For no date, one that is no date, and for parts that are not in the list, or there twice.
    SchemaError
        While fitting: the column has no times.

    Notes
    -----
    Formula
        ``day in dates``, ``min(d - day for d in dates if d >= day)`` and
        ``min(day - d for d in dates if d <= day)``.
    Missing
        Stays missing. Without a next or last holiday the distance to it is missing.
    Infinity
        Times have none.
    Memory
        8 bytes for each date.

    Examples
    --------
    >>> import datetime, mainspring as ms
    >>> rows = [{"day": datetime.date(2024, 12, 24)}, {"day": datetime.date(2024, 12, 25)}]
    >>> parts = ("is_holiday", "days_to_holiday")
    >>> prep = ms.Preprocessor(ms.col("day").holidays(["2024-12-25"], parts))
    >>> prep.fit_transform(rows).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """

    dates: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("is_holiday",)

    def __post_init__(self) -> None:
        """Take dates of other kinds, and one part by its name alone."""
        object.__setattr__(self, "dates", _date_texts(self.dates))
        if isinstance(self.parts, str):
            object.__setattr__(self, "parts", (self.parts,))
        super().__post_init__()


@dataclass(frozen=True, repr=False)
class IsBusinessDay(Transform, op="is_business_day"):
    """Say whether a day is one on which there is business.

    A timestamp with a zone is read in the local time of that zone. The feature is called
    ``NAME_is_business_day``. Learns nothing but the zone.

    Parameters
    ----------
    weekmask : str, default "1111100"
        Seven digits, Monday first: 1 where there is business.
    holidays : tuple of str, default ()
        Days without business, as the ``dates`` of :class:`Holidays`.

    Raises
    ------
    ParameterError
        For another weekmask, one of zeros alone, and a holiday that is no date.
    SchemaError
        While fitting: the column has no times.

    Notes
    -----
    Formula
        1 where the weekday's digit is 1 and the day is no holiday, else 0: ``numpy.is_busday``.
    Missing
        Stays missing.
    Infinity
        Times have none.
    Memory
        8 bytes for each holiday.

    Examples
    --------
    >>> import datetime, mainspring as ms
    >>> rows = [{"day": datetime.date(2024, 12, day)} for day in (20, 21, 25)]
    >>> prep = ms.Preprocessor(ms.col("day").is_business_day(holidays=["2024-12-25"]))
    >>> prep.fit_transform(rows).ravel().tolist()
    [1.0, 0.0, 0.0]
    """

    weekmask: str = "1111100"
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take dates of other kinds, too."""
        object.__setattr__(self, "holidays", _date_texts(self.holidays))
        super().__post_init__()


@dataclass(frozen=True, repr=False)
class BusinessDays(Transform, op="business_days"):
    """Count the business days since another column's day.

    Both columns are read in the local time of their own zones. The feature is called
    ``NAME_business_days_since_SINCE``. Learns nothing but the zones.

    Parameters
    ----------
    since : str
        The column to count from.
    weekmask : str, default "1111100"
        Seven digits, Monday first: 1 where there is business.
    holidays : tuple of str, default ()
        Days without business, as the ``dates`` of :class:`Holidays`.

    Raises
    ------
    ParameterError
        As for :class:`IsBusinessDay`, and without ``since``.
    SchemaError
        While fitting: one of the columns has no times.

    Notes
    -----
    Formula
        The number of business days in ``[since, day)``, as ``numpy.busday_count`` counts them;
        where ``since`` is later, minus their number in ``(day, since]``.
    Missing
        Missing where one of the two is.
    Infinity
        Times have none.
    Memory
        8 bytes for each holiday.

    Examples
    --------
    >>> import datetime, mainspring as ms
    >>> rows = [{"ordered": datetime.date(2024, 12, 20), "sent": datetime.date(2024, 12, 27)}]
    >>> prep = ms.Preprocessor(ms.col("sent").business_days("ordered", holidays=["2024-12-25"]))
    >>> prep.fit_transform(rows).tolist(), prep.feature_names_out_
    ([[4.0]], ['sent_business_days_since_ordered'])
    """

    since: str = ""
    weekmask: str = "1111100"
    holidays: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take dates of other kinds, too."""
        object.__setattr__(self, "holidays", _date_texts(self.holidays))
        super().__post_init__()

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The column to count from.

        Returns
        -------
        tuple of str
            Of this one name.
        """
        return (self.since,)


def _date_texts(values: Any) -> Any:
    """Write dates of any kind as text; what is none is left for the engine to refuse."""
    values = (values,) if isinstance(values, (str, date)) else _plain(values)
    return tuple(map(_date_text, values)) if isinstance(values, (list, tuple)) else values


def _date_text(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
