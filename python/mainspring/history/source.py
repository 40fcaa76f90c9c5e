"""Sources of events, and the features about them that expressions are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring import errors
from mainspring.history.arguments import calendar_frame, check_rows, names_of
from mainspring.history.column import Frame
from mainspring.history.durations import duration_text, duration_us
from mainspring.history.window import EventWindow

if TYPE_CHECKING:
    from datetime import timedelta

    from mainspring.transforms.condition import Condition
    from mainspring.transforms.expression import Expression

    Length = str | timedelta

__all__ = ["EventSource", "events"]

_NAME = "a name of letters, digits and _"


@dataclass(frozen=True)
class EventSource:
    """A table or stream of events with keys and times; what :func:`events` returns.

    Parameters
    ----------
    name : str
        What the source is called, where events are handed over and in names of features.
    keys : tuple of str
        Columns of the events whose values tell histories apart.
    time : str
        The column of the times at which events happen.
    id : str or None
        A column that tells redeliveries from new events.
    lateness, skew, ttl : int
        Microseconds; -1 is no limit.
    zone : str or None
        The time zone of times that have none: ``"UTC"``.
    at : str
        The requests' column of times.
    request_keys : tuple of str
        The requests' columns of keys.
    """

    name: str
    keys: tuple[str, ...]
    time: str
    id: str | None
    lateness: int
    skew: int
    ttl: int
    zone: str | None
    at: str
    request_keys: tuple[str, ...]

    def window(
        self,
        length: Length,
        *,
        lag: Length | None = None,
        where: Condition | None = None,
        available: str | None = None,
    ) -> EventWindow:
        """Look at the events in [t - length, t), or with a lag in [t - length - lag, t - lag).

        Parameters
        ----------
        length : str or timedelta
            Such as ``"7d"``, which is 168 hours.
        lag : str or timedelta, optional
            How much earlier the window ends.
        where : Condition, optional
            Such as ``col("clicked") == 1``: other events are not seen.
        available : str, optional
            The column that says when an event becomes known. Null: never. Default: at its time.

        Returns
        -------
        EventWindow
            Its methods are the aggregates.

        Raises
        ------
        ParameterError
            When a length cannot be.
        """
        width = duration_us(length, "window: length")
        if width == 0:
            raise errors.ParameterError(
                "window: length must be more than 0.", expected="more than 0", got=repr(length)
            )
        behind = 0 if lag is None else duration_us(lag, "window: lag")
        frame = Frame("time", 0, width, behind)
        text = f"window({duration_text(width)})"
        if behind:
            text = f"window({duration_text(width)};lag={duration_text(behind)})"
        return EventWindow(self, frame, text, None, where, available)

    def last(
        self,
        value: str | None = None,
        rows: int = 1,
        *,
        where: Condition | None = None,
        available: str | None = None,
    ) -> EventWindow:
        """Look at the last events, whenever they were.

        Parameters
        ----------
        value : str, optional
            The column that aggregates take where they are not given another.
        rows : int, default 1
            How many events, nulls among them.
        where, available
            As in :meth:`window`.

        Returns
        -------
        EventWindow
            Its methods are the aggregates.

        Raises
        ------
        ParameterError
            When ``rows`` is no positive integer.
        """
        check_rows(rows, "last: rows")
        frame = Frame("rows", rows, 0, 0)
        return EventWindow(self, frame, f"last({rows})", value, where, available)

    def session(
        self,
        gap: Length,
        *,
        where: Condition | None = None,
        available: str | None = None,
    ) -> EventWindow:
        """Look at the session that is going on: events with no longer gap between them, up to now.

        Parameters
        ----------
        gap : str or timedelta
            The longest pause within a session.
        where, available
            As in :meth:`window`.

        Returns
        -------
        EventWindow
            Its methods are the aggregates.

        Raises
        ------
        ParameterError
            When the gap cannot be.
        """
        width = duration_us(gap, "session: gap")
        if width == 0:
            raise errors.ParameterError("session: gap must be more than 0.", got=repr(gap))
        text = f"session({duration_text(width)})"
        return EventWindow(self, Frame("session", 0, width, 0), text, None, where, available)

    def expanding(
        self,
        *,
        lag: Length | None = None,
        where: Condition | None = None,
        available: str | None = None,
    ) -> EventWindow:
        """Look at all events before t, or with a lag before t - lag.

        All arguments are as in :meth:`window`, and so is the result.
        """
        behind = 0 if lag is None else duration_us(lag, "expanding: lag")
        text = f"expanding(lag={duration_text(behind)})" if behind else "expanding()"
        return EventWindow(self, Frame("expanding", 0, 0, behind), text, None, where, available)

    def calendar(
        self,
        unit: str,
        count: int = 1,
        *,
        zone: str,
        lag: int = 0,
        where: Condition | None = None,
        available: str | None = None,
    ) -> EventWindow:
        """Look at the days, weeks, months or years of a time zone's calendar up to t.

        Parameters
        ----------
        unit : {"day", "week", "month", "year"}
            Weeks begin on Monday.
        count : int, default 1
            How many, that of t among them: 1 day is today so far.
        zone : str
            The time zone, such as ``"America/New_York"``. A day begins at the first instant of its
            date there, whatever the clocks do.
        lag : int, default 0
            How many whole periods earlier the window ends: with 1, ``count`` days up to midnight.
        where, available
            As in :meth:`window`.

        Returns
        -------
        EventWindow
            Its methods are the aggregates.

        Raises
        ------
        ParameterError
            When an argument cannot be.
        """
        frame, text = calendar_frame(unit, count, zone, lag)
        return EventWindow(self, frame, text, None, where, available)

    def since_last(
        self, *, where: Condition | None = None, available: str | None = None
    ) -> Expression:
        """Say how many seconds ago the last event was; null where there was none.

        Both arguments are as in :meth:`window`.
        """
        return self.expanding(where=where, available=available).feature("since_last", None)

    def lag(
        self,
        value: str,
        rows: int = 1,
        *,
        where: Condition | None = None,
        available: str | None = None,
    ) -> Expression:
        """Take the value of the event ``rows`` events ago; null where there were fewer.

        Parameters
        ----------
        value : str
            A column of numbers.
        rows : int, default 1
            1 is the last event.
        where, available
            As in :meth:`window`.

        Returns
        -------
        Expression
            One feature.

        Raises
        ------
        ParameterError
            When ``rows`` is no positive integer.
        """
        window = self.last(value, rows, where=where, available=available)
        return window.feature("lag", value)

    def ewm(
        self,
        value: str,
        *,
        half_life: Length,
        where: Condition | None = None,
        available: str | None = None,
    ) -> Expression:
        """Average values with weights that halve every ``half_life``; 64 half-lives count.

        Parameters
        ----------
        value : str
            A column of numbers.
        half_life : str or timedelta
            At least 1 us.
        where, available
            As in :meth:`window`.

        Returns
        -------
        Expression
            One feature.

        Raises
        ------
        ParameterError
            When the half-life cannot be.
        """
        half = duration_us(half_life, "ewm: half_life")
        window = self.expanding(where=where, available=available)
        return window.feature("ewm", value, float(half), f"half_life={duration_text(half)}")


def events(
    name: str,
    *,
    key: str | Sequence[str] | None,
    time: str,
    id: str | None = None,
    lateness: Length | None = None,
    skew: Length = "1min",
    ttl: Length | None = None,
    zone: str | None = None,
    at: str | None = None,
    request_key: str | Sequence[str] | None = None,
) -> EventSource:
    """Declare a source of events, whose past features are made of.

    An event is visible at a request's time t when its own time is before t and it is available at
    or before t. Nothing else is ever seen: no later event, none of the same time, not the row's
    own.

    Parameters
    ----------
    name : str
        Letters, digits and ``_``.
    key : str, sequence of str or None
        Columns whose values tell histories apart; None: there is one history.
    time : str
        The column of times, timestamps or dates.
    id : str, optional
        A column of ids: an event with the key, time and id of an earlier one is a redelivery, and
        left out.
    lateness : str or timedelta, optional
        An event that becomes available longer after its time never does. Default: no limit.
    skew : str or timedelta, default "1min"
        How far in the future an event may lie when a :class:`HistoryState` takes it.
    ttl : str or timedelta, optional
        Age from which on no feature sees an event. Default: no limit.
    zone : str, optional
        ``"UTC"``: times without a time zone are in UTC. Default: they are not compared with times
        that have one.
    at : str, optional
        The requests' column of times. Default: ``time``.
    request_key : str or sequence of str, optional
        The requests' columns of keys. Default: ``key``.

    Returns
    -------
    EventSource
        Its methods are windows and features.

    Raises
    ------
    ParameterError
        When an argument cannot be.

    Examples
    --------
    >>> import mainspring as ms
    >>> flights = ms.events("flights", key="tailnum", time="sched_dep", lateness="2d")
    >>> flights.last("arr_delay", 5, available="arr_time").mean()
    col('flights.last(5;available=arr_time).mean(arr_delay)')
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise errors.ParameterError(
            f"events: name must be {_NAME}, got {name!r}.", expected=_NAME, got=repr(name)
        )
    keys = names_of(key, "key")
    request_keys = keys if request_key is None else names_of(request_key, "request_key")
    if len(keys) != len(request_keys):
        raise errors.ParameterError(
            f"events: request_key has {len(request_keys)} columns, expected {len(keys)} as key has."
        )
    if zone not in (None, "UTC"):
        raise errors.ParameterError(
            f"events: zone must be 'UTC' or None, got {zone!r}. "
            "Give the columns a time zone instead.",
            expected="'UTC' or None",
            got=repr(zone),
        )
    for what, value in (("time", time), ("id", id), ("at", at)):
        names_of(value, what)
    if not time:
        raise errors.ParameterError("events: time must name a column.", expected="a column name")
    limit = -1 if ttl is None else duration_us(ttl, "events: ttl")
    if limit == 0:
        raise errors.ParameterError("events: ttl must be more than 0.", got=repr(ttl))
    return EventSource(
        name=name,
        keys=keys,
        time=time,
        id=id,
        lateness=-1 if lateness is None else duration_us(lateness, "events: lateness"),
        skew=duration_us(skew, "events: skew"),
        ttl=limit,
        zone=zone,
        at=time if at is None else at,
        request_keys=request_keys,
    )
