"""Claim: no operator is slower than its best expression elsewhere; one table of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mainspring as ms
from bench.operator_cases import BUCKETS, CASES, ROWS, Case, Columns, Peer, columns
from mainspring.transforms import operator_classes

PAIRS = [
    pytest.param(
        name, peer, id=f"{name}-{peer.name}", marks=[pytest.mark.large] if peer.large else []
    )
    for name in operator_classes()
    for peer in CASES[name].peers
]


@pytest.fixture(scope="module")
def given() -> Columns:
    return columns()


def check_of(case: Case) -> Any:
    def check(ours: Any, theirs: Any) -> None:
        theirs = theirs.reshape(len(theirs), -1)
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype == np.float32
        if case.same_values:
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
            return
        for matrix in (ours, theirs):
            assert 0 <= matrix.min() <= matrix.max() < BUCKETS

    return check


@pytest.mark.parametrize(("name", "peer"), PAIRS)
def test_operator(name: str, peer: Peer, given: Columns, compare: Any) -> None:
    case = CASES[name]
    prep = ms.Preprocessor(case.expression(), profile=False).fit(given.table, target="label")
    table = given.table.select([*case.names, *case.keys])
    compare(
        f"{name}, {ROWS:,} rows",
        lambda: prep.transform(table),
        peer.make(given),
        peer=peer.name,
        api=peer.api,
        check=check_of(case),
        rows=ROWS,
        num_bytes=table.nbytes + 4 * ROWS * prep.n_features_out_,
    )
