"""What is claimed about a GPU; measured by bench/gpu/run.sh, where there is one."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["GPU_CLAIMS"]


def _share(text: str, case: str, percent: int) -> Goal:
    return Goal(
        f"{text}: at least {percent} % of the bandwidth of a copy",
        f"{case}, share of a copy",
        at_least=percent / 100,
        unit="share",
    )


def _times(text: str, case: str, peer: str, at_least: float) -> Goal:
    words = f"{text}: at least {at_least:g} times {peer}"
    return Goal(words, f"{case}, times {peer}", at_least=at_least, unit="x")


GPU_CLAIMS = (
    Claim(
        "gpu",
        "On a GPU",
        "Tables, trees and losses that lie on a GPU, by CUDA events over inputs that rotate, with "
        "the bits of the CPU compared first; beside the bandwidth of a copy in the same run, one "
        "core of the engine, torch and torch.compile. `bench/gpu/run.sh` measures.",
        (
            *(
                _share(text, case, 85)
                for text, case in (
                    ("Imputed, log1p, standardized", "impute, log1p, standardize of float32"),
                    ("Ids", "ids of int64 keys"),
                    ("Hashes", "hashes of int64 keys"),
                    ("Target means", "target means of int64 keys"),
                    ("Crosses", "crosses of int64 keys"),
                    ("Lookup in embedding tables", "lookup in embedding tables"),
                )
            ),
            _share(
                "Lookup, backward and row-wise Adagrad", "lookup, backward and row-wise Adagrad", 75
            ),
            _times(
                "Lookup, backward and row-wise Adagrad",
                "lookup, backward and row-wise Adagrad",
                "torch",
                2,
            ),
            *(
                _share(text, case, 90)
                for text, case in (
                    ("Binary cross-entropy", "binary cross-entropy"),
                    ("Cross-entropy of 100,000 classes", "softmax cross-entropy of 100,000"),
                    ("Dot interaction", "dot interaction of 27 vectors"),
                    ("AdamW", "clipping and AdamW"),
                )
            ),
            _times("500 trees of depth 8", "500 trees of depth 8", "one core", 50),
            _times("1,000 trees of 255 leaves", "1,000 trees of 255 leaves", "one core", 50),
            Goal(
                "Drift of 100 million values against a profile in less than 50 ms",
                "drift against a profile, time on",
                at_most=50.0,
                unit="ms",
            ),
        ),
    ),
)
