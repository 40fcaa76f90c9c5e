"""Every limit of drift is in the docstring, with its default."""

from __future__ import annotations

from mainspring import _engine


def test_limits_when_listed_are_in_the_docstring() -> None:
    from mainspring.drift import detect_drift

    text = " ".join((detect_drift.__doc__ or "").split())
    for row in _engine.drift_limits():
        assert f"``{row['name']}`` {row['default']:g}" in text
