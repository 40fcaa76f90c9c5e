"""What each step computes, one value at a time, in plain Python. ``None`` is missing."""

from __future__ import annotations

import calendar as months
import math
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any

import numpy as np
from scipy import special

from tests.reference import characters as kinds
from tests.reference.case import METHODS
from tests.reference.hashes import combine_hashes as combine_hashes
from tests.reference.hashes import hash_bucket as hash_bucket
from tests.reference.hashes import hash_value
from tests.reference.ngrams import ngrams_by, weighed
from tests.reference.parse_datetime import micros
from tests.reference.parse_number import number
from tests.reference.regex_extract import regex_part

EPOCH = datetime(1970, 1, 1)
TICKS = {1: 1, 2: 10**3, 3: 10**6, 4: 10**9}


def present(value: float | None) -> float | None:
    """NaN is missing too."""
    return None if value is None or math.isnan(value) else value


def load(value: float | None) -> float | None:
    return present(value)


def store(value: float | None) -> np.float32:
    """Rounded once; NaN where missing."""
    with np.errstate(over="ignore"):
        return np.float32(math.nan if value is None else value)


def hash(value: bytes | int | float | None) -> int:
    return hash_value(value)


def fill(value: float | None, constant: float) -> float | None:
    return constant if present(value) is None else value


def is_missing(value: object) -> float:
    return float(value is None or value != value)


def store_one_hot(number: int, places: list[int], num_features: int) -> list[float]:
    """1 in the feature at the id's place, counted from 1; a place of 0 is none."""
    return [float(place == places[number]) for place in range(1, num_features + 1)]


def store_multi_hot(
    values: list[Any] | None, keys: list[Any], num_features: int, unseen: int, missing: int
) -> list[float]:
    """1 in the feature of each key that is in the list; 0 for no feature."""
    if values is None:
        places = {missing}
    else:
        elements = [value for value in values if value is not None and value == value]
        places = {1 + keys.index(value) if value in keys else unseen for value in elements}
    return [float(place in places) for place in range(1, num_features + 1)]


def store_jagged(values: list[Any] | None, keys: list[Any], num_ids: int) -> list[int]:
    """Without keys by the hash."""
    if keys:
        return [lookup(value, keys) for value in values or []]
    missing = [value is None or value != value for value in values or []]
    hashed = [1 + hash_bucket(hash(value), num_ids - 1) for value in values or []]
    return [0 if gone else id_ for gone, id_ in zip(missing, hashed, strict=True)]


def gather(number: int, payload: list[float], kept: float | None = None) -> float | None:
    """NaN in the payload: the row's own number, where it is given."""
    found = present(payload[number])
    return present(kept) if found is None else found


def local_time(
    ticks: int | None, first_offset: int, transitions: list[int], offsets: list[int], unit: int
) -> int | None:
    """UTC to local time: the offset in seconds of the last transition that is not later."""
    if ticks is None:
        return None
    passed = sum(transition * TICKS[unit] <= ticks for transition in transitions)
    local = ticks + (offsets[passed - 1] if passed else first_offset) * TICKS[unit]
    return local if -(2**63) <= local < 2**63 else None


def affine(value: float | None, center: float, scale: float) -> float | None:
    value = present(value)
    with np.errstate(over="ignore"):
        return None if value is None else present(float((np.float64(value) - center) / scale))


def log1p(value: float | None) -> float | None:
    value = present(value)
    if value is None or value < -1:
        return None
    return -math.inf if value == -1 else math.log1p(value)


def clip(value: float | None, low: float, high: float) -> float | None:
    value = present(value)
    return None if value is None else min(max(value, low), high)


def count_edges(value: float | None, edges: list[float]) -> int:
    value = present(value)
    return 0 if value is None else 1 + sum(edge <= value for edge in edges)


def lookup(value: object, keys: list[object]) -> int:
    if value is None or value != value:
        return 0
    return keys.index(value) + 2 if value in keys else 1


