"""Many embedding tables as one module: one lookup for all, rows updated in the backward pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from mainspring.errors import UnsupportedError
from mainspring.train.ops import embedding_ops, embedding_pairs, large_pages
from mainspring.train.ops.arguments import refuse
from mainspring.train.ops.backend import choose
from mainspring.train.ops.embedding_arguments import checked_poolings, checked_weights
from mainspring.train.ops.interactions import factorization_machine
from mainspring.train.ops.row_optimizer import UPDATES, RowOptimizer

__all__ = ["EmbeddingTables"]

_OP = "EmbeddingTables"
_LINE = 16  # numbers of float32 in a cache line: tables begin on one
_ROW_TYPES = (torch.float32, torch.bfloat16, torch.float16, torch.float64)


def _on_lines(elements: int) -> int:
    """Round up to whole cache lines."""
    return -(-elements // _LINE) * _LINE


class EmbeddingTables(torch.nn.Module):
    """Embedding tables of any sizes, looked up in one call and updated in the backward pass.

    Parameters
    ----------
    tables : mapping of str to (int, int), or sequence of (int, int)
        Rows and width of each table, by its name; without names they are "0", "1", ...
    pooling : str, or sequence of str
        "sum" or "mean" of a bag's rows, for all tables or for each; or "none": every id gives its
        row. The mean of weighted rows is their sum over their number. A bag without ids is zeros.
    optimizer : RowOptimizer or None
        How rows that were looked up are updated when the gradient comes: they have none of their
        own, and no other optimizer sees them. A module that is called twice before a backward pass
        is updated twice in it; in eval mode rows stay as they are. None: ``weight`` is a parameter
        like others, with a dense gradient.
    dtype : torch.dtype
        Of the rows: float32, bfloat16 or float16 (half the memory, and less to wait for); float64
        for the eager backend alone. Sums, states and results are float32.
    stochastic_rounding : bool
        Round short rows up or down by chance, so that small steps are not lost. The chances are a
        function of seed, step, table, row and column.
    seed : int
        Of the first values and of the roundings.
    device : torch.device, optional
        Where the tables are.

    Attributes
    ----------
    names : tuple of str
        Of the tables.
    width : int
        Numbers of a row of the result: the sum of the widths, with pooling "none" that of each.

    Raises
    ------
    ParameterError
        When a size, a pooling or a type is wrong.

    Notes
    -----
    The first values are uniform in [-1, 1] / sqrt(width). Results, rows and states are the same
    bits for any number of threads: ids are sorted, and each row is updated once, with the sum of
    its gradients in the order of its ids. The state dict holds ``<name>.weight`` of shape (rows,
    width), the states as ``<name>.first`` and ``<name>.second``, and ``step``.
    """

    weight: torch.Tensor

    def __init__(
        self,
        tables: Mapping[str, tuple[int, int]] | Sequence[tuple[int, int]],
        *,
        pooling: str | Sequence[str] = "sum",
        optimizer: RowOptimizer | None = RowOptimizer(),  # noqa: B008  frozen
        dtype: torch.dtype = torch.float32,
        stochastic_rounding: bool = True,
        seed: int = 0,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(tables, Mapping):
            tables = {str(i): size for i, size in enumerate(tables)}
        self.names = tuple(tables)
        self.sizes = tuple((int(rows), int(width)) for rows, width in tables.values())
        self.pooling = checked_poolings(pooling, self.sizes)
        if dtype not in _ROW_TYPES:
            refuse(_OP, "dtype", "float32, bfloat16, float16 or float64", str(dtype))
        if optimizer is not None and not isinstance(optimizer, RowOptimizer):
            refuse(_OP, "optimizer", "a RowOptimizer or None", repr(optimizer))
        self.optimizer = optimizer
        self.stochastic_rounding, self.seed = stochastic_rounding, int(seed)
        self._each = self.pooling[0] == "none"
        layout, num_elements, num_rows = self._lay_out()
        self.width = self.sizes[0][1] if self._each else sum(width for _, width in self.sizes)
        values = large_pages.zeros(num_elements, dtype)
        self.weight = torch.nn.Parameter(values, requires_grad=optimizer is None)
        lengths = {None: 0, "element": num_elements, "row": num_rows}
        kinds = UPDATES[optimizer.name] if optimizer is not None else (None, None)
        state = torch.float64 if dtype == torch.float64 else torch.float32
        self._first, self._second = (large_pages.zeros(lengths[kind], state) for kind in kinds)
        settings = optimizer.settings() if optimizer is not None else []
        # On the CPU always: they are read by whoever starts the kernels.
        self._settings = torch.tensor(settings, dtype=torch.float64)
        self._layout = layout
        # Autograd calls backward for what wants a gradient, and the rows do not.
        self._hook = torch.zeros(1, requires_grad=True)
        self._offsets = torch.zeros(0, dtype=torch.int64)
        self.reset_parameters()
        if device is not None:
            self.to(device)

    def _lay_out(self) -> tuple[torch.Tensor, int, int]:
        """Return the layout, as the engine has it, and the numbers of elements and rows."""
        element = row = column = 0
        lines = []
        for (rows, width), pooling in zip(self.sizes, self.pooling, strict=True):
            lines.append((element, row, rows, width, column, int(pooling == "mean")))
            element += _on_lines(rows * width)
            row += rows
            column += width
        return torch.tensor(lines, dtype=torch.int64), element, row

    def reset_parameters(self) -> None:
        """Draw the first values again, and forget the states."""
        generator = torch.Generator().manual_seed(self.seed)
        with torch.no_grad():
            for name, (_, width) in zip(self.names, self.sizes, strict=True):
                table = self.table(name)
                drawn = torch.rand(table.shape, generator=generator) * 2 - 1
                table.copy_(drawn / math.sqrt(width))
            self._first.zero_()
            self._second.zero_()
        if self.optimizer is not None:
            self._settings[1] = 0

    def table(self, name: str) -> torch.Tensor:
        """Return the rows of a table, a view of shape (rows, width)."""
        return self._view(self.weight.detach(), name, by_row=False)

    def _view(self, memory: torch.Tensor, name: str, *, by_row: bool) -> torch.Tensor:
        if name not in self.names:
            refuse(_OP, "name", "one of " + ", ".join(map(repr, self.names[:5])), repr(name))
        number = self.names.index(name)
        before, (rows, width) = self.sizes[:number], self.sizes[number]  # nothing waits for a GPU
        if by_row:
            row = sum(each for each, _ in before)
            return memory[row : row + rows]
        element = sum(_on_lines(each * wide) for each, wide in before)
        return memory[element : element + rows * width].view(rows, width)

    @property
    def learning_rate(self) -> float:
        """The rate of the next update; set it as a schedule says."""
        return float(self._settings[0])

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        if self.optimizer is None or not rate > 0:
            refuse(_OP, "learning_rate", "positive, of tables with an optimizer", repr(rate))
        self._settings[0] = rate

    @property
    def gradient_scale(self) -> float:
        """What losses are multiplied by before their backward pass, as a ``GradScaler`` does.

        Gradients are divided by it before rows are updated; where one is not finite then, the rows
        stay as they are, as the scaler leaves out the step of its optimizer.
        """
        return 1.0 if self.optimizer is None else float(self._settings[-1])

    @gradient_scale.setter
    def gradient_scale(self, scale: float) -> None:
        if self.optimizer is None or not 0 < scale < math.inf:
            expected = "positive and finite, of tables with an optimizer"
            refuse(_OP, "gradient_scale", expected, repr(scale))
        self._settings[-1] = scale

    def _is_updated(self) -> bool:
        """Whether the backward pass of a call is a step of rows that have an optimizer."""
        return self.training and torch.is_grad_enabled()

    def forward(
        self,
        ids: torch.Tensor,
        offsets: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Look all tables up.

        Parameters
        ----------
        ids : tensor of shape (num_ids,), or (num_rows, num_tables)
            int32 or int64. Of one dimension: those of the first table, row by row, then those of
            the second, and so on. Of two: one id for each row and table.
        offsets : tensor of shape (num_tables * num_rows + 1,), int32 or int64
            Where each bag of ids of one dimension begins, table by table, and their number. With
            pooling "none": where each table's ids begin, of shape (num_tables + 1,).
        weights : tensor of shape (num_ids,), optional
            Factor of each id's row, float32; gets a gradient. Not with pooling "none".

        Returns
        -------
        tensor of shape (num_rows, width), or (num_ids, width) with pooling "none"
            float32. Columns are the tables in their order.

        Raises
        ------
        DataError
            When an id is no row of its table, or offsets fall, or do not begin with 0 and end with
            the number of ids: before anything is written, with the place in ``row``.
        ParameterError
            When a type, a shape or a device is wrong.
        """
        ids, offsets = self._checked_ids(ids, offsets)
        if weights is not None:
            weights = checked_weights(ids, weights, self.weight.dtype, each=self._each)
        num_tables = len(self.sizes)
        num_bags = -1 if self._each else (offsets.shape[0] - 1) // num_tables
        backend = choose(_OP, self.weight)
        common = (self._layout, ids, offsets, weights, num_bags, self.width)
        if self.optimizer is None or not self._is_updated():
            if backend != "eager":
                return embedding_ops.lookup(self.weight, *common)
            return embedding_ops.EagerLookup.apply(self.weight, *common)
        rule = embedding_ops.NAMES.index(self.optimizer.name)
        rounding = self.stochastic_rounding and self.weight.dtype != torch.float32
        arguments = (
            *(self._hook, self.weight, self._first, self._second, self._settings, *common),
            *(rule, self.optimizer.decoupled, rounding, self.seed),
        )
        if backend != "eager":
            return embedding_ops.updating_lookup(*arguments)
        return embedding_ops.EagerUpdatingLookup.apply(*arguments)

    def factorization_machine(self, ids: torch.Tensor) -> torch.Tensor:
        """Look up one row of each table, and return the sum of the products of all their pairs.

        The same as ``factorization_machine`` of the looked-up vectors, and their gradient, without
        ever writing the vectors themselves: only their sum is kept for the backward pass.

        Parameters
        ----------
        ids : tensor of shape (num_rows, num_tables)
            int32 or int64.

        Returns
        -------
        tensor of shape (num_rows,)
            float32.

        Raises
        ------
        DataError
            When an id is no row of its table.
        ParameterError
            When the tables' widths differ, pooling is "none", or a type or shape is wrong.

        References
        ----------
        S. Rendle: Factorization Machines, ICDM 2010, doi:10.1109/ICDM.2010.127.
        """
        if self._each or len({width for _, width in self.sizes}) > 1:
            got = "pooling 'none'" if self._each else f"sizes {self.sizes[:5]}"
            refuse(_OP, "tables", "of one width and pooled, for pairs of rows", got)
        if not isinstance(ids, torch.Tensor) or ids.dim() != 2:
            got = f"shape {tuple(ids.shape)}" if isinstance(ids, torch.Tensor) else repr(ids)
            refuse(_OP, "ids", f"of shape (num_rows, {len(self.sizes)})", got)
        width = self.sizes[0][1]
        if choose(f"{_OP}.factorization_machine", self.weight) == "eager":
            return factorization_machine(self(ids).view(len(ids), len(self.sizes), width))
        flat, offsets = self._checked_ids(ids, None)
        layout = self._layout.clone()
        layout[:, 4] = 0  # all tables have the one gradient of the sum
        common = (layout, flat, offsets, ids.shape[0], width)
        if self.optimizer is None or not self._is_updated():
            return embedding_pairs.lookup_pairs(self.weight, *common)[0]
        states = (self.weight, self._first, self._second, self._settings)
        rule = embedding_ops.NAMES.index(self.optimizer.name)
        rounding = self.stochastic_rounding and self.weight.dtype != torch.float32
        options = (rule, self.optimizer.decoupled, rounding, self.seed)
        return embedding_pairs.updating_lookup_pairs(self._hook, *states, *common, *options)[0]

    def _checked_ids(
        self, ids: torch.Tensor, offsets: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not isinstance(ids, torch.Tensor) or ids.dtype not in (torch.int32, torch.int64):
            got = str(ids.dtype) if isinstance(ids, torch.Tensor) else type(ids).__name__
            refuse(_OP, "ids", "a tensor of int32 or int64", got)
        if ids.device != self.weight.device:
            refuse(
                _OP, "ids", f"on the device of the tables, {self.weight.device}", str(ids.device)
            )
        num_tables = len(self.sizes)
        if ids.dim() == 2 and ids.shape[1] == num_tables and offsets is None:
            count = num_tables if self._each else ids.numel()
            return ids.t().reshape(-1), self._steps(count, ids.shape[0] if self._each else 1)
        if ids.dim() != 1 or offsets is None:
            expected = f"of shape (num_ids,) with offsets, or (num_rows, {num_tables}) without"
            refuse(_OP, "ids", expected, f"shape {tuple(ids.shape)}")
        if not isinstance(offsets, torch.Tensor) or offsets.dtype not in (torch.int32, torch.int64):
            got = str(offsets.dtype) if isinstance(offsets, torch.Tensor) else repr(offsets)
            refuse(_OP, "offsets", "a tensor of int32 or int64", got)
        bags = offsets.numel() - 1
        whole = bags == num_tables if self._each else bags >= 0 and bags % num_tables == 0
        if offsets.dim() != 1 or not whole:
            rows = "num_tables + 1" if self._each else "num_tables * num_rows + 1"
            expected = f"of shape ({rows},), where num_tables is {num_tables}"
            refuse(_OP, "offsets", expected, f"shape {tuple(offsets.shape)}")
        return ids.contiguous(), offsets.to(torch.int64).contiguous()

    def _steps(self, count: int, step: int) -> torch.Tensor:
        """Return 0, step, ..., count * step; bags of one id are made once for each batch size."""
        if torch.compiler.is_compiling() or step != 1:
            return torch.arange(count + 1, dtype=torch.int64, device=self.weight.device) * step
        if self._offsets.numel() < count + 1 or self._offsets.device != self.weight.device:
            self._offsets = torch.arange(count + 1, dtype=torch.int64, device=self.weight.device)
        return self._offsets[: count + 1]

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Any:
        """Move and cast the rows as asked; states keep their type, and settings their place."""
        super()._apply(fn, recurse)
        if self.weight.dtype not in _ROW_TYPES:
            raise UnsupportedError(f"{_OP}: rows cannot be {self.weight.dtype}.")
        device = self.weight.device
        state = torch.float64 if self.weight.dtype == torch.float64 else torch.float32
        self._first = self._first.to(device, state)
        self._second = self._second.to(device, state)
        self._layout = self._layout if device.type == "meta" else self._layout.to(device)
        self._hook = torch.zeros(1, requires_grad=True, device=device)
        return self

    def _states(self) -> dict[str, tuple[torch.Tensor, bool]]:
        """Return the tensors that the state dict has of each table, and whether they are by row."""
        kinds = UPDATES[self.optimizer.name] if self.optimizer is not None else (None, None)
        found = {"weight": (self.weight.detach(), False)}
        for name, kind, memory in zip(
            ("first", "second"), kinds, (self._first, self._second), strict=True
        ):
            if kind is not None:
                found[name] = (memory, kind == "row")
        return found

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for table in self.names:
            for state, (memory, by_row) in self._states().items():
                destination[f"{prefix}{table}.{state}"] = self._view(memory, table, by_row=by_row)
        if self.optimizer is not None:
            destination[f"{prefix}step"] = self._settings[1].to(torch.int64)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        known = set()
        with torch.no_grad():
            for table in self.names:
                for state, (memory, by_row) in self._states().items():
                    key = f"{prefix}{table}.{state}"
                    known.add(key)
                    own = self._view(memory, table, by_row=by_row)
                    if key not in state_dict:
                        missing_keys.append(key)
                    elif state_dict[key].shape != own.shape:
                        got = tuple(state_dict[key].shape)
                        error_msgs.append(f"{key}: expected shape {tuple(own.shape)}, got {got}.")
                    else:
                        own.copy_(state_dict[key])
            if self.optimizer is not None:
                known.add(f"{prefix}step")
                if f"{prefix}step" in state_dict:
                    self._settings[1] = float(state_dict[f"{prefix}step"])
                else:
                    missing_keys.append(f"{prefix}step")
        if strict:
            found = (key for key in state_dict if key.startswith(prefix))
            unexpected_keys.extend(key for key in found if key not in known)

    def extra_repr(self) -> str:
        """Say how many tables and rows there are."""
        rows = sum(rows for rows, _ in self.sizes)
        name = None if self.optimizer is None else self.optimizer.name
        kind = str(self.weight.dtype).removeprefix("torch.")
        return f"{len(self.sizes)} tables, {rows:,} rows, width {self.width}, {kind}, {name}"
