"""Batches as a dataset of torch: tensors, workers, pinned memory."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, IterableDataset  # noqa: E402

from mainspring.train import ArrowBatches  # noqa: E402
from tests.train.test_batches import preprocessor, table  # noqa: E402

# Workers are forks; JAX, where another test has loaded it, warns of every fork.
pytestmark = pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")

ROWS = 1000


def batches_of(**options: Any) -> ArrowBatches:
    given = table()
    settings = {"batch_size": 50, "buffer_rows": 100, "label": "y", **options}
    return ArrowBatches(given, preprocessor(given), **settings)


def rows_of(batches: Any) -> list[int]:
    return [int(row) for batch in batches for row in batch.dense[:, 0]]


def test_tensors_hold_what_arrays_hold() -> None:
    tensors = list(batches_of(shuffle="block", seed=1))
    arrays = list(batches_of(shuffle="block", seed=1, output="numpy"))
    assert isinstance(batches_of(), IterableDataset)
    assert not isinstance(batches_of(output="numpy"), IterableDataset)
    for tensor, array in zip(tensors, arrays, strict=True):
        assert tensor.dense.dtype == torch.float32
        assert tensor.ids.dtype == torch.int32
        assert (tensor.dense.numpy() == array.dense).all()
        assert (tensor.ids.numpy() == array.ids).all()
        assert (tensor.label.numpy() == array.label).all()
        assert (tensor.lists["tags"][0].numpy() == array.lists["tags"][0]).all()
        bags = torch.nn.EmbeddingBag(9, 2, mode="sum", include_last_offset=True)
        assert bags(*tensor.lists["tags"]).shape == (50, 2)
    moved = tensors[0].to("cpu")
    assert moved.weight is None
    assert moved.dense is tensors[0].dense


@pytest.mark.parametrize("shuffle", [None, "block", "full"])
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_give_the_same_batches(shuffle: Any, workers: int) -> None:
    alone = batches_of(shuffle=shuffle, seed=5)
    alone.set_epoch(2)
    expected = [tuple(rows_of([batch])) for batch in alone]
    shared = batches_of(shuffle=shuffle, seed=5)
    shared.set_epoch(2)
    loader = DataLoader(shared, batch_size=None, num_workers=workers)
    found = [tuple(rows_of([batch])) for batch in loader]
    assert sorted(found) == sorted(expected)
    assert len(loader) == len(found) == 20
    if workers == 1:
        assert found == expected


def test_workers_shuffle_anew_by_the_seed_of_torch() -> None:
    loader = DataLoader(batches_of(shuffle="full"), batch_size=None, num_workers=2)
    torch.manual_seed(0)
    first, second = rows_of(loader), rows_of(loader)
    torch.manual_seed(0)
    assert rows_of(loader) == first
    assert first != second
    assert sorted(first) == sorted(second) == list(range(ROWS))


def test_workers_that_stay_hear_of_the_epoch() -> None:
    batches = batches_of(shuffle="full")
    loader = DataLoader(batches, batch_size=None, num_workers=1, persistent_workers=True)
    alone = batches_of(shuffle="full")
    for epoch in (3, 1):
        batches.set_epoch(epoch)
        alone.set_epoch(epoch)
        assert rows_of(loader) == rows_of(alone)


def test_pickle_gives_the_same_tensors() -> None:
    batches = batches_of(shuffle="block", seed=2)
    again = pickle.loads(pickle.dumps(batches))
    assert isinstance(again, IterableDataset)
    assert rows_of(again) == rows_of(batches)


def test_ranks_are_those_of_the_process_group(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = torch.distributed
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    found = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "get_rank", lambda rank=rank: rank)
        found.append(rows_of(batches_of(shuffle="full")))
    assert [len(rows) for rows in found] == [500, 500]
    assert sorted(np.concatenate(found)) == list(range(ROWS))


def test_model_is_trained_from_batches() -> None:
    torch.manual_seed(0)
    batches = batches_of(shuffle="block")
    table_of_ids = torch.nn.Embedding(batches.cardinalities[0], 1)
    optimizer = torch.optim.SGD(table_of_ids.parameters(), lr=0.1)
    for batch in batches:
        logits = table_of_ids(batch.ids[:, 0])[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, batch.label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.isfinite(loss)


@pytest.mark.gpu
def test_batches_are_pinned_where_there_is_a_gpu() -> None:
    expected = rows_of(batches_of(output="numpy"))
    found = []
    for batch in batches_of():
        assert batch.dense.is_pinned()
        found += rows_of([batch.to("cuda")])
    assert found == expected
