"""A quality report as an HTML page: metrics, what was taken for what, and curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainspring import __version__, _engine
from mainspring.html.axis import Axis
from mainspring.html.budget import Budget
from mainspring.html.facts import facts
from mainspring.html.fragment import fragment
from mainspring.html.markup import Markup, element, join, name, redacting
from mainspring.html.page import MAX_BYTES, page
from mainspring.html.plot import HEIGHT, figure, percent, svg
from mainspring.html.table import Column, row, table
from mainspring.profiles.text_table import format_number

if TYPE_CHECKING:
    from mainspring.quality.report import QualityReport
    from mainspring.quality.values import MetricValue, SegmentQuality

__all__ = ["quality_fragment", "quality_page"]

_MAX_CONFUSION = 12  # classes that a matrix on a page may have
_UNIT = Axis([place / 20 for place in range(21)])


def quality_page(report: QualityReport, *, title: str | None = None) -> str:
    """Write a quality report as a page.

    Parameters
    ----------
    report : QualityReport
        What to show.
    title : str, optional
        What was evaluated.

    Returns
    -------
    str
        HTML of at most 300 kB.
    """
    footer = f"Written by mainspring {__version__}."
    parts = [_overview(report), element("h2", "Metrics"), _metric_table(report)]
    plots = [plot for plot in (_reliability(report), _roc(report), _precision(report)) if plot]
    if plots:
        parts += [element("h2", "Curves"), element("div", *plots, class_="plots")]
    confusion = _confusion(report)
    if confusion is not None:
        parts += [element("h2", "What was predicted for what"), confusion]
    parts.append(_words(report))
    shell = page("Quality", _headline(report), *parts, title=title, footer=footer)
    budget = Budget(MAX_BYTES - len(shell.encode()) - 4_000)
    segments = _segment_part(report, budget)
    return page(
        "Quality", _headline(report), *parts[:-1], *segments, parts[-1], title=title, footer=footer
    )


def quality_fragment(report: QualityReport) -> str:
    """Write the metrics for a notebook.

    Parameters
    ----------
    report : QualityReport
        What to show.

    Returns
    -------
    str
        Markup that brings its style.
    """
    return fragment(_metric_table(report))


def _headline(report: QualityReport) -> str:
    first = next(iter(report.metrics.items()), None)
    said = "" if first is None else f"{first[0]} {format_number(first[1].value)}, "
    return f"{said}{report.num_rows:,} rows"


def _overview(report: QualityReport) -> Markup:
    entries = [
        ("target", name(report.target)),
        ("task", report.task),
        ("rows", f"{report.num_rows:,}"),
        ("without a label", f"{report.missing_labels:,}"),
        ("without a prediction", f"{report.missing_predictions:,}"),
    ]
    if report.classes:
        entries.append(("classes", f"{len(report.classes):,}"))
    return facts(entries)


def _metric_table(report: QualityReport) -> Markup:
    ranges = {str(entry["name"]): str(entry["range"]) for entry in _engine.quality_metrics()}
    interval = (Column("low", number=True), Column("high", number=True))
    columns = (
        Column("metric"),
        Column("value", number=True),
        *(interval if report.intervals else ()),
        Column("range, or why there is no value", sortable=False),
    )
    rows = [
        row(
            columns,
            [
                label,
                format_number(metric.value),
                *(_ends(metric) if report.intervals else ()),
                metric.reason or ranges[label],
            ],
        )
        for label, metric in report.metrics.items()
    ]
    caption = f"Of {report.num_rows:,} rows"
    if report.task == "multiclass":
        caption += f"; averages over classes: {report.average}"
    if report.intervals:
        caption += f"; {percent(report.level)} of {report.intervals:,} resamples are within"
    return table(f"{caption}.", columns, rows, sortable=True)


def _ends(metric: MetricValue) -> tuple[str, str]:
    if metric.interval is None:
        return "-", "-"
    return format_number(metric.interval[0]), format_number(metric.interval[1])


def _curve(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    drawn = " ".join(f"{100 * x:.2f} {HEIGHT * (1 - y):.1f}" for x, y in points)
    return element("path", d=f"M{drawn}", class_=class_)


def _square(caption: str, title: str, desc: str, *shapes: Markup) -> Markup:
    image = svg(
        100,
        HEIGHT,
        *shapes,
        element("path", d=f"M0 {HEIGHT}H100", class_="e"),
        class_="plot",
        title=title,
        desc=desc,
    )
    return figure(caption, image, _UNIT)


def _reliability(report: QualityReport) -> Markup | None:
    bins = report.reliability
    if not bins:
        return None
    points = [(part.score, part.positive) for part in bins]
    worst = max(bins, key=lambda part: abs(part.score - part.positive))
    said = (
        f"farthest off: of {worst.rows:,.0f} rows scored {percent(worst.score)} on average "
        f"{percent(worst.positive)} are positive"
    )
    diagonal = element("path", d=f"M0 {HEIGHT}L100 0", class_="gap")
    return _square(
        f"Share of positive rows (up) by score; dashed: right probabilities. {said[0].upper()}"
        f"{said[1:]}.",
        "Reliability curve",
        f"{len(bins)} bins of about equally many rows; {said}.",
        diagonal,
        _curve(points, "c"),
    )


def _roc(report: QualityReport) -> Markup | None:
    if not report.roc:
        return None
    auc = report.metrics.get("roc_auc")
    said = "" if auc is None else f" The area below is {format_number(auc.value)}."
    diagonal = element("path", d=f"M0 {HEIGHT}L100 0", class_="gap")
    return _square(
        f"Recall (up) by false positive rate; dashed: chance.{said}",
        "ROC curve",
        f"From (0, 0) to (1, 1) over all thresholds.{said}",
        diagonal,
        _curve(report.roc, "c"),
    )


def _precision(report: QualityReport) -> Markup | None:
    if not report.precision_recall:
        return None
    share = report.precision_recall[-1][1]
    chance = element("path", d=f"M0 {HEIGHT * (1 - share):.1f}H100", class_="gap")
    return _square(
        f"Precision (up) by recall; dashed: chance, {percent(share)}.",
        "Precision-recall curve",
        f"Over all thresholds; the share of positive rows is {percent(share)}.",
        chance,
        _curve(report.precision_recall, "c"),
    )


def _confusion(report: QualityReport) -> Markup | None:
    counts = report.confusion
    if not counts or redacting():
        return None
    if len(counts) > _MAX_CONFUSION:
        return element(
            "p", f"{len(counts):,} classes are too many for a page: .confusion has them.",
            class_="quiet",
        )  # fmt: skip
    labels = [str(value) for value in report.classes]
    columns = (
        Column("label"),
        *(Column(f"predicted {label}", number=True) for label in labels),
        Column("right", number=True),
    )
    rows = []
    for place, (label, of_label) in enumerate(zip(labels, counts, strict=True)):
        total = sum(of_label)
        right = percent(of_label[place] / total) if total else "-"
        rows.append(row(columns, [name(label), *(f"{count:,.6g}" for count in of_label), right]))
    return table("Rows with a label, by predicted class.", columns, rows)


def _segment_part(report: QualityReport, budget: Budget) -> list[Markup]:
    if not report.segments:
        return []
    shown = list(report.metrics)[:8]
    columns = (
        Column("segment"),
        Column("rows", number=True),
        *(Column(label, number=True) for label in shown),
    )

    def line(segment: SegmentQuality) -> Markup:
        label = "missing" if segment.value is None else str(segment.value)
        if segment.num_values > 1:
            label = f"{segment.num_values:,} others"
        elif redacting():
            label = "hidden"
        return row(
            columns,
            [
                name(label),
                f"{segment.num_rows:,}",
                *(format_number(segment.metrics[metric].value) for metric in shown),
            ],
        )

    rows = budget.fill(list(report.segments), line)
    caption = join("By ", name(report.segment or ""), ", most rows first.")
    left_out = len(report.segments) - len(rows)
    more = element("p", f"{left_out:,} more are left out to keep this page within 300 kB.")
    return [
        element("h2", "Segments"),
        table(caption, columns, rows, sortable=True),
        *([more] if left_out else []),
    ]


def _words(report: QualityReport) -> Markup:
    entries = [
        join(element("dt", str(entry["name"])), element("dd", str(entry["summary"])))
        for entry in _engine.quality_metrics()
        if entry["name"] in report.metrics
    ]
    return element(
        "details",
        element("summary", "What the metrics are"),
        element("dl", *entries, class_="words"),
        class_="more",
    )
