"""Operators that clean what comes in: spellings of nothing, values out of range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mainspring import errors
from mainspring.transforms.transform import Transform

__all__ = ["Case", "MapValues", "NullIf", "OutOfRangeFlag", "RegexExtract", "Strip"]


@dataclass(frozen=True, repr=False)
class Strip(Transform, op="strip"):
    """Take white space, or other characters, from the ends of strings.

    Gives strings to the next operator: ``col("city").strip().ordinal()``. A string that is nothing
    else becomes empty, not missing; ``null_if("")`` behind it makes it missing. Learns nothing.

    Parameters
    ----------
    characters : str, default ""
        The characters that are taken away, in any order and number; ``""`` is white space: what
        Python's ``str.strip()`` takes.
    side : {"both", "start", "end"}, default "both"
        Which end.

    Raises
    ------
    ParameterError
        For another side.
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        ``text.strip(characters or None)``, ``lstrip`` for ``"start"``, ``rstrip`` for ``"end"``.
        Bytes that are not UTF-8 are never taken away.
    Missing
        Stays missing.
    Infinity
        Strings have none.
    Memory
        None while fitting, no copy of the strings: what it gives are views of them.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": " 7 "}, {"x": "8"}, {"x": None}]
    >>> ms.Preprocessor(ms.col("x").strip().parse_number()).fit_transform(rows).ravel().tolist()
    [7.0, 8.0, nan]
    """

    characters: str = ""
    side: str = "both"


@dataclass(frozen=True, repr=False)
class Case(Transform, op="case"):
    """Write strings in lower, upper or title case.

    Gives strings to the next operator: ``col("city").strip().case().ordinal()`` learns one category
    of ``"Paris"`` and ``"PARIS"``. Learns nothing.

    Parameters
    ----------
    to : {"lower", "upper", "title", "fold"}, default "lower"
        ``"title"`` begins every run of letters with a capital; ``"fold"`` is for comparing: ``"ß"``
        and ``"SS"`` become ``"ss"``.

    Raises
    ------
    ParameterError
        For another case.
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        ``text.lower()``, ``text.upper()``, ``text.title()`` or ``text.casefold()`` of Python, by
        the full mappings of Unicode 14.0, whatever Python has: one character may become three, a
        sigma at the end of a word is final, and no language is asked. Bytes that are not UTF-8 stay
        as they are.
    Missing
        Stays missing.
    Infinity
        Strings have none.
    Memory
        None while fitting. A string that changes is written once for a tile of 512 rows, at most
        three times as long; others are views of what came in.

    References
    ----------
    The Unicode Standard, version 14.0, section 3.13.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "Paris"}, {"x": "PARIS"}, {"x": "Rome"}]
    >>> ms.Preprocessor(ms.col("x").case().ordinal()).fit_transform(rows).ravel().tolist()
    [2.0, 2.0, 3.0]
    """

    to: str = "lower"


@dataclass(frozen=True, repr=False)
class NullIf(Transform, op="null_if"):
    """Make given values missing.

    For what files write in place of nothing: ``col("x").null_if(("", "NA", "-"))`` on strings,
    ``col("x").null_if(-999)`` on numbers. Gives what it takes to the next operator. Learns nothing.

    Parameters
    ----------
    values : str, float or tuple of either
        Strings for a column of strings, numbers for a column of numbers; one or more, all
        different.

    Raises
    ------
    ParameterError
        When there is no value, one twice, a NaN, or strings and numbers together.
    SchemaError
        While fitting: strings are given for numbers or numbers for strings, or the column has
        another kind.

    Notes
    -----
    Formula
        missing where ``x in values``, else x. Strings are compared byte by byte, numbers as
        float64; -0 is 0.
    Missing
        Stays missing.
    Infinity
        A number like any other.
    Memory
        None while fitting; the values lie in the plan.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": 2.0}, {"x": -999.0}, {"x": 4.0}]
    >>> column = ms.col("x").null_if(-999).impute("mean")
    >>> ms.Preprocessor(column).fit_transform(rows).ravel().tolist()
    [2.0, 3.0, 4.0]
    """

    values: tuple[float | str, ...] = ()

    def __post_init__(self) -> None:
        """Take one value by itself, too."""
        object.__setattr__(self, "values", _as_values(self.values))
        super().__post_init__()


@dataclass(frozen=True, repr=False, init=False)
class MapValues(Transform, op="map_values"):
    """Replace given values by others: strings or numbers by strings or numbers.

    Gives what the values are, strings or numbers, to the next operator. Learns nothing.

    Parameters
    ----------
    mapping : dict
        What stands in place of each value: all keys are strings or all are numbers, and so are the
        values. Its keys and values are ``old`` and ``new``.
    default : float or str, optional
        What stands in place of any value that the mapping does not have, of the kind of its values;
        None: it is missing.
    keep_others : bool, default False
        Values that the mapping does not have stay as they are, for a mapping of strings to strings
        or of numbers to numbers.

    Raises
    ------
    ParameterError
        When the mapping is empty or mixes kinds, for a NaN, for a ``default`` of another kind, and
        for ``keep_others`` where strings become numbers or numbers strings.
    SchemaError
        While fitting: the column is not of the kind of the keys.

    Notes
    -----
    Formula
        ``mapping.get(x, default)``, or ``mapping.get(x, x)`` with ``keep_others``. Strings are
        compared byte by byte, numbers as float64.
    Missing
        Stays missing; so does what the mapping does not have, without a default or ``keep_others``.
    Infinity
        A number like any other.
    Memory
        None while fitting; the mapping lies in the plan, and strings that come out are views of it.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "S"}, {"x": "L"}, {"x": "?"}]
    >>> column = ms.col("x").map_values({"S": 1, "M": 2, "L": 3}, default=0)
    >>> ms.Preprocessor(column).fit_transform(rows).ravel().tolist()
    [1.0, 3.0, 0.0]
    """

    old: tuple[float | str, ...] = ()
    new: tuple[float | str, ...] = ()
    default: float | str | None = None
    keep_others: bool = False

    def __init__(
        self,
        mapping: Mapping[Any, float | str],
        default: float | str | None = None,
        keep_others: bool = False,
    ) -> None:
        if not isinstance(mapping, Mapping):
            raise errors.ParameterError(
                f"Parameter 'mapping' of map_values must be a dict, got {mapping!r}.",
                expected="a dict",
                got=repr(mapping),
            )
        object.__setattr__(self, "old", tuple(mapping))
        object.__setattr__(self, "new", tuple(mapping.values()))
        object.__setattr__(self, "default", default)
        object.__setattr__(self, "keep_others", keep_others)
        self.__post_init__()

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> MapValues:
        """Make the operator from its parameters by name."""
        mapping = dict(zip(params["old"], params["new"], strict=True))
        return cls(mapping, params["default"], params["keep_others"])

    def _arguments(self) -> str:
        arguments = [repr(dict(zip(self.old, self.new, strict=True)))]
        if self.default is not None:
            arguments.append(f"default={self.default!r}")
        if self.keep_others:
            arguments.append("keep_others=True")
        return ", ".join(arguments)


@dataclass(frozen=True, repr=False)
class RegexExtract(Transform, op="regex_extract"):
    r"""Take the part of a string that a regular expression finds.

    Searches as Python's ``re.search`` does, in time that grows with the length of the
    string alone, not faster. Gives strings to the next operator. Learns nothing.

    Parameters
    ----------
    pattern : str
        In the grammar of Python's ``re`` with ``re.ASCII``: characters, ``.``, classes, ``\d \w
        \s`` and their opposites, ``^ $ \A \Z \b \B``, groups, ``|``, and repeats, greedy or
        lazy. Refused by name: backreferences, lookaround, conditions, atomic groups, possessive
        repeats, flags, repeats of what may be empty, and a pattern of more than 256 instructions.
    group : int, default 1
        The group that is taken; 0 is all of the match.

    Raises
    ------
    ParameterError
        For what is refused, and for a group that the pattern does not have; the message says where.
    SchemaError
        While fitting: the column holds no strings.

    Notes
    -----
    Formula
        ``re.search(pattern, text, re.ASCII)[group]``. A character is one of Unicode; bytes that are
        not UTF-8 are matched by nothing. ``\B`` matches in an empty string, as from Python 3.14 on.
    Missing
        Stays missing; so does a string without a match, or whose match leaves the group out.
    Infinity
        Strings have none.
    Memory
        None while fitting; the pattern lies in the plan as a program of 12 bytes for each
        instruction, and strings that come out are views of those that came in.

    References
    ----------
    K. Thompson, "Regular expression search algorithm", 1968, doi:10.1145/363347.363387.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": "A-17 (used)"}, {"x": "B-4"}, {"x": "none"}]
    >>> column = ms.col("x").regex_extract(r"-(\d+)").parse_number()
    >>> ms.Preprocessor(column).fit_transform(rows).ravel().tolist()
    [17.0, 4.0, nan]
    """

    pattern: str = ""
    group: int = 1


@dataclass(frozen=True, repr=False)
class OutOfRangeFlag(Transform, op="out_of_range_flag"):
    """Give 1 where the number lies outside a range, else 0.

    Stands beside ``clip``, as ``missing_flag`` does beside ``impute``: ``col("x").clip(0, 100),
    col("x").out_of_range_flag(0, 100)``. The feature is called ``NAME_out_of_range``. Learns
    nothing.

    Parameters
    ----------
    low : float, default -inf
        The smallest number that is inside.
    high : float, default inf
        The largest number that is inside; not below ``low``. One of the two must be a limit.

    Raises
    ------
    ParameterError
        When ``high`` is below ``low``, one is NaN, or neither is a limit.
    SchemaError
        While fitting: the column holds no numbers.

    Notes
    -----
    Formula
        ``1 if x < low or x > high else 0``.
    Missing
        0: ``missing_flag`` tells those.
    Infinity
        Outside, where there is a limit on its side.
    Memory
        None while fitting.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"age": 41.0}, {"age": 200.0}, {"age": None}]
    >>> flag = ms.col("age").out_of_range_flag(0, 120)
    >>> ms.Preprocessor(flag).fit_transform(rows).ravel().tolist()
    [0.0, 1.0, 0.0]
    """

    low: float = -math.inf
    high: float = math.inf


def _as_values(values: object) -> object:
    """Make a tuple of one value."""
    return (values,) if isinstance(values, (str, int, float)) else values
