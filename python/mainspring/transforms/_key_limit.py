"""How many distinct values of a column are held while fitting, and what is said beyond that."""

from __future__ import annotations

import sys
import warnings

from mainspring import errors

__all__ = ["DEFAULT_MAX_KEYS", "checked_max_keys", "warn_of_limited"]

#: As in csrc/fit/plan/fitter.hpp.
DEFAULT_MAX_KEYS = 4_000_000


def checked_max_keys(max_keys: object) -> int:
    """Return it, or raise ParameterError unless it is a positive integer."""
    whole = isinstance(max_keys, int) and not isinstance(max_keys, bool)
    if not whole or not 0 < max_keys < 1 << 63:  # type: ignore[operator]
        raise errors.ParameterError(
            f"Preprocessor: max_keys must be an integer of 1 or more, got {max_keys!r}.",
            expected="an integer of 1 or more",
            got=repr(max_keys),
        )
    return max_keys  # type: ignore[return-value]


def warn_of_limited(limited: list[tuple[str, int]], max_keys: int, num_rows: int) -> None:
    """Warn of columns, each with the rows that its values can lack at most."""
    names = ", ".join(f"'{name}'" for name, _ in limited[:5])
    if len(limited) > 5:
        names += f" and {len(limited) - 5} more"
    many = len(limited) > 1
    error = max(error for _, error in limited)
    warnings.warn(
        f"Column{'s' if many else ''} {names} {'have' if many else 'has'} more distinct values "
        f"than the {max_keys:,} that fitting keeps (max_keys), so the rarest were let go on the "
        f"way. A value that was let go occurred at most {error:,} times among {num_rows:,} rows "
        "and counts as unseen; counts of the others are too low by at most as much. Raise "
        "max_keys of Preprocessor, at some 60 bytes of memory a value, or use hash().",
        errors.ApproximationWarning,
        stacklevel=_callers_level(),
    )


def _callers_level() -> int:
    """Return the ``stacklevel`` of who has called mainspring, for who calls this."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("mainspring."):
        frame = frame.f_back
        level += 1
    return level
