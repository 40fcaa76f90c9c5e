"""The Preprocessor: learns what expressions need, and applies them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _arrow, _engine, errors
from mainspring._sources import is_source, open_source
from mainspring.transforms._derived import extended, refuse_derived
from mainspring.transforms._device import is_for_device, transform_on_device
from mainspring.transforms._output import (
    Wanted,
    checked_output,
    of_rows,
    of_table,
    of_training,
    output_row,
    refuse_lists,
)
from mainspring.transforms._rows import as_rows, checked_row
from mainspring.transforms._target import target_values
from mainspring.transforms.streamed_plan import StreamedPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from mainspring.transforms.tensors import Tensors

    Floats = npt.NDArray[np.float32]

__all__ = ["Preprocessor"]

_SET_OUTPUT = {"default": "numpy", "pandas": "pandas", "polars": "polars"}


class Preprocessor(StreamedPlan):
    """Turns the columns of a table into the features of a model.

    Follows scikit-learn's habits (``fit``, ``transform``, ``fit_transform``) and adds
    ``partial_fit`` and ``merge``. Nulls and NaN are both missing in columns of numbers, unless an
    expression begins with ``keep_nan``. What is learnt is exact: it does not depend on batches,
    their order, threads or shards, and a fitted preprocessor runs the very bytes that a bundle
    holds.

    Parameters
    ----------
    *expressions : Expression or str
        What :func:`col` made; a name alone is a column as it is. Features come in their order.
    profile : bool, default True
        Keep a profile of the columns that are read while fitting, the reference for drift. It
        costs one more pass over them.
    max_keys : int, default 4,000,000
        Most distinct values of a column, or n-grams of a text, that are held while fitting, some
        60 bytes each. Where there are more, the rarest are let go on the way, and one
        :class:`ApproximationWarning` names the column: a value that is let go occurred at most
        ``2 * rows / max_keys`` times and counts as unseen.
    max_values : int, default 4,000,000
        Most distinct numbers of a column of which every rank is held while fitting, for medians and
        quantiles, 16 bytes each. Where there are more, a sketch of them is held instead, some 8
        bytes times ``max_values``, and one :class:`ApproximationWarning` names the column and by
        how many rows a rank may be wrong: at most 0.007 % of a billion rows.

    Raises
    ------
    ParameterError
        When an expression cannot be, whatever the data, or a limit is no positive integer.

    Notes
    -----
    Fitting makes one pass over the data where it can: ``.impute("median").log1p().standardize()``
    takes one, ``.target_mean().standardize()`` two. ``transform`` is safe to call from many
    threads; the methods that fit are not. Pickles hold the plan; where the preprocessor was built
    with ``partial_fit`` or ``merge`` they hold its states too, so that it can go on.

    States stay in memory after fitting where one pass was enough, so that the object can be merged:
    16 bytes for each distinct number under an exact median, and each vocabulary. A pickle of a
    preprocessor that was fitted with ``fit`` leaves them behind.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from mainspring import Preprocessor, col
    >>> table = pa.table({"x": [1.0, None, 3.0], "city": ["Rome", "Oslo", "Rome"]})
    >>> prep = Preprocessor(col("x").impute("mean"), col("city").ordinal()).fit(table)
    >>> prep.transform(table).tolist()
    [[1.0, 2.0], [2.0, 3.0], [3.0, 2.0]]
    >>> prep.feature_names_out_
    ['x', 'city']
    """

    def fit(
        self,
        data: Any,
        y: Any = None,
        *,
        target: str | None = None,
        events: Mapping[str, object] | None = None,
        spool: bool = True,
        progress: bool = False,
    ) -> Preprocessor:
        """Learn from data, and forget what was learnt before.

        Parameters
        ----------
        data : object
            Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (pyarrow, pandas, polars,
            DuckDB), or a list of dicts. Columns that no expression names are ignored. Read part by
            part, so that it does not have to fit in memory: the path of a Parquet, Arrow or CSV
            file or of a folder of them, a list of paths, a ``pyarrow.dataset.Dataset``, a
            ``RecordBatchReader``, or an iterator over tables and record batches.
        y : array_like of shape (num_rows,), optional
            The target, numbers or bools. Only operators that learn from it look at it.
        target : str, optional
            The target's column in ``data``, instead of ``y``.
        events : mapping, optional
            The table of each source that expressions of :func:`mainspring.events` name.
        spool : bool, default True
            Whether a reader or an iterator, which can be read only once, may be kept in a
            temporary file where :attr:`num_rounds` is more than one; else that is an error.
        progress : bool, default False
            Whether to show a progress bar while data is read part by part, on terminals only.

        Returns
        -------
        Preprocessor
            Itself.

        Raises
        ------
        SchemaError
            When a column is missing or its type does not fit its operator. Where data is read part
            by part, the message names the file or batch.
        DataError
            When the table has no rows, the target is missing somewhere, or a column has nothing to
            learn from. The preprocessor stays as it was.
        ParameterError
            When features have the same name, or a target is needed and there is none.
        """
        self._check_can_fit()
        data = extended(self._derivation, data, events, learn=True)
        if is_source(data):
            with open_source(data, passes=self._fitter.num_passes, spool=spool) as source:
                self._fit_source(source, y, target, cross_fit=False, progress=progress)
            return self
        table = _arrow.as_table(data)
        self._fit(table, target_values(table, y, target), cross_fit=False)
        return self

    def fit_transform(
        self,
        data: Any,
        y: Any = None,
        *,
        target: str | None = None,
        events: Mapping[str, object] | None = None,
        output: str | None = None,
        out: Floats | Tensors | None = None,
    ) -> Any:
        """Learn from a table and return its features for training.

        Differs from ``fit(...).transform(...)`` where an expression learns from the target: each
        row is encoded by others than itself, so that it does not see its own target.

        Parameters
        ----------
        data, y, target, events
            As in :meth:`fit`.
        output, out
            As in :meth:`transform`.

        Returns
        -------
        numpy.ndarray, table, CsrMatrix or Tensors
            As in :meth:`transform`.

        Raises
        ------
        SchemaError, DataError, ParameterError
            As in :meth:`fit` and :meth:`transform`.
        """
        self._check_can_fit()
        output = checked_output(self._output if output is None else output)
        _refuse_source(data, "fit_transform")
        data = extended(self._derivation, data, events, learn=True)
        table = _arrow.as_table(data)
        cross_fit = self.uses_target
        self._fit(table, target_values(table, y, target), cross_fit=cross_fit)
        bundle = self.bundle
        wanted = Wanted(output, out, _index_of(data, output))
        if not cross_fit:
            return of_table(bundle, table, wanted)
        features = of_training(self._fitter, bundle, table, 0, wanted)
        self._fitter.end_training()
        return features

    def _fit(
        self, table: _engine.Table, target: npt.NDArray[np.float64] | None, *, cross_fit: bool
    ) -> None:
        self._add_zones(table)
        profile = self._profile_of(table)
        self._fitter.fit(table, target, cross_fit)
        self._take_fit(profile)

    def partial_fit(
        self,
        data: Any,
        y: Any = None,
        *,
        target: str | None = None,
        progress: bool = False,
    ) -> Preprocessor:
        """Learn from data in addition to what was learnt before.

        The result is that of one ``fit`` over all data, bit for bit, in any order.

        Parameters
        ----------
        data, y, target, progress
            As in :meth:`fit`. Data without rows is fine. Where it is read part by part and the
            reading fails midway, nothing is learnt from it.

        Returns
        -------
        Preprocessor
            Itself.

        Raises
        ------
        ParameterError
            When an expression needs more than one pass over the data; the message names it and the
            operator.
        SchemaError
            When a column has changed its kind since the first table; types may widen.
        """
        self._check_can_go_on()
        refuse_derived(self._derivation, "partial_fit")
        if is_source(data):
            with open_source(data, passes=1, spool=False, what="partial_fit") as source:
                self._partial_fit_source(source, y, target, progress=progress)
            return self
        table = _arrow.as_table(data)
        values = target_values(table, y, target)
        if not self._fitter.is_fitted:
            self._add_zones(table)
        profile = self._profile_of(table)
        self._fitter.partial_fit(table, values)
        self._take_more(profile)
        return self

    def merge(self, other: Preprocessor) -> Preprocessor:
        """Add what another preprocessor with the same expressions has learnt.

        Parameters
        ----------
        other : Preprocessor
            Stays as it is.

        Returns
        -------
        Preprocessor
            Itself, as if it had seen the rows of both.

        Raises
        ------
        ParameterError
            When expressions or parameters differ, an expression needs more than one pass, or one of
            the two was unpickled with its plan alone.
        SchemaError
            When the two have read a column as different kinds.
        """
        if not isinstance(other, Preprocessor):
            raise errors.ParameterError(
                f"merge needs another Preprocessor, got {type(other).__name__}.",
                expected="a Preprocessor",
                got=type(other).__name__,
            )
        self._check_can_go_on()
        other._check_can_go_on()
        self._fitter.merge(other._fitter)
        profile = self._profile
        if other._profile is not None:
            profile = _engine.Profile.from_bytes(other._profile.to_bytes())
            if self._profile is not None:
                profile.merge(self._profile)
        self._bundle = None
        self._profile = profile
        self._goes_on = True
        self._warn_of_limits()
        return self

    def _profile_of(self, table: _engine.Table) -> _engine.Profile | None:
        profile = self._new_profile()
        if profile is not None:
            profile.update(table)
        return profile

    def transform(
        self,
        data: Any,
        *,
        events: Mapping[str, object] | None = None,
        output: str | None = None,
        out: Floats | Tensors | None = None,
        device: str | None = None,
        stream: int | None = None,
    ) -> Any:
        """Compute the features of a table.

        Parameters
        ----------
        data : object
            As in :meth:`fit`, or one row as a dict of single values. Rows of dicts are read without
            Arrow, in microseconds; their values are as in :meth:`transform_row`, and a key that
            some rows lack is missing there. A dict of device arrays by column (CuPy, torch,
            anything with ``__cuda_array_interface__`` or DLPack) runs on their GPU:
            :doc:`/concepts/gpu`.
        events : mapping, optional
            As in :meth:`fit`. Without it the data has the columns of history features already.
        output : {"numpy", "arrow", "pandas", "polars", "csr", "tensors"}, optional
            What to return. Default: what :meth:`set_output` has set, else ``"numpy"``.
        out : numpy.ndarray or Tensors, optional
            Writable C-contiguous float32 array of shape (num_rows, num_features) to fill and
            return, for ``"numpy"``; what an earlier call with as many rows returned, for
            ``"tensors"``. Reusing memory is faster than new memory. Of device arrays: one too.
        device : str, optional
            ``"cuda"`` or ``"cuda:1"``, where the columns lie; nothing is copied there. Default:
            where the data lies.
        stream : int, optional
            Of device arrays: the ``cudaStream_t`` that the work is put on. Default: the current
            one of their library.

        Returns
        -------
        numpy.ndarray, table, CsrMatrix, Tensors or device array
            float32 of shape (num_rows, num_features), C-contiguous, NaN where missing. For
            ``"arrow"`` a ``pyarrow.RecordBatch`` with float32 numbers, null where missing, and
            int32 ids; the same columns for pandas and polars. For ``"csr"`` a
            :class:`~mainspring.transforms.CsrMatrix` without the features that are 0, and for
            ``"tensors"`` :class:`~mainspring.transforms.Tensors`, numbers and ids apart.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        SchemaError
            When a column is missing or has another kind than the one fitted.
        DataError
            When a row has a value that its column does not take.
        ParameterError
            When ``output`` or ``out`` cannot be, or dense features would be more than 65,536 a row
            or more bytes than the machine's memory; ``"csr"`` has no such limit.
        """
        bundle = self.bundle  # not fitted: an error before any data is read
        if is_for_device(data, device):
            others = {"events": events, "output": output}
            return transform_on_device(
                bundle, data, out=out, device=device, stream=stream, not_there=others
            )
        output = checked_output(self._output if output is None else output)
        data = extended(self._derivation, data, events, learn=False)
        rows = as_rows(data)
        if rows is None:
            _refuse_source(data, "transform")
            table = _arrow.as_table(data)
            return of_table(bundle, table, Wanted(output, out, _index_of(data, output)))
        return of_rows(bundle, rows, Wanted(output, out))

    def transform_row(self, row: Mapping[str, object], out: Floats | None = None) -> Floats:
        """Compute the features of one row.

        Parameters
        ----------
        row : mapping
            Value of each column by name; other names are ignored. ``None`` and NaN are missing;
            numbers and text may be NumPy's; a time is a ``datetime``, a ``date``, RFC 3339 text, or
            an int in the column's unit.
        out : numpy.ndarray, optional
            Writable C-contiguous float32 array of shape (num_features,) to fill and return.

        Returns
        -------
        numpy.ndarray
            float32 of shape (num_features,), NaN where missing; the same bits as the row has in a
            batch. ``set_output`` does not change it.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        SchemaError
            When a column is missing.
        DataError
            When a column does not take its value.
        ParameterError
            When ``row`` is no mapping, or ``out`` does not fit.

        Examples
        --------
        >>> import pyarrow as pa
        >>> from mainspring import Preprocessor, col
        >>> prep = Preprocessor(col("x").impute("mean")).fit(pa.table({"x": [1.0, 3.0]}))
        >>> prep.transform_row({"x": None}).tolist()
        [2.0]
        """
        bundle = self.bundle
        refuse_lists(bundle, "transform_row")
        bundle.check_dense(1)
        row = checked_row(row)
        features = output_row(out, bundle.num_features)
        bundle.transform_row_into(row, features)
        return features

    def set_output(self, *, transform: str | None = None) -> Preprocessor:
        """Choose what ``transform`` and ``fit_transform`` return by default.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, optional
            ``"default"`` is a NumPy array; None changes nothing.

        Returns
        -------
        Preprocessor
            Itself.

        Raises
        ------
        ParameterError
            For another name.
        """
        if transform is None:
            return self
        if transform not in _SET_OUTPUT:
            raise errors.ParameterError(
                f"set_output: transform must be 'default', 'pandas' or 'polars', got "
                f"{transform!r}.",
                expected="'default', 'pandas' or 'polars'",
                got=repr(transform),
            )
        self._output = _SET_OUTPUT[transform]
        return self


def _refuse_source(data: Any, what: str) -> None:
    """Refuse what is read part by part, but for readers: they can be read to their end."""
    if not is_source(data) or hasattr(data, "__arrow_c_stream__"):
        return
    got = type(data).__name__
    hint = f"Call {what}_batches for data that is read part by part."
    raise errors.ParameterError(
        f"{what} returns all rows at once, so it takes a table, got {got}. {hint}",
        expected="a table",
        got=got,
        hint=hint,
    )


def _index_of(data: Any, output: str) -> Any:
    """Return the index that a pandas result takes over from a pandas frame."""
    return getattr(data, "index", None) if output == "pandas" else None
