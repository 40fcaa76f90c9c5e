"""What drift detection found: typed objects, plain dicts, JSON and a table for a terminal."""

from __future__ import annotations

import json
import math
import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, overload

from mainspring.errors import SchemaError
from mainspring.profiles.histogram import Histogram, histogram
from mainspring.profiles.text_table import text_table

__all__ = ["CategoryShare", "ColumnDrift", "DriftReport", "DriftStatistic", "column_drift"]

_WIDTH = 80
_PLOTTED = frozenset(
    "statistics reference_histogram current_histogram categories rest unseen".split()
)


@dataclass(frozen=True)
class DriftStatistic:
    """One statistic of one column.

    Attributes
    ----------
    value : float
        The statistic; NaN where one side has no values.
    low, high : float
        Where a profile is a sketch: the exact value is certainly in between. Of rates, a confidence
        interval at the report's level. Both equal ``value`` otherwise.
    p_value : float or None
        Of the statistic's own test, uncorrected, for ``low`` where that differs; None without one.
    """

    value: float
    low: float
    high: float
    p_value: float | None = None


@dataclass(frozen=True)
class CategoryShare:
    """How often a category occurs on both sides.

    Attributes
    ----------
    value : str
        The category.
    reference, current : int
        Rows; too low where a profile is a sketch.
    """

    value: str
    reference: int
    current: int


@dataclass(frozen=True)
class ColumnDrift:
    """One column measured and judged.

    Attributes
    ----------
    name, kind : str
        The column; "number", "boolean", "text", "timestamp" or "unknown".
    drifted : bool
        The decision.
    reason : str
        One sentence that says why.
    effect : float
        Largest effect divided by its limit, among those that drifted where the column did: what
        ``DriftReport.drifted`` is ordered by.
    p_value : float or None
        Smallest corrected p-value; None where nothing could be tested.
    statistics : dict of str to DriftStatistic
        Every statistic that applies to this kind of column.
    exact : bool
        Nothing was approximated. Otherwise ``rank_error`` bounds what was.
    rank_error : float
        Largest error of a rank, as a share of the rows; 0 where exact.
    reference_rows, current_rows : int
        Rows on both sides, missing ones included.
    reference_missing, current_missing : int
        The missing ones.
    reference_histogram, current_histogram : Histogram or None
        Of numbers and timestamps, both over the same bins.
    categories : tuple of CategoryShare
        Of strings and booleans: up to eight that are frequent on either side.
    rest : tuple of int
        Rows of all other categories that the reference knows: in the reference, and now.
    unseen : int
        Rows now of all other categories that the reference does not know; 0 where a profile is a
        sketch, since what it does not list may have been there.
    """

    name: str
    kind: str
    drifted: bool
    reason: str
    effect: float
    p_value: float | None
    exact: bool
    rank_error: float
    reference_rows: int
    current_rows: int
    statistics: dict[str, DriftStatistic] = field(default_factory=dict)
    reference_missing: int = 0
    current_missing: int = 0
    reference_histogram: Histogram | None = field(default=None, repr=False)
    current_histogram: Histogram | None = field(default=None, repr=False)
    categories: tuple[CategoryShare, ...] = field(default=(), repr=False)
    rest: tuple[int, int] = (0, 0)
    unseen: int = 0

    def value(self, statistic: str) -> float | None:
        """Return the value of a statistic, None where it does not apply to this kind of column.

        Parameters
        ----------
        statistic : str
            Such as "ks" or "js_debiased".

        Returns
        -------
        float or None
            Its value.
        """
        found = self.statistics.get(statistic)
        return None if found is None else found.value

    def to_dict(self) -> dict[str, Any]:
        """Return everything but what plots are made of as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats. No value of the data is among them.
        """
        fields = {name: value for name, value in vars(self).items() if name not in _PLOTTED}
        fields["statistics"] = {name: vars(value) for name, value in self.statistics.items()}
        return fields

    def _cells(self) -> list[str]:
        distance = self.value("ks") if "ks" in self.statistics else self.value("js_debiased")
        return [
            self.name,
            self.kind,
            "drift" if self.drifted else "",
            _short(distance),
            _short(self.value("wasserstein_std")),
            _short(self.value("psi")),
            _points(self.value("missing_rate")),
            _points(self.value("unseen_rate")),
            _short(self.p_value),
        ]


def _short(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.2g}"


def _points(share: float | None) -> str:
    if share is None or math.isnan(share) or abs(share) < 0.0005:
        return ""
    return f"{100 * share:+.1f}%"


