"""What an engine raises for an error of ours in a worker, turned back into that error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mainspring import errors
from mainspring.scale.partitions import renumbered

__all__ = ["errors_of_workers"]

# The last line of a traceback, which is all that Spark hands on.
_LINE = re.compile(r"^mainspring\.errors\.(\w+): (.*)$", re.MULTILINE)
_COLUMN = re.compile(r"Column '([^']*)'")
_ROW = re.compile(r"\brow (\d+)")


@contextmanager
def errors_of_workers() -> Iterator[None]:
    """Raise the error of mainspring that a worker raised, and say of which partition a row is."""
    try:
        yield
    except errors.MainspringError as error:
        raise renumbered(_plain(error), whole=True) from error.__cause__
    except Exception as error:
        found = _found_in(error)
        if found is None:
            raise
        raise renumbered(found, whole=True) from error


def _found_in(error: BaseException) -> errors.MainspringError | None:
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, errors.MainspringError):
            return _plain(one)
        if id(one) in seen:
            continue
        seen.add(id(one))
        # Ray keeps the worker's error in `cause`, others chain it.
        causes = (getattr(one, "cause", None), one.__cause__, one.__context__)
        waiting += [cause for cause in causes if isinstance(cause, BaseException)]
    return _of_text(str(error))


def _plain(error: errors.MainspringError) -> errors.MainspringError:
    """Return it as one of our own classes: Ray makes classes that are both theirs and ours."""
    kind = next(k for k in type(error).__mro__ if k.__module__ == "mainspring.errors")
    if kind is type(error):
        return error
    inner = getattr(error, "cause", None)
    return inner if isinstance(inner, errors.MainspringError) else kind(str(error))


def _of_text(text: str) -> errors.MainspringError | None:
    match = _LINE.search(text)
    kind = None if match is None else getattr(errors, match[1], None)
    if match is None or not isinstance(kind, type) or not issubclass(kind, errors.MainspringError):
        return None
    column, row = _COLUMN.search(match[2]), _ROW.search(match[2])
    return kind(
        match[2],
        column=None if column is None else column[1],
        row=None if row is None else int(row[1]),
    )
