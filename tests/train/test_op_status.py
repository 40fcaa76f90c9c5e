"""Each cell of the table of operators: what is listed runs and is right, what is not is refused."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import mainspring as ms
from mainspring.train.ops.op_list import EVERY, OPS
from tests.train import op_cases

ON_CPU = ("native", "eager")
# Over the largest magnitude: roundings of the type itself, of a few operations.
TOLERANCES = {"float64": 1e-12, "float32": 1e-5, "bfloat16": 0.04, "float16": 0.005}
CELLS = [(op.name, name, dtype) for op in OPS for name in ON_CPU for dtype in EVERY]
LISTED = {
    (op.name, name, dtype) for op in OPS for name in op.backends for dtype in op.backends[name]
}


def test_every_operator_has_a_case() -> None:
    assert list(op_cases.CASES) == [op.name for op in OPS]


@pytest.mark.parametrize(("op", "backend", "dtype"), [c for c in CELLS if c in LISTED])
def test_cell_when_listed_is_the_reference(op: str, backend: str, dtype: str) -> None:
    assert op_cases.error_of(op, backend, dtype) <= TOLERANCES[dtype]


# Optimizers take each parameter by the backend that can, and refuse none.
NOT_LISTED = [
    (op.name, "native", dtype)
    for op in OPS
    for dtype in EVERY
    if "native" in op.backends and op.kind != "optimizer" and op.name != "DynamicTable"
    if dtype not in op.backends["native"]
]


@pytest.mark.parametrize(("op", "backend", "dtype"), NOT_LISTED)
def test_cell_when_not_listed_is_refused(op: str, backend: str, dtype: str) -> None:
    with pytest.raises(ms.UnsupportedError, match="which use_backend asks for"):
        op_cases.results_of(op, backend, dtype)
