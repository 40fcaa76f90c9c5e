"""The C interface gives the bits of Python: every operator, every kind of model, on every level."""

from __future__ import annotations

from ctypes import CDLL

import numpy as np
import pyarrow as pa
import pytest

from tests.edge import library as edge
from tests.edge.columns import column_of
from tests.generic.case import Case
from tests.generic.columns import many_rows, special_rows
from tests.generic.operators import by_case

LEVELS = [edge.BASELINE, edge.AVX2, edge.AVX512]


def arrays_of(table: pa.Table, names: list[str]) -> list[pa.Array]:
    """The columns that a bundle reads, in its order and in types that the C interface has."""
    arrays = [table.column(name).combine_chunks() for name in names]
    return [a.cast(pa.string()) if a.type == pa.string_view() else a for a in arrays]


@by_case
@pytest.mark.parametrize("level", LEVELS)
def test_operator_through_the_c_interface_gives_the_bits_of_python(
    library: CDLL, case: Case, level: int
) -> None:
    table = case.table(many_rows(case, 77))
    prep = case.preprocessor().fit(table, case.target(np.sin(np.arange(77.0))))
    rows = case.table(
        [a + b for a, b in zip(many_rows(case, 600), special_rows(case), strict=True)]
    )
    opened = edge.open_bundle(library, prep.bundle.to_bytes(), level)
    arrays = arrays_of(rows, prep.bundle.input_names)
    code, out = opened.transform([column_of(array) for array in arrays], rows.num_rows)
    assert code == edge.OK
    assert out.tobytes() == prep.transform(rows).tobytes()
