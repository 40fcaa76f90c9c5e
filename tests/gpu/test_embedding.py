"""The backward pass of embedding tables on a GPU: sums, updates and states of the CPU's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine, errors, gpu
from mainspring.gpu.lookup import Lookup, lookup_backward, rule_of
from tests.gpu.emulation import Emulation

SIZES = [(50, 16), (7, 5), (300, 32), (3, 130)]  # rows, width
STEPS = 3
INF = float("inf")
UPDATES = ["gradient", "sgd", "adagrad", "rowwise_adagrad", "adam", "partial_rowwise_adam", "ftrl"]
# Code for other levels fuses fewer products, or adds squares up in fewer lanes.
SAME_BITS = ms.build_info()["isa"] == "avx512"
RATE, EPS, BETAS = 0.0625, 1e-6, (0.9, 0.99)


@dataclass
class Batch:
    """Bags of ids of all tables, and what comes back for the output."""

    ids: np.ndarray[Any, Any]
    offsets: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any] | None
    grad: np.ndarray[Any, Any]
    num_bags: int


@dataclass
class Tables:
    """Memory of tables: rows, states and the layout."""

    update: int
    row_type: int = 0
    mean: bool = False
    sizes: list[tuple[int, int]] = field(default_factory=lambda: SIZES)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(3)
        elements = sum(rows * width for rows, width in self.sizes)
        num_rows = sum(rows for rows, _ in self.sizes)
        rows = rng.normal(size=elements).astype(np.float32)
        if self.row_type == 1:
            self.rows = (rows.view(np.uint32) >> 16).astype(np.uint16)
        else:
            self.rows = rows if self.row_type == 0 else rows.astype(np.float16).view(np.uint16)
        name = UPDATES[self.update]
        self.first = np.zeros(num_rows if name == "rowwise_adagrad" else elements, np.float32)
        self.second = np.zeros(num_rows if name == "partial_rowwise_adam" else elements, np.float32)
        layout, element, row, column = [], 0, 0, 0
        for count, width in self.sizes:
            layout.append([element, row, count, width, column, int(self.mean)])
            element, row, column = element + count * width, row + count, column + width
        self.layout = np.array(layout, np.int64)
        self.stride = column

    def memory(self) -> list[np.ndarray[Any, Any]]:
        return [self.rows, self.first, self.second]


def batch(seed: int, tables: Tables, *, weighted: bool = False, wide: bool = True) -> Batch:
    rng = np.random.default_rng(seed)
    num_bags = 40
    lengths = rng.integers(0, 6, num_bags * len(tables.sizes))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids: list[np.ndarray[Any, Any]] = []
    for number, (rows, _) in enumerate(tables.sizes):
        count = offsets[(number + 1) * num_bags] - offsets[number * num_bags]
        ids.append(rng.zipf(1.5, count) % rows)
    kind = np.int64 if wide else np.int32
    every = np.concatenate(ids).astype(kind)
    weights = rng.normal(size=len(every)).astype(np.float32) if weighted else None
    grad = rng.normal(size=(num_bags, tables.stride)).astype(np.float32)
    return Batch(every, offsets, weights, grad, num_bags)


def options_of(step: int, *, decay: float = 0.0, clips: tuple[float, float] = (INF, INF)) -> Any:
    corrections = [1 - BETAS[0] ** step, 1 - BETAS[1] ** step]
    return [RATE, EPS, *BETAS, *corrections, decay, *clips, 0.01, 0.1, 1.0]


def on_cpu(tables: Tables, one: Batch, options: Any, *, flags: tuple[bool, bool], seed: int) -> Any:
    def address(values: Any) -> int:
        return 0 if values is None else int(values.ctypes.data)

    of_weights = None if one.weights is None else np.zeros_like(one.weights)
    row_wise = [int(len(state) != len(tables.rows)) for state in (tables.first, tables.second)]
    places = [
        address(tables.layout), len(tables.layout), address(tables.rows), tables.row_type,
        address(tables.first), address(tables.second), *row_wise, address(one.ids), len(one.ids),
        address(one.offsets), one.num_bags, address(one.weights), tables.stride,
        int(one.ids.dtype == np.int64), 0,
    ]  # fmt: skip
    _engine.train_lookup_backward(
        places, address(one.grad), address(of_weights), tables.update, options, *flags, seed
    )
    return of_weights


def on_gpu(tables: Tables, one: Batch, options: Any, *, flags: tuple[bool, bool], seed: int) -> Any:
    def put(values: Any) -> Any:
        return None if values is None else gpu.to_device(values)

    def address(array: Any) -> int:
        return 0 if array is None else int(array.__cuda_array_interface__["data"][0])

    of_weights = None if one.weights is None else np.zeros_like(one.weights)
    held = [put(v) for v in (*tables.memory(), tables.layout, one.ids, one.offsets, one.weights)]
    grad, out = put(one.grad), put(of_weights)
    lookup = Lookup(
        *map(address, held), len(tables.layout), len(one.ids), one.num_bags, tables.stride,
        max(width for _, width in tables.sizes), sum(rows for rows, _ in tables.sizes),
        tables.row_type, int(one.ids.dtype == np.int64),
    )  # fmt: skip
    rule = rule_of(tables.update, options, decoupled=flags[0], stochastic=flags[1], seed=seed)

    def value_at(kind: str, place: int) -> tuple[int, int, int]:
        if kind == "offset":
            return int(one.offsets[place]), 0, 0
        return int(one.ids[place]), 0, tables.sizes[0][0]

    lookup_backward(0, lookup, address(grad), address(out), rule, 1, value_at)
    for host, on_device in zip(tables.memory(), held, strict=False):
        host[...] = on_device.to_host()
    return None if out is None else out.to_host()


def same(got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], *, bits: bool) -> None:
    if bits:
        np.testing.assert_array_equal(got.view(np.uint8), expected.view(np.uint8))
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def compare(update: str, *, bits: bool, flags: Any = (False, False), **changes: Any) -> None:
    weighted, wide = changes.pop("weighted", False), changes.pop("wide", True)
    options = {key: changes.pop(key) for key in ("decay", "clips") if key in changes}
    both = [Tables(UPDATES.index(update), **changes) for _ in range(2)]
    for step in range(1, STEPS + 1):
        one = batch(step, both[0], weighted=weighted, wide=wide)
        asked = options_of(step, **options)
        expected = on_cpu(both[0], one, asked, flags=flags, seed=step)
        got = on_gpu(both[1], one, asked, flags=flags, seed=step)
        if weighted:
            same(got, expected, bits=bits)
    for mine, theirs in zip(both[1].memory(), both[0].memory(), strict=True):
        if bits or mine.dtype == np.float32:
            same(mine, theirs, bits=bits)


@pytest.mark.parametrize("update", UPDATES)
def test_rows_and_states_are_those_of_the_cpu(device: Emulation | None, update: str) -> None:
    compare(update, bits=SAME_BITS or update == "gradient")


@pytest.mark.parametrize("row_type", [1, 2])
@pytest.mark.parametrize("stochastic", [False, True])
def test_short_rows_are_those_of_the_cpu(
    device: Emulation | None, row_type: int, stochastic: bool
) -> None:
    compare("sgd", bits=SAME_BITS, row_type=row_type, flags=(False, stochastic))
    compare("adagrad", bits=SAME_BITS, row_type=row_type, flags=(False, stochastic))


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("decoupled", [False, True])
def test_mean_weights_clipping_and_decay(
    device: Emulation | None, update: str, decoupled: bool
) -> None:
    changes = {"mean": True, "weighted": True, "wide": False, "decay": 0.1, "clips": (1.5, 2.0)}
    compare(update, bits=SAME_BITS, flags=(decoupled, False), **changes)


def test_one_run_longer_than_a_block_and_rows_that_rest(device: Emulation | None) -> None:
    tables = Tables(UPDATES.index("sgd"), sizes=[(2, 3)])
    num_ids = 1000
    rng = np.random.default_rng(9)
    one = Batch(
        np.zeros(num_ids, np.int64),
        np.arange(num_ids + 1),
        None,
        rng.normal(size=(num_ids, 3)).astype(np.float32),
        num_ids,
    )
    other = Tables(UPDATES.index("sgd"), sizes=[(2, 3)])
    before = tables.rows.copy()
    on_gpu(tables, one, options_of(1), flags=(False, False), seed=0)
    on_cpu(other, one, options_of(1), flags=(False, False), seed=0)
    np.testing.assert_array_equal(tables.rows.view(np.uint32), other.rows.view(np.uint32))
    np.testing.assert_array_equal(tables.rows[3:], before[3:])
    assert (tables.rows[:3] != before[:3]).all()


def test_one_id_each(device: Emulation | None) -> None:
    sizes = [(20, 4), (30, 4)]
    both = [Tables(UPDATES.index("adagrad"), sizes=sizes) for _ in range(2)]
    rng = np.random.default_rng(4)
    ids = np.concatenate([rng.integers(0, 20, 60), rng.integers(0, 30, 40)])
    grad = rng.normal(size=(100, 4)).astype(np.float32)
    one = Batch(ids, np.array([0, 60, 100]), None, grad, -1)
    for tables in both:
        tables.stride = 4
    on_cpu(both[0], one, options_of(1), flags=(False, False), seed=0)
    on_gpu(both[1], one, options_of(1), flags=(False, False), seed=0)
    for mine, theirs in zip(both[1].memory(), both[0].memory(), strict=True):
        np.testing.assert_array_equal(mine.view(np.uint32), theirs.view(np.uint32))


@pytest.mark.parametrize(
    ("place", "value", "text"),
    [(3, -1, r"Id 3, of table 0, is -1, expected a row from 0 to 49"), (5, 50, "Id 5.*is 50")],
)
def test_a_wrong_id_is_named_and_nothing_is_written(
    device: Emulation | None, place: int, value: int, text: str
) -> None:
    tables = Tables(UPDATES.index("adam"))
    one = batch(1, tables)
    one.ids[place] = value
    one.ids[place + 2] = 10_000
    before = [each.copy() for each in tables.memory()]
    with pytest.raises(errors.DataError, match=text) as caught:
        on_gpu(tables, one, options_of(1), flags=(False, False), seed=0)
    assert caught.value.row == place
    for now, old in zip(tables.memory(), before, strict=True):
        np.testing.assert_array_equal(now, old)


@pytest.mark.parametrize(
    ("place", "change", "text"),
    [(0, 1, "Offset 0 is 1, expected 0"), (7, -100, "Offset 7 is"), (-1, 5, "the number of ids")],
)
def test_a_wrong_offset_is_named(
    device: Emulation | None, place: int, change: int, text: str
) -> None:
    tables = Tables(UPDATES.index("sgd"))
    one = batch(1, tables)
    one.offsets[place] += change
    with pytest.raises(errors.DataError, match=text):
        on_gpu(tables, one, options_of(1), flags=(False, False), seed=0)


def test_no_ids(device: Emulation | None) -> None:
    tables = Tables(UPDATES.index("sgd"))
    before = tables.rows.copy()
    grad = np.zeros((0, tables.stride), np.float32)
    one = Batch(np.zeros(0, np.int64), np.zeros(1, np.int64), None, grad, 0)
    on_gpu(tables, one, options_of(1), flags=(False, False), seed=0)
    np.testing.assert_array_equal(tables.rows, before)


def test_too_little_memory_leaves_nothing_behind(emulation: Emulation) -> None:
    tables = Tables(UPDATES.index("sgd"))
    one = batch(1, tables)
    before = emulation.used_bytes
    held = sum(each.nbytes for each in (*tables.memory(), tables.layout))
    held += one.ids.nbytes + one.offsets.nbytes + one.grad.nbytes
    said = ""
    for extra in (100, 5_000, 9_000, 14_000):
        try:
            with emulation.room(held + extra):
                on_gpu(tables, one, options_of(1), flags=(False, False), seed=0)
        except errors.DeviceError as error:  # its frames hold arrays: it must be gone before
            said = str(error)
        assert "memory left" in said
        assert emulation.used_bytes == before
