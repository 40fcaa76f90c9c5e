"""Fitting and transforming larger than memory: the part of a Preprocessor that goes by parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring.transforms._derived import refuse_derived
from mainspring.transforms._output import Wanted, checked_output, of_table, of_training
from mainspring.transforms._parts import (
    Targets,
    as_stream,
    check_batch_rows,
    in_batches,
    learn,
    learn_more,
    opened,
)
from mainspring.transforms._zones import zone_transitions
from mainspring.transforms.fitted_plan import FittedPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainspring._sources import Source

__all__ = ["StreamedPlan"]


class StreamedPlan(FittedPlan):
    """What a preprocessor does over data that is read in parts.

    The base of :class:`Preprocessor`.
    """

    def transform_batches(
        self,
        data: Any,
        *,
        output: str | None = None,
        batch_rows: int | None = None,
        progress: bool = False,
    ) -> Any:
        """Compute the features of data that does not have to fit in memory, part by part.

        Parameters
        ----------
        data : object
            As in :meth:`fit`, read once: a path, a list of paths, a dataset, a reader or a
            generator.
        output : {"numpy", "arrow", "pandas", "polars", "csr", "tensors"}, optional
            As in :meth:`transform`.
        batch_rows : int, optional
            Rows of every batch but the last. Default: what is fast, at most 65,536.
        progress : bool, default False
            Whether to show a progress bar, on terminals only.

        Returns
        -------
        iterator or pyarrow.RecordBatchReader
            Features of the rows in their order, what :meth:`transform` gives for them; for
            ``"arrow"`` a reader. Data is read as it is asked for. Without rows one empty batch. The
            memory of arrays that nobody holds any more is used for later ones.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        SchemaError
            Where a column is missing or of another kind; the message names the file or batch.
        ParameterError
            When ``output`` or ``batch_rows`` cannot be, or the data is none of these.
        """
        bundle = self.bundle
        output = checked_output(self._output if output is None else output)
        check_batch_rows(batch_rows)
        source = opened(data, 1, False, "transform_batches")
        wanted = Wanted(output)

        def features(table: _engine.Table, first_row: int) -> Any:
            del first_row
            return of_table(bundle, table, wanted)

        return as_stream(
            output,
            in_batches(source, self._columns(), features, batch_rows=batch_rows, progress=progress),
        )

    def fit_transform_batches(
        self,
        data: Any,
        y: Any = None,
        *,
        target: str | None = None,
        output: str | None = None,
        batch_rows: int | None = None,
        spool: bool = True,
        progress: bool = False,
    ) -> Any:
        """Learn from data that does not have to fit in memory, and give its training features.

        As :meth:`fit_transform`, cross-fitted where an expression has ``target_mean``. Everything
        is learnt before this returns; then the data is read once more, as it is asked for.

        Parameters
        ----------
        data, y, target, spool
            As in :meth:`fit`.
        output, batch_rows, progress
            As in :meth:`transform_batches`.

        Returns
        -------
        iterator or pyarrow.RecordBatchReader
            As in :meth:`transform_batches`. Ends with a ParameterError when the preprocessor is
            fitted again meanwhile.

        Raises
        ------
        SchemaError, DataError, ParameterError
            As in :meth:`fit` and :meth:`transform_batches`.
        """
        self._check_can_fit()
        refuse_derived(self._derivation, "fit_transform_batches")
        output = checked_output(self._output if output is None else output)
        check_batch_rows(batch_rows)
        source = opened(data, self._fitter.num_passes + 1, spool, "fit_transform_batches")
        cross_fit = self.uses_target
        try:
            self._fit_source(source, y, target, cross_fit=cross_fit, progress=progress)
        except BaseException:
            source.close()
            raise
        bundle, fitter = self.bundle, self._fitter
        wanted = Wanted(output)

        def features(table: _engine.Table, first_row: int) -> Any:
            if self._bundle is not bundle:
                raise errors.ParameterError(
                    "The preprocessor was fitted again while fit_transform_batches was under way. "
                    "Use up its batches first."
                )
            if cross_fit:
                return of_training(fitter, bundle, table, first_row, wanted)
            return of_table(bundle, table, wanted)

        return as_stream(
            output,
            in_batches(source, self._columns(), features, batch_rows=batch_rows, progress=progress),
        )

    def _fit_source(
        self, source: Source, y: Any, target: str | None, *, cross_fit: bool, progress: bool
    ) -> None:
        profile = self._new_profile()
        learn(
            self._fitter,
            source,
            columns=self._learnt_columns(target),
            targets=Targets(y, target),
            cross_fit=cross_fit,
            first_look=self._first_look(profile),
            progress=progress,
        )
        self._take_fit(profile)

    def _partial_fit_source(
        self, source: Source, y: Any, target: str | None, *, progress: bool
    ) -> None:
        profile = self._new_profile()
        learn_more(
            self._fitter,
            source,
            columns=self._learnt_columns(target),
            targets=Targets(y, target),
            first_look=self._first_look(profile),
            progress=progress,
        )
        self._take_more(profile)

    def _learnt_columns(self, target: str | None) -> list[str]:
        columns = self._columns()
        return columns if target is None or target in columns else [*columns, target]

    def _first_look(self, profile: _engine.Profile | None) -> Callable[[_engine.Table], None]:
        def look(table: _engine.Table) -> None:
            self._add_zones(table)
            if profile is not None:
                profile.update(table)

        return look

    def _take_fit(self, profile: _engine.Profile | None) -> None:
        self._bundle = None
        self._profile = profile
        self._goes_on = False
        self._warned.clear()
        self._warn_of_limits()

    def _take_more(self, profile: _engine.Profile | None) -> None:
        if profile is not None and self._profile is not None:
            profile.merge(self._profile)
        self._bundle = None
        self._profile = profile
        self._goes_on = True
        self._warn_of_limits()

    def _columns(self) -> list[str]:
        columns: dict[str, None] = {}
        for expression in self._expressions:
            columns |= expression._all_columns()
        return list(columns)

    def _new_profile(self) -> _engine.Profile | None:
        return _engine.Profile(columns=self._columns()) if self._keep_profile else None

    def _add_zones(self, table: _engine.Table) -> None:
        for name in self._fitter.missing_zones(table):
            self._fitter.add_zone(name, *zone_transitions(name))
