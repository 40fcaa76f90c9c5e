"""Claim: batches for training come tens of times faster than from a DataLoader over rows."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.clicks import CATEGORIES, NUMBERS, clicks
from mainspring import col

torch = pytest.importorskip("torch")

ROWS, BATCH = 65_536, 4096


def encoded(rows: int) -> pa.Table:
    """Draw 13 numbers, 26 ids and a label, all without nulls: what a DataLoader is given."""
    random = np.random.default_rng(0)
    numbers = {f"I{i}": random.normal(size=rows).astype(np.float32) for i in range(13)}
    ids = {f"C{j}": random.integers(0, 1000, rows).astype(np.int32) for j in range(26)}
    return pa.table({**numbers, **ids, "label": random.integers(0, 2, rows).astype(np.float32)})


def loaded(table: pa.Table, shuffle: bool) -> Any:
    """Return a DataLoader over the same rows."""
    dense = np.column_stack([table[f"I{i}"].to_numpy() for i in range(13)])
    ids = np.column_stack([table[f"C{j}"].to_numpy() for j in range(26)])
    label = table["label"].to_numpy().copy()
    tensors = [torch.from_numpy(array) for array in (dense, ids, label)]
    dataset = torch.utils.data.TensorDataset(*tensors)
    return torch.utils.data.DataLoader(dataset, batch_size=BATCH, shuffle=shuffle)


def checksum(batches: Any) -> tuple[int, float]:
    """Go over all batches; return their rows and the sum of one column, which any order has."""
    rows, total = 0, 0.0
    for batch in batches:
        rows += len(batch[0])
        total += float(batch[1][:, 3].sum())
    return rows, total


def same(ours: tuple[int, float], theirs: tuple[int, float]) -> None:
    assert ours == theirs
    assert ours[0] == ROWS


@pytest.mark.one_thread
@pytest.mark.parametrize(
    ("shuffle", "word"), [(None, "in order"), ("block", "shuffled"), ("full", "fully shuffled")]
)
def test_epoch_beside_a_data_loader(shuffle: str | None, word: str, compare: Any) -> None:
    torch.set_num_threads(1)
    table = encoded(ROWS)
    batches = ms.train.ArrowBatches(table, None, BATCH, shuffle, label="label")
    loader = loaded(table, shuffle is not None)
    compare(
        f"{ROWS:,} rows, {word}",
        lambda: checksum(batches),
        lambda: checksum(loader),
        peer="torch",
        api="DataLoader over a TensorDataset",
        check=same,
        rows=ROWS,
        num_bytes=2 * table.nbytes,
    )


@pytest.mark.one_thread
def test_epoch_from_raw_columns(record: Any) -> None:
    table = clicks(ROWS)
    prep = ms.Preprocessor(
        col(*NUMBERS).impute("median").log1p().standardize(),
        col(*CATEGORIES).ordinal(),
        profile=False,
    ).fit(table)
    batches = ms.train.ArrowBatches(table, prep, BATCH, "block", label="label")
    seconds = []
    for _ in range(7):
        start = time.process_time()
        assert checksum(batches)[0] == ROWS
        seconds.append(time.process_time() - start)
    record.value(
        f"{ROWS:,} rows of raw strings, transformed and shuffled",
        ROWS / float(np.median(seconds)),
        unit="rows/s",
    )
