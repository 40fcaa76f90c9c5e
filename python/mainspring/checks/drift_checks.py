"""Checks that compare training and test by their profiles, and with that of a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mainspring.checks.model_check import ModelCheck, ModelData, judged
from mainspring.drift import detect_drift, domain_classifier, pca_error
from mainspring.errors import DataError, MissingExtraError
from mainspring.profiles import profile

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.checks.report import Finding

__all__ = [
    "DRIFT_CHECKS",
    "NAMED_CHECKS",
    "PREPROCESSING_LEAKAGE",
    "drift_findings",
    "together_findings",
]

#: Checks that take long: they run when they are named alone.
NAMED_CHECKS = frozenset({"domain_classifier"})


def drift_findings(train: pa.Table, test: pa.Table, target: str, features: list[str]) -> list[Any]:
    """Compare label and features of training and test.

    Parameters
    ----------
    train, test : pyarrow.Table
        The rows.
    target : str
        The label's column.
    features : list of str
        Columns that both have as the same kind.

    Returns
    -------
    list of Finding
        One for each; a warning where it has drifted.
    """
    names = [target, *features]
    report = detect_drift(profile(train.select(names)), profile(test.select(names)))
    return [
        judged(
            "label_drift" if column.name == target else "feature_drift",
            column.name,
            column.effect if column.drifted else min(column.effect, 1.0),
            (1.0 if not column.drifted else min(1.0, column.effect - 1e-12), math.inf),
            column.reason,
            num_rows=column.current_rows,
        )
        for column in report.columns
    ]


def together_findings(
    train: pa.Table,
    test: pa.Table,
    features: list[str],
    wanted: frozenset[str],
    limits: dict[str, float],
) -> list[Finding]:
    """Compare the features of training and test together.

    Parameters
    ----------
    train, test : pyarrow.Table
        The rows.
    features : list of str
        Columns that both have as the same kind.
    wanted : frozenset of str
        The checks that run.
    limits : dict of str to float
        All limits.

    Returns
    -------
    list of Finding
        One for each; a warning where they have drifted.
    """
    findings = []
    for name, method in (
        ("multivariate_drift", pca_error),
        ("domain_classifier", domain_classifier),
    ):
        if name not in wanted:
            continue
        try:
            found = method(train.select(features), test.select(features))
        except (DataError, MissingExtraError) as error:
            findings.append(
                judged(name, "(all features)", 0, (1, math.inf), f"Not judged: {error}")
            )
            continue
        middle, half = (found.low + found.high) / 2, (found.high - found.low) / 2
        if name == "domain_classifier":
            value = found.value if found.drifted else min(found.value, limits[f"{name}_warn"])
        else:  # in widths of the interval that holds it without drift
            value = abs(found.value - middle) / half if half > 0 else 0.0
        most = ", ".join(column for column, _ in found.columns[:3])
        findings.append(
            judged(
                name,
                "(all features)",
                value,
                (limits[f"{name}_warn"], math.inf),
                f"{found.reason[0].upper()}{found.reason[1:]} Most of it: {most}.",
                num_rows=test.num_rows,
            )
        )
    return findings


def _prediction_drift(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    if data.test is None:
        return []
    columns = {}
    for which in ("train", "test"):
        scores = data.scores[which]
        columns[which] = scores if data.task == "regression" else scores.max(axis=1)
        if data.task == "binary":
            columns[which] = scores[:, 1]
    report = detect_drift(
        profile({"prediction": columns["train"]}), profile({"prediction": columns["test"]})
    )
    column = report.columns[0]
    limit = 1.0 if not column.drifted else min(1.0, column.effect - 1e-12)
    return [
        judged(
            "prediction_drift",
            data.target,
            column.effect if column.drifted else min(column.effect, 1.0),
            (limit, math.inf),
            column.reason,
            num_rows=column.current_rows,
        )
    ]


def _preprocessing_leakage(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import pyarrow as pa

    fitted = getattr(data.model, "profile", None)
    if data.test is None or fitted is None or not hasattr(fitted, "to_bytes"):
        return []
    seen, train, test = fitted.num_rows, data.train.num_rows, data.test.num_rows
    names = list(fitted.columns)
    both = [name for name in names if name in data.train.column_names]
    leaked = 0.0
    if seen > train and both == names and set(names) <= set(data.test.column_names):
        whole = pa.concat_tables([data.train.select(names), data.test.select(names)])
        target = getattr(fitted, "target", None)
        again = profile(whole, target=target) if target in names else profile(whole)
        leaked = 1.0 if again.to_bytes() == fitted.to_bytes() else 0.5
    elif seen > train:
        leaked = 0.5
    said = {
        0.0: f"The transforms were fitted on {seen:,} rows; training has {train:,}.",
        0.5: f"The transforms were fitted on {seen:,} rows, more than the {train:,} of training.",
        1.0: f"The transforms were fitted on the {train:,} rows of training and the {test:,} "
        "of the test together.",
    }[leaked]
    return [
        judged("preprocessing_leakage", "(transforms)", leaked, (0.0, 0.5), said, num_rows=seen)
    ]


PREPROCESSING_LEAKAGE = ModelCheck(
    "preprocessing_leakage",
    "Whether the transforms of a model were fitted on the test, too.",
    "1 where the profile that the model carries is that of training and test together, 0.5 where "
    "it has more rows than training, else 0",
    "a model without a profile is not judged",
    "S. Kaufman, S. Rosset, C. Perlich and O. Stitelman 2012, doi:10.1145/2382577.2382579",
    "Means, vocabularies and target means that know the test make it look better than it is.",
    "Fit the transforms on training rows alone.",
    _preprocessing_leakage,
)

_DRIFT = (
    "the largest effect of mainspring.detect_drift in its limits, where the column has drifted by "
    "its decision rule; at most 1 otherwise"
)


def _none(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    return []  # drift_findings needs no model


def _drift(name: str, summary: str, why: str, run: Any) -> ModelCheck:
    return ModelCheck(
        name,
        summary,
        _DRIFT,
        "missing rows are compared, too",
        "as mainspring.detect_drift",
        why,
        "Look what has changed; train on newer rows, or leave the column out.",
        run,
    )


DRIFT_CHECKS: tuple[ModelCheck, ...] = (
    _drift(
        "feature_drift",
        "Whether a feature is distributed otherwise in the test.",
        "A model meets values there that it has learnt little about.",
        _none,
    ),
    _drift(
        "label_drift",
        "Whether the label is distributed otherwise in the test.",
        "Shares and means that training taught no longer hold.",
        _none,
    ),
    _drift(
        "prediction_drift",
        "Whether the model predicts otherwise in the test.",
        "What the model says has moved, for a reason that may be wrong.",
        _prediction_drift,
    ),
    ModelCheck(
        "multivariate_drift",
        "Whether features go together otherwise in the test.",
        "how far mainspring.drift.pca_error is from its mean over parts of training that were held "
        "out, by the distance that is no drift there",
        "missing values are the mean",
        "as mainspring.drift.pca_error",
        "Columns can be alike one by one, and be combined as training never saw them.",
        "Look at the columns that are named; train on newer rows.",
        _none,
    ),
    ModelCheck(
        "domain_classifier",
        "How well a model tells test rows from training rows; runs when it is named in checks.",
        "the area under the ROC curve of mainspring.drift.domain_classifier",
        "missing values are the mean",
        "as mainspring.drift.domain_classifier",
        "What tells the sides apart is what will not hold.",
        "Leave out columns that only tell when a row was made; train on newer rows.",
        _none,
    ),
)
