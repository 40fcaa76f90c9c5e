"""Every limit of the engine is in a docstring, with its default."""

from __future__ import annotations

from mainspring import _engine


def test_limits_when_listed_are_in_the_docstrings() -> None:
    from mainspring.checks import check
    from mainspring.drift import detect_drift

    for function, rows in ((detect_drift, _engine.drift_limits()), (check, _engine.check_limits())):
        text = " ".join((function.__doc__ or "").split())
        for row in rows:
            assert f"``{row['name']}`` {row['default']:g}" in text