@dataclass(frozen=True)
class DriftReport:
    """What :func:`mainspring.detect_drift` found.

    Attributes
    ----------
    columns : list of ColumnDrift
        In the order of the reference.
    num_rows, reference_rows : int
        Rows of the current data and of the reference.
    new_columns : list of str
        Columns of the current data that the reference does not have; they are not compared.
    skipped : list of str
        Columns of the reference whose type is not read.
    level : float
        What corrected p-values were held against.
    correction : str
        How they were corrected.
    limits : dict of str to float
        Every limit in force.
    """

    columns: list[ColumnDrift]
    num_rows: int
    reference_rows: int
    new_columns: list[str]
    skipped: list[str]
    level: float
    correction: str
    limits: dict[str, float]

    @property
    def drifted(self) -> list[str]:
        """Names of the columns that drifted, largest effect first."""
        return [column.name for column in self._by_effect() if column.drifted]

    def column(self, name: str) -> ColumnDrift:
        """Return one column.

        Parameters
        ----------
        name : str
            A compared column.

        Returns
        -------
        ColumnDrift
            What was found.

        Raises
        ------
        SchemaError
            When no such column was compared.
        """
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        raise SchemaError(
            f"Column '{name}' was not compared. Compared were "
            f"{', '.join(repr(name) for name in names[:5])}{more}.",
            column=name,
        )

    def _by_effect(self) -> list[ColumnDrift]:
        return sorted(self.columns, key=lambda column: (not column.drifted, -column.effect))

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats.
        """
        return {
            "drifted": self.drifted,
            "num_rows": self.num_rows,
            "reference_rows": self.reference_rows,
            "new_columns": list(self.new_columns),
            "skipped": list(self.skipped),
            "level": self.level,
            "correction": self.correction,
            "limits": dict(self.limits),
            "columns": [column.to_dict() for column in self.columns],
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as JSON.

        Parameters
        ----------
        indent : int, optional
            Spaces of indentation; one line without.

        Returns
        -------
        str
            Valid JSON: NaN is null, infinities are the strings "Infinity" and "-Infinity".
        """
        return json.dumps(_plain(self.to_dict()), indent=indent, allow_nan=False)

    @overload
    def to_html(self, path: None = None, *, title: str | None = None) -> str: ...

    @overload
    def to_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> None: ...

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str | None:
        """Write the report as an HTML page.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all; by default the page is returned.
        title : str, optional
            What was compared, or when: the page itself has no date.

        Returns
        -------
        str or None
            The page, where no path was given: one file of at most 300 kB that asks for no other,
            light or dark as its reader's system is. Equal reports give equal pages.

        Raises
        ------
        FileError
            When the file cannot be written.

        Notes
        -----
        Frequent categories and the axes of plots show values of the data. With the environment
        variable ``MAINSPRING_REDACT`` they do not.
        """
        from mainspring.drift.report_page import drift_page
        from mainspring.html.page import write_page

        text = drift_page(self, title=title)
        if path is None:
            return text
        write_page(text, path)
        return None

    def _repr_html_(self) -> str:
        from mainspring.drift.report_page import drift_fragment

        return drift_fragment(self)

    def __repr__(self) -> str:
        return (
            f"<DriftReport: {len(self.drifted)} of {len(self.columns)} columns drifted, "
            f"{self.num_rows:,} rows>"
        )

    def __str__(self) -> str:
        lines = [
            f"{len(self.drifted)} of {len(self.columns)} columns drifted: {self.num_rows:,} rows "
            f"against {self.reference_rows:,}"
        ]
        headers = ["column", "kind", "", "ks/js", "w1/std", "psi", "missing", "unseen", "p"]
        ordered = self._by_effect()
        if ordered:
            lines.append(text_table(headers, [column._cells() for column in ordered], left=3))
        for column in ordered:
            if column.drifted:
                lines += textwrap.wrap(
                    f"{column.name}: {column.reason}", _WIDTH, subsequent_indent="  "
                )
        if self.new_columns:
            names = ", ".join(self.new_columns)
            lines += textwrap.wrap(f"New columns: {names}.", _WIDTH, subsequent_indent="  ")
        return "\n".join(lines)


def _plain(value: Any) -> Any:
    """Replace what JSON has no word for."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def column_drift(fields: Mapping[str, Any]) -> ColumnDrift:
    """Make a column's object from the engine's plain values.

    Parameters
    ----------
    fields : mapping
        One element of what the engine returned.

    Returns
    -------
    ColumnDrift
        The typed object.
    """
    values = dict(fields)
    values["statistics"] = {
        name: DriftStatistic(**statistic) for name, statistic in values["statistics"].items()
    }
    for side in ("reference_histogram", "current_histogram"):
        values[side] = histogram(values[side])
    values["categories"] = tuple(CategoryShare(*share) for share in values["categories"])
    return ColumnDrift(**values)
