"""Memory of large results: taken again when they are gone, never written to while they live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

ROWS, WIDTH = 1 << 15, 33  # somewhat more than 4 MiB of float32


def looked_up() -> Any:
    tables = train.EmbeddingTables([(10, WIDTH)], optimizer=None)
    return tables(torch.arange(ROWS)[:, None] % 10)


def gradient_of(function: Callable[[Any], Any], *shape: int) -> Any:
    x = draw.normal(*shape, seed=1).float().requires_grad_()
    function(x).sum().backward()
    return x.grad


def of_loss() -> Any:
    labels = torch.zeros(ROWS * WIDTH)
    return gradient_of(lambda x: train.binary_cross_entropy(x, labels), ROWS * WIDTH)


def of_classes() -> Any:
    target = torch.zeros(ROWS, dtype=torch.int64)
    return gradient_of(lambda x: train.softmax_cross_entropy(x, target), ROWS, WIDTH)


def of_pairs() -> Any:
    return gradient_of(train.factorization_machine, ROWS // 3, 3, WIDTH + 1)


def of_dots() -> Any:
    return gradient_of(train.dot_interaction, ROWS // 3, 3, WIDTH + 1)


RESULTS = (looked_up, of_loss, of_classes, of_pairs, of_dots)


@pytest.mark.parametrize("make", RESULTS)
def test_memory_of_a_result_that_is_gone_is_taken_again(make: Callable[[], Any]) -> None:
    ms.release_memory()
    result = make()
    address, num_bytes = result.data_ptr(), result.nbytes
    assert num_bytes >= 4 << 20
    del result
    assert make().data_ptr() == address
    assert ms.release_memory() >= num_bytes
    assert ms.release_memory() == 0


@pytest.mark.parametrize("make", RESULTS)
def test_a_result_that_is_held_is_never_written_to(make: Callable[[], Any]) -> None:
    first = make()
    part = first.detach().flatten()[7:9]  # a view alone holds the memory, too
    before = first.detach().clone()
    address = first.data_ptr()
    second = make()
    assert second.data_ptr() != address
    assert torch.equal(first, before)
    del first, second
    assert make().data_ptr() != address
    assert torch.equal(part, before.flatten()[7:9])


def test_results_are_tensors_like_others() -> None:
    """In place, under autograd and beyond it, in other shapes and types."""
    rows = looked_up()
    assert not rows._is_view()
    assert rows.is_contiguous()
    assert rows.shape == (ROWS, WIDTH)
    exact = rows.detach().clone().requires_grad_()
    (exact * 2).relu().sum().backward()
    rows.retain_grad()
    doubled = rows.mul_(2)
    doubled.relu().sum().backward()
    assert torch.equal(doubled.detach(), exact.detach() * 2)
    with torch.inference_mode():
        kept = looked_up()
        kept += 1
        assert kept.is_inference()
    grad = of_loss().resize_(3)
    assert grad.shape == (3,)
    assert torch.equal(grad.clone().resize_(1 << 21)[:3], grad)


def test_short_types_have_the_results_of_small_ones() -> None:
    """The same rows many times: one part is below the least size that is kept."""
    for dtype in (torch.bfloat16, torch.float16):
        few = draw.normal(64, 3, 32, seed=2).to(dtype)
        many = few.repeat(ROWS // 32, 1, 1)
        slopes = []
        for x in (few.requires_grad_(), many.requires_grad_()):
            train.factorization_machine(x).sum().backward()
            slopes.append(x.grad)
        assert torch.equal(slopes[1], slopes[0].repeat(ROWS // 32, 1, 1))
