"""Fit, transform, predict, profile and drift over the data of any engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mainspring.drift import DriftReport, detect_drift
from mainspring.models.output_kinds import check_kind
from mainspring.predictor import Predictor
from mainspring.profiles import Profile
from mainspring.scale.passes import CountPass, FitPass, ProfilePass
from mainspring.scale.raised import errors_of_workers
from mainspring.scale.row_work import predictions, training_features, transformed
from mainspring.scale.worker import Worker
from mainspring.transforms import Preprocessor
from mainspring.transforms.sharded_fit import ShardedFit

if TYPE_CHECKING:
    from mainspring.scale.cluster import Cluster
    from mainspring.scale.passes import StatePass

__all__ = ["Verbs"]


class Verbs:
    """The functions of an engine's module.

    Parameters
    ----------
    opened : callable
        Makes a :class:`Cluster` of the engine's data and a schema or None.

    Notes
    -----
    States travel as bytes and merge in a tree in the cluster: this process holds one state, never
    all of them. Counts, extremes and sums are those of one process bit for bit, whatever the
    partitions; medians and quantiles beyond ``max_values``, vocabularies beyond ``max_keys`` and
    sketched columns of profiles are within their stated error (:doc:`/concepts/scale`).

    An error in a partition is raised as in one process, and names the partition.
    """

    def __init__(self, opened: Callable[[Any, pa.Schema | None], Cluster]) -> None:
        self._opened = opened

    def fit(
        self,
        preprocessor: Preprocessor,
        data: Any,
        *,
        target: str | None = None,
        schema: pa.Schema | None = None,
    ) -> Preprocessor:
        """Learn from data where it lies, and forget what was learnt before.

        Reads the data :attr:`Preprocessor.num_rounds` times, each pass over all workers.

        Parameters
        ----------
        preprocessor : Preprocessor
            What learns.
        data : object
            Of the engine; see its module.
        target : str, optional
            The target's column.
        schema : pyarrow.Schema, optional
            Types of the columns where the engine does not know them, or knows them wrongly.

        Returns
        -------
        Preprocessor
            The same, with the bits of a ``fit`` in one process; it can go on with ``partial_fit``
            and ``merge`` where one pass is enough.

        Raises
        ------
        SchemaError, DataError, ParameterError
            As :meth:`Preprocessor.fit`. It stays as it was.
        """
        cluster = self._opened(data, schema)
        with ShardedFit(preprocessor, target) as fit:
            self._learn(fit, cluster, target, None)
            with errors_of_workers():
                fit.finish()
        return preprocessor

    def fit_transform(
        self,
        preprocessor: Preprocessor,
        data: Any,
        *,
        target: str | None = None,
        keep: Sequence[str] = (),
        schema: pa.Schema | None = None,
    ) -> Any:
        """Learn from data, and return its features for training.

        Where an expression learns from the target, each row is encoded by others than itself. Its
        fold comes from the number of the row over all partitions, which are counted first.

        Parameters
        ----------
        preprocessor, data, target, schema
            As in :meth:`fit`.
        keep : sequence of str
            Columns of the data that stand before the features.

        Returns
        -------
        object
            Data of the engine, as in :meth:`transform`.

        Raises
        ------
        ParameterError
            As in :meth:`fit`, and where ``leave_one_out`` or ``ordered_target`` is used: their
            value of a row needs all other rows; the message names the expression.
        DataError
            When the engine cuts the data in another way when it is read again.
        """
        if not preprocessor.uses_target:
            self.fit(preprocessor, data, target=target, schema=schema)
            return self.transform(preprocessor, data, keep=keep, schema=schema)
        cluster = self._opened(data, schema).numbered()
        with ShardedFit(preprocessor, target, cross_fit=True) as fit:
            columns = _read(cluster, fit.columns)
            fit.begin(cluster.schema.empty_table())
            counted = _reduce(cluster, CountPass(Worker.here(), columns, cluster.schema))
            first_rows = CountPass.first_rows(counted)
            self._learn(fit, cluster, target, first_rows)
            base = fit.base()
            with errors_of_workers():
                fit.finish()
        work = training_features(base, fit.columns, first_rows, cluster.schema, keep)
        return cluster.rows(work)

    @staticmethod
    def _learn(
        fit: ShardedFit, cluster: Cluster, target: str | None, first_rows: list[int] | None
    ) -> None:
        fit.begin(cluster.schema.empty_table())
        columns = _read(cluster, fit.columns)
        for _ in range(fit.num_passes):
            work = FitPass(
                Worker.here(),
                fit.base(),
                columns,
                cluster.schema,
                target,
                fit.profiled,
                first_rows,
            )
            state = _reduce(cluster, work)
            with errors_of_workers():
                fit.end_pass(state)

    def transform(
        self,
        transformer: Preprocessor | Predictor,
        data: Any,
        *,
        keep: Sequence[str] = (),
        schema: pa.Schema | None = None,
    ) -> Any:
        """Compute features where the rows are.

        Parameters
        ----------
        transformer : Preprocessor or Predictor
            Opened once in each process of the cluster.
        data, schema
            As in :meth:`fit`.
        keep : sequence of str
            Columns of the data that stand before the features.

        Returns
        -------
        object
            Data of the engine with a column for each feature, float32 numbers and int32 ids,
            computed when it is asked for.

        Raises
        ------
        NotFittedError
            Before a fit.
        SchemaError
            When the data lacks a column.
        """
        cluster = self._opened(data, schema)
        return cluster.rows(transformed(transformer, cluster.schema, keep))

    def predict(
        self,
        predictor: Predictor,
        data: Any,
        *,
        kind: str = "predict",
        keep: Sequence[str] = (),
        schema: pa.Schema | None = None,
    ) -> Any:
        """Predict where the rows are.

        Parameters
        ----------
        predictor : Predictor
            Opened once in each process of the cluster; it takes columns.
        data, schema
            As in :meth:`fit`.
        kind : {"predict", "proba", "raw"}, default "predict"
            As in :meth:`Predictor.predict_arrow`.
        keep : sequence of str
            Columns of the data that stand before the predictions.

        Returns
        -------
        object
            Data of the engine, with the columns of :meth:`Predictor.predict_arrow`.

        Raises
        ------
        SchemaError, ParameterError, UnsupportedError
            As :meth:`Predictor.predict_arrow`.
        """
        check_kind(kind)
        cluster = self._opened(data, schema)
        return cluster.rows(predictions(predictor, kind, cluster.schema, keep))

    def profile(
        self,
        data: Any,
        *,
        columns: Sequence[str] | None = None,
        target: str | None = None,
        schema: pa.Schema | None = None,
    ) -> Profile:
        """Profile data where it lies.

        Parameters
        ----------
        data, schema
            As in :meth:`fit`.
        columns, target
            As in :func:`mainspring.profile`.

        Returns
        -------
        Profile
            As :func:`mainspring.profile` of all rows; exact columns bit for bit.

        Raises
        ------
        SchemaError
            When a wanted column is missing, or changes its kind; the message names the partition.
        """
        return self._profile(self._opened(data, schema), columns, target)

    @staticmethod
    def _profile(cluster: Cluster, columns: Sequence[str] | None, target: str | None) -> Profile:
        # Checks the parameters before any work, and names all columns where none are asked for.
        known = Profile(columns=columns, target=target).update(cluster.schema.empty_table())
        work = ProfilePass(Worker.here(), known.columns, cluster.schema, target)
        return Profile.from_bytes(_reduce(cluster, work))

    def drift(
        self,
        reference: Any,
        data: Any,
        *,
        columns: Sequence[str] | None = None,
        schema: pa.Schema | None = None,
        **options: Any,
    ) -> DriftReport:
        """Say which columns have moved away from a reference.

        Parameters
        ----------
        reference : Profile, Predictor or data of the engine
            What is normal.
        data, schema
            As in :meth:`fit`.
        columns : sequence of str, optional
            Columns to compare; all of the reference when not given.
        **options
            Others of :func:`mainspring.detect_drift`, but for windows and ``exact``.

        Returns
        -------
        DriftReport
            As :func:`mainspring.detect_drift` of the two profiles.

        Raises
        ------
        SchemaError, ParameterError
            As :func:`mainspring.detect_drift`.
        """
        before = reference.profile if isinstance(reference, Predictor) else reference
        if before is not None and not _is_profile(before):
            before = self.profile(before, columns=columns, schema=schema)
        if before is None:  # a predictor without one: the error says so
            return detect_drift(reference, reference, columns=columns, **options)
        cluster = self._opened(data, schema)
        there = cluster.schema.names
        wanted = [
            name
            for name in (before.columns if columns is None else columns)
            if name in there or name != before.target
        ]
        now = self._profile(cluster, wanted, None)
        against = reference if options.get("importance") == "model" else before
        report = detect_drift(against, now, columns=columns, **options)
        if columns is not None:
            return report
        new = [name for name in there if name not in before.columns]
        return dataclasses.replace(report, new_columns=new)


def _is_profile(reference: Any) -> bool:
    return isinstance(reference, Profile) or type(reference).__module__ == "mainspring._engine"


def _reduce(cluster: Cluster, work: StatePass) -> bytes:
    with errors_of_workers():
        return cluster.reduce(work)


def _read(cluster: Cluster, columns: list[str]) -> list[str]:
    """Columns that a pass reads; none would be no rows either."""
    return columns or cluster.schema.names[:1]
