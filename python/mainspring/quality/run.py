"""Evaluate predictions at once: all metrics, per segment, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table, codes_of, column_of
from mainspring.errors import ParameterError
from mainspring.quality.evaluation import Evaluation
from mainspring.quality.report import QualityReport
from mainspring.quality.values import SegmentQuality

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.quality.rows import CompleteRows

__all__ = ["evaluate"]

_MAX_SEGMENTS = 50


def evaluate(  # noqa: PLR0913 - each is a part of what is evaluated
    data: object,
    *,
    target: str,
    prediction: str | None = None,
    score: str | Mapping[Any, str] | None = None,
    weight: str | None = None,
    query: str | None = None,
    segment: str | None = None,
    task: str = "auto",
    positive: Any = None,
    metrics: Sequence[str] | None = None,
    average: str = "macro",
    threshold: float = 0.5,
    options: Mapping[str, float] | None = None,
    intervals: int = 0,
    level: float = 0.95,
    seed: int = 0,
) -> QualityReport:
    """Measure how good predictions are.

    Parameters
    ----------
    data : table
        A pyarrow, pandas, polars or DuckDB table, a list of dicts or a dict of columns with labels
        and predictions. Rows without a label or without a prediction are left out and counted.
    target : str
        The column of the label; of rankings that of the relevance, 0 for rows that are not
        relevant.
    prediction : str, optional
        The column of predicted classes or numbers, of rankings that of scores. Of classes the score
        says what is predicted where this is not given.
    score : str or mapping, optional
        The column of the probability or score of the positive class, or a mapping of each class to
        its column.
    weight : str, optional
        The column of weights; by default every row weighs 1. Of a query that of its first row
        counts.
    query : str, optional
        The column of the key whose rows are ranked against each other: makes the task "ranking".
    segment : str, optional
        A column: all metrics for each of its 50 most frequent values, too, and for the rest
        together. Missing is a value.
    task : str, default "auto"
        "binary", "multiclass", "regression" or "ranking". Automatically, strings and booleans are
        classes, and so are numbers of two values, or of at most 20 values that are all integers;
        ``query`` makes a ranking.
    positive : object, optional
        Of two classes the one that counts as positive; by default 1, True or the larger one.
    metrics : sequence of str, optional
        Which metrics, by name; by default all of the task, but ``roc_auc_histogram``.
    average : str, default "macro"
        Of many classes: the mean over classes ("macro"), over classes weighted by their rows
        ("weighted"), or over rows ("micro").
    threshold : float, default 0.5
        From which score on a row of two classes is predicted as positive.
    options : mapping of str to float, optional
        ``top_share`` 0.1 (of gain and lift), ``quantile`` 0.5 (of quantile_loss), ``at`` 10 (of
        ndcg and hit_rate), ``num_bins`` 15 (of ece).
    intervals : int, default 0
        How many resamples of the rows intervals are taken from; 200 or more where they matter.
    level : float, default 0.95
        Which share of the resamples an interval holds.
    seed : int, default 0
        Of the resamples, which are the same for the same rows and seed.

    Returns
    -------
    QualityReport
        Metrics, confusion matrix, curves and segments.

    Raises
    ------
    ParameterError
        When an argument is wrong.
    SchemaError
        When a column is missing or of the wrong type.
    DataError
        When a weight or a relevance is negative, or classes do not fit the task.

    Notes
    -----
    Equal to scikit-learn where it has the metric, within 1e-12; :doc:`the table of metrics
    </reference/quality>` defines each. Unweighted metrics have the same bits for any order and
    threads. Intervals are percentiles of Poisson resamples (B. Efron 1979,
    doi:10.1214/aos/1176344552): each row has a weight of Poisson's law of mean 1, each query in
    rankings. Time of metrics grows with rows times their logarithm, of intervals with that times
    their number, over all threads. :class:`mainspring.quality.Evaluation` takes rows in batches.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = {"late": [0, 1, 1, 0], "p": [0.1, 0.8, 0.4, 0.3]}
    >>> report = ms.evaluate(rows, target="late", score="p")
    >>> report.value("roc_auc"), report.value("recall"), report.confusion
    (1.0, 0.5, ((2.0, 0.0), (1.0, 1.0)))
    """
    if isinstance(intervals, bool) or not isinstance(intervals, int) or intervals < 0:
        raise ParameterError(
            f"intervals must be a number of resamples, 0 or more, got {intervals!r}.",
            expected="an integer of 0 or more",
            got=repr(intervals),
        )
    if not 0 < level < 1:
        raise ParameterError(
            f"level must be between 0 and 1, got {level!r}.", expected="0 to 1", got=repr(level)
        )
    table = arrow_table(data, "evaluate")

    def evaluation() -> Evaluation:
        return Evaluation(
            target=target,
            prediction=prediction,
            score=score,
            weight=weight,
            query=query,
            task=task,
            positive=positive,
            metrics=metrics,
            average=average,
            threshold=threshold,
            options=options,
        )

    whole = evaluation()
    rows = whole._read(table)
    whole._started().update(whole._num_classes, rows.columns)
    report = whole.report()
    if intervals and len(rows.kept):
        report = _with_intervals(report, whole, rows, intervals, level, seed)
    if segment is not None:
        segments = tuple(_segments(whole, rows, column_of(table, segment, "segment"), segment))
        report = replace(report, segment=segment, segments=segments)
    return report


def _with_intervals(
    report: QualityReport,
    evaluation: Evaluation,
    rows: CompleteRows,
    intervals: int,
    level: float,
    seed: int,
) -> QualityReport:
    import numpy as np

    order, _ = evaluation._ordered_classes()
    drawn = np.array(
        evaluation._started().resample(
            evaluation._num_classes, rows.columns, order, intervals, seed & (2**64 - 1)
        )
    )
    measured = {}
    for place, (name, metric) in enumerate(report.metrics.items()):
        values = drawn[:, place][~np.isnan(drawn[:, place])]
        if len(values):
            low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
            metric = replace(metric, interval=(float(low), float(high)))
        measured[name] = metric
    return replace(report, metrics=measured, intervals=intervals, level=level)


def _segments(
    whole: Evaluation, rows: CompleteRows, column: pa.ChunkedArray, name: str
) -> list[SegmentQuality]:
    import numpy as np

    codes, values = codes_of(column, name)
    codes = codes[rows.kept]
    order = np.argsort(codes, kind="stable")
    found, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
    places = np.lexsort((found, -counts))
    segments: list[SegmentQuality] = []
    rest: list[Any] = []
    for place in places:
        of_segment = order[starts[place] : starts[place] + counts[place]]
        if len(segments) == _MAX_SEGMENTS:
            rest.append(of_segment)
            continue
        value = None if found[place] < 0 else values[int(found[place])].as_py()
        segments.append(_segment(whole, rows, of_segment, value))
    if rest:
        others = np.sort(np.concatenate(rest))
        segments.append(replace(_segment(whole, rows, others, None), num_values=len(rest)))
    return segments


def _segment(whole: Evaluation, rows: CompleteRows, of: Any, value: Any) -> SegmentQuality:
    part = whole._empty_copy()
    part._started().update(whole._num_classes, rows.take(of).columns)
    report = part.report()
    return SegmentQuality(value=value, num_rows=len(of), metrics=report.metrics)
