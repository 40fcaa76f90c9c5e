"""What drift detection found: typed objects, plain dicts, JSON and a table for a terminal."""

from __future__ import annotations

import json
import math
import os
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from mainspring.drift.column_drift import ColumnDrift
from mainspring.drift.persistence import DriftAlert, DriftWindow
from mainspring.errors import SchemaError
from mainspring.profiles.text_table import text_table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DriftReport"]

_WIDTH = 80


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
    column_limits : dict of str to dict
        Those that a column has to itself.
    windows : list of DriftWindow
        Of current data that was cut, each judged by itself, p-values corrected over all of them.
    alerts : list of DriftAlert
        Columns that drifted in enough windows in a row.
    """

    columns: list[ColumnDrift]
    num_rows: int
    reference_rows: int
    new_columns: list[str]
    skipped: list[str]
    level: float
    correction: str
    limits: dict[str, float]
    column_limits: dict[str, dict[str, float]] = field(default_factory=dict)
    windows: list[DriftWindow] = field(default_factory=list)
    alerts: list[DriftAlert] = field(default_factory=list)

    @property
    def found(self) -> bool:
        """Whether drift is there to be acted on: alerts where there are windows, else drift."""
        return bool(self.alerts if self.windows else self.drifted)

    @property
    def drifted(self) -> list[str]:
        """Names of the columns that drifted, largest effect times importance first."""
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
        return sorted(self.columns, key=lambda column: (not column.drifted, -column.rank))

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
            "column_limits": {name: dict(own) for name, own in self.column_limits.items()},
            "columns": [column.to_dict() for column in self.columns],
            "windows": [window.to_dict() for window in self.windows],
            "alerts": [vars(alert) for alert in self.alerts],
        }

    def to_arrow(self) -> pa.Table:
        """Return a row for each column and window, a column for each statistic.

        Returns
        -------
        pyarrow.Table
            ``window`` is null for the current data as a whole. Statistics that do not apply to a
            column's kind are null; NaN and infinities are kept.
        """
        from mainspring.drift.report_table import report_table

        return report_table(self)

    def to_junit(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as JUnit XML, which continuous integration shows as tests.

        Parameters
        ----------
        path : path, optional
            A file to write it to as well.

        Returns
        -------
        str
            A test for each column, which fails where the column drifted; one more for each window.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from mainspring.drift.report_junit import report_junit
        from mainspring.html.page import write_page

        text = report_junit(self)
        if path is not None:
            write_page(text, path)
        return text

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

        return write_page(drift_page(self, title=title), path)

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
        for side, rows in (("current data", self.num_rows), ("reference", self.reference_rows)):
            if rows == 0:
                lines.append(f"The {side} has no rows: only its columns are compared.")
        headers = ["column", "kind", "", "ks/js", "w1/std", "psi", "missing", "unseen", "p"]
        ordered = self._by_effect()
        if ordered:
            lines.append(text_table(headers, [column._cells() for column in ordered], left=3))
        for column in ordered:
            if column.drifted:
                lines += textwrap.wrap(
                    f"{column.name}: {column.reason}", _WIDTH, subsequent_indent="  "
                )
        for alert in self.alerts:
            lines += textwrap.wrap(f"Alert: {alert}.", _WIDTH, subsequent_indent="  ")
        if self.windows and not self.alerts:
            lines.append(f"No column drifted in enough of {len(self.windows)} windows in a row.")
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
