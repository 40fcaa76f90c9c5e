"""Which row goes where: random numbers, classes, and whole groups dealt out evenly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mainspring._columns import codes_of, column_of, numbers_of
from mainspring.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Indices = npt.NDArray[np.int64]

__all__ = [
    "before_and_from",
    "check_parts",
    "chosen_rows",
    "classes_of",
    "fold_of_groups",
    "fold_of_rows",
    "folds_of",
    "keys_of",
]

_MAX_CLASSES = 20
_BINS = 10  # of a numeric target


def _mixed(seed: int, count: int) -> npt.NDArray[np.uint64]:
    """Return a random number for each of 0 .. count - 1 (SplitMix64: Steele, Lea, Flood 2014)."""
    import numpy as np

    golden, mask = 0x9E3779B97F4A7C15, 0xFFFFFFFFFFFFFFFF
    start = np.uint64((seed * 0xD1342543DE82EF95 + golden) & mask)
    z = start + np.arange(count, dtype=np.uint64) * np.uint64(golden)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def keys_of(table: pa.Table, name: str, what: str) -> Indices:
    """Return a number for each row's key; -1 where it is missing, which is a key, too."""
    return codes_of(column_of(table, name, what), name)[0]


def check_parts(train: Any, test: Any, what: str) -> None:
    """Raise a DataError when a part has no rows."""
    for part, rows in (("training", train), ("test", test)):
        if not rows.any():
            raise DataError(
                f"{what}: there are no {part} rows left. Choose another size, a smaller gap or "
                "another key.",
                expected="a row",
                got="none",
            )


def before_and_from(times: Any, start: Any, span: Any, gap: Any) -> tuple[Any, Any]:
    """Mark the rows before ``start``, less the gap and no older than the span, and from it on."""
    # Numbers of Python, which a gap cannot move out of their range.
    first = start.item() if hasattr(start, "item") else start
    train = times < first - gap
    if span is not None:
        train &= times >= first - span
    return train, times >= first


def classes_of(table: pa.Table, name: str) -> Indices:
    """Return a class for each row; -1 where the value is missing."""
    import numpy as np
    import pyarrow as pa

    column = column_of(table, name, "stratify")
    codes, values = codes_of(column, name)
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return codes
    numbers = numbers_of(column, name)
    distinct = np.unique(numbers[codes >= 0])
    whole = len(distinct) <= _MAX_CLASSES and (distinct == np.floor(distinct)).all()
    if len(distinct) <= 2 or whole:
        return codes
    ranks = np.searchsorted(np.sort(numbers[codes >= 0]), numbers, side="left")
    return np.where(codes < 0, -1, ranks * _BINS // max(int((codes >= 0).sum()), 1))


def chosen_rows(num_rows: int, count: int, groups: Any, classes: Any, seed: int) -> Any:
    """Choose about ``count`` rows, whole groups at a time, evenly over the classes."""
    import numpy as np

    if groups is None:
        rows = _mixed(seed, num_rows)
        order = np.argsort(rows) if classes is None else np.lexsort((rows, classes))
        test = np.zeros(num_rows, bool)
        if classes is None:
            test[order[:count]] = True
        else:
            places = np.arange(num_rows, dtype=np.int64)
            test[order] = (places + 1) * count // num_rows > places * count // num_rows
        return test
    counts, group_of = _class_counts(groups, np.zeros_like(groups) if classes is None else classes)
    wanted = counts.sum(axis=0) * (count / num_rows)
    have = np.zeros_like(wanted)
    chosen = np.zeros(len(counts), bool)
    for key in np.argsort(_mixed(seed, len(counts))):
        more = have + counts[key]
        nearer = np.abs(wanted - more).sum() < np.abs(wanted - have).sum()
        if nearer and more.sum() < num_rows:
            have, chosen[key] = more, True
    if len(counts) > 1 and not chosen.any():
        chosen[np.argmin(counts.sum(axis=1))] = True  # every key is larger than the test should be
    return chosen[group_of]


def _class_counts(groups: Any, classes: Any) -> tuple[Any, Any]:
    """Return the rows of each class in each group, and the group of each row from 0."""
    import numpy as np

    _, group_of = np.unique(groups, return_inverse=True)
    _, class_of = np.unique(classes, return_inverse=True)
    shape = (int(group_of.max(initial=-1)) + 1, int(class_of.max(initial=-1)) + 1)
    flat = np.bincount(group_of * max(shape[1], 1) + class_of, minlength=shape[0] * shape[1])
    return flat.reshape(shape), group_of


def fold_of_rows(classes: Any, folds: int, seed: int) -> Any:
    """Deal the rows of each class out, in random order, to one fold after the other."""
    import numpy as np

    if len(classes) < folds:
        raise DataError(
            f"{len(classes)} rows cannot be cut into {folds} folds. Ask for fewer.",
            expected=f"{folds} rows",
            got=f"{len(classes)} rows",
        )
    order = np.lexsort((_mixed(seed, len(classes)), classes))
    fold_of = np.empty(len(classes), np.int64)
    fold_of[order] = np.arange(len(classes)) % folds
    return fold_of


def fold_of_groups(groups: Any, classes: Any, folds: int, seed: int) -> Any:
    """Give each group to a fold: largest first, to where it makes the shares most even."""
    import numpy as np

    counts, group_of = _class_counts(groups, classes)
    if len(counts) < folds:
        raise DataError(
            f"{len(counts)} different keys cannot be cut into {folds} folds. Ask for fewer.",
            expected=f"{folds} keys",
            got=f"{len(counts)} keys",
        )
    shares = counts / counts.sum(axis=0)
    have = np.zeros((folds, counts.shape[1]))
    fold_of_group = np.empty(len(counts), np.int64)
    largest = np.lexsort((_mixed(seed, len(counts)), -counts.sum(axis=1)))
    for place, group in enumerate(largest):
        # Of each class the sum of squared shares grows least where there is least of it. The first
        # keys go to one fold each, so that none stays empty.
        least = int(np.argmin((have * shares[group]).sum(axis=1)))
        fold = place if place < folds else least
        have[fold] += shares[group]
        fold_of_group[group] = fold
    return fold_of_group[group_of]


def folds_of(fold_of: Any, folds: int) -> Iterator[tuple[Indices, Indices]]:
    """Yield training and test rows of each fold."""
    import numpy as np

    for fold in range(folds):
        test = fold_of == fold
        yield np.flatnonzero(~test), np.flatnonzero(test)
