"""A drift report as an Arrow table: a row for each column and window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring import _engine

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.drift.report import DriftReport

__all__ = ["report_table"]


def report_table(report: DriftReport) -> pa.Table:
    """Lay a report out as a table.

    Parameters
    ----------
    report : DriftReport
        What to show.

    Returns
    -------
    pyarrow.Table
        The current data as a whole first, with a null window.
    """
    import pyarrow as pa

    groups = [(None, report.columns)]
    groups += [(window.name, window.columns) for window in report.windows]  # type: ignore[misc]
    rows = [(window, column) for window, columns in groups for column in columns]
    found: dict[str, pa.Array] = {
        "window": pa.array([window for window, _ in rows], pa.string()),
        "column": pa.array([column.name for _, column in rows], pa.string()),
        "kind": pa.array([column.kind for _, column in rows], pa.string()),
        "drifted": pa.array([column.drifted for _, column in rows], pa.bool_()),
        "effect": pa.array([column.effect for _, column in rows], pa.float64()),
        "p_value": pa.array([column.p_value for _, column in rows], pa.float64()),
        "reason": pa.array([column.reason for _, column in rows], pa.string()),
        "exact": pa.array([column.exact for _, column in rows], pa.bool_()),
        "reference_rows": pa.array([column.reference_rows for _, column in rows], pa.int64()),
        "current_rows": pa.array([column.current_rows for _, column in rows], pa.int64()),
    }
    for statistic in [str(row["name"]) for row in _engine.drift_statistics()]:
        values = [column.value(statistic) for _, column in rows]
        if any(value is not None for value in values):
            found[statistic] = pa.array(values, pa.float64())
    return pa.table(found)
