"""What a check measures of one feature: one function for each check, by its name.

Columns are plain lists, None is missing. ``due`` and ``known`` are seconds: when the prediction was
due, and when the feature's value became known. The pieces are in tests/reference/checks.py.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import stats

from tests.reference import checks
from tests.reference.columns import Column
from tests.reference.hashes import hash_u64

MIN_ROWS = 50
MIN_CLASS_ROWS = 30
MAX_CLASSES = 32


def labelled(label: Column) -> np.ndarray:
    return np.array([value is not None for value in label], bool)


def is_text(column: Column) -> bool:
    return any(isinstance(value, str) for value in column)


def is_regression(label: Column) -> bool:
    """Numbers of more than two values, unless they are at most 20 whole ones."""
    distinct = {value for value in label if value is not None}
    if is_text(label) or len(distinct) <= 2:
        return False
    return len(distinct) > 20 or any(value != int(value) for value in distinct)


def class_counts(label: Column) -> Counter:
    return Counter(value for value in label if value is not None)


def constant_label(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts = class_counts(label)
    return max(counts.values()) / counts.total() if counts else 1.0


def target_in_features(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts = class_counts(label)
    if counts.total() < MIN_ROWS or len(counts) == 1:
        return 0.0
    value = 0.0
    if not is_text(feature) and not is_text(label):
        both = [(x, y) for x, y in zip(feature, label, strict=True) if None not in (x, y)]
        if len(both) >= MIN_ROWS and all(x == y for x, y in both):
            return 1.0
        x, y = np.array(both, float).reshape(-1, 2).T
        if len(both) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0:
            value = float(abs(stats.pearsonr(x, y).statistic))
    pairs = {(x, y) for x, y in zip(feature, label, strict=True) if y is not None}
    one_to_one = len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs})
    return 1.0 if one_to_one and len(pairs) > 1 and not is_regression(label) else value


def label_power(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts, there = class_counts(label), labelled(label)
    if counts.total() < MIN_ROWS:
        return 0.0
    fold_of, bin_of = checks.folds(len(label))[there], checks.bins(feature)[there]
    values = [value for value in label if value is not None]
    if is_regression(label):
        ranks = (stats.rankdata(values) - 0.5) / len(values)
        scores = checks.out_of_fold_means(bin_of, ranks, fold_of)
        return max(0.0, 1 - float(((ranks - scores) ** 2).sum() / ((ranks - 0.5) ** 2).sum()))
    if len(counts) < 2:
        return 0.0
    of = {
        name: class_power(bin_of, np.array([float(v == name) for v in values]), fold_of)
        for name, _ in counts.most_common(MAX_CLASSES)
    }
    return sum(counts[name] * of[name] for name in of) / sum(counts[name] for name in of)


def class_power(bin_of: np.ndarray, is_class: np.ndarray, fold_of: np.ndarray) -> float:
    """2 AUC - 1 of one class against the rest, within folds, weighted by their pairs."""
    scores = checks.out_of_fold_means(bin_of, is_class, fold_of)
    weighted = weights = 0.0
    for fold in range(checks.FOLDS):
        inside = fold_of == fold
        pairs = float((is_class[inside] == 1).sum() * (is_class[inside] == 0).sum())
        if pairs > 0:
            weighted += pairs * checks.auc(scores[inside], is_class[inside])
            weights += pairs
    return max(0.0, 2 * weighted / weights - 1) if weights else 0.0


def missing_leak(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts, there = class_counts(label), labelled(label)
    if counts.total() < MIN_ROWS:
        return 0.5
    missing = np.array([value is None for value in feature])[there]
    values = [value for value in label if value is not None]
    if is_regression(label):
        ranks = (stats.rankdata(values) - 0.5) / len(values)
        sides = [ranks > 0.5]
    else:
        enough = MIN_CLASS_ROWS if len(counts) > 2 else 0
        sides = [np.array([v == name for v in values]) for name in counts if counts[name] >= enough]
    aucs = [checks.missing_auc(missing, side) for side in sides if 0 < side.sum() < len(side)]
    return max(aucs, default=0.5)


def time_travel(feature: Column, label: Column, due: Column, known: Column) -> float:
    rows = [
        (a, b) for value, a, b in zip(feature, due, known, strict=True) if None not in (value, a, b)
    ]
    return sum(b > a for a, b in rows) / len(rows) if rows else 0.0


# Of whole tables: dicts of plain lists. "label" is the target, "due" the time of prediction.
Table = dict[str, Column]
FEATURE = "feature"


def _rows(table: Table, names: list[str]) -> list[tuple]:
    columns = [[0.0 if value == 0 else value for value in table[name]] for name in names]
    return list(zip(*columns, strict=True))


def _share(count: float, of: float) -> float:
    return count / of if of else 0.0


def duplicate_rows(train: Table, test: Table) -> float:
    rows = _rows(train, list(train))
    return _share(len(rows) - len(set(rows)), len(rows))


def _cut(column: Column, numeric: bool) -> Column:
    present = sorted(value for value in column if value is not None) if numeric else []
    if len(present) < 4:
        return column
    step = 1e-3 * (present[3 * len(present) // 4] - present[len(present) // 4])
    if not step > 0:
        return column
    return [None if value is None else float(np.floor(value / step)) for value in column]


def near_duplicate_rows(train: Table, test: Table) -> float:
    cut = {
        name: _cut(column, name in (FEATURE, "label") and not is_text(column))
        for name, column in train.items()
    }
    rows, alike = _rows(train, list(train)), _rows(cut, list(cut))
    return _share(max(len(set(rows)) - len(set(alike)), 0), len(rows))


def conflicting_labels(train: Table, test: Table) -> float:
    if is_regression(train["label"]):
        return 0.0
    pairs = [
        (0.0 if value == 0 else value, label)
        for value, label in zip(train[FEATURE], train["label"], strict=True)
        if label is not None
    ]
    labels: dict = {}
    for value, label in pairs:
        labels.setdefault(value, set()).add(label)
    return _share(sum(len(labels[value]) > 1 for value, _ in pairs), len(pairs))


def redundant_features(train: Table, test: Table) -> float:
    return 0.0  # one feature alone; tests/checks has pairs


def row_order(train: Table, test: Table) -> float:
    values = [value for value in train[FEATURE] if value is not None]
    if len(train[FEATURE]) < MIN_ROWS or len(values) < 20 or is_text(values):
        return 1.0
    order = sorted(range(len(values)), key=lambda row: (values[row] + 0.0, hash_u64(row)))
    distances = np.sort(np.abs(np.diff(order)))
    n, pairs = len(values), len(values) - 1
    of = np.arange(0, n)
    expected = 1 - (n - of) * (n - of - 1) / (n * pairs)
    found = np.searchsorted(distances, of, side="right") / pairs
    return float(stats.kstwobign.sf(np.abs(found - expected).max() * np.sqrt(pairs)))


def row_number_power(train: Table, test: Table) -> float:
    numbers = [float(row) for row in range(len(train["label"]))]
    return label_power(numbers, train["label"], [], [])


def constant_feature(feature: Column, label: Column, due: Column, known: Column) -> float:
    return float(len({value for value in feature if value is not None}) < 2)


def missing_values(feature: Column, label: Column, due: Column, known: Column) -> float:
    return _share(feature.count(None), len(feature))


def _far_out(values: list[float], least: float) -> list[bool]:
    ordered = sorted(values)
    if len(ordered) < 4:
        return [False] * len(values)
    low, high = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    reach = 3 * max(high - low, least)
    return [bool(reach) and not low - reach <= value <= high + reach for value in values]


def outliers(feature: Column, label: Column, due: Column, known: Column) -> float:
    values = [value for value in feature if value is not None]
    return 0.0 if is_text(values) else _share(sum(_far_out(values, 0)), len(values))


def _texts(feature: Column) -> list[str]:
    return [value for value in feature if isinstance(value, str)]


def text_lengths(feature: Column, label: Column, due: Column, known: Column) -> float:
    lengths = [float(len(text.encode())) for text in _texts(feature)]
    return _share(sum(_far_out(lengths, 1)), len(lengths))


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def mixed_types(feature: Column, label: Column, due: Column, known: Column) -> float:
    numbers = [_is_number(text) for text in _texts(feature)]
    return _share(min(sum(numbers), len(numbers) - sum(numbers)), len(numbers))


NOTHING = {"", "-", "--", "?", "na", "n/a", "#n/a", "nan", "nil", "none", "null", "missing"}


def null_spellings(feature: Column, label: Column, due: Column, known: Column) -> float:
    folded = [text.strip().lower() for text in _texts(feature)]
    return _share(sum(text in NOTHING | {"(null)"} for text in folded), len(folded))


def special_characters(feature: Column, label: Column, due: Column, known: Column) -> float:
    texts = _texts(feature)
    special = [
        text != "" and text.isascii() and not any(letter.isalnum() for letter in text)
        for text in texts
    ]
    return _share(sum(special), len(texts))


def text_variants(feature: Column, label: Column, due: Column, known: Column) -> float:
    texts = _texts(feature)

    def bare(text: str) -> str:
        return "".join(
            letter.lower() if letter.isascii() else letter
            for letter in text
            if not letter.isascii() or letter.isalnum()
        )

    spellings: dict[str, set[str]] = {}
    for text in texts:
        spellings.setdefault(bare(text), set()).add(text)
    return _share(
        sum(bare(text) != "" and len(spellings[bare(text)]) > 1 for text in texts), len(texts)
    )


def test_columns(train: Table, test: Table) -> float:
    return float(is_text(train[FEATURE]) != is_text(test[FEATURE]))


def test_size(train: Table, test: Table) -> float:
    return float(len(test["label"]))


def _known(train: Table, test: Table, name: str) -> list[bool]:
    seen = {value for value in train[name] if value is not None}
    return [value in seen for value in test[name] if value is not None]


def split_duplicates(train: Table, test: Table) -> float:
    if test_columns(train, test):
        return 0.0
    seen = set(train[FEATURE])
    return _share(sum(value in seen for value in test[FEATURE]), len(test[FEATURE]))


def time_overlap(train: Table, test: Table) -> float:
    last = max((time for time in train["due"] if time is not None), default=-np.inf)
    times = [time for time in test["due"] if time is not None]
    return _share(sum(time <= last for time in times), len(times))


def new_labels(train: Table, test: Table) -> float:
    if is_regression(train["label"]) or is_text(train["label"]) != is_text(test["label"]):
        return 0.0
    known = _known(train, test, "label")
    return _share(known.count(False), len(known))


def new_categories(train: Table, test: Table) -> float:
    if not is_text(test[FEATURE]):
        return 0.0
    known = _known(train, test, FEATURE)
    return _share(known.count(False), len(known))


def out_of_range(train: Table, test: Table) -> float:
    seen = [value for value in train[FEATURE] if value is not None]
    now = [value for value in test[FEATURE] if value is not None]
    if is_text(train[FEATURE]) or not seen:
        return 0.0
    return _share(sum(not min(seen) <= value <= max(seen) for value in now), len(now))


def group_leakage(train: Table, test: Table) -> float:
    known = _known(train, test, FEATURE)
    return _share(known.count(True), len(known))


def index_leakage(train: Table, test: Table) -> float:
    return group_leakage(train, test)


def identifier_power(train: Table, test: Table) -> float:
    return label_power(train[FEATURE], train["label"], [], [])


def label_power_change(train: Table, test: Table) -> float:
    """How much more than chance the power differs; 0 where the label is of another kind."""
    sides = [(side[FEATURE], side["label"]) for side in (train, test)]
    if test_columns(train, test) or len({_task(label) for _, label in sides}) > 1:
        return 0.0
    if any(class_counts(label).total() < MIN_ROWS for _, label in sides):
        return 0.0
    powers = [label_power(feature, label, [], []) for feature, label in sides]
    variance = 0.0
    for power, (_, label) in zip(powers, sides, strict=True):
        rows, most = class_counts(label).total(), max(class_counts(label).values())
        if is_regression(label):
            variance += 4 * power * (1 - power) ** 2 / rows
        else:
            variance += (1 - power**2) / max(1, min(most, rows - most))
    return max(0.0, abs(powers[0] - powers[1]) - 1.96 * float(np.sqrt(variance)))


def _task(label: Column) -> str:
    if is_regression(label):
        return "regression"
    return "binary" if len(class_counts(label)) <= 2 else "multiclass"
