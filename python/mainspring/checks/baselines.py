"""What a model must be better than: a constant, the last value, one small tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring._columns import codes_of, numbers_of, times_of
from mainspring.errors import DataError, SchemaError

if TYPE_CHECKING:
    from mainspring.checks.model_check import ModelData

__all__ = ["baselines"]

_DEPTH = 3
_PARTS = 32
_MIN_ROWS = 20


def baselines(data: ModelData, which: str) -> dict[str, Any]:
    """Predict rows by rules that need no model.

    Parameters
    ----------
    data : ModelData
        Labelled rows.
    which : str
        The side to predict, "train" or "test"; rules are learnt in training.

    Returns
    -------
    dict of str to numpy.ndarray
        Scores as the model gives them, by the name of the rule. The last value is there where the
        rows have times.
    """
    import numpy as np

    targets = _targets(data, "train")
    rows = len(data.labels[which])
    mean = targets.mean(axis=0) if len(targets) else np.zeros(targets.shape[1])
    found = {"a constant": np.tile(mean, (rows, 1))}
    found["one tree"] = _tree(data, which, targets)
    last = _last_value(data, which, mean)
    if last is not None:
        found["the last value"] = last
    regression = data.task == "regression"
    return {name: scores[:, 0] if regression else scores for name, scores in found.items()}


def _targets(data: ModelData, which: str) -> Any:
    """Return what scores are of: a column for each class, or the number."""
    import numpy as np

    labels = data.labels[which]
    if data.task == "regression":
        return labels.reshape(-1, 1)
    return (labels[:, None] == np.arange(len(data.classes))).astype(float)


def _last_value(data: ModelData, which: str, first: Any) -> Any:
    """Return the label of the row before, in time, of the same group where there is one."""
    import numpy as np

    if data.time is None:
        return None
    tables = [data.train] if which == "train" else [data.train, data.table("test")]
    try:
        times = np.concatenate([times_of(t.column(data.time), data.time)[0] for t in tables])
        keys = np.zeros(len(times), np.int64)
        if data.group is not None:
            import pyarrow as pa

            column = pa.chunked_array(
                [chunk for t in tables for chunk in t.column(data.group).chunks]
            )
            keys, _ = codes_of(column, data.group)
    except (SchemaError, DataError, KeyError, _arrow_errors()):
        return None  # rows without a time have none before them
    targets = np.concatenate([_targets(data, side) for side in ("train", "test")[: len(tables)]])
    order = np.lexsort((times, keys))
    last = np.tile(first, (len(times), 1))
    follows = keys[order][1:] == keys[order][:-1]
    last[order[1:][follows]] = targets[order[:-1][follows]]
    return last[len(times) - len(data.labels[which]) :]


def _arrow_errors() -> type[Exception]:
    """Return what pyarrow raises when columns do not go together."""
    import pyarrow as pa

    return pa.ArrowException  # type: ignore[no-any-return]


def _parts(data: ModelData, which: str, targets: Any) -> tuple[list[Any], list[Any]]:
    """Cut every feature into parts in an order that a tree can cut: both sides' codes."""
    import numpy as np
    import pyarrow as pa

    before, now = [], []
    tables = data.train, data.table(which)
    for name in tables[0].column_names:
        if name == data.target or name not in tables[1].column_names:
            continue
        try:
            columns = [table.column(name) for table in tables]
            if pa.types.is_floating(columns[0].type) or pa.types.is_integer(columns[0].type):
                values = [numbers_of(column, name) for column in columns]
                present = values[0][~np.isnan(values[0])]
                shares = np.arange(1, _PARTS) / _PARTS
                edges = np.unique(np.quantile(present, shares, method="lower")) if len(
                    present
                ) else np.empty(0)  # fmt: skip
                codes = [
                    np.where(np.isnan(v), 0, 1 + np.searchsorted(edges, v, side="right"))
                    for v in values
                ]
            else:
                codes = _ordered_codes(columns, name, targets)
        except (SchemaError, _arrow_errors()):
            continue  # lists and the like, or another type in the test
        before.append(codes[0].astype(np.int64))
        now.append(codes[1].astype(np.int64))
    return before, now


def _ordered_codes(columns: list[Any], name: str, targets: Any) -> list[Any]:
    """Return categories in the order of their mean label; unseen ones stand in the middle."""
    import numpy as np

    codes, values = codes_of(columns[0], name)
    codes = codes + 1  # 0 is missing
    rows = np.bincount(codes, minlength=len(values) + 1)
    sums = np.bincount(codes, targets[:, -1], minlength=len(values) + 1)
    prior = targets[:, -1].mean() if len(targets) else 0.0
    place = np.argsort(np.argsort((sums + 5 * prior) / (rows + 5), kind="stable"), kind="stable")
    fewer = np.minimum(place * _PARTS // max(len(place), 1), _PARTS)
    known = {value: fewer[i + 1] for i, value in enumerate(values.to_pylist())}
    others, other_values = codes_of(columns[1], name)
    mapped = np.array([known.get(v, _PARTS // 2) for v in other_values.to_pylist()] + [fewer[0]])
    return [fewer[codes], mapped[others]]


def _tree(data: ModelData, which: str, targets: Any) -> Any:
    """Predict by a tree of at most three cuts in a row, grown by the squared error."""
    import numpy as np

    before, now = _parts(data, which, targets)
    scores = np.zeros((len(data.labels[which]), targets.shape[1]))

    def grow(rows: Any, asked: Any, depth: int) -> None:
        scores[asked] = targets[rows].mean(axis=0) if len(rows) else 0.0
        best: tuple[float, int, int] | None = None
        for place, codes in enumerate(before if depth else ()):
            counts = np.cumsum(np.bincount(codes[rows], minlength=_PARTS + 2))[:-1]
            gain = np.zeros(len(counts))
            for of in targets[rows].T:
                left = np.cumsum(np.bincount(codes[rows], of, minlength=_PARTS + 2))
                right, left = left[-1] - left[:-1], left[:-1]
                gain += left**2 / np.maximum(counts, 1)
                gain += right**2 / np.maximum(len(rows) - counts, 1)
            gain[(counts < _MIN_ROWS) | (len(rows) - counts < _MIN_ROWS)] = -1.0
            cut = int(gain.argmax())
            if gain[cut] >= 0 and (best is None or gain[cut] > best[0]):
                best = (float(gain[cut]), place, cut)
        if best is None:
            return
        _, place, cut = best
        of_rows, of_asked = before[place][rows] <= cut, now[place][asked] <= cut
        grow(rows[of_rows], asked[of_asked], depth - 1)
        grow(rows[~of_rows], asked[~of_asked], depth - 1)

    grow(np.arange(len(targets)), np.arange(len(scores)), _DEPTH)
    return scores
