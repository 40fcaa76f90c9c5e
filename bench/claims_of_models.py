"""What is claimed about models: forests, explanations, dense layers and loading."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["MODEL_CLAIMS"]

LARGE = "LightGBM, 1,000 trees of 255 leaves"

MODEL_CLAIMS = (
    Claim(
        "forests",
        "Forests of other libraries",
        "Models of LightGBM, XGBoost and scikit-learn, read by `ms.Predictor`; raw "
        "scores of the boosted ones are the same bits.",
        tuple(
            Goal(
                f"{text}, {rows}: at least {ratio:g} times as fast as {name}",
                f"{case}, {rows}",
                peer,
                at_least=ratio,
            )
            for case, text, name, peer, ratios in (
                (
                    "LightGBM, 200 trees of 63 leaves, 10 of 30 features categories",
                    "200 trees with categories",
                    "LightGBM",
                    "lightgbm",
                    (5, 8, 60, 60),
                ),
                (
                    "LightGBM, 1,000 trees of 255 leaves",
                    "1,000 trees of 255 leaves",
                    "LightGBM",
                    "lightgbm",
                    (8, 9, 23, 24),
                ),
                (
                    "XGBoost, 500 trees of depth 8",
                    "500 trees of depth 8",
                    "XGBoost",
                    "xgboost-cpu",
                    (7, 5, 6.5, 7),
                ),
                (
                    "scikit-learn, random forest of 200 trees of depth 16, 3 classes",
                    "Random forest",
                    "scikit-learn",
                    "scikit-learn",
                    (6.5, 6, 9, 5),
                ),
            )
            for rows, ratio in zip(
                ("1 row", "16 rows", "256 rows", "4,096 rows"), ratios, strict=True
            )
        )
        + tuple(
            Goal(
                f"{text}, {rows}: at least {ratio:g} times as fast as {engine}",
                f"{case}, {rows}",
                engine,
                at_least=ratio,
            )
            for case, text, engines, ratios in (
                (
                    "LightGBM, 200 trees of 63 leaves, 10 of 30 features categories, float32",
                    "200 trees with categories",
                    ("onnxruntime",),
                    (5, 60, 60),
                ),
                (
                    "LightGBM, 1,000 trees of 255 leaves, float32",
                    "1,000 trees of 255 leaves",
                    ("onnxruntime", "scikit-learn-intelex"),
                    (8, 23, 24),
                ),
                (
                    "XGBoost, 500 trees of depth 8",
                    "500 trees of depth 8",
                    ("onnxruntime", "scikit-learn-intelex", "treelite"),
                    (7, 6.5, 7),
                ),
                (
                    "scikit-learn, random forest of 200 trees of depth 16, 3 classes",
                    "Random forest",
                    ("onnxruntime", "treelite"),
                    (6.5, 9, 5),
                ),
            )
            for engine in engines
            for rows, ratio in zip(("1 row", "256 rows", "4,096 rows"), ratios, strict=True)
        ),
    ),
    Claim(
        "symmetric",
        "Symmetric trees",
        "500 trees of CatBoost that ask one condition a level, six levels, on 50 numbers in "
        "float32; scores are the same bits.",
        tuple(
            Goal(
                f"{rows}: at least {ratio} times as fast as CatBoost",
                f"CatBoost, 500 symmetric trees of depth 6, {rows}",
                "catboost",
                at_least=float(ratio),
            )
            for rows, ratio in (("1 row", 15), ("16 rows", 20), ("256 rows", 10), ("4,096 rows", 5))
        ),
    ),
    Claim(
        "fixed_sums",
        "Sums in fixed point",
        'The same model with the sums of its library and with `sums="fixed"`.',
        tuple(
            Goal(
                f"Sums of the library, {rows}: at most 1.25 times the time of fixed point",
                f"LightGBM, 200 trees of 63 leaves, sums of the library, {rows}",
                "mainspring",
                at_least=0.8,
            )
            for rows in ("1 row", "16 rows", "256 rows", "4,096 rows")
        ),
    ),
    Claim(
        "folded_chains",
        "Chains that are folded into thresholds",
        "A table of numbers and dictionaries through a preprocessor and a forest at once, beside "
        "the same preprocessor's matrix through the same forest; the same bits.",
    ),
    Claim(
        "explain",
        "Explanations",
        "Exact Shapley values of every feature, path-dependent, of models of LightGBM and XGBoost; "
        "contributions are theirs but for rounding.",
        tuple(
            Goal(
                f"{text}: at least {ratio:g} times as fast as {name}",
                f"{case}, {rows}",
                peer,
                at_least=ratio,
            )
            for case, rows, text, name, peer, ratio in (
                (
                    "LightGBM, 100 trees of 31 leaves",
                    "1 row",
                    "Contributions of 100 trees, one row",
                    "LightGBM",
                    "lightgbm",
                    1,
                ),
                (
                    "LightGBM, 100 trees of 31 leaves",
                    "1,024 rows",
                    "Contributions of 100 trees, 1,024 rows",
                    "LightGBM",
                    "lightgbm",
                    80,
                ),
                (
                    "XGBoost, 500 trees of depth 8",
                    "1 row",
                    "Contributions of 500 trees of depth 8, one row",
                    "XGBoost",
                    "xgboost-cpu",
                    1,
                ),
                (
                    "XGBoost, 500 trees of depth 8",
                    "128 rows",
                    "Contributions of 500 trees of depth 8, 128 rows",
                    "XGBoost",
                    "xgboost-cpu",
                    80,
                ),
            )
        ),
    ),
    Claim(
        "dense",
        "Linear models and small networks",
        "A network of 64-256-128-1 in float32 and a logistic regression of 1,000 numbers in "
        "float64, read by `ms.Predictor`. scikit-learn is called as its users do, NumPy is given "
        "the weights.",
        tuple(
            Goal(f"{text}: at least {ratio:g} times as fast as NumPy", case, "numpy", ratio)
            for text, case, ratio in (
                ("Network, one row", "network 64-256-128-1, 1 row", 5.0),
                ("Network, 256 rows", "network 64-256-128-1, 256 rows", 1.1),
                (
                    "Logistic regression, one row",
                    "logistic regression of 1,000 features, 1 row",
                    8.0,
                ),
                (
                    "Logistic regression, 4,096 rows",
                    "logistic regression of 1,000 features, 4,096 rows",
                    2.0,
                ),
            )
        ),
    ),
    Claim(
        "call_overhead",
        "A call, without the model",
        "`Predictor.scorer()` of a model that is one leaf: 30 numbers in, one out.",
        (
            Goal(
                "A buffer in at most 0.3 us",
                "scorer of a buffer of 30 numbers",
                at_most=0.3,
                unit="us",
            ),
            Goal(
                "A dict in at most 0.8 us", "scorer of a dict of 30 numbers", at_most=0.8, unit="us"
            ),
        ),
    ),
    Claim(
        "two_threads",
        "Two threads",
        "Trees over many rows by one and by two threads in turns, least wall times; the same bits.",
        (
            Goal(
                "65,536 rows: two threads at least 1.7 times one",
                "100 trees of 31 leaves, 65,536 rows",
                at_least=1.7,
                unit="x",
            ),
        ),
    ),
    Claim(
        "load",
        "Opening large models",
        "1,000 trees of 255 leaves on 100 features, from LightGBM's text and from a bundle, whose "
        "checksums, offsets and indices are all verified, to an object that predicts.",
        (
            Goal(
                "At most 0.4 s from LightGBM's text", f"{LARGE}, from text", at_most=400, unit="ms"
            ),
            Goal(
                "A bundle of at most twice what its nodes need",
                f"{LARGE}, bundle",
                at_most=2.0,
                unit="x",
            ),
        ),
    ),
)
