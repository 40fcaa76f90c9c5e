"""The features of one list of expressions about the past: compiled, fitted, computed, stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring._sources import is_source, open_source
from mainspring.history.column import HistoryColumn
from mainspring.history.compiled_plan import compiled_plan
from mainspring.history.described import Source, described
from mainspring.transforms._derived import derived_columns

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.history.source import EventSource
    from mainspring.transforms.expression import Expression

__all__ = ["HistoryPlans", "events_of", "plans_of"]


class HistoryPlans:
    """Plans of every source that columns name.

    Parameters
    ----------
    columns : sequence of HistoryColumn
        The features.

    Raises
    ------
    ParameterError
        When two sources have one name, or a feature cannot be.
    """

    def __init__(self, columns: Sequence[Any]) -> None:
        declared: dict[str, EventSource] = {}
        for column in columns:
            source = column.definition.source
            if declared.setdefault(source.name, source) != source:
                raise errors.ParameterError(
                    f"Two sources are called '{source.name}' and differ. Give each its own name.",
                    expected="one source of a name",
                    got="two",
                )
        named: dict[str, list[HistoryColumn]] = {name: [] for name in declared}
        for column in dict.fromkeys(columns):
            named[column.definition.source.name].append(column)
        self._take([compiled_plan(declared[name], asked) for name, asked in named.items()])

    def _take(self, plans: Sequence[_engine.HistoryPlan]) -> None:
        self._plans = {plan.description["source"]: plan for plan in plans}
        self._sources = {name: described(plan) for name, plan in self._plans.items()}
        self.counts: dict[str, dict[str, int]] = {}

    @classmethod
    def from_bytes(cls, data: bytes) -> HistoryPlans:
        """Read plans from the section HIST of a bundle.

        Parameters
        ----------
        data : bytes
            What :meth:`to_bytes` returned. Nothing in them is trusted.

        Returns
        -------
        HistoryPlans

        Raises
        ------
        BundleCorruptError
            When the bytes are something else.
        """
        plans = cls.__new__(cls)
        plans._take(_engine.HistoryPlan.many_from_bytes(data))
        return plans

    @property
    def sources(self) -> dict[str, Source]:
        """What requests need to know of each source, by its name."""
        return dict(self._sources)

    def plan(self, name: str) -> _engine.HistoryPlan:
        """Return the compiled plan of a source."""
        return self._plans[name]

    def to_bytes(self) -> bytes:
        """Return what a bundle stores."""
        return _engine.HistoryPlan.many_to_bytes(list(self._plans.values()))

    def restore(self, data: bytes) -> None:
        """Take the grids from bytes that :meth:`to_bytes` returned.

        Parameters
        ----------
        data : bytes
            Of equal columns.

        Raises
        ------
        BundleCorruptError
            When the bytes are of something else.
        """
        self._take(_engine.HistoryPlan.many_from_bytes(data))

    @classmethod
    def from_predictor(cls, predictor: Any) -> HistoryPlans:
        """Read the plans that a predictor's bundle has.

        Parameters
        ----------
        predictor : Predictor
            Made with a preprocessor of features about the past, or loaded.

        Returns
        -------
        HistoryPlans
            ``predictor.predict(plans.extend(requests, events))`` predicts.

        Raises
        ------
        ParameterError
            When it has none.
        """
        return plans_of(predictor, "HistoryPlans.from_predictor")

    @classmethod
    def of(cls, *expressions: Expression) -> HistoryPlans:
        """Make the plans of expressions, whatever else they read.

        Parameters
        ----------
        *expressions : Expression
            What a :class:`~mainspring.Preprocessor` takes.

        Returns
        -------
        HistoryPlans
            Not fitted.

        Raises
        ------
        ParameterError
            When none of them is about the past.
        """
        found = [column for one in expressions for column in derived_columns(one)]
        if not found:
            raise errors.ParameterError(
                "No expression is about the past of events. Begin one with ms.events(...)."
            )
        return cls(found)

    def fit(self, events: Mapping[str, object] | None) -> HistoryPlans:
        """Choose the grid of every column of numbers.

        Parameters
        ----------
        events : mapping
            The table of each source; or what gives it part by part, a path, a dataset, a reader or
            an iterator of tables.

        Returns
        -------
        HistoryPlans
            Itself.

        Raises
        ------
        ParameterError
            When a source has no table.
        SchemaError
            When a column is missing or of a wrong type.
        """
        for name, plan in self._plans.items():
            grids = _engine.HistoryGrids(plan)
            given = events_of(name, events)
            if is_source(given):
                columns = list(self._sources[name].event_columns)
                with open_source(given, passes=1, spool=False) as source:
                    for part in source.parts(columns):
                        grids.add(as_table(part.table))
            else:
                grids.add(as_table(given))
            grids.finish(plan)
        return self

    def compute(
        self,
        data: object,
        events: object,
        *,
        out: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> dict[str, npt.NDArray[np.float64]]:
        """Compute the features of a table of requests.

        Parameters
        ----------
        data : table
            Has the sources' columns of request times and keys.
        events : mapping
            The table of each source, or its :class:`~mainspring.HistoryState`.
        out : mapping, optional
            For each source a writable C-contiguous float64 array of shape (features, rows) to fill
            and return; what an earlier call with as many rows returned. Reusing memory is faster
            than new memory.

        Returns
        -------
        dict of numpy.ndarray
            For each source float64 of shape (features, rows); NaN is null.

        Raises
        ------
        ParameterError
            As :meth:`fit`, and when ``out`` cannot be; nothing is written then.
        SchemaError
            As :meth:`fit`.
        """
        from mainspring.history.arrays import arrays_for

        table = arrow_table(data, "history features")
        rows = table.num_rows
        shapes = {name: (len(one.features), rows) for name, one in self._sources.items()}
        computed = arrays_for(shapes, out)
        for name, plan in self._plans.items():
            source = self._sources[name]
            needed = dict.fromkeys((source.at, *source.keys))
            # Columns that are missing are the engine's to name.
            is_there = all(one in table.column_names for one in needed)
            requests = table.select(list(needed)) if is_there else table
            given = events_of(name, events)
            if hasattr(given, "fill"):
                given.fill(requests, out=computed[name])
                continue
            self.counts[name] = plan.compute(
                as_table(given), as_table(requests), source.at, list(source.keys), computed[name]
            )
        return computed

    def extend(self, data: object, events: object) -> pa.Table:
        """Add the features to a table of requests.

        Parameters
        ----------
        data, events
            As in :meth:`compute`.

        Returns
        -------
        pyarrow.Table
            The rows in their order, with one more float64 column for each feature; null where it is
            null.

        Raises
        ------
        ParameterError, SchemaError
            As :meth:`fit`.
        """
        import numpy as np
        import pyarrow as pa

        result = arrow_table(data, "history features")
        for name, rows in self.compute(result, events).items():
            for column, values in zip(self._sources[name].features, rows, strict=True):
                result = result.append_column(column, pa.array(values, mask=np.isnan(values)))
        return result


def plans_of(given: Any, what: str) -> HistoryPlans:
    """Return the plans that a call was given, or those of a preprocessor or predictor.

    Parameters
    ----------
    given : Preprocessor, Predictor or HistoryPlans
        What was given.
    what : str
        The call, for error messages.

    Returns
    -------
    HistoryPlans

    Raises
    ------
    ParameterError
        When it has none.
    """
    plans = getattr(given, "history", given)
    if isinstance(getattr(given, "bundle", None), _engine.Bundle) and plans is given:
        section = _engine.history_of(given.bundle)
        plans = HistoryPlans.from_bytes(section) if section else None
    if not isinstance(plans, HistoryPlans):
        raise errors.ParameterError(
            f"{what}: expected a Preprocessor or Predictor with features about the past, or "
            f"HistoryPlans, got {type(given).__name__}.",
            expected="a Preprocessor or Predictor with features about the past, or HistoryPlans",
            got=type(given).__name__,
        )
    return plans


def events_of(name: str, events: object) -> Any:
    """Return what was handed over for a source.

    Parameters
    ----------
    name : str
        The source's.
    events : mapping
        From names to tables.

    Returns
    -------
    object
        A table, or what else a call takes.

    Raises
    ------
    ParameterError
        When there is none.
    """
    if isinstance(events, Mapping) and name in events:
        return events[name]
    got = ", ".join(map(repr, events)) if isinstance(events, Mapping) else repr(events)
    raise errors.ParameterError(
        f"The features read events('{name}'): pass events={{'{name}': table}}, got {got}.",
        expected=f"a table for '{name}'",
        got=got,
    )
