"""How much of a column is held while fitting, and what is said where there is more."""

from __future__ import annotations

import sys
import warnings

from mainspring import errors

__all__ = [
    "DEFAULT_MAX_KEYS",
    "DEFAULT_MAX_VALUES",
    "checked_limit",
    "warn_of_limited",
    "warn_of_sketched",
]

#: As in csrc/fit/plan/fitter.hpp.
DEFAULT_MAX_KEYS = 4_000_000
DEFAULT_MAX_VALUES = 4_000_000

_PACKAGE = "mainspring."


def checked_limit(name: str, limit: object) -> int:
    """Return it, or raise ParameterError unless it is a positive integer."""
    whole = isinstance(limit, int) and not isinstance(limit, bool)
    if not whole or not 0 < limit < 1 << 63:  # type: ignore[operator]
        raise errors.ParameterError(
            f"Preprocessor: {name} must be an integer of 1 or more, got {limit!r}.",
            expected="an integer of 1 or more",
            got=repr(limit),
        )
    return limit  # type: ignore[return-value]


def warn_of_limited(limited: list[tuple[str, int]], max_keys: int, num_rows: int) -> None:
    """Warn of columns, each with the rows that its values can lack at most."""
    error = max(error for _, error in limited)
    warnings.warn(
        f"{_subject(limited)} more distinct values than the {max_keys:,} that fitting keeps "
        "(max_keys), so the rarest were let go on the way. A value that was let go occurred at "
        f"most {error:,} times among {num_rows:,} rows and counts as unseen; counts of the others "
        "are too low by at most as much. Raise max_keys of Preprocessor, at some 60 bytes of "
        "memory a value, or use hash().",
        errors.ApproximationWarning,
        stacklevel=_callers_level(),
    )


def warn_of_sketched(sketched: list[tuple[str, int]], max_values: int, num_rows: int) -> None:
    """Warn of columns, each with the rows that its ranks can be wrong by at most."""
    error = max(error for _, error in sketched)
    warnings.warn(
        f"{_subject(sketched)} more distinct numbers than the {max_values:,} of which fitting "
        "keeps every rank (max_values), so the medians and quantiles of them are approximate: each "
        f"is at most {error:,} of {num_rows:,} rows ({error / num_rows:.2g} of them) away from its "
        "rank. Raise max_values of Preprocessor, at some 16 bytes of memory a number.",
        errors.ApproximationWarning,
        stacklevel=_callers_level(),
    )


def _subject(columns: list[tuple[str, int]]) -> str:
    names = ", ".join(f"'{name}'" for name, _ in columns[:5])
    if len(columns) > 5:
        names += f" and {len(columns) - 5} more"
    return f"Columns {names} have" if len(columns) > 1 else f"Column {names} has"


def _callers_level() -> int:
    """Return the ``stacklevel`` of who has called mainspring, for who calls this."""
    level = 1
    frame = sys._getframe(1)
    # Code that exec() runs may have no name.
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    return level
