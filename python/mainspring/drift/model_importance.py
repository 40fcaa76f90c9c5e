"""How much a model relies on each column that it reads, without labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mainspring._sources import is_source
from mainspring.errors import ParameterError

__all__ = ["model_importance"]


def model_importance(predictor: Any, data: Any, *, max_rows: int = 2_000) -> dict[str, float]:
    """Measure how far a model's scores move when a column's values are those of other rows.

    Parameters
    ----------
    predictor : Predictor
        Whose inputs have names.
    data : table
        Rows as the model gets them, in memory; labels are not needed.
    max_rows : int, default 2000
        Rows at equal distances are taken of more.

    Returns
    -------
    dict of str to float
        For each input column that ``data`` has, the mean absolute change of the raw score when the
        column is shuffled, divided by the mean of all columns: 1 is the average column, 0 one that
        the model does not use. All 1 where nothing changes the score.

    Raises
    ------
    ParameterError
        When ``predictor`` is none, there are fewer than two rows, or ``max_rows`` is below 2.
    SchemaError
        When the data lacks a column that the model needs.

    Notes
    -----
    Permutation importance of Breiman 2001 (doi:10.1023/A:1010933404324) with the change of the
    score in the place of the change of the loss. Columns that say the same share their importance
    as the model does.

    Examples
    --------
    >>> import lightgbm, numpy as np, mainspring as ms
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, X[:, 1]), 20)
    >>> rows = {"Column_0": X[:, 0], "Column_1": X[:, 1]}
    >>> found = ms.drift.model_importance(ms.Predictor(booster), rows)
    >>> found["Column_0"] < 0.5 < 1.5 < found["Column_1"]
    True
    """
    import pyarrow as pa

    if not hasattr(predictor, "predict_raw"):
        raise ParameterError(
            f"importance by a model needs a Predictor, got {type(predictor).__name__}. Pass the "
            "predictor as the reference, or importance as a mapping.",
            expected="a Predictor",
            got=type(predictor).__name__,
        )
    if max_rows < 2:
        raise ParameterError(f"max_rows must be at least 2, got {max_rows!r}.")
    if is_source(data):
        raise ParameterError(
            "importance by a model needs rows in memory, and current is read in parts. Pass "
            "importance=ms.drift.model_importance(predictor, some_rows).",
            expected="a table in memory",
            got=type(data).__name__,
        )
    table = data if isinstance(data, pa.Table) else pa.table(data)
    if table.num_rows < 2:
        raise ParameterError(
            f"importance by a model needs at least 2 rows, got {table.num_rows}.",
            expected="at least 2 rows",
            got=str(table.num_rows),
        )
    step = -(-table.num_rows // max_rows)
    rows = table.take(np.arange(0, table.num_rows, step)).combine_chunks()
    order = pa.array(np.random.default_rng(0).permutation(rows.num_rows))
    plain = predictor.predict_raw(rows)
    changes = {
        name: float(np.nanmean(np.abs(predictor.predict_raw(other) - plain)))
        for name, other in _shuffled(rows, predictor.input_names, order)
    }
    mean = float(np.mean(list(changes.values()))) if changes else 0.0
    if not mean > 0 or not np.isfinite(mean):
        return dict.fromkeys(changes, 1.0)
    return {name: change / mean for name, change in changes.items()}


def _shuffled(rows: Any, names: list[str], order: Any) -> Iterator[tuple[str, Any]]:
    """Give the table once for each column, with that column's rows in another order."""
    for name in names:
        if name in rows.column_names:
            number = rows.column_names.index(name)
            yield name, rows.set_column(number, rows.field(number), rows.column(number).take(order))