def date_part(ticks: int | None, part: int, unit: int) -> int | None:
    """Through datetime, so for years 1 to 9999."""
    if ticks is None:
        return None
    if unit == 5:
        moment = EPOCH + timedelta(days=ticks)
    else:
        moment = EPOCH + timedelta(seconds=ticks // TICKS[unit])
    return {
        1: moment.year,
        2: (moment.month - 1) // 3 + 1,
        3: moment.month,
        4: moment.day,
        5: moment.weekday(),
        6: (moment.date() - date(moment.year, 1, 1)).days + 1,
        7: moment.hour,
        8: moment.minute,
        9: moment.second,
        10: moment.isocalendar()[1],
        11: moment.isocalendar()[0],
        12: months.monthrange(moment.year, moment.month)[1],
        13: int(moment.day == 1),
        14: int(is_last_day(moment)),
        15: int(moment.day == 1 and moment.month in (1, 4, 7, 10)),
        16: int(is_last_day(moment) and moment.month in (3, 6, 9, 12)),
        17: int(moment.day == 1 and moment.month == 1),
        18: int(moment.day == 31 and moment.month == 12),
        19: int(months.isleap(moment.year)),
        20: 0 if unit == 5 else ticks % TICKS[unit] * 10**6 // TICKS[unit],
    }[part]


def is_last_day(moment: datetime) -> bool:
    return moment.day == months.monthrange(moment.year, moment.month)[1]


def elapsed(
    end: int | None, begin: int | None, end_unit: int, begin_unit: int, divisor: float
) -> float | None:
    """In ticks of the finest unit and the second, none where they leave int64; divided once."""
    if end is None or begin is None:
        return None
    a_day = {unit: 86_400 * ticks for unit, ticks in TICKS.items()} | {5: 1}
    finest = max(a_day[end_unit], a_day[begin_unit], 86_400)
    last, first = end * (finest // a_day[end_unit]), begin * (finest // a_day[begin_unit])
    if not all(-(2**63) <= ticks < 2**63 for ticks in (last, first, last - first)):
        return None
    return float(np.float64(last - first) / divisor)


def calendar(
    day: int | None, question: int, listed: list[int], week: int = 0, begin: int | None = 0
) -> float | None:
    """Day by day; listed days as a list, business days by counting them."""
    if day is None or begin is None:
        return None

    def has_business(other: int) -> bool:
        return bool(week >> (other + 3) % 7 & 1) and other not in listed

    if question == 1:
        return float(day in listed)
    if question == 2:
        return min((float(other - day) for other in listed if other >= day), default=None)
    if question == 3:
        return min((float(day - other) for other in listed if other <= day), default=None)
    if question == 4:
        return float(has_business(day))
    if begin <= day:
        return float(sum(map(has_business, range(begin, day))))
    return -float(sum(map(has_business, range(day + 1, begin + 1))))


def power(value: float | None, family: int, exponent: float) -> float | None:
    """Yeo-Johnson (1) or Box-Cox (2), by SciPy."""
    value = present(value)
    if value is None or (family == 2 and value <= 0):
        return None
    with np.errstate(all="ignore"):
        if family == 2:
            return float(special.boxcox(value, exponent))
        if value < 0:
            return float(-special.boxcox1p(-value, 2 - exponent))
        return float(special.boxcox1p(value, exponent))


def interpolate(
    value: float | None, points: list[tuple[float, float, float, float]]
) -> float | None:
    """The line through points (x, y below it, at it, above it)."""
    value = present(value)
    if value is None or not points:
        return None
    if value < points[0][0]:
        return points[0][1]
    before = [point for point in points if point[0] <= value]
    after = [point for point in points if point[0] > value]
    x, _, at, above = before[-1]
    if value == x or not after:
        return at if value == x else above
    return above + (after[0][1] - above) * ((value - x) / (after[0][0] - x))


def normal_quantile(value: float | None) -> float | None:
    value = present(value)
    return None if value is None else present(float(special.ndtri(value)))


def arithmetic(code: int, first: float | None, second: float | None) -> float | None:
    """1 to 4: plus, minus, times, divided by."""
    first, second = present(first), present(second)
    if first is None or second is None:
        return None
    a, b = np.float64(first), np.float64(second)
    with np.errstate(all="ignore"):
        result = float([a + b, a - b, a * b, a / b][code - 1])
    return result if math.isfinite(result) else None


def pool_list(values: list[Any] | None, statistic: int) -> float | None:
    """1: how many elements; of those that are there 2: mean, 3: sum, 4: min, 5: max, 6: std."""
    if values is None:
        return None
    there = [value for value in values if present(value) is not None] if statistic > 1 else values
    if statistic == 1:
        return float(len(values))
    if statistic in (4, 5):
        return (min if statistic == 4 else max)(there, default=None)
    with np.errstate(all="ignore"):
        total = np.float64(0)
        for value in there:
            total += value
        if statistic == 3 or not there:
            return present(float(total)) if statistic == 3 else None
        mean = total / len(there)
        if statistic == 2:
            return present(float(mean))
        squares = np.float64(0)
        for value in there:
            squares += (value - mean) * (value - mean)
        return present(float(np.sqrt(squares / (len(there) - 1)))) if len(there) > 1 else None


def slice_list(values: list[Any] | None, offset: int, length: int) -> list[Any] | None:
    """The places [offset, offset + length) that the list has; below 0 from its end."""
    if values is None:
        return None
    first = offset + len(values) if offset < 0 else offset
    return values[max(first, 0) : max(first + length, 0)]


def list_elements(values: list[Any] | None, first: int, count: int) -> list[Any]:
    """The elements at so many places; None where there is none."""
    there = (values or [])[first : first + count]
    return [None if value != value else value for value in there] + [None] * (count - len(there))


def strip(value: bytes | None, characters: str, sides: int) -> bytes | None:
    """1 and 2: from the start, from the end. Bytes that are no text stay."""
    if value is None:
        return None
    taken = {character.encode() for character in characters}
    while sides & 1 and any(value.startswith(one) for one in taken):
        value = value[len(next(one for one in taken if value.startswith(one))) :]
    while sides & 2 and any(value.endswith(one) for one in taken):
        value = value[: -len(next(one for one in taken if value.endswith(one)))]
    return value


def null_if(value: Any, values: list[Any]) -> Any:
    return None if value is None or value != value or value in values else value


def parse_number(value: bytes | None, decimal: str, thousands: str) -> float | None:
    text = None if value is None else value.decode(errors="replace")
    return present(number(text, decimal, thousands))


def gather_bytes(
    number: int, texts: list[bytes | bool | None], kept: bytes | None = None
) -> bytes | None:
    """True in the list: the row's own bytes."""
    text = texts[number]
    return kept if isinstance(text, bool) else text


def parse_datetime(
    value: bytes | None, formats: list[str], local: tzinfo = timezone.utc
) -> int | None:
    return None if value is None else micros(value.decode(errors="replace"), formats, local)


def extract(value: bytes | None, pattern: str, group: int) -> bytes | None:
    """By Python's re. Bytes that are no text match nothing: they become a character that no pattern
    of the tests has.
    """
    if value is None:
        return None
    text = value.decode("utf-8", "surrogateescape")
    found = regex_part(text, pattern, group)
    return None if found is None else found.encode("utf-8", "surrogateescape")


def change_case(value: bytes | None, to: str) -> bytes | None:
    """By Python's str; bytes that are no text stand for characters without a case."""
    if value is None:
        return None
    text = value.decode("utf-8", "surrogateescape")
    return METHODS[to](text).encode("utf-8", "surrogateescape")


def text_part(value: bytes | None, part: int, share: int) -> float | None:
    """Bytes, characters, words, or the characters of a kind: their number or their share."""
    if value is None:
        return None
    if part == 1:
        return len(value)
    if part == 3:
        return len(kinds.words(value))
    everything = kinds.characters(value)
    if part == 2:
        return len(everything)
    number = sum(map(KINDS[part], everything))
    return number / max(1, len(everything)) if share else number


KINDS = {
    4: kinds.is_letter,
    5: kinds.is_digit,
    6: kinds.is_upper,
    7: kinds.is_lower,
    8: kinds.is_space,
    9: kinds.is_punctuation,
}


def store_hashed_ngrams(value: bytes | None, num_features: int, rule: int, how: int) -> list[float]:
    """Counts of n-grams in the buckets of their hashes, and what becomes of them."""
    counts = [0.0] * num_features
    for ngram in ngrams_by(value, rule):
        hashed = hash_value(ngram)
        negative = how >> 9 & 1 and hashed & 1
        counts[hash_bucket(hashed, num_features)] += -1.0 if negative else 1.0
    return weighed(counts, [1.0] * num_features, how)


def store_known_ngrams(
    value: bytes | None, keys: list[bytes], weights: list[float], rule: int, how: int
) -> list[float]:
    """The same of n-grams that are keys, in the feature of the key."""
    counts = [0.0] * len(weights)
    for ngram in ngrams_by(value, rule):
        if ngram in keys:
            counts[keys.index(ngram)] += 1.0
    return weighed(counts, weights, how)


def store_word_ids(value: bytes | None, keys: list[bytes], length: int, rule: int) -> list[int]:
    """The first words in order, padded with 0."""
    ids = [lookup(word, list(keys)) for word in ngrams_by(value, rule)]
    return [*ids, *[0] * length][:length]
