"""Batches as a dataset of torch: tensors, pinned memory, workers of a DataLoader, ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.distributed
from torch.utils.data import IterableDataset, get_worker_info

from mainspring.train.batch_order import Shard
from mainspring.train.batches import ArrowBatches
from mainspring.train.windows import TensorBatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainspring.train.windows import Window

__all__ = ["TorchArrowBatches"]

_UNSET = -1


class TorchArrowBatches(ArrowBatches, IterableDataset):
    """What ``ArrowBatches`` is where torch is installed: an ``IterableDataset``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Workers that stay for several epochs hear of an epoch that is set later on.
        self._output = "torch"
        self._chosen_epoch = torch.full((1,), _UNSET, dtype=torch.int64).share_memory_()
        if self._rank is None and _is_distributed():
            # Workers that are not forked know nothing of the process group.
            self._rank = torch.distributed.get_rank()
            self._world_size = torch.distributed.get_world_size()

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, for workers too."""
        super().set_epoch(epoch)
        self._chosen_epoch[0] = epoch

    def _shard(self) -> Shard:
        info = get_worker_info()
        worker, num_workers = (0, 1) if info is None else (info.id, info.num_workers)
        rank, world_size = self._rank, self._world_size
        if rank is None and _is_distributed():
            rank = torch.distributed.get_rank()
            world_size = torch.distributed.get_world_size()
        return Shard(rank or 0, world_size or 1, worker, num_workers)

    def _epoch_of(self, shard: Shard) -> int:
        info = get_worker_info()
        if info is None or self._skip:
            return self._next_epoch
        chosen = int(self._chosen_epoch[0])
        if chosen != _UNSET:
            return chosen
        return int((info.seed - info.id) % (1 << 62))  # the same in all workers of an epoch

    def _new_arrays(self) -> Callable[[tuple[int, ...], Any], Any] | None:
        pinned = self._pin_memory
        if pinned is None:
            pinned = get_worker_info() is None and torch.cuda.is_available()
        if not pinned:
            return None

        def new(shape: tuple[int, ...], dtype: Any) -> Any:
            kind = torch.int32 if dtype == "int32" else torch.float32
            return torch.empty(shape, dtype=kind, pin_memory=True).numpy()

        return new

    def _batch(self, window: Window, first: int) -> TensorBatch:
        end = first + self.batch_size
        features = window.features

        def rows(array: Any) -> Any:
            return None if array is None else _tensor_of(array)[first:end]

        lists = {}
        for name, (values, offsets) in features.lists.items():
            own = offsets[first : end + 1]
            own_values = torch.from_numpy(values[own[0] : own[-1]])
            lists[name] = (own_values, torch.from_numpy(own - own[0]))
        return TensorBatch(
            rows(features.dense), rows(features.ids), lists, rows(window.label), rows(window.weight)
        )


def _tensor_of(array: Any) -> Any:
    """Return the tensor whose memory an array is, or one over it.

    A batch must be a part of the very tensor that was pinned: torch then keeps the memory until the
    GPU has copied it.
    """
    return array.base if isinstance(array.base, torch.Tensor) else torch.from_numpy(array)


def _is_distributed() -> bool:
    return bool(torch.distributed.is_available() and torch.distributed.is_initialized())
