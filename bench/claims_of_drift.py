"""What is claimed about the speed of drift."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["DRIFT_CLAIMS"]

DRIFT_CLAIMS = (
    Claim(
        "drift",
        "Drift",
        "Kolmogorov-Smirnov and Wasserstein distances, PSI, Jensen-Shannon distance and "
        "chi-squared tests of 25 numbers, 12 strings and 2 bools; both sides measure the same and "
        "the eight columns that moved are named.",
    ),
    Claim(
        "drift_memory",
        "Memory of a drift report",
        "What a process holds at most during a report of 40 columns, beyond both tables and the "
        "stored profile.",
        tuple(
            Goal(
                f"A report of a million rows, {text}, in at most 50 MB beyond the data",
                f"1,000,000 rows x 40 columns, {text}, beyond the tables",
                at_most=50.0,
                unit="MB",
            )
            for text in ("stored profile", "both tables")
        ),
    ),
    Claim(
        "samples",
        "Two samples, exactly",
        "Kolmogorov-Smirnov and Wasserstein distance of two unsorted samples of numbers that are "
        "both at hand; the distances are SciPy's.",
        (
            Goal(
                "A million values on each side: at least 15 times as fast as SciPy",
                "normal, 1,000,000 values",
                "scipy",
                at_least=15.0,
            ),
        ),
    ),
    Claim(
        "sorted_reference",
        "A sample against a sorted one",
        "The same distances where the reference was sorted before and is kept.",
        (
            Goal(
                "A million values, the reference sorted before: at least 30 times as fast as SciPy",
                "normal, 1,000,000 values",
                "scipy",
                at_least=30.0,
            ),
        ),
    ),
    Claim(
        "counting",
        "Counting",
        "A million strings of 17 bytes to counts, plain and as dictionaries, within a profile of "
        "their column; numbers between a thousand edges, in a report of their drift.",
        (
            *(
                Goal(
                    f"Strings, {text}: at least {ratio:g} times as fast as {peer}",
                    f"strings, {text}, 500 distinct",
                    peer,
                    at_least=ratio,
                )
                for text, ratio in (("plain", 2.5), ("dictionary", 30.0))
                for peer in ("polars", "pyarrow")
            ),
            *(
                Goal(
                    f"A number of a long column ({shape}) against a stored profile in at most 2 ns",
                    f"drift of a number, {shape}",
                    at_most=2.0,
                    unit="ns",
                )
                for shape in ("normal", "exponential", "uniform")
            ),
        ),
    ),
    Claim(
        "row_counts",
        "Rows counted while they are served",
        "What counting the values of a row for drift adds to a request: 25 numbers, 12 strings, "
        "two bools and a time.",
        (
            Goal(
                "A row of 40 fields is counted in at most 1 us",
                "a row of 40 fields",
                at_most=1.0,
                unit="us",
            ),
        ),
    ),
    Claim(
        "drift_peers",
        "Drift beside libraries made for it",
        "The default report of the table of 40 columns beside Evidently, NannyML, alibi-detect, "
        "whylogs and deepchecks on all rows, each in an environment of its own, on the same files; "
        "imports and reading are left out. The eight columns that moved are named.",
        tuple(
            Goal(
                f"{name}, {text}: at least {ratio} times as fast",
                f"1,000,000 rows x 40 columns, {text}, beside {peer}",
                at_least=float(ratio),
            )
            for name, peer, stored, both in (
                ("Evidently", "evidently", 1_000, 500),
                ("NannyML, KS and chi2", "nannyml_chi2", 100, 50),
                ("NannyML, JS", "nannyml_js", 260, 130),
                ("alibi-detect", "alibi_detect", 360, 180),
                ("whylogs", "whylogs", 800, 400),
                ("deepchecks", "deepchecks", 800, 400),
            )
            for text, ratio in (("stored profile", stored), ("both tables", both))
        ),
    ),
    Claim(
        "detectors",
        "Detectors of streams",
        "Streaming detectors, a batch at a time, beside river's, a value at a time; positions are "
        "the same.",
        tuple(
            Goal(
                f"{name}: at least {ratio} times as fast as river",
                name,
                "river",
                at_least=float(ratio),
            )
            for name, ratio in (
                ("Page-Hinkley", 50),
                ("DDM", 50),
                ("ADWIN", 50),
                ("KSWIN", 300),
            )
        ),
    ),
)
