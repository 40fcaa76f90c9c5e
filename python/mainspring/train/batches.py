"""Batches for training, straight from Arrow: transformed and shuffled off the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.train.batch_options import checked_rank, columns_read, wants_torch
from mainspring.train.batch_order import RowSequence, Shard, rank_rows
from mainspring.train.labels import checked_number
from mainspring.train.prefetch import prefetched
from mainspring.train.row_blocks import StreamBlocks, TableBlocks, blocks_of
from mainspring.train.row_features import columns_of
from mainspring.train.windows import RowNumbers, TensorBatch, Window, WindowMaker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mainspring.train.row_blocks import Rows
    from mainspring.transforms import Preprocessor

__all__ = ["ArrowBatches"]

_MIXED_BLOCKS = 16  # blocks of a table in memory that a window is shuffled from


class ArrowBatches:
    """Batches of numbers and ids, for a training loop or a ``DataLoader``.

    Iterating goes over all rows once: an epoch. Rows are transformed by the engine, many batches at
    a time, while the model works on those before. Where torch is installed it is an
    ``IterableDataset``: ``DataLoader(batches, batch_size=None, num_workers=2)`` and Lightning take
    it as it is, and so does a ``for`` loop, which is usually fastest.

    Parameters
    ----------
    data : object
        A table: pyarrow, pandas, polars, DuckDB, a dict of columns or a list of dicts. Or, larger
        than memory: the path of a Parquet, Arrow or CSV file or of a folder of them, a list of
        paths, a ``pyarrow.dataset.Dataset``, a reader or an iterator of tables (the last two are
        copied into a temporary file first).
    preprocessor : Preprocessor, optional
        Fitted; makes the features. Without one floats are numbers and integers ids, as they are.
    batch_size : int, default 1024
        Rows of every batch but the last.
    shuffle : {"block", "full", None}, default None
        ``"block"`` takes blocks of rows in random order (of Parquet files row groups) and shuffles
        the rows of ``buffer_rows`` at a time; data that can only be read from its beginning on
        keeps the order of its blocks. ``"full"`` shuffles all rows; features are computed once,
        when this object is made, and kept in memory, of data that is read part by part in a
        temporary file.
    seed : int, default 0
        Of the shuffle.
    label : str, list of str or array_like, optional
        A column, or a number for each row; float32 in the batches. Several columns, or a matrix of
        a column for each, are several labels of a row.
    weight : str or array_like, optional
        A column, or a number for each row; float32 in the batches.
    drop_last : bool, default False
        Leave out the last batch where it has fewer rows. Of several ranks each then has the same
        number of batches, as DistributedDataParallel needs.
    buffer_rows : int, default 65,536
        Rows that are transformed and shuffled at a time, rounded up to whole batches.
    prefetch : int, default 2
        How many times ``buffer_rows`` are made ahead, in a thread; 0: none, in the caller's thread.
    rank, world_size : int, optional
        Which share of the rows to take. Default: those of ``torch.distributed`` where it is
        initialized, else 0 of 1.
    output : {"torch", "numpy"}, optional
        What batches hold. Default: tensors where torch is installed.
    pin_memory : bool, optional
        Whether tensors lie in memory that a GPU copies from while the CPU goes on. Default: where
        CUDA is there, but in workers of a DataLoader, which pins itself.

    Attributes
    ----------
    dense_names, id_names, list_names : list of str
        Features.
    label_names : list of str
        Columns of labels; of an array ``"label"``, or of several labels ``"0"``, ``"1"``, ...
    cardinalities : list of int
        The ids of each column lie in [0, cardinality); empty without a preprocessor.
    num_rows : int or None
        Of all ranks; None where that is not known before reading.

    Raises
    ------
    ParameterError
        When a parameter is out of range.
    NotFittedError
        When the preprocessor has not been fitted.
    SchemaError, DataError, FileError
        When data cannot be read; while iterating also where a label or a weight is missing.

    Notes
    -----
    Order
        Follows from ``seed``, the epoch, rank and world size alone, not from threads, workers or
        versions. A batch has the same rows for any number of workers, and with workers batches come
        in turn from each. Iterating again is the next epoch; in workers, which do not see that, an
        epoch's order follows from :meth:`set_epoch`, or without it from torch's own seed.
    Shards
        Ranks take equal stretches of the shuffled sequence. Data of which the number of rows is not
        known is dealt out window by window.
    Resuming
        :meth:`state_dict` says where an epoch is, at no cost; going on there reads what is left.
        ``torchdata``'s ``StatefulDataLoader`` calls both in workers.
    Memory
        ``prefetch + 2`` times ``buffer_rows`` rows of features, for Parquet two row groups besides.
        Batches are views of it, so one that is kept keeps ``buffer_rows`` rows.

    Examples
    --------
    >>> import mainspring as ms
    >>> cities = ["Rome", "Oslo", "Rome", "Bonn"]
    >>> table = {"city": cities, "x": [1.0, 2.0, 3.0, 4.0], "y": [0, 1, 0, 1]}
    >>> prep = ms.Preprocessor(ms.col("x"), ms.col("city").ordinal()).fit(table)
    >>> batches = ms.train.ArrowBatches(table, prep, batch_size=3, label="y", output="numpy")
    >>> [batch.ids.ravel().tolist() for batch in batches]
    [[2, 4, 2], [3]]
    >>> len(batches), batches.cardinalities
    (2, [5])
    """

    def __new__(cls, *args: Any, output: str | None = None, **kwargs: Any) -> ArrowBatches:
        """Make a dataset of torch where that is wanted."""
        if cls is ArrowBatches and wants_torch(output):
            from mainspring.train.torch_batches import TorchArrowBatches

            return super().__new__(TorchArrowBatches)
        return super().__new__(cls)

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        data: Any,
        preprocessor: Preprocessor | None = None,
        batch_size: int = 1024,
        shuffle: str | None = None,
        seed: int = 0,
        *,
        label: Any = None,
        weight: Any = None,
        drop_last: bool = False,
        buffer_rows: int = 1 << 16,
        prefetch: int = 2,
        rank: int | None = None,
        world_size: int | None = None,
        output: str | None = None,
        pin_memory: bool | None = None,
    ) -> None:
        checked_number("batch_size", batch_size, 1, 1 << 30, whole=True)
        checked_number("buffer_rows", buffer_rows, 1, 1 << 30, whole=True)
        checked_number("prefetch", prefetch, 0, 1 << 10, whole=True)
        checked_number("seed", seed, 0, (1 << 64) - 1, whole=True)
        if shuffle not in ("block", "full", None):
            raise errors.ParameterError(
                f"shuffle must be 'block', 'full' or None, got {shuffle!r}.",
                expected="'block', 'full' or None",
                got=repr(shuffle),
            )
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.drop_last, self._output = drop_last, output or "numpy"
        self._prefetch, self._pin_memory = prefetch, pin_memory
        self._rank, self._world_size = checked_rank(rank, world_size)
        self._window_rows = -(-buffer_rows // batch_size) * batch_size
        numbers = [RowNumbers.of("label", label), RowNumbers.of("weight", weight)]
        self._label, self._weight = numbers
        without = [column for n in numbers if n is not None for column in n.columns]
        read = None if preprocessor is None else columns_read(preprocessor, without)
        self._blocks = blocks_of(data, read, max(self._window_rows // _MIXED_BLOCKS, 1))
        self._columns = columns_of(preprocessor, self._blocks.schema, without)
        self.dense_names, self.id_names = self._columns.dense_names, self._columns.id_names
        self.list_names, self.cardinalities = self._columns.list_names, self._columns.cardinalities
        self.label_names = [] if self._label is None else self._label.names
        streamed = isinstance(self._blocks, StreamBlocks)
        self.num_rows = None if streamed else sum(self._blocks.sizes)  # type: ignore[union-attr]
        self._next_epoch, self._epoch, self._given, self._skip = 0, 0, 0, 0
        self._whole: Window | None = None
        if shuffle == "full":
            self._keep_all()

    @property
    def has_label(self) -> bool:
        """Whether batches have labels."""
        return self._label is not None

    @property
    def has_weight(self) -> bool:
        """Whether batches have weights."""
        return self._weight is not None

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, str]]:
        return (), {"output": self._output}

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that is iterated next, which decides the shuffle.

        Parameters
        ----------
        epoch : int
            0 or more. Every rank must choose the same one.

        Raises
        ------
        ParameterError
            When it is no such number.
        """
        checked_number("epoch", epoch, 0, (1 << 62) - 1, whole=True)
        self._next_epoch, self._skip = epoch, 0

    def state_dict(self) -> dict[str, int]:
        """Return where the epoch is, as numbers that any format holds.

        Returns
        -------
        dict
            For :meth:`load_state_dict` of an object that was made alike.
        """
        return {
            "epoch": self._epoch,
            "batches": self._given,
            "batch_size": self.batch_size,
            "seed": self.seed,
        }

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where :meth:`state_dict` was called: the next iteration gives what is left.

        Parameters
        ----------
        state : dict
            What it returned.

        Raises
        ------
        ParameterError
            When it is none, or of other batches.
        """
        try:
            batch_size, seed = int(state["batch_size"]), int(state["seed"])
            epoch, skip = int(state["epoch"]), int(state["batches"])
        except (KeyError, TypeError, ValueError) as error:
            raise errors.ParameterError(
                f"The state is {state!r}, expected what state_dict returned.",
                expected="what state_dict returned",
            ) from error
        if (batch_size, seed) != (self.batch_size, self.seed):
            raise errors.ParameterError(
                f"The state is of batch_size={batch_size} and seed={seed}, expected "
                f"{self.batch_size} and {self.seed}, those of these batches.",
                expected=f"batch_size={self.batch_size} and seed={self.seed}",
                got=f"batch_size={batch_size} and seed={seed}",
            )
        self._next_epoch, self._skip = epoch, skip
        self._epoch, self._given = epoch, skip

    def __len__(self) -> int:
        if self.num_rows is None:
            raise TypeError("how many rows there are is not known before they are read")
        shard = self._shard()
        first, end = rank_rows(self.num_rows, shard, self.batch_size, drop_last=self.drop_last)
        return -(-(end - first) // self.batch_size)

    def __iter__(self) -> Iterator[TensorBatch]:
        shard = self._shard()
        epoch, skip = self._epoch_of(shard), self._skip
        self._epoch, self._given, self._skip = epoch, skip, 0
        self._next_epoch = epoch + 1
        whole, rest = divmod(skip, self._window_rows // self.batch_size)
        windows = prefetched(self._windows(epoch, shard, whole), self._prefetch)
        try:
            for window in windows:
                for first in range(rest * self.batch_size, len(window), self.batch_size):
                    batch = self._batch(window, first)
                    if self.drop_last and len(batch.dense) < self.batch_size:
                        break
                    self._given += 1
                    yield batch
                rest = 0
                del window
        finally:
            windows.close()
        self._epoch, self._given = epoch + 1, 0

    def _shard(self) -> Shard:
        return Shard(self._rank or 0, self._world_size or 1)

    def _epoch_of(self, shard: Shard) -> int:
        del shard
        return self._next_epoch

    def _batch(self, window: Window, first: int) -> TensorBatch:
        end = first + self.batch_size
        features, lists = window.features, {}
        for name, (values, offsets) in features.lists.items():
            own = offsets[first : end + 1]
            lists[name] = (values[own[0] : own[-1]], own - own[0])
        return TensorBatch(
            features.dense[first:end],
            features.ids[first:end],
            lists,
            None if window.label is None else window.label[first:end],
            None if window.weight is None else window.weight[first:end],
        )

    def _maker(self) -> WindowMaker:
        return WindowMaker(self._columns, self._label, self._weight, self._new_arrays())

    def _new_arrays(self) -> Callable[[tuple[int, ...], Any], Any] | None:
        return None

    def _windows(self, epoch: int, shard: Shard, skip: int) -> Iterator[Window]:
        maker = self._maker()
        if self.num_rows is None:
            yield from self._stream(maker, epoch, shard, skip)
            return
        sizes = [self.num_rows] if self._whole is not None else self._sizes()
        sequence = RowSequence(sizes, self.shuffle, self.seed, epoch)
        planned = sequence.windows(
            shard, self.batch_size, self._window_rows, drop_last=self.drop_last
        )
        for first, end in planned[skip:]:
            if self._whole is not None:
                yield maker.gathered(self._whole, sequence.rows(first, end))
                continue
            parts = (
                self._blocks.read(part.block, part.first, part.end)  # type: ignore[union-attr]
                for part in sequence.segments(first, end)
            )
            yield maker.of_tables(parts, end - first, sequence.mixed(first, end))

    def _sizes(self) -> list[int]:
        assert not isinstance(self._blocks, StreamBlocks)
        return self._blocks.sizes

    def _stream(self, maker: WindowMaker, epoch: int, shard: Shard, skip: int) -> Iterator[Window]:
        assert isinstance(self._blocks, StreamBlocks)
        turn = shard.rank * shard.num_workers + shard.worker
        for number, part in enumerate(self._blocks.parts(self._window_rows)):
            round_, place = divmod(number, shard.world_size * shard.num_workers)
            if place != turn or round_ < skip:
                continue
            rows = len(part)
            sequence = RowSequence([rows], self.shuffle, self.seed, epoch * (1 << 32) + number)
            yield maker.of_tables([part], rows, sequence.mixed(0, rows))

    def _keep_all(self) -> None:
        """Compute all features once, for shuffles of all rows."""
        from mainspring.train.kept_rows import keep_rows

        maker = WindowMaker(self._columns, self._label, self._weight)
        parts: Iterator[Rows]
        blocks = self._blocks
        if isinstance(blocks, StreamBlocks):
            parts = blocks.parts(self._window_rows)
        else:
            read = blocks.read
            parts = (read(block, 0, size) for block, size in enumerate(blocks.sizes))
        self._whole = keep_rows(
            maker, parts, self.num_rows, in_memory=isinstance(blocks, TableBlocks)
        )
        self.num_rows = len(self._whole)
