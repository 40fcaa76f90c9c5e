"""What is claimed about fitting and transforming."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["FEATURE_CLAIMS"]

FEATURE_CLAIMS = (
    Claim(
        "transform",
        "Features of many rows",
        "72 features of a table of clicks (13 numbers, 26 categories of up to 100,000 values, a "
        "timestamp) into one float32 matrix: numbers imputed, log1p, standardized; of each "
        "category the smoothed target mean and the id; buckets, hashed crosses, parts of the "
        "time. polars and pyarrow are given what was learnt. Ratios are held at 500,000 rows into "
        "memory that was there before (144 MB of new memory cost up to as much as all "
        "features, on either side, and more the busier the machine is); polars makes its own.",
        (
            Goal(
                "Strings of 8 bytes: at least 4.5 times as fast as polars",
                "500,000 rows, strings of 8 bytes, output reused",
                "polars",
                at_least=4.5,
            ),
            Goal(
                "Strings of 8 bytes: at least 4.5 times as fast as pyarrow",
                "500,000 rows, strings of 8 bytes, output reused",
                "pyarrow",
                at_least=4.5,
            ),
            Goal(
                "Strings of 4 to 40 bytes: at least 3.3 times as fast as polars",
                "500,000 rows, strings of 4 to 40 bytes, output reused",
                "polars",
                at_least=3.3,
            ),
            Goal(
                "Strings of 4 to 40 bytes: at least 3.3 times as fast as pyarrow",
                "500,000 rows, strings of 4 to 40 bytes, output reused",
                "pyarrow",
                at_least=3.3,
            ),
            Goal(
                "Dictionaries: at least 7 times as fast as pyarrow",
                "500,000 rows, dictionaries of two chunks, output reused",
                "pyarrow",
                at_least=7.0,
            ),
            Goal(
                "Dictionaries: at least 7 times as fast as polars",
                "500,000 rows, dictionaries of two chunks, output reused",
                "polars",
                at_least=7.0,
            ),
            Goal(
                "Columns of Arrow in at most 265 ns a row",
                "100,000 rows, strings of 8 bytes, to columns",
                at_most=265.0,
                unit="ns",
                rows=100_000,
            ),
            Goal(
                "Two threads: at least 1.7 times one",
                "1,000,000 rows, strings of 8 bytes, wall time",
                at_least=1.7,
                unit="x",
            ),
        ),
    ),
    Claim(
        "transform_row",
        "Features of one row",
        "The same features of a single row, through the Python interface.",
        (
            Goal("One row, a dict, in at most 10 us", "one row, dict", at_most=10.0, unit="us"),
            Goal("One row of Arrow in at most 50 us", "one row, Arrow", at_most=50.0, unit="us"),
        ),
    ),
    Claim(
        "fit",
        "Fitting",
        "Medians, moments of log1p, vocabularies and target means of the same table, exactly. At "
        "500,000 rows nearly half of our time reads and finds keys, a quarter goes to the numbers "
        "(a quarter of that to logarithms, a fifth counts integers, a tenth adds up exactly), a "
        "twelfth counts keys and adds up their targets, the rest orders vocabularies and writes "
        "tables.",
        (
            Goal(
                "Strings of 8 bytes: at least 3.2 times as fast as pyarrow and NumPy",
                "500,000 rows, strings of 8 bytes",
                "pyarrow",
                at_least=3.2,
            ),
            Goal(
                "Strings of 4 to 40 bytes: at least 3.2 times as fast as pyarrow and NumPy",
                "500,000 rows, strings of 4 to 40 bytes",
                "pyarrow",
                at_least=3.2,
            ),
        ),
    ),
    Claim(
        "ftbench",
        "FTBench",
        "The use cases of FTBench (Phani, Erlbacher, Boehm: UPLIFT, PVLDB 15, 2022) on drawn "
        "tables of their shapes with fewer rows: bins, recoding, one-hot, hashing and bags of "
        "words, fitted and transformed in one go, T12 in batches of what was fitted before. T2, "
        "T3, T9, T10 and T15 end in sparse matrices, T2 without the scaling that follows there, "
        "T15 with the last of its six sets of parameters. T11 lays the vectors of a text's words "
        "side by side: `word_ids` numbers the words that have one, and both sides look the "
        "vectors up with NumPy. T7 has too many quantiles for scikit-learn, and polars has no "
        "sparse features.",
    ),
    Claim(
        "sparse",
        "Sparse rows",
        "One-hot, hashed n-grams and TF-IDF as compressed sparse rows, without a dense matrix on "
        "the way, of data like that which was fitted, and fitted and transformed in one go.",
    ),
)
