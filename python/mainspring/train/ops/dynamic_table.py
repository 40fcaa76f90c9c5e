"""An embedding table for ids of any value: it grows as ids come, and evicts those seen least."""

from __future__ import annotations

import math
from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops.arguments import refuse
from mainspring.train.ops.embedding import EmbeddingTables
from mainspring.train.ops.row_optimizer import RowOptimizer

__all__ = ["DynamicTable"]

_OP = "DynamicTable"
_MAX_ROWS = 2**31 - 1
_STEP = 1  # its place in the settings


class DynamicTable(torch.nn.Module):
    """A table whose ids are any 64-bit integers, hashes say, without a list of them.

    While training an id that comes for the first time gets a row; memory doubles when it is full,
    up to ``max_rows``. Then ids that were seen least give their rows up: among equals those that
    came last the longest ago, a sixteenth of all at once, and the counts of those that stay are
    halved. In eval mode, or without gradients, nothing is given and nothing counted: an id without
    a row is a vector of zeros.

    Parameters
    ----------
    width : int
        Numbers of a row.
    max_rows : int
        Rows at most, one of them (row 0, zeros) for ids without one.
    first_rows : int
        Rows that there is memory for at the beginning.
    pooling : str
        "sum" or "mean" of a bag's rows.
    optimizer : RowOptimizer
        How rows are updated in the backward pass.
    dtype, stochastic_rounding, seed
        As of ``EmbeddingTables``. A new row is uniform in [-1, 1] / sqrt(width), by the hash of
        seed, id and column: the same wherever and whenever the id comes.
    device : torch.device, optional
        Where rows and states lie; ``to`` moves them as those of any module.

    Attributes
    ----------
    tables : EmbeddingTables
        The rows.
    num_evicted : int
        Ids that have given their rows up so far, in this process.

    Raises
    ------
    ParameterError
        When a size or an option is wrong.

    Notes
    -----
    Ids are numbered on the CPU, where batches come from: rows may lie on a GPU, and then the
    numbers of rows are copied there, 8 bytes an id, and the values of new rows; nothing comes back.
    Rows follow from ids and their order alone, whatever the number of threads. The state dict holds
    ids, how often they were seen, and rows: training goes on with the same bits, on another device
    too. Ids of forward passes whose backward pass has not come yet are not evicted.

    References
    ----------
    The merits of tables that grow and evict: Z. Liu et al., "Monolith", 2022, arXiv:2209.07663.

    Examples
    --------
    >>> import torch
    >>> from mainspring.train import DynamicTable
    >>> table = DynamicTable(4, max_rows=1000)
    >>> rows = table(torch.tensor([2**40, -7, 2**40]))
    >>> rows.shape, table.num_ids
    (torch.Size([3, 4]), 2)
    """

    def __init__(
        self,
        width: int,
        *,
        max_rows: int = 1 << 20,
        first_rows: int = 1024,
        pooling: str = "sum",
        optimizer: RowOptimizer = RowOptimizer(),  # noqa: B008  frozen
        dtype: torch.dtype = torch.float32,
        stochastic_rounding: bool = True,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        if not 2 <= max_rows <= _MAX_ROWS:
            refuse(_OP, "max_rows", f"from 2 to {_MAX_ROWS}", repr(max_rows))
        if not isinstance(optimizer, RowOptimizer):
            refuse(_OP, "optimizer", "a RowOptimizer: rows come and go", repr(optimizer))
        if pooling not in ("sum", "mean"):
            refuse(_OP, "pooling", "'sum' or 'mean'", repr(pooling))
        if dtype == torch.float64:
            refuse(_OP, "dtype", "float32, bfloat16 or float16", str(dtype))
        self.width, self.max_rows, self.seed = width, int(max_rows), int(seed)
        self._options: dict[str, Any] = {
            **{"pooling": pooling, "optimizer": optimizer, "dtype": dtype, "seed": seed},
            "stochastic_rounding": stochastic_rounding,
        }
        self.tables = self._made(min(max(2, int(first_rows)), self.max_rows))
        self.ids = _engine.DynamicIds()
        self.num_evicted = 0
        # Calls from this number on wait for their backward pass.
        self._waiting_from, self._step_then = 1, 0.0
        if device is not None:
            self.to(device)

    def _made(self, rows: int) -> EmbeddingTables:
        tables = EmbeddingTables({"rows": (rows, self.width)}, **self._options)
        with torch.no_grad():
            tables.weight.zero_()
        return tables

    @property
    def num_ids(self) -> int:
        """Ids that have a row."""
        return self.ids.num_ids

    def forward(
        self,
        ids: torch.Tensor,
        offsets: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Look ids up.

        Parameters
        ----------
        ids : tensor of shape (num_ids,)
            int32 or int64, of any value; on the CPU.
        offsets : tensor of shape (num_bags + 1,), optional
            Where each bag of ids begins, and their number. Default: each id is a bag. On the CPU,
            as ids, or where the rows lie.
        weights : tensor of shape (num_ids,), optional
            Factor of each id's row; gets a gradient. With offsets, and as they.

        Returns
        -------
        tensor of shape (num_bags, width)
            float32, where the rows lie.

        Raises
        ------
        DataError
            When the table cannot hold the new ids of one step, or offsets are wrong; nothing has
            been changed then.
        ParameterError
            When a type or a shape is wrong.
        """
        rows = self._moved(self._rows(self._checked(ids, offsets, weights)))
        if offsets is None:
            return self.tables(rows[:, None])
        return self.tables(rows, self._moved(offsets), self._moved(weights))

    def _moved(self, tensor: Any) -> Any:
        """Return what came with ids of the host where the rows lie; anything else as it is."""
        if not isinstance(tensor, torch.Tensor) or tensor.device.type != "cpu":
            return tensor
        return tensor.to(self.tables.weight.device, non_blocking=True)

    def _checked(
        self, ids: torch.Tensor, offsets: torch.Tensor | None, weights: torch.Tensor | None
    ) -> torch.Tensor:
        if not isinstance(ids, torch.Tensor) or ids.dtype not in (torch.int32, torch.int64):
            got = str(ids.dtype) if isinstance(ids, torch.Tensor) else type(ids).__name__
            refuse(_OP, "ids", "a tensor of int32 or int64", got)
        if ids.dim() != 1 or ids.device.type != "cpu":
            got = f"shape {tuple(ids.shape)} on {ids.device}"
            refuse(_OP, "ids", "of shape (num_ids,), on the CPU, which numbers them", got)
        if weights is not None and offsets is None:
            refuse(_OP, "weights", "None without offsets", type(weights).__name__)
        return ids.to(torch.int64).contiguous()

    @torch.compiler.disable
    def _rows(self, ids: torch.Tensor) -> torch.Tensor:
        # Pinned, so that the copy waits for nothing.
        rows = torch.empty(len(ids), dtype=torch.int64, pin_memory=self.tables.weight.is_cuda)
        arguments = (ids.data_ptr(), len(ids))
        if not self.training or not torch.is_grad_enabled():
            self.ids.find(*arguments, rows.data_ptr())
            return rows
        step = float(self.tables._settings[_STEP])
        if step != self._step_then:
            self._waiting_from, self._step_then = self.ids.num_calls + 1, step
        fresh, their_ids, evicted = self.ids.assign(
            *arguments, self.max_rows, self._waiting_from, rows.data_ptr()
        )
        self.num_evicted += evicted
        if fresh:
            self._grow(self.ids.num_rows)
            self._begin(fresh, their_ids)
        return rows

    def _grow(self, rows: int) -> None:
        """Make room for rows, twice as many as there are at least; what is there stays."""
        has = self.tables.sizes[0][0]
        if rows > has:
            self._replace(min(max(rows, 2 * has), self.max_rows))

    def _replace(self, rows: int) -> None:
        """Give the module memory for this many rows, with the first of those it has."""
        old = self.tables
        new = self._made(rows).to(old.weight.device, old.weight.dtype)
        kept = min(rows, old.sizes[0][0])
        with torch.no_grad():
            for own, fresh in zip(old._states().values(), new._states().values(), strict=True):
                (memory, by_row), (into, _) = own, fresh
                count = kept if by_row else kept * self.width
                into[:count] = memory[:count]
        # In the same tensors, which backward passes to come hold.
        for name in ("weight", "_first", "_second"):
            getattr(old, name).data = getattr(new, name).data
        old.sizes, old._layout = new.sizes, new._layout

    def _begin(self, rows: list[int], ids: list[int]) -> None:
        """Draw the values of new rows, and forget what the states say of those before."""
        drawn = torch.empty(len(ids), self.width)
        scale = 1 / math.sqrt(self.width)
        _engine.train_draw_rows(ids, self.width, self.seed & (2**64 - 1), scale, drawn.data_ptr())
        drawn, places = self._moved(drawn), self._moved(torch.tensor(rows))
        with torch.no_grad():
            for name, (memory, by_row) in self.tables._states().items():
                if name == "weight":
                    self.tables.table("rows")[places] = drawn.to(memory.dtype)
                else:
                    self.tables._view(memory, "rows", by_row=by_row)[places] = 0

    def items(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what the table holds: ids, how often they were seen, and their rows.

        Returns
        -------
        tuple of tensors of shape (num_ids,), (num_ids,) and (num_ids, width)
            In the order of the rows; copies. Rows are where the table's lie.
        """
        state = torch.tensor(self.ids.state(), dtype=torch.int64).view(-1, 3)
        rows = torch.nonzero(state[:, 1] > 0)[:, 0]
        return state[rows, 0], state[rows, 1], self.tables.table("rows")[self._moved(rows)]

    def get_extra_state(self) -> dict[str, Any]:
        """Return ids and counts, for the state dict."""
        state = torch.tensor(self.ids.state(), dtype=torch.int64)
        return {"ids": state, "calls": self.ids.num_calls, "rows": self.tables.sizes[0][0]}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take ids and counts from a state dict, and as much memory as its rows need."""
        rows = int(state["rows"])
        if rows > self.max_rows:
            refuse(_OP, "max_rows", f"at least {rows} to load this state", str(self.max_rows))
        self.ids.restore(state["ids"].tolist(), int(state["calls"]))
        if rows != self.tables.sizes[0][0]:
            self._replace(rows)
        self._waiting_from = self.ids.num_calls + 1

    def extra_repr(self) -> str:
        """Say how many ids there are, and may be."""
        return f"{self.num_ids:,} ids of at most {self.max_rows - 1:,}, width {self.width}"
