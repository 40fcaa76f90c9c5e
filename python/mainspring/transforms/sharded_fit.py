"""A fit whose passes other processes read: what a Preprocessor hands out and takes back.

The owner of the preprocessor holds a :class:`ShardedFit`; ``learn_shard``, ``merge_shards`` and
``TrainingPlan`` run wherever the rows are and know of it only bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from mainspring import _arrow, _engine
from mainspring.transforms._derived import refuse_derived
from mainspring.transforms._output import Wanted, of_training
from mainspring.transforms._parts import Targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    import pyarrow as pa

    from mainspring._sources import Part
    from mainspring.transforms.preprocessor import Preprocessor

__all__ = ["ShardedFit", "TrainingPlan", "learn_shard", "merge_shards"]


class ShardedFit:
    """The passes of one fit, each learnt from shards that were made elsewhere.

    Use it in a ``with`` block: where that ends before :meth:`finish`, the preprocessor is as it
    was.

    Parameters
    ----------
    preprocessor : Preprocessor
        What learns.
    target : str, optional
        The target's column.
    cross_fit : bool
        Whether the training features of the rows are wanted afterwards.
    """

    def __init__(
        self, preprocessor: Preprocessor, target: str | None, *, cross_fit: bool = False
    ) -> None:
        preprocessor._check_can_fit()
        refuse_derived(preprocessor._derivation, "a fit over a cluster")
        self._preprocessor = preprocessor
        self._fitter = preprocessor._fitter
        self._target = target
        self._cross_fit = cross_fit
        self._profile: _engine.Profile | None = None
        self._num_passes = 0

    def __enter__(self) -> ShardedFit:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._fitter.abandon_fit()

    @property
    def columns(self) -> list[str]:
        """Columns that are read, the target's among them."""
        return self._preprocessor._learnt_columns(self._target)

    @property
    def num_passes(self) -> int:
        """Passes over the rows."""
        return int(self._fitter.num_passes)

    @property
    def profiled(self) -> list[str] | None:
        """Columns that the next pass profiles; None where it does not."""
        first = self._num_passes == 0 and self._preprocessor._keep_profile
        return self._preprocessor._columns() if first else None

    def begin(self, rows: Any) -> None:
        """Know the columns by a table that needs no rows; its types are those of the fit.

        Raises
        ------
        SchemaError, ParameterError
            As :meth:`Preprocessor.fit` for these columns.
        """
        table = _arrow.as_table(rows)
        self._preprocessor._add_zones(table)
        # Everything that a part without rows is refused for, here rather than in every process.
        self._fitter.begin_fit(False)
        self._fitter.fit_part(table, Targets(None, self._target).of(table, 0))
        self._fitter.begin_fit(self._cross_fit)
        self._fitter.bind_fit(table)

    def base(self) -> bytes:
        """Return what every process begins the next pass with; after the last, what it learnt."""
        return bytes(self._fitter.fit_bytes())

    def end_pass(self, shard: bytes) -> None:
        """Take what all processes together have learnt in this pass."""
        state, profile = _unpacked(shard)
        self._fitter.add_shard(state)
        self._fitter.end_pass()
        if self.profiled is not None:
            self._profile = _engine.Profile.from_bytes(profile)
        self._num_passes += 1

    def finish(self) -> None:
        """Give the preprocessor what was learnt."""
        self._fitter.finish_fit()
        self._fitter.end_training()  # its rows are elsewhere
        self._preprocessor._take_fit(self._profile)


def learn_shard(
    base: bytes,
    shares: Iterable[tuple[int, Iterable[Part]]],
    *,
    target: str | None,
    profiled: list[str] | None,
    schema: pa.Schema,
    place: Callable[[Part], Any],
) -> tuple[bytes, list[int]]:
    """Learn from shares of the input, which leave one state.

    Parameters
    ----------
    base : bytes
        Of :meth:`ShardedFit.base`.
    shares : iterable of (int, iterable of Part)
        Of each the number of its first row over the whole input, which decides folds, and its
        rows; none is fine.
    target : str or None
        The target's column.
    profiled : list of str or None
        Columns to profile.
    schema : pyarrow.Schema
        Types that all shards know of them, whatever their rows have in their place.
    place : callable
        Makes a context manager of a part that says where an error in it happened.

    Returns
    -------
    bytes, list of int
        For :func:`merge_shards` and :meth:`ShardedFit.end_pass`, and the rows of each share.
    """
    fitter = _engine.Fitter.resume_fit(base, 0)
    profile = _new_profile(profiled, schema)
    targets = Targets(None, target)
    num_rows: list[int] = []
    for first_row, parts in shares:
        fitter.begin_share(first_row)
        num_rows.append(0)
        for part in parts:
            with place(part):
                table = _arrow.as_table(part.table)
                values = targets.of(table, part.first_row)
                if profile is not None:
                    profile.update(table)
                fitter.fit_part(table, values)
            num_rows[-1] += table.num_rows
            del part, table
    return _packed(fitter.shard_bytes(), b"" if profile is None else profile.to_bytes()), num_rows


def merge_shards(
    base: bytes, shards: Iterable[bytes], profiled: list[str] | None, schema: pa.Schema
) -> bytes:
    """Put shards of one pass together, in any order and grouping; of none, an empty one."""
    fitter = _engine.Fitter.resume_fit(base, 0)
    profile = _new_profile(profiled, schema)
    for shard in shards:
        state, profile_bytes = _unpacked(shard)
        fitter.add_shard(state)
        if profile is not None:
            profile.merge(_engine.Profile.from_bytes(profile_bytes))
    return _packed(fitter.shard_bytes(), b"" if profile is None else profile.to_bytes())


class TrainingPlan:
    """Training features of the rows that were learnt from, each without its own target."""

    def __init__(self, base: bytes) -> None:
        self._fitter = _engine.Fitter.resume_fit(base, 0)
        self._fitter.finish_fit()
        self._bundle = _engine.Bundle.open(self._fitter.compile(), "preprocessor")

    def transform(self, rows: Any, first_row: int) -> Any:
        """Return the features as a pyarrow.RecordBatch.

        ``first_row`` is the number of the first row over the whole input.
        """
        table = _arrow.as_table(rows)
        return of_training(self._fitter, self._bundle, table, first_row, Wanted("arrow"))


def _new_profile(columns: list[str] | None, schema: pa.Schema) -> _engine.Profile | None:
    if columns is None:
        return None
    profile = _engine.Profile(columns=columns)
    profile.update(_arrow.as_table(schema.empty_table()))
    return profile


def _packed(state: bytes, profile: bytes) -> bytes:
    return struct.pack("<Q", len(state)) + state + profile


def _unpacked(shard: bytes) -> tuple[bytes, bytes]:
    length = struct.unpack_from("<Q", shard)[0] if len(shard) >= 8 else len(shard)
    return bytes(shard[8 : 8 + length]), bytes(shard[8 + length :])
