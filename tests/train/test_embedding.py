"""Embedding tables: every rule, type and pooling against the reference in float64."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train.ops.row_optimizer import UPDATES  # noqa: E402
from tests.train import draw  # noqa: E402

SIZES = {"a": (50, 16), "b": (7, 5), "c": (1000, 64), "d": (3, 1), "e": (40, 33)}
ROWS = tuple(rows for rows, _ in SIZES.values())
OPTIONS: dict[str, dict[str, Any]] = {
    "sgd": {"weight_decay": 0.1},
    "adagrad": {"clip_value": 0.5},
    "rowwise_adagrad": {"clip_norm": 0.7, "weight_decay": 0.1, "decoupled": True},
    "adam": {"weight_decay": 0.01},
    "partial_rowwise_adam": {"betas": (0.8, 0.95)},
    "ftrl": {"l1": 0.02, "l2": 0.1},
}


def tables(optimizer: Any, dtype: Any = torch.float32, **more: Any) -> Any:
    return train.EmbeddingTables(SIZES, optimizer=optimizer, dtype=dtype, **more)


def rule(name: str, **more: Any) -> Any:
    return train.RowOptimizer(name, learning_rate=0.1, **OPTIONS[name], **more)


def two_steps(module: Any, num_bags: int = 9, weights: bool = False, wide: bool = True) -> Any:
    """Take two steps and return what came forward the second time."""
    for seed in range(2):
        ids, offsets = draw.bags(ROWS, num_bags, seed=seed)
        ids = ids if wide else ids.int()
        w = draw.normal(len(ids), seed=7).to(module._first.dtype) if weights else None
        out = module(ids, offsets, w)
        grad = draw.normal(*out.shape, seed=3 + seed).to(out.dtype)
        out.backward(grad)
    return out.detach()


def assert_near(got: Any, expected: Any, tolerance: float) -> None:
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(
            got.state_dict()[name].double(),
            value.double(),
            rtol=tolerance,
            atol=tolerance,
            msg=name,
        )


@pytest.mark.parametrize("pooling", ["sum", "mean", ("sum", "mean", "mean", "sum", "mean")])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_lookup_is_the_references(pooling: Any, weights: bool, wide: bool) -> None:
    module = tables(None, pooling=pooling)
    exact = copy.deepcopy(module).double()
    ids, offsets = draw.bags(ROWS, 33)
    w = draw.normal(len(ids)).float() if weights else None
    got = module(ids if wide else ids.int(), offsets, w)
    expected = exact(ids, offsets, w)
    sums = copy.deepcopy(exact)
    with torch.no_grad():
        sums.weight.abs_()
    magnitudes = sums(ids, offsets, None if w is None else w.abs())
    assert got.dtype == torch.float32
    assert draw.scaled_error(got, expected, magnitudes) <= 4
    assert float(expected.detach().abs().sum()) > 1


def test_lookup_is_that_of_torchs_bags() -> None:
    module = tables(None)
    ids, offsets = draw.bags(ROWS, 6)
    out = module(ids, offsets)
    expected = [
        torch.nn.functional.embedding_bag(
            ids[offsets[6 * t] : offsets[6 * t + 6]],
            module.table(name),
            offsets[6 * t : 6 * t + 6] - offsets[6 * t],
            mode="sum",
        )
        for t, name in enumerate(SIZES)
    ]
    torch.testing.assert_close(out, torch.cat(expected, 1))


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize("weights", [False, True])
def test_update_is_the_references(name: str, weights: bool) -> None:
    module = tables(rule(name), pooling="mean")
    exact = copy.deepcopy(module).double()
    before = module.weight.clone()
    got, expected = two_steps(module, weights=weights), two_steps(exact, weights=weights)
    torch.testing.assert_close(got.double(), expected, rtol=1e-4, atol=1e-5)
    assert_near(module, exact, 2e-5)
    assert not torch.equal(module.weight, before)


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_update_of_short_rows_rounds_the_update_of_float32(name: str, dtype: Any) -> None:
    module = tables(rule(name), dtype, stochastic_rounding=False)
    wide = copy.deepcopy(module).float()
    ids, offsets = draw.bags(ROWS, 9)
    for one in (module, wide):
        one(ids, offsets).sum().backward()
    assert module.weight.dtype == dtype
    assert torch.equal(module.weight.detach(), wide.weight.detach().to(dtype))


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize("weights", [False, True])
def test_update_when_threads_differ_is_the_same_bits(name: str, weights: bool) -> None:
    threads = ms.build_info()["num_threads"]
    states = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        module = tables(rule(name), torch.bfloat16)
        two_steps(module, num_bags=3000, weights=weights)
        states.append(module.state_dict())
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for state in states[1:]:
        assert all(torch.equal(state[key], value) for key, value in states[0].items())


def test_rounding_when_stochastic_keeps_small_steps_on_average() -> None:
    optimizer = train.RowOptimizer("sgd", learning_rate=1e-4)
    for dtype in (torch.bfloat16, torch.float16):
        module = train.EmbeddingTables([(2000, 32)], optimizer=optimizer, dtype=dtype)
        with torch.no_grad():
            module.weight.fill_(1.0)  # the next smaller values are 2^-8 and 2^-11 away
        ids = torch.arange(2000)[:, None]
        for _ in range(10):
            module(ids).sum().backward()
        assert float(module.weight.double().mean()) == pytest.approx(1 - 1e-3, abs=2e-4)
        assert len(torch.unique(module.weight)) > 1


def test_gradient_without_optimizer_is_dense_and_the_references() -> None:
    module = tables(None, pooling="mean")
    exact = copy.deepcopy(module).double()
    ids, offsets = draw.bags(ROWS, 40)
    w = draw.normal(len(ids), seed=5).float().requires_grad_()
    w_exact = w.detach().double().requires_grad_()
    grad = draw.normal(40, module.width)
    module(ids, offsets, w).backward(grad.float())
    exact(ids, offsets, w_exact).backward(grad)
    torch.testing.assert_close(module.weight.grad.double(), exact.weight.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(w.grad.double(), w_exact.grad, rtol=1e-4, atol=1e-5)
    assert float(w_exact.grad.abs().sum()) > 0


def test_gradients_of_the_reference_are_slopes() -> None:
    module = train.EmbeddingTables([(5, 3), (4, 2)], optimizer=None, dtype=torch.float64)
    ids, offsets = draw.bags((5, 4), 3, seed=2)
    w = draw.normal(len(ids)).requires_grad_()
    names = dict(module.named_parameters())

    def call(weight: Any, weights: Any) -> Any:
        return torch.func.functional_call(module, {"weight": weight}, (ids, offsets, weights))

    assert torch.autograd.gradcheck(call, (names["weight"].detach().requires_grad_(), w))


def test_pooling_none_gives_each_id_its_row() -> None:
    module = train.EmbeddingTables(
        [(9, 4), (5, 4)], pooling="none", optimizer=train.RowOptimizer("sgd", learning_rate=1.0)
    )
    before = {name: module.table(name).clone() for name in module.names}
    ids, offsets = torch.tensor([3, 3, 8, 0, 4]), torch.tensor([0, 3, 5])
    out = module(ids, offsets)
    expected = torch.cat([before["0"][[3, 3, 8]], before["1"][[0, 4]]])
    assert torch.equal(out, expected)
    out.backward(torch.ones(5, 4))
    assert torch.equal(module.table("0")[3], before["0"][3] - 2)
    assert torch.equal(module.table("0")[0], before["0"][0])
    torch.testing.assert_close(module.table("1")[4], before["1"][4] - 1)


def test_ids_of_two_dimensions_are_bags_of_one() -> None:
    module = tables(None)
    ids = torch.stack([torch.arange(3) % rows for rows in ROWS], 1)
    flat = module(ids.t().reshape(-1), torch.arange(len(ROWS) * 3 + 1))
    assert torch.equal(module(ids), flat)
    assert torch.equal(module(ids.int()), flat)
    assert torch.equal(module(ids[:2]), flat[:2])


def test_bag_without_ids_is_zeros_and_changes_nothing() -> None:
    module = tables(rule("adam"), pooling="mean")
    before = copy.deepcopy(module.state_dict())
    out = module(torch.zeros(0, dtype=torch.int64), torch.zeros(len(ROWS) * 4 + 1).long())
    assert torch.equal(out, torch.zeros(4, module.width))
    out.sum().backward()
    after = module.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items() if key != "step")
    assert module(torch.zeros(0, dtype=torch.int64), torch.zeros(1).long()).shape == (
        0,
        module.width,
    )


def test_rows_when_not_looked_up_stay() -> None:
    module = tables(rule("adam"))
    before = module.table("c").clone()
    ids, offsets = draw.bags(ROWS, 9)
    module(ids, offsets).sum().backward()
    used = ids[offsets[18] : offsets[27]].unique()
    changed = (module.table("c") != before).any(1).nonzero().flatten()
    assert torch.equal(changed, used)


def test_nan_and_infinity_when_in_a_gradient_reach_their_rows_alone() -> None:
    module = train.EmbeddingTables([(4, 8)], optimizer=train.RowOptimizer("rowwise_adagrad"))
    grad = torch.zeros(2, 8)
    grad[0, 0] = math.nan
    module(torch.tensor([[1], [2]])).backward(grad)
    assert torch.isnan(module.table("0")[1]).all()
    assert torch.isfinite(module.table("0")[[0, 2, 3]]).all()


def test_state_dict_when_loaded_goes_on_with_the_same_bits() -> None:
    module = tables(rule("adam"))
    two_steps(module)
    state = copy.deepcopy(module.state_dict())
    assert list(state)[:3] == ["a.weight", "a.first", "a.second"]
    assert state["c.weight"].shape == (1000, 64)
    assert state["step"] == 2
    other = tables(rule("adam"), seed=5)
    other.load_state_dict(state)
    two_steps(module)
    two_steps(other)
    for key, value in module.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key
    del state["b.first"]
    state["x.weight"] = state["a.weight"]
    with pytest.raises(RuntimeError, match=r"(?s)b\.first.*x\.weight"):
        other.load_state_dict(state)
    state["a.weight"] = torch.zeros(2, 2)
    with pytest.raises(RuntimeError, match=r"a\.weight: expected shape \(50, 16\), got \(2, 2\)"):
        other.load_state_dict(state, strict=False)


def test_parameters_when_listed_leave_fused_rows_to_the_tables() -> None:
    assert [p for p in tables(rule("sgd")).parameters() if p.requires_grad] == []
    assert len([p for p in tables(None).parameters() if p.requires_grad]) == 1


def test_learning_rate_when_set_is_that_of_the_next_step() -> None:
    module = train.EmbeddingTables([(2, 4)], optimizer=train.RowOptimizer("sgd"))
    module.learning_rate = 2.0
    before = module.table("0").clone()
    module(torch.tensor([[0]])).sum().backward()
    torch.testing.assert_close(module.table("0")[0], before[0] - 2)
    assert module.learning_rate == 2.0


def test_module_when_cast_keeps_its_states_in_float32() -> None:
    module = tables(rule("adam")).to(torch.bfloat16)
    two_steps(module)
    assert module.weight.dtype == torch.bfloat16
    assert {value.dtype for key, value in module.state_dict().items() if "first" in key} == {
        torch.float32
    }
    with pytest.raises(ms.UnsupportedError, match="rows cannot be"):
        tables(None)._apply(lambda tensor: tensor.to(torch.complex64))


@pytest.mark.parametrize(
    ("ids", "offsets", "text"),
    [
        ([0, 50], [0, 2, 2, 2, 2, 2], "Id 1, of table 0, is 50, expected a row from 0 to 49"),
        ([0, -1], [0, 1, 2, 2, 2, 2], "Id 1, of table 1, is -1, expected a row from 0 to 6"),
        ([0, 2**40], [0, 1, 2, 2, 2, 2], "Id 1, of table 1, is 1099511627776"),
        ([0, 0], [0, 2, 1, 2, 2, 2], "Offset 2 is 1, expected at least the one before it"),
        ([0, 0], [1, 2, 2, 2, 2, 2], "Offset 0 is 1, expected 0"),
        ([0, 0], [0, 2, 2, 2, 2, 3], "Offset 5 is 3, expected the number of ids, 2"),
        ([0, 0], [-5, 2, 2, 2, 2, 2], "Offset 0 is -5"),
    ],
)
def test_ids_when_bad_are_named_before_anything_is_written(
    ids: list[int], offsets: list[int], text: str
) -> None:
    module = tables(rule("sgd"))
    with pytest.raises(ms.DataError, match=text):
        module(torch.tensor(ids), torch.tensor(offsets))


def test_ids_when_changed_behind_autograds_back_are_refused_and_nothing_is_written() -> None:
    module = tables(rule("adam"))
    ids, offsets = draw.bags(ROWS, 9)
    out = module(ids, offsets)
    ids.numpy()[3] = 10**9
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(ms.DataError, match="Id 3, of table 0, is 1000000000"):
        out.sum().backward()
    after = module.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((torch.zeros(3), torch.zeros(6).long()), "ids must be a tensor of int32 or int64"),
        ((torch.zeros(3).long(),), r"ids must be of shape \(num_ids,\) with offsets, or"),
        ((torch.zeros(3, 2).long(),), "ids must be of shape"),
        ((torch.zeros(3).long(), torch.zeros(5).long()), "offsets must be of shape"),
        ((torch.zeros(3).long(), torch.zeros(6)), "offsets must be a tensor of int32 or int64"),
        ((torch.zeros(3).long(), torch.zeros(6).long(), torch.zeros(2)), "weights must be of the"),
        ((torch.zeros(3).long(), torch.zeros(6).long(), [1, 2, 3]), "weights must be a tensor"),
    ],
)
def test_lookup_when_an_argument_is_wrong_names_it(arguments: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        tables(None)(*arguments)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: train.EmbeddingTables([]), "tables must be at least one table"),
        (lambda: train.EmbeddingTables([(0, 4)]), "table 0 must be 1 to"),
        (lambda: train.EmbeddingTables([(4, 4)], pooling="max"), "pooling must be one of"),
        (lambda: train.EmbeddingTables([(4, 4)], pooling=["sum"] * 2), "pooling must be one word"),
        (lambda: train.EmbeddingTables([(4, 4), (4, 5)], pooling="none"), "of one width"),
        (lambda: train.EmbeddingTables([(4, 4)], dtype=torch.int8), "dtype must be float32"),
        (lambda: train.EmbeddingTables([(4, 4)], optimizer="sgd"), "optimizer must be a Row"),
        (lambda: train.RowOptimizer("adamw"), "name must be one of 'sgd'"),
        (lambda: train.RowOptimizer(learning_rate=0.0), "learning_rate must be a positive"),
        (lambda: train.RowOptimizer(eps=math.nan), "eps must be a finite number"),
        (lambda: train.RowOptimizer(betas=(0.9, 1.0)), "betas must be two numbers"),
        (lambda: tables(None).table("z"), "name must be one of 'a', 'b'"),
    ],
)
def test_tables_when_a_parameter_is_wrong_name_it(call: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        call()
