"""Tables in the shapes of FTBench, the feature transformation benchmark of UPLIFT.

A. Phani, L. Erlbacher, M. Boehm, PVLDB 15(11), 2022. Its data sets are replaced by drawn ones with
their numbers of columns, categories and rows; of the large ones there are fewer rows. As in the
paper nothing is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bench.data.clicks import SIZES
from bench.data.zipf import short_tokens, zipf_codes

__all__ = ["CASES", "SPARSE_CASES", "WORDS", "Case", "abstracts", "random_strings", "table"]

WORDS = tuple(f"word{code}" for code in range(20_000))  # of abstracts

# Of the columns that are categories in the data set: how many there are.
_ADULT = (9, 16, 7, 15, 6, 5, 2, 42, 2)
_HOME_CREDIT = (2, 3, 2, 2, 7, 8, 5, 6, 6, 18, 7, 58, 4, 3, 7, 2)
_KDD_98 = tuple(round(2 * 250 ** (place / 134)) for place in range(135))  # 2 to 500
_CAT_IN_DAT = (
    *(2, 2, 2, 2, 2, 3, 6, 6, 3, 4, 222, 222),
    *(1_200, 2_200, 11_000, 3, 5, 6, 15, 26, 190, 7, 12, 7),
)


@dataclass(frozen=True)
class Case:
    """A use case: how many columns of which kind, and what becomes of them.

    Attributes
    ----------
    name : str
        What it is called in the paper, and after which data set.
    rows : int
        Rows here.
    binned : int
        Columns of numbers that are cut into ``bins``, of one width or of as many rows each.
    plain : int
        Columns of numbers that stay as they are.
    categories : tuple of int
        Columns of strings, by the number of their categories; recoded as numbers.
    one_hot : bool
        Bins and categories become a feature for each of their values.
    length : int
        Bytes of a string.
    batch : int
        Rows at a time of what is fitted before; 0: fitted and transformed at once.
    sparse : bool
        The features are compressed sparse rows.
    hashed : int
        Buckets that the categories of each column are hashed to, one feature each; 0: no hashing.
    """

    name: str
    rows: int
    binned: int = 0
    bins: int = 0
    equal_width: bool = True
    plain: int = 0
    categories: tuple[int, ...] = ()
    one_hot: bool = False
    length: int = 8
    batch: int = 0
    sparse: bool = False
    hashed: int = 0

    @property
    def binned_names(self) -> list[str]:
        """Names of the columns that are binned."""
        return [f"b{i}" for i in range(self.binned)]

    @property
    def plain_names(self) -> list[str]:
        """Names of the columns that stay as they are."""
        return [f"p{i}" for i in range(self.plain)]

    @property
    def category_names(self) -> list[str]:
        """Names of the columns of strings."""
        return [f"c{i}" for i in range(len(self.categories))]


CASES = (
    Case("T1, Adult", 32_561, binned=5, bins=5, plain=1, categories=_ADULT, one_hot=True),
    Case("T4, Criteo", 50_000, binned=13, bins=10, categories=SIZES),
    Case("T5, Santander", 20_000, binned=200, bins=10, equal_width=False),
    Case("T6, Crypto", 100_000, binned=10, bins=100_000),
    Case("T7, Crypto", 200_000, binned=10, bins=100_000, equal_width=False),
    Case("T8, Home Credit", 20_000, plain=105, categories=_HOME_CREDIT, one_hot=True),
    Case(
        "T12, batches of 1,024",
        10_240,
        binned=50,
        bins=10,
        categories=(1_000,) * 50,
        length=5,
        batch=1_024,
    ),
    Case("T13, strings of 25 bytes", 50_000, categories=(5_000,) * 10, length=25),
    Case("T13, strings of 500 bytes", 50_000, categories=(5_000,) * 10, length=500),
    Case("T14, 1,000 distinct values", 100_000, categories=(1_000,) * 4, length=5),
    Case("T14, 100,000 distinct values", 100_000, categories=(100_000,) * 4, length=5),
)


SPARSE_CASES = (
    Case(
        "T2, KDD 98",
        10_000,
        binned=334,
        bins=5,
        categories=_KDD_98,
        one_hot=True,
        sparse=True,
    ),
    Case("T3, Criteo", 50_000, plain=13, categories=SIZES, one_hot=True, sparse=True),
    Case("T9, Cat-in-Dat", 50_000, categories=_CAT_IN_DAT, sparse=True, hashed=1_000),
    Case(
        "T15, Criteo",
        50_000,
        binned=13,
        bins=5,
        categories=SIZES,
        one_hot=True,
        sparse=True,
    ),
)


def abstracts(rows: int, words: int, *, fewest: int | None = None, seed: int = 0) -> pa.StringArray:
    """Draw texts of so many words, or of ``fewest`` to so many, of 20,000, Zipf-distributed."""
    random = np.random.default_rng(seed)
    codes = zipf_codes(random, rows * words, len(WORDS), 1.05)
    tokens = np.array(WORDS)[codes].reshape(rows, words)
    lengths = random.integers(fewest or words, words + 1, rows)
    return pa.array([" ".join(row[:length]) for row, length in zip(tokens, lengths, strict=True)])


def random_strings(random: np.random.Generator, count: int, length: int) -> pa.StringArray:
    """Make strings of letters and digits, all of one length."""
    letters = np.frombuffer(
        b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8
    )
    text = letters[random.integers(0, len(letters), count * length)]
    offsets = np.arange(0, count * length + 1, length, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def table(case: Case, *, seed: int = 0) -> pa.Table:
    """Draw the table of a case.

    Numbers are lognormal, so that bins of one width are unequal. Categories of the data sets are
    Zipf-distributed, those of the synthetic cases T12 to T14 uniformly.
    """
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {
        name: pa.array(random.lognormal(2.0, 0.7, case.rows))
        for name in (*case.binned_names, *case.plain_names)
    }
    synthetic = case.length != Case.length
    for place, (name, size) in enumerate(zip(case.category_names, case.categories, strict=True)):
        if synthetic:
            codes = random.integers(0, size, case.rows)
            strings = random_strings(random, size, case.length)
        else:
            codes = zipf_codes(random, case.rows, size, 1.1)
            strings = short_tokens(size, place)
        columns[name] = _taken(strings, codes)
    return pa.table(columns)


def _taken(strings: pa.StringArray, codes: Sequence[int]) -> pa.StringArray:
    return strings.take(pa.array(codes))
