"""Updates have the same bits whichever way they are computed: in registers, by table, or not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

TYPES = (torch.float32, torch.bfloat16, torch.float16)


def spread_rows(num_rows: int, width: int) -> Any:
    """Draw numbers of all magnitudes, with zeros, infinities and NaN among them."""
    rows = draw.normal(num_rows, width, seed=5).float()
    powers = torch.arange(num_rows * width).reshape(num_rows, width) % 37 - 25
    rows *= torch.exp2(powers.float())
    special = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 65504, -65519])
    rows[3, : len(special)] = special
    rows[:, 9] = 65500.0
    return rows


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("stochastic", [False, True])
@pytest.mark.parametrize("width", [16, 32, 64, 128])
def test_rows_in_registers_have_the_bits_of_rows_in_memory(
    dtype: Any, stochastic: bool, width: int
) -> None:
    modules = []
    for clip in (float("inf"), 1e30):  # a limit that nothing reaches takes the general loop
        rule = train.RowOptimizer("rowwise_adagrad", learning_rate=0.1, clip_value=clip)
        module = train.EmbeddingTables(
            [(40, width)], optimizer=rule, dtype=dtype, stochastic_rounding=stochastic
        )
        module.table(module.names[0]).copy_(spread_rows(40, width).to(dtype))
        modules.append(module)
    before = modules[0].weight.clone()
    ids = torch.arange(35).repeat(3)[: 34 * 3]
    for module in modules:
        for step in range(3):
            out = module(ids, torch.arange(0, len(ids) + 1, 3))
            out.backward(draw.normal(*out.shape, seed=step).float())
    states = [module.state_dict() for module in modules]
    assert states[0].keys() == states[1].keys()
    for name, value in states[0].items():
        torch.testing.assert_close(value, states[1][name], rtol=0, atol=0, equal_nan=True, msg=name)
    changed = (modules[0].weight != before) & ~before.isnan()
    assert changed.float().mean() > 0.2


@pytest.mark.parametrize("dtype", TYPES[1:], ids=str)
@pytest.mark.parametrize("width", [16, 64, 5])
@pytest.mark.parametrize("start", [1.0, 2.0**-15])  # of float16, normal and subnormal
def test_rounding_at_random_is_right_on_average(dtype: Any, width: int, start: float) -> None:
    below = float(torch.nextafter(torch.tensor(start, dtype=dtype), torch.zeros((), dtype=dtype)))
    step = (start - below) / 7
    rule = train.RowOptimizer("rowwise_adagrad", learning_rate=step)
    module = train.EmbeddingTables([(4000, width)], optimizer=rule, dtype=dtype)
    module.table(module.names[0]).fill_(start)
    rows = module(torch.arange(4000).reshape(-1, 1))
    rows.backward(torch.ones_like(rows))  # over its own root: 1
    found = module.table(module.names[0]).double()
    assert set(found.unique().tolist()) == {start, below}
    for place in range(width):  # in every place, whichever random numbers it takes
        share = float((found[:, place] == below).double().mean())
        assert share == pytest.approx(1 / 7, abs=5 * (1 / 7 * 6 / 7 / 4000) ** 0.5)
    low = found == below  # and no place goes by another
    both = float((low[:, 0] & low[:, 1]).double().mean())
    assert both == pytest.approx(1 / 49, abs=5 * (1 / 49 * 48 / 49 / 4000) ** 0.5)


@pytest.mark.parametrize("update", ["rowwise_adagrad", "adam", "sgd"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pooling", ["sum", "mean"])
def test_tables_one_after_the_other_have_the_bits_of_tables_at_once(
    update: str, weighted: bool, pooling: str
) -> None:
    """One thread goes table by table, and copies gradients that ids read often; many do not."""
    threads = ms.build_info()["num_threads"]
    sizes = [(300, 16), (20, 64), (1000, 5)]
    rule = train.RowOptimizer(update, learning_rate=0.1)
    first = train.EmbeddingTables(sizes, optimizer=rule, pooling=pooling)
    ids, offsets = draw.bags(tuple(rows for rows, _ in sizes), 700)
    ids = torch.cat([ids.new_tensor([3] * 5000), ids])  # a row of many ids
    offsets = torch.cat([offsets[:1], offsets[1:] + 5000])
    weights = draw.normal(len(ids), seed=2).float() if weighted else None
    states = []
    try:
        for count in (1, 8):
            ms.set_num_threads(count)
            module = copy.deepcopy(first)
            out = module(ids, offsets, weights)
            out.backward(draw.normal(*out.shape, seed=4).float())
            states.append(module.state_dict())
    finally:
        ms.set_num_threads(threads)  # type: ignore[arg-type]
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name
    assert not torch.equal(first.weight, module.weight)
