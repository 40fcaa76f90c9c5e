"""The n-grams of a text and what becomes of their counts, by docs/concepts/text.md."""

from __future__ import annotations

import math
import string
from collections import Counter

from hypothesis import strategies as st

from tests.reference.characters import characters, is_space, words
from tests.reference.columns import Column, is_missing

PIECES = ["red", "Red shoes", "a", "xy", "É", "éa", "x_1", " ", "  ", "\n", "-", "—", "ab cd ef"]
TEXTS = st.none() | st.lists(st.sampled_from(PIECES), max_size=7).map("".join)


def lower(text: str) -> str:
    return text.translate(str.maketrans(string.ascii_uppercase, string.ascii_lowercase))


def ngrams(
    text: str | bytes,
    analyzer: str,
    ngram_range: tuple[float, ...],
    *,
    lowercase: bool = True,
    min_word_length: int = 1,
) -> list[bytes]:
    """Every n-gram as often as it occurs."""
    pieces = characters(text)
    if lowercase:
        pieces = [lower(piece) for piece in pieces]
    whole = "".join(pieces).encode("utf-8", "surrogateescape")
    low, high = (int(n) for n in ngram_range)
    found: list[str] = []
    if analyzer == "word":
        kept = [
            word
            for word in words(whole)
            if len(word) >= min_word_length and len(word.encode("utf-8", "surrogateescape")) <= 255
        ]
        for n in range(low, high + 1):
            found += [" ".join(kept[i : i + n]) for i in range(len(kept) - n + 1)]
    elif analyzer == "char":
        squeezed = squeeze(pieces)
        for n in range(low, high + 1):
            found += ["".join(squeezed[i : i + n]) for i in range(len(squeezed) - n + 1)]
    else:
        for word in "".join(" " if is_space(piece) else piece for piece in pieces).split(" "):
            if not word:
                continue
            padded = f" {word} "
            for n in range(low, high + 1):
                found += [padded[i : i + n] for i in range(max(1, len(padded) - n + 1))]
                if n >= len(padded):
                    break
    return [ngram.encode("utf-8", "surrogateescape") for ngram in found]


def squeeze(pieces: list[str]) -> list[str]:
    """Two or more spaces are one."""
    squeezed: list[str] = []
    at = 0
    while at < len(pieces):
        end = at
        while end < len(pieces) and is_space(pieces[end]):
            end += 1
        squeezed.append(" " if end - at >= 2 else pieces[at])
        at = max(end, at + 1)
    return squeezed


def counts_of(value: str | bytes | None, analyzer: str, rule: dict[str, object]) -> Counter[bytes]:
    if is_missing(value) or value is None:
        return Counter()
    return Counter(ngrams(value, analyzer, **rule))  # type: ignore[arg-type]


def normed(values: list[float], norm: str | None) -> list[float]:
    """Divided by their norm; added up in their order."""
    terms = [abs(value) if norm == "l1" else value * value for value in values]
    size = sum(terms) if norm == "l1" else math.sqrt(sum(terms))
    return values if norm is None or size == 0 else [value / size for value in values]


def by_rows(rows: list[list[float]]) -> list[Column]:
    return [list(column) for column in zip(*rows, strict=True)]


def ngrams_by(value: bytes | None, rule: int) -> list[bytes]:
    """By the bits of a step's rule."""
    if value is None:
        return []
    analyzer, low, high, length = rule.to_bytes(8, "little")[:4]
    name = ["word", "char", "char_wb"][analyzer - 1]
    lowercase = bool(rule >> 32)
    return ngrams(value, name, (low, high), lowercase=lowercase, min_word_length=length)


def weighed(counts: list[float], weights: list[float], how: int) -> list[float]:
    """What becomes of counts, by the bits of a step."""
    binary, sublinear = how >> 8 & 1, how >> 10 & 1
    numbers = [
        0.0 if c == 0 else 1.0 if binary else 1 + math.log(c) if sublinear else c for c in counts
    ]
    values = [number * weight for number, weight in zip(numbers, weights, strict=True)]
    return normed(values, [None, "l1", "l2"][how & 255])
