"""What an engine has to be able to do: run a pass and merge its states, or give rows."""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa

from mainspring import errors
from mainspring.scale.passes import StatePass
from mainspring.scale.row_work import RowWork

__all__ = ["Cluster", "missing_engine", "not_data"]


class Cluster(Protocol):
    """Data of an engine, in numbered partitions.

    An adapter has this, and a function that makes it of the engine's own objects.
    """

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        ...

    def numbered(self) -> Cluster:
        """Return the same data with partitions that stay as they are from pass to pass."""
        ...

    def reduce(self, work: StatePass) -> bytes:
        """Run ``work.learn`` on every partition and ``work.merge`` in a tree over the states.

        Only the last state comes here, the others stay in the cluster. A task whose process dies
        is run again; what a task raises is raised here.
        """
        ...

    def rows(self, work: RowWork) -> Any:
        """Return what ``work.run`` gives of every partition, as data of the engine, lazily."""
        ...


def missing_engine(extra: str) -> errors.MissingExtraError:
    """Return the error of an engine that is not installed."""
    hint = f"pip install 'mainspring[{extra}]'"
    return errors.MissingExtraError(
        f"mainspring.scale.{extra} needs {extra.capitalize()}, which is not installed. Run: {hint}",
        hint=hint,
    )


def not_data(data: object, expected: str) -> errors.ParameterError:
    """Return the error of an object that is no data of the engine."""
    got = type(data).__name__
    return errors.ParameterError(f"data must be {expected}, got {got}.", expected=expected, got=got)
