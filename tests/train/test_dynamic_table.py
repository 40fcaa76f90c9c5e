"""Tables that grow and evict: against a plain dictionary with the same rules."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402


class Model:
    """The rules, written as slowly and clearly as can be."""

    def __init__(self, max_rows: int) -> None:
        self.max_rows, self.calls, self.high = max_rows, 0, 1
        self.seen: dict[int, list[int]] = {}  # id: row, count, last call
        self.free: list[int] = []

    def assign(self, ids: list[int]) -> list[int] | None:
        new = [i for i in dict.fromkeys(ids) if i not in self.seen]
        call = self.calls + 1
        missing = len(self.seen) + len(new) - (self.max_rows - 1)
        if missing > 0:
            leaving = [i for i in self.seen if i not in ids]
            if len(leaving) < missing:
                return None
            count = min(max(missing, len(self.seen) // 16), len(leaving))
            leaving.sort(key=lambda i: (self.seen[i][1], self.seen[i][2], self.seen[i][0]))
            for i in leaving[:count]:
                self.free.append(self.seen.pop(i)[0])
            for entry in self.seen.values():
                entry[1] -= entry[1] // 2
        self.calls = call
        for i in new:
            if self.free:
                row = min(self.free)
                self.free.remove(row)
            else:
                row, self.high = self.high, self.high + 1
            self.seen[i] = [row, 0, call]
        for i in ids:
            self.seen[i][1:] = [self.seen[i][1] + 1, call]
        return [self.seen[i][0] for i in ids]


@settings(max_examples=60, deadline=None)
@given(
    batches=st.lists(st.lists(st.integers(-30, 30), max_size=12), max_size=25),
    max_rows=st.integers(2, 40),
)
def test_rows_are_those_of_the_rules(batches: list[list[int]], max_rows: int) -> None:
    table = train.DynamicTable(2, max_rows=max_rows, first_rows=2)
    model = Model(max_rows)
    for batch in batches:
        ids = torch.tensor([i * 2**50 for i in batch], dtype=torch.int64)
        table._step_then = -1.0  # as if a backward pass had come
        expected = model.assign(batch)
        if expected is None:
            before = table.ids.state()
            with pytest.raises(ms.DataError, match="has no room for"):
                table._rows(ids)
            assert table.ids.state() == before
            continue
        assert table._rows(ids).tolist() == expected
        assert table.num_ids == len(model.seen)
    found = {i // 2**50: count for i, count, _ in zip(*table.items(), strict=True)}
    assert {int(i): int(n) for i, n in found.items()} == {i: e[1] for i, e in model.seen.items()}


def train_on(table: Any, ids: Any, offsets: Any = None, seed: int = 0) -> Any:
    out = table(ids, offsets)
    out.backward(draw.normal(*out.shape, seed=seed).float())
    return out.detach()


@pytest.mark.parametrize("name", ["sgd", "rowwise_adagrad", "adam", "partial_rowwise_adam"])
def test_table_when_growing_takes_the_steps_of_a_fixed_one(name: str) -> None:
    rule = train.RowOptimizer(name, learning_rate=0.1)
    table = train.DynamicTable(5, first_rows=2, optimizer=rule)
    fixed = train.EmbeddingTables({"rows": (200, 5)}, optimizer=rule)
    names = np.random.default_rng(0).integers(-(2**62), 2**62, 199)
    with torch.no_grad():  # each id's row: as it will be drawn
        drawn = torch.empty(199, 5)
        ms._engine.train_draw_rows(names.tolist(), 5, 0, 5**-0.5, drawn.data_ptr())
        rows_of: dict[int, int] = {}
    for step in range(4):
        ids, offsets = draw.bags((60 + 40 * step,), 12, seed=step)
        given = torch.from_numpy(names[ids.numpy()])
        for i in ids.tolist():
            if i not in rows_of:
                rows_of[i] = len(rows_of) + 1
                with torch.no_grad():
                    fixed.table("rows")[rows_of[i]] = drawn[i]
        rows = torch.tensor([rows_of[i] for i in ids.tolist()])
        got, expected = train_on(table, given, offsets, step), train_on(fixed, rows, offsets, step)
        assert torch.equal(got, expected)
    used = len(rows_of) + 1
    assert table.num_ids == len(rows_of)
    assert torch.equal(table.tables.table("rows")[1:used], fixed.table("rows")[1:used])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_table_on_the_eager_backend_takes_the_same_steps(dtype: Any) -> None:
    rule = train.RowOptimizer("rowwise_adagrad", learning_rate=0.1)
    options = {"optimizer": rule, "dtype": dtype, "stochastic_rounding": False}
    native, eager = train.DynamicTable(4, **options), train.DynamicTable(4, **options)
    for step in range(3):
        ids = torch.from_numpy(np.random.default_rng(step).integers(0, 30, 20))
        train_on(native, ids, None, step)
        with train.use_backend("eager"):
            train_on(eager, ids, None, step)
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    for got, expected in zip(native.items(), eager.items(), strict=True):
        torch.testing.assert_close(got, expected, rtol=tolerance, atol=tolerance)


def test_id_when_unseen_in_eval_is_zeros_and_gets_no_row() -> None:
    table = train.DynamicTable(3)
    train_on(table, torch.tensor([5, -2, 5]))
    table.eval()
    out = table(torch.tensor([5, 99, -2]))
    assert table.num_ids == 2
    assert out[1].tolist() == [0, 0, 0]
    assert float(out.detach()[0].abs().sum()) > 0
    with torch.no_grad():
        table.train()(torch.tensor([99]))
    assert table.num_ids == 2


def test_row_when_given_again_begins_anew() -> None:
    rule = train.RowOptimizer("adagrad", learning_rate=0.5)
    table = train.DynamicTable(3, max_rows=3, optimizer=rule)
    first = train_on(table, torch.tensor([1]))
    train_on(table, torch.tensor([2, 2]))
    train_on(table, torch.tensor([3]))  # 1 was seen least
    assert table.num_evicted == 1
    assert sorted(table.items()[0].tolist()) == [2, 3]
    train_on(table, torch.tensor([3, 3]))
    again = train_on(table, torch.tensor([1]))
    assert torch.equal(again, first)
    fresh = train.DynamicTable(3, max_rows=3, optimizer=rule)
    train_on(fresh, torch.tensor([1]))
    row = int(torch.nonzero(table.items()[0] == 1)[0, 0])
    assert torch.equal(table.items()[2][row], fresh.items()[2][0])


def test_ids_when_their_backward_pass_is_to_come_stay() -> None:
    table = train.DynamicTable(2, max_rows=4)
    first = table(torch.tensor([1, 2]))
    second = table(torch.tensor([3]))
    with pytest.raises(ms.DataError, match="no room for 1 new ids"):
        table(torch.tensor([4]))
    (first.sum() + second.sum()).backward()
    table(torch.tensor([4])).sum().backward()
    assert table.num_ids == 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_state_dict_when_loaded_goes_on_with_the_same_bits(dtype: Any) -> None:
    options = {"max_rows": 40, "first_rows": 4, "dtype": dtype}
    table = train.DynamicTable(4, **options)
    for step in range(6):
        train_on(table, torch.from_numpy(np.random.default_rng(step).integers(0, 60, 25)))
    other = train.DynamicTable(4, **options)
    other.load_state_dict(copy.deepcopy(table.state_dict()))
    third = copy.deepcopy(table)
    for step in range(6, 9):
        ids = torch.from_numpy(np.random.default_rng(step).integers(0, 60, 25))
        outs = [train_on(one, ids, None, step) for one in (table, other, third)]
        assert torch.equal(outs[0], outs[1])
        assert torch.equal(outs[0], outs[2])
    assert table.num_evicted > 0
    small = train.DynamicTable(4, max_rows=3, dtype=dtype)
    with pytest.raises(ms.ParameterError, match="max_rows must be at least"):
        small.load_state_dict(table.state_dict())


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: train.DynamicTable(4, max_rows=1), "max_rows must be from 2"),
        (lambda: train.DynamicTable(4, optimizer=None), "optimizer must be a RowOptimizer"),
        (lambda: train.DynamicTable(4, pooling="none"), "pooling must be 'sum' or 'mean'"),
        (lambda: train.DynamicTable(4, dtype=torch.float64), "dtype must be float32"),
        (lambda: train.DynamicTable(4)(torch.ones(2)), "ids must be a tensor of int32 or int64"),
        (lambda: train.DynamicTable(4)([1]), "ids must be a tensor of int32 or int64, got list"),
        (lambda: train.DynamicTable(4)(torch.ones(2, 2).long()), r"of shape \(num_ids,\)"),
        (
            lambda: train.DynamicTable(4)(torch.ones(2).long(), None, torch.ones(2)),
            "weights must be None without offsets",
        ),
    ],
)
def test_table_when_an_argument_is_wrong_names_it(call: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        call()


def test_ids_when_their_state_is_damaged_are_refused() -> None:
    ids = ms._engine.DynamicIds()
    for numbers in ([], [0, 0], [5, 1, 1], [0, 0, 0, 7, 1, 9], [0, 0, 0, 7, 1, 1, 7, 1, 1]):
        with pytest.raises(ms.ParameterError, match="state of a table's ids is damaged"):
            ids.restore(numbers, 2)
    ids.restore([0, 0, 0, 7, 1, 2], 2)
    assert (ids.num_ids, ids.num_rows, ids.num_calls) == (1, 2, 2)
