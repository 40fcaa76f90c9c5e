"""What is behind impute("median") learns from the numbers that impute has counted: the same as from
rows, one after another.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from mainspring import DataError, Preprocessor, col

ROWS = 20_000


def columns() -> dict[str, np.ndarray]:
    """Numbers that repeat, and such as stop to after a while."""
    random = np.random.default_rng(7)
    few = random.integers(-3, 40, ROWS).astype(np.float64)
    return {
        "few": few,
        "tails": np.floor(random.lognormal(3.0, 2.0, ROWS)),
        "halves": few / 2,
        "signed zeros": np.where(few > 20, -0.0, np.where(few > 10, 0.0, few)),
        "drawn": random.normal(size=ROWS),
        "drawn at last": np.where(np.arange(ROWS) < ROWS // 2, few, random.normal(size=ROWS)),
        "one": np.full(ROWS, 3.0),
    }


def parts(table: pa.Table, rows: int) -> Preprocessor:
    """Fit part after part: from the second one on nothing waits for counts."""
    prep = Preprocessor(
        col("x").impute("median").standardize().alias("a"),
        col("x").impute("median").clip(-0.5, 99.0).log1p().standardize(with_mean=False).alias("b"),
        col("x").clip(0, 30).impute("median").standardize(with_std=False).alias("c"),
        col("x").impute("median").min_max().alias("d"),
        profile=False,
    )
    for first in range(0, table.num_rows, rows):
        prep.partial_fit(table.slice(first, rows))
    return prep


@pytest.mark.parametrize("name", list(columns()))
@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_state_is_that_of_rows(name: str, missing: float) -> None:
    random = np.random.default_rng(3)
    table = pa.table({"x": pa.array(columns()[name], mask=random.random(ROWS) < missing)})
    if missing == 1.0:
        table = pa.concat_tables([table, pa.table({"x": [2.0]})])
    whole = parts(table, ROWS + 1).state_bytes()
    assert parts(table, 512).state_bytes() == whole
    assert parts(table, 7_001).state_bytes() == whole
    chunks = pa.concat_tables([table.slice(first, 1_300) for first in range(0, ROWS + 1, 1_300)])
    assert parts(chunks, ROWS + 1).state_bytes() == whole


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint8(), pa.float32()])
def test_features_are_those_of_numpy(kind: pa.DataType) -> None:
    values = np.random.default_rng(5).integers(0, 90, ROWS).astype(np.float64)
    mask = np.arange(ROWS) % 7 == 3
    table = pa.table({"x": pa.array(values, mask=mask).cast(kind)})
    logs = np.log1p(np.where(mask, np.median(values[~mask]), values))
    expected = (logs - logs.mean()) / logs.std()
    prep = Preprocessor(col("x").impute("median").log1p().standardize())
    np.testing.assert_allclose(prep.fit_transform(table)[:, 0], expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("row", [0, 700, ROWS - 1])
def test_infinity_has_its_first_row(row: int) -> None:
    values = np.arange(ROWS, dtype=np.float64) % 50
    values[row] = -1.0
    values[-1] = -1.0
    prep = Preprocessor(col("x").impute("median").log1p().standardize())
    with pytest.raises(DataError, match=f"infinite value at row {row}, ") as caught:
        prep.fit(pa.table({"x": values.astype(np.int64)}))
    assert caught.value.row == row
