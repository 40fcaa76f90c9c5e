"""Claim: embedding tables train faster than FBGEMM's, and no vector is written for their pairs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.torch_sides import close, draw, optimizer_parameters, with_threads
from mainspring import train

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

# FBGEMM and torch's compiler call what torch deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

TABLES, ROWS, WIDTH, BATCH, LENGTH = 26, 50_000, 64, 4_096, 5
RATE, EPSILON = 0.01, 1e-8


@pytest.fixture(autouse=True)
def threads(request: pytest.FixtureRequest) -> Any:
    with with_threads(request.config.getoption("--threads")):
        yield


def drawn_ids(skewed: bool, count: int) -> Any:
    random = np.random.default_rng(1)
    drawn = ROWS ** random.random(count) - 1 if skewed else random.integers(0, ROWS, count)
    return torch.from_numpy(drawn.astype(np.int64))


def fbgemm_tables(dtype: str) -> Any:
    """Return FBGEMM's tables on the CPU, or skip: it is built for one version of torch each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        training = pytest.importorskip(
            "fbgemm_gpu.split_table_batched_embeddings_ops_training",
            reason="fbgemm-gpu-cpu is not installed, or built for another torch",
            exc_type=ImportError,
        )
        common = pytest.importorskip("fbgemm_gpu.split_table_batched_embeddings_ops_common")
        configs = pytest.importorskip("fbgemm_gpu.split_embedding_configs")
    place, device = common.EmbeddingLocation.HOST, training.ComputeDevice.CPU
    kind = configs.SparseType.FP32 if dtype == "float32" else configs.SparseType.FP16
    return training.SplitTableBatchedEmbeddingBagsCodegen(
        [(ROWS, WIDTH, place, device)] * TABLES,
        optimizer=configs.EmbOptimType.EXACT_ROWWISE_ADAGRAD,
        weights_precision=kind,
        learning_rate=RATE,
        eps=EPSILON,
        stochastic_rounding=False,
    )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("ids", ["popular ids", "uniform ids"])
def test_tables_beside_fbgemm(ids: str, dtype: str, compare: Any) -> None:
    count = TABLES * BATCH * LENGTH
    values = drawn_ids(ids == "popular ids", count)
    offsets = torch.arange(0, count + 1, LENGTH)
    theirs_tables = fbgemm_tables(dtype)
    rule = train.RowOptimizer("rowwise_adagrad", learning_rate=RATE, eps=EPSILON)
    tables = train.EmbeddingTables(
        [(ROWS, WIDTH)] * TABLES,
        optimizer=rule,
        dtype=getattr(torch, dtype),
        stochastic_rounding=False,
    )
    with torch.no_grad():
        rows = zip(theirs_tables.split_embedding_weights(), tables.names, strict=True)
        for weight, name in rows:
            weight.copy_(tables.table(name))
    grad = draw(BATCH, TABLES * WIDTH)

    def ours() -> Any:
        out = tables(values, offsets)
        out.backward(grad)
        return out.detach()

    def theirs() -> Any:
        out = theirs_tables(values, offsets)
        out.backward(grad)
        return out.detach()

    compare(
        f"26 tables, {ids}, {dtype}: lookup, backward, row-wise Adagrad",
        ours,
        theirs,
        peer="fbgemm-gpu-cpu",
        api="SplitTableBatchedEmbeddingBagsCodegen, EXACT_ROWWISE_ADAGRAD, on the CPU",
        check=close(1e-4 if dtype == "float32" else 1e-2),
        rows=BATCH,
        num_bytes=count * WIDTH * (4 if dtype == "float32" else 2),
    )


@pytest.mark.parametrize("ids", ["popular ids", "uniform ids"])
def test_pairs_of_rows(ids: str, compare: Any) -> None:
    """The same tables and updates on both sides; only the vectors are written or not."""
    values = drawn_ids(ids == "popular ids", BATCH * TABLES).view(BATCH, TABLES)
    rule = train.RowOptimizer("rowwise_adagrad", learning_rate=RATE)
    one, other = (train.EmbeddingTables([(ROWS, WIDTH)] * TABLES, optimizer=rule) for _ in range(2))
    grad = draw(BATCH)

    def ours() -> Any:
        out = one.factorization_machine(values)
        out.backward(grad)
        return out.detach()

    def theirs() -> Any:
        x = other(values).view(BATCH, TABLES, WIDTH)
        total = x.sum(1)
        out = 0.5 * (total * total - (x * x).sum(1)).sum(1)
        out.backward(grad)
        return out.detach()

    compare(
        f"factorization machine of the rows of 26 tables, {ids}, forward, backward and update",
        ours,
        theirs,
        peer="torch",
        api="EmbeddingTables, then (sum)^2 - sum of squares",
        check=close(1e-3),
        rows=BATCH,
    )


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_normalization(activation: str, compare: Any) -> None:
    x = draw(4_096, 1_024).requires_grad_()
    weight, bias = (draw(1_024, seed=i).requires_grad_() for i in (1, 2))
    grad = draw(4_096, 1_024, seed=3)

    def stepped(function: Callable[[], Any]) -> Any:
        x.grad = weight.grad = bias.grad = None
        function().backward(grad)
        return x.grad

    compare(
        f"LayerNorm and {activation}, 4,096 x 1,024, forward and backward",
        lambda: stepped(lambda: train.layer_norm(x, weight, bias, activation=activation)),
        lambda: stepped(
            lambda: getattr(functional, activation)(
                functional.layer_norm(x, (1_024,), weight, bias)
            )
        ),
        peer="torch",
        api="layer_norm and the activation, eager",
        check=close(1e-4),
        rows=4_096,
        num_bytes=x.nbytes,
    )


@pytest.mark.parametrize("loss", ["pairwise", "lambda_rank", "list_net", "list_mle"])
def test_ranking(loss: str, compare: Any) -> None:
    """The backend "eager" is the expression of torch over padded queries."""
    lengths = torch.from_numpy(np.random.default_rng(0).integers(20, 121, 1_000))
    offsets = torch.nn.functional.pad(lengths.cumsum(0), (1, 0))
    count = int(offsets[-1])
    scores, labels = draw(count).requires_grad_(), draw(count, seed=1).round().clamp(0, 4)
    function = getattr(train, f"{loss}_loss")

    def stepped(backend: str | None) -> Any:
        scores.grad = None
        with train.use_backend(backend):
            function(scores, labels, offsets).backward()
        return scores.grad

    compare(
        f"{loss}_loss of 1,000 queries of 20 to 120 rows, forward and backward",
        lambda: stepped(None),
        lambda: stepped("eager"),
        peer="torch",
        api="the same loss as an expression of torch, eager",
        check=close(1e-4),
        rows=count,
    )


@pytest.mark.parametrize("states", ["float32", "bfloat16", "uint8"])
def test_states(states: str, compare: Any) -> None:
    mine, others = optimizer_parameters(), optimizer_parameters()
    optimizer = train.AdamW(mine, state_dtype=getattr(torch, states))
    peer = torch.optim.AdamW(others, fused=True)

    def step(one: Any, params: list[Any]) -> Any:
        one.step()
        return params[0].detach()

    compare(
        f"AdamW of 20 million parameters, states of {states}",
        lambda: step(optimizer, mine),
        lambda: step(peer, others),
        peer="torch",
        api="AdamW(fused=True), states of float32",
        check=close(1e-5 if states == "float32" else 1e-2),
        rows=1,
        num_bytes=sum(p.nbytes for p in mine),
    )
