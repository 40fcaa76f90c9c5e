"""Operators that read strings as numbers, flags and times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mainspring import errors
from mainspring.transforms._zones import is_known_zone
from mainspring.transforms.transform import Transform

__all__ = ["ParseBoolean", "ParseDatetime", "ParseNumber"]


@dataclass(frozen=True, repr=False)
class ParseNumber(Transform, op="parse_number"):
    """Read strings as numbers; what is no number is missing.

    Takes what Python's ``float`` takes, with marks of your own: ``"1.234,5"`` by
    ``parse_number(decimal=",", thousands=".")``. White space around is allowed. Learns nothing.

    Parameters
    ----------
    decimal : str, default "."
        The character before the fraction.
    thousands : str, default ""
        The character between groups of three digits; ``""``: there is none. A number without it
        is taken, too; one with groups of another size is missing.

    Raises
    ------
    ParameterError
        For a mark that is not one character, a digit, a sign or an ``e``; for equal marks.
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        The float64 that is nearest to the decimal number, ties to even: ``float(text)``. Digits
        are those of ASCII, without ``_`` between them; a number of more than 1,024 bytes is
        missing.
    Missing
        Stays missing; so does what is no number, ``"nan"`` among it.
    Infinity
        ``"inf"`` and ``"infinity"`` in letters of any case, and numbers beyond the largest float64.
    Memory
        None while fitting, none in the plan.

    References
    ----------
    W. D. Clinger, "How to read floating point numbers accurately", 1990, doi:10.1145/93542.93557.
    D. Lemire, "Number parsing at a gigabyte per second", 2021, doi:10.1002/spe.2984.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "1.234,5"}, {"x": " -7 "}, {"x": "n/a"}]
    >>> column = ms.col("x").parse_number(decimal=",", thousands=".")
    >>> ms.Preprocessor(column).fit_transform(rows).ravel().tolist()
    [1234.5, -7.0, nan]
    """

    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True, repr=False)
class ParseBoolean(Transform, op="parse_boolean"):
    """Read strings as 1 (true) and 0 (false); others are missing.

    Strings are compared byte by byte: put ``strip`` before where there may be white space. Learns
    nothing.

    Parameters
    ----------
    true : tuple of str, default ("true", "True", "TRUE", "1")
        What is 1.
    false : tuple of str, default ("false", "False", "FALSE", "0")
        What is 0.

    Raises
    ------
    ParameterError
        When one of the two is empty, or a string is there twice.
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        ``1 if text in true else 0 if text in false else missing``.
    Missing
        Stays missing; so do strings that neither has.
    Infinity
        Strings have none.
    Memory
        None while fitting; the strings lie in the plan.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "yes"}, {"x": "no"}, {"x": "perhaps"}]
    >>> column = ms.col("x").parse_boolean(true=("yes",), false=("no",))
    >>> ms.Preprocessor(column).fit_transform(rows).ravel().tolist()
    [1.0, 0.0, nan]
    """

    true: tuple[str, ...] = ("true", "True", "TRUE", "1")
    false: tuple[str, ...] = ("false", "False", "FALSE", "0")

    def __post_init__(self) -> None:
        """Take one string by itself, too."""
        for name, values in self.params.items():
            if isinstance(values, str):
                object.__setattr__(self, name, (values,))
        super().__post_init__()


@dataclass(frozen=True, repr=False, init=False)
class ParseDatetime(Transform, op="parse_datetime"):
    """Read strings as times by given formats; what fits none is missing.

    Gives times to the next operator: ``col("at").parse_datetime("%d.%m.%Y").datetime("month")``.
    Learns nothing.

    Parameters
    ----------
    *formats : str
        One or more, as ``datetime.strptime`` writes them; the first that fits all of the string
        decides. The directives are ``%Y %y %m %b %B %d %j %a %A %H %I %p %M %S %f %z %%``, names of
        months and days in English. ``"ISO8601"`` stands for all common forms of that standard.
    zone : str, optional
        Whose local time texts without an offset are: a name of the IANA database, an offset
        (``"+02:00"``) or ``"UTC"``. The times are then moments that this zone shows, like those of
        a timestamp column with a zone: ``datetime`` takes parts of its local time, and ``elapsed``
        counts from and to other moments. Without a zone times stay as they are written.

    Raises
    ------
    ParameterError
        Without a format, for another directive or two that say the same, for a zone that this
        machine does not know, and where some formats have ``%z`` and others have not, without a
        zone (``"ISO8601"`` goes with both).
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        ``datetime.strptime(text, format)`` in microseconds since 1970. A directive takes as many
        digits as it can and never gives one back, so ``"%d%m%Y"`` wants two digits of each.
        ``"ISO8601"`` takes ``2024-01-31`` and ``20240131``, alone or with ``T`` or a space and
        ``14``, ``14:30``, ``1430``, ``14:30:05`` or ``143005``, a fraction behind a point or a
        comma (digits after the sixth are dropped), and ``Z``, ``+02``, ``+0200`` or ``+02:00``.
        With an offset the time is that of UTC, without one the time as it is written, or that at
        which the clocks of ``zone`` showed it, from 1900 to 2100; of a time that they showed twice
        the first one, and one that they left out is counted from before the gap, as
        ``datetime(..., fold=0)`` does (PEP 495). A part that the format does not have is that of
        1900-01-01T00:00. Digits are those of ASCII.
    Missing
        Stays missing; so does what fits no format, and a date that the calendar does not have.
    Infinity
        Strings have none.
    Memory
        None while fitting. The formats and the transitions of the zone, some 3 kB, lie in the plan,
        so no database of zones is needed to predict.

    References
    ----------
    The Open Group, POSIX.1-2017, strptime. A. Belopolsky and T. Peters, PEP 495 (2015).

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "31.12.2024"}, {"x": "2024-02-29"}, {"x": "30.02.2024"}]
    >>> column = ms.col("x").parse_datetime("%d.%m.%Y", "%Y-%m-%d").datetime("month", "day")
    >>> ms.Preprocessor(column).fit_transform(rows).tolist()
    [[12.0, 31.0], [2.0, 29.0], [nan, nan]]
    """

    formats: tuple[str, ...] = ()
    zone: str | None = None

    def __init__(self, *formats: str, zone: str | None = None) -> None:
        object.__setattr__(self, "formats", formats)
        object.__setattr__(self, "zone", zone)
        self.__post_init__()
        if zone is not None and not is_known_zone(zone):
            expected = "the name of a time zone that this machine knows, or an offset"
            raise errors.ParameterError(
                f"'zone' of parse_datetime must be {expected}, got {zone!r}. Write it as the IANA "
                "database does, such as 'Europe/Paris', or install the package tzdata.",
                expected=expected,
                got=repr(zone),
                hint="install tzdata",
            )

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> ParseDatetime:
        """Make the operator from its parameters by name."""
        operator = cls.__new__(cls)  # what was fitted elsewhere needs no database of zones here
        object.__setattr__(operator, "formats", tuple(params["formats"]))
        object.__setattr__(operator, "zone", params["zone"])
        operator.__post_init__()
        return operator

    def _arguments(self) -> str:
        arguments = [repr(text) for text in self.formats]
        if self.zone is not None:
            arguments.append(f"zone={self.zone!r}")
        return ", ".join(arguments)
