"""Statistics that a report has only when it is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring import _engine
from mainspring._names import did_you_mean
from mainspring.errors import ParameterError

__all__ = ["checked_statistics"]


def checked_statistics(given: str | Sequence[str]) -> list[str]:
    """Return the names of statistics to measure beside those that every report has.

    Parameters
    ----------
    given : sequence of str or "all"
        Their names.

    Returns
    -------
    list of str
        Names that the engine lists.

    Raises
    ------
    ParameterError
        When there is no such statistic.
    """
    known = [str(row["name"]) for row in _engine.drift_statistics()]
    if isinstance(given, str) and given == "all":
        return known
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ParameterError(
                f"statistics: there is no statistic '{name}'; there are {', '.join(known)}.{hint}",
                expected=", ".join(known),
                got=str(name),
            )
    return names
