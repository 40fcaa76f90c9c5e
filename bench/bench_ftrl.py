"""Claim: FTRL over hashed features learns millions of rows a second on one core."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.clicks import CATEGORIES, NUMBERS, clicks
from mainspring import col
from mainspring.train import HashedFactorizationMachine, HashedLogisticRegression

ROWS, BUCKETS = 100_000, 1 << 17


def drawn() -> tuple[pa.Table, np.ndarray]:
    """Draw 39 columns and the label of clicks."""
    table = clicks(ROWS)
    return table.select([*NUMBERS, *CATEGORIES]), table["label"].to_numpy()


def as_text(table: pa.Table, label: np.ndarray, path: Path) -> None:
    """Write the format of Vowpal Wabbit: numbers as buckets by magnitude, as ours are."""
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_pylist()
        if name in NUMBERS:
            numbers = np.array([np.nan if v is None else v for v in values], float)
            with np.errstate(invalid="ignore"):
                buckets = np.floor(2 * np.log2(np.maximum(numbers, 1e-3)))
            values = ["n" if np.isnan(b) else str(int(b)) for b in buckets]
        columns.append([f"{name}={value}" for value in values])
    with path.open("w") as file:
        for row, words in enumerate(zip(*columns, strict=True)):
            file.write(f"{1 if label[row] else -1} | {' '.join(words)}\n")


def peer_pass(path: Path) -> float:
    """Let Vowpal Wabbit learn from its text once; return its mean loss on the way."""
    peer = pytest.importorskip("vowpalwabbit")
    options = f"-d {path} --ftrl --ftrl_alpha 0.1 --ftrl_beta 1 -b 22 --loss_function logistic"
    model = peer.Workspace(f"{options} --quiet")
    loss = model.get_sum_loss() / ROWS
    model.finish()
    return float(loss)


def check_loss(label: np.ndarray) -> Any:
    """Return a check that both have learnt, and ours no worse."""
    constant = -np.log(np.abs(1 - label - label.mean())).mean()

    def check(mine: float, found: float) -> None:
        assert mine < 0.99 * constant
        assert mine < 1.02 * found

    return check


@pytest.mark.one_thread
def test_pass_from_raw_columns(compare: Any, tmp_path: Path) -> None:
    pytest.importorskip("vowpalwabbit")
    table, label = drawn()
    path = tmp_path / "clicks.txt"
    as_text(table, label, path)
    compare(
        f"39 features of {ROWS:,} rows, from raw columns",
        lambda: HashedLogisticRegression(buckets=BUCKETS).fit(table, label).loss_,
        lambda: peer_pass(path),
        peer="vowpalwabbit",
        api="Workspace of --ftrl over its text format",
        check=check_loss(label),
        rows=ROWS,
    )


def hashed(factors: int) -> tuple[Any, Any, np.ndarray]:
    """Return a model that has seen a row, and 39 ids and the label of all rows."""
    table, label = drawn()
    # Numbers as texts: 39 hashed columns.
    texts = {f"{name}_": table[name].cast(pa.string()) for name in NUMBERS}
    given = pa.table({**{name: table[name] for name in CATEGORIES}, **texts})
    kind = HashedFactorizationMachine if factors else HashedLogisticRegression
    model = kind(buckets=BUCKETS).partial_fit(given.slice(0, 1), label[:1], classes=[0, 1])
    tensors = model.preprocessor_.transform(given, output="tensors")
    assert tensors.ids.shape == (ROWS, 39)
    return model._going_on(), tensors, label.astype(np.float32)


def one_pass(learning: Any, tensors: Any, labels: np.ndarray) -> float:
    """Learn all rows once; return their mean loss on the way."""
    loss, weight = learning.learner.learn(
        learning.weights, learning.factors, tensors.ids, tensors.dense, labels, None
    )
    return float(loss / weight)


@pytest.mark.one_thread
def test_pass_over_ids(compare: Any, tmp_path: Path) -> None:
    pytest.importorskip("vowpalwabbit")
    table, label = drawn()
    path = tmp_path / "clicks.txt"
    as_text(table, label, path)
    learning, tensors, labels = hashed(0)

    def ours() -> float:
        learning.weights[:] = 0
        return one_pass(learning, tensors, labels)

    compare(
        f"39 ids of {ROWS:,} rows, hashed before",
        ours,
        lambda: peer_pass(path),
        peer="vowpalwabbit",
        api="Workspace of --ftrl over its text format",
        check=check_loss(label),
        rows=ROWS,
    )


@pytest.mark.one_thread
def test_pass_over_sparse_rows(compare: Any) -> None:
    """Of each number SGD, which has one rate for all, needs a product and a sum; FTRL two roots."""
    linear = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(0)
    words = np.minimum(random.zipf(1.3, (ROWS, 12)), 50_000)
    label = ((words % 7 == 0).sum(axis=1) + random.normal(size=ROWS) > 1.5).astype(int)
    texts = pa.array([" ".join(f"w{word}" for word in row) for row in words.tolist()])
    prep = ms.Preprocessor(
        col("text").word_ngrams(buckets=1 << 18), col("text").tf_idf(min_count=5), profile=False
    )
    rows = prep.fit_transform(pa.table({"text": texts}), output="csr").to_scipy()

    def ours() -> np.ndarray:
        model = HashedLogisticRegression().partial_fit(rows, label, classes=[0, 1])
        return np.asarray(model.decision_function(rows[:5000]))

    def theirs() -> np.ndarray:
        model = linear.SGDClassifier(loss="log_loss", alpha=1e-6, shuffle=False)
        model.partial_fit(rows, label, classes=[0, 1])
        return np.asarray(model.decision_function(rows[:5000]))

    def check(mine: np.ndarray, found: np.ndarray) -> None:
        right = [((scores > 0) == label[:5000]).mean() for scores in (mine, found)]
        assert right[0] > max(right[1] - 0.01, label.mean() + 0.05)

    compare(
        f"{rows.nnz // ROWS} numbers a row of {rows.shape[1]:,}, {ROWS:,} sparse rows",
        ours,
        theirs,
        peer="scikit-learn",
        api="SGDClassifier.partial_fit of log loss",
        check=check,
        rows=ROWS,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("factors", [0, 8])
def test_steps_alone(factors: int, record: Any) -> None:
    learning, tensors, labels = hashed(factors)
    seconds = []
    for _ in range(9):
        start = time.process_time()
        loss = one_pass(learning, tensors, labels)
        seconds.append(time.process_time() - start)
        assert 0 < loss < 0.7
    name = "39 ids a row, steps alone" if factors == 0 else "39 ids a row, 8 factors, steps alone"
    record.value(name, ROWS / float(np.median(seconds)), unit="rows/s")
