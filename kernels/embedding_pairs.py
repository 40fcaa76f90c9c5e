"""The factorization machine of looked-up rows, a program a row of the batch, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

__all__ = ["lookup_pairs", "lookup_pairs_kernel"]


@triton.jit
def lookup_pairs_kernel(
    rows,
    layout,
    ids,
    offsets,
    out,
    sums,
    num_bags,
    num_tables,
    width,
    BLOCK: tl.constexpr,
):
    """Compute the sum of the products of all pairs of one bag of each table, and their sum."""
    bag = tl.program_id(0).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        inside = d < width
        vectors = tl.zeros((BLOCK,), tl.float32)
        squares = tl.zeros((BLOCK,), tl.float32)
        for table in range(0, num_tables):
            element = tl.load(layout + table * 6)
            num_rows = tl.load(layout + table * 6 + 2)
            begin = tl.load(offsets + table * num_bags + bag)
            end = tl.load(offsets + table * num_bags + bag + 1)
            for j in range(begin, end):
                row = tl.load(ids + j).to(tl.int64)
                good = (row >= 0) & (row < num_rows)  # a wrong one gives NaN, and reads nothing
                there = d < tl.where(good, width, 0)
                v = tl.load(rows + element + row * width + d, there, 0.0).to(tl.float32)
                v = tl.where(there, v, float("nan"))
                vectors += v
                squares += v * v
        tl.store(sums + bag * width + d, vectors, inside)
        total += tl.where(inside, vectors * vectors - squares, 0.0)
    tl.store(out + bag, 0.5 * tl.sum(total, 0))


def lookup_pairs(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return of each row of the batch the sum of its pairs' products, and the sum of its vectors.

    Parameters
    ----------
    weight : tensor of float32, bfloat16 or float16
        The rows of all tables.
    layout : tensor of int64 of shape (num_tables, 6)
        Where each table begins, and its numbers, as the engine has them.
    ids, offsets : tensors
        One id a table and row of the batch; where each begins.
    num_bags, width : int
        Rows of the batch, numbers of a vector.
    """
    out = torch.zeros(num_bags, dtype=torch.float32, device=weight.device)
    sums = torch.zeros((num_bags, width), dtype=torch.float32, device=weight.device)
    if num_bags > 0:
        block = min(256, max(16, triton.next_power_of_2(width)))
        lookup_pairs_kernel[(num_bags,)](
            *(weight, layout, ids, offsets, out, sums, num_bags, len(layout), width),
            BLOCK=block,
            num_warps=max(1, min(4, block // 32)),
        )
    return out, sums
