"""The report of an evaluation, its segments and intervals, and what is refused or explained."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine
from mainspring.errors import BundleCorruptError, DataError, ParameterError, SchemaError
from mainspring.quality import Evaluation

RNG = np.random.default_rng(0)
ROWS = 2000
LABEL = (RNG.random(ROWS) < 0.3).astype(int)
SCORE = 1 / (1 + np.exp(-(RNG.normal(size=ROWS) + 2 * LABEL - 1.6)))
TABLE = pa.table(
    {
        "late": LABEL,
        "p": SCORE,
        "carrier": RNG.choice(["UA", "AA", "B6"], ROWS, p=[0.6, 0.3, 0.1]),
    }
)


def test_report_when_made_has_every_metric_of_the_task_and_shows_itself() -> None:
    report = ms.evaluate(TABLE, target="late", score="p")
    wanted = [r["name"] for r in _engine.quality_metrics() if "binary" in r["tasks"]]
    assert list(report.metrics) == [name for name in wanted if name != "roc_auc_histogram"]
    assert report.classes == (0, 1)
    assert np.sum(report.confusion) == ROWS
    assert sum(part.rows for part in report.reliability) == ROWS
    assert report.roc[0] == (0.0, 0.0)
    assert report.roc[-1] == (1.0, 1.0)
    assert 100 < len(report.roc) < 210
    assert max(map(len, str(report).splitlines())) <= 80
    assert json.loads(report.to_json())["metrics"]["roc_auc"]["value"] == report.value("roc_auc")
    arrow = report.to_arrow()
    assert arrow["metric"].to_pylist() == list(report.metrics)
    with pytest.raises(ParameterError, match="was not measured"):
        report.value("mae")


def test_segments_when_asked_for_are_evaluations_of_their_rows() -> None:
    report = ms.evaluate(TABLE, target="late", score="p", segment="carrier")
    assert [segment.value for segment in report.segments] == ["UA", "AA", "B6"]
    for segment in report.segments:
        rows = TABLE.filter(pa.compute.equal(TABLE["carrier"], segment.value))
        alone = ms.evaluate(rows, target="late", score="p")
        assert segment.metrics == alone.metrics
        assert segment.num_rows == rows.num_rows
    assert report.to_arrow().num_rows == 4 * len(report.metrics)
    many = TABLE.append_column("id", [np.arange(ROWS) % 97])
    by_id = ms.evaluate(many, target="late", score="p", segment="id").segments
    assert len(by_id) == 51
    assert by_id[-1].num_values == 47
    assert sum(segment.num_rows for segment in by_id) == ROWS


def test_intervals_when_asked_for_hold_the_truth_as_often_as_they_say() -> None:
    """The AUC of two normal laws two deviations apart is Phi(sqrt 2) = 0.9214."""
    inside = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        label = np.arange(200) % 2
        data = {"y": label, "s": rng.normal(size=200) + 2 * label}
        report = ms.evaluate(
            data, target="y", score="s", metrics=["roc_auc"], intervals=100, level=0.9
        )
        low, high = report.metrics["roc_auc"].interval or (0, 0)
        assert low <= report.value("roc_auc") <= high
        inside += low <= 0.9213503964748575 <= high
    assert 46 <= inside <= 60  # 54 expected; 0.1 % of the time fewer than 46


def test_intervals_when_made_again_are_the_same_and_with_another_seed_others() -> None:
    def interval(seed: int, data: Any = TABLE) -> Any:
        report = ms.evaluate(
            data, target="late", score="p", metrics=["f1", "brier"], intervals=20, seed=seed
        )
        return report.metrics["f1"].interval, report.metrics["brier"].interval

    assert interval(0) == interval(0) != interval(1)


def test_interval_when_of_a_mean_has_the_width_of_the_standard_error() -> None:
    error = np.random.default_rng(1).normal(0, 2, 4000)
    data = {"y": np.linspace(0, 9, 4000), "p": np.linspace(0, 9, 4000) + error}
    report = ms.evaluate(
        data, target="y", prediction="p", task="regression", metrics=["mean_error"], intervals=400
    )
    low, high = report.metrics["mean_error"].interval or (0, 0)
    assert high - low == pytest.approx(2 * 1.96 * error.std() / math.sqrt(4000), rel=0.1)


def test_rows_when_something_is_missing_are_left_out_and_counted() -> None:
    data = {"y": [1, None, 0, 1], "p": [0.9, 0.1, math.nan, 0.2]}
    report = ms.evaluate(data, target="y", score="p", positive=1)
    assert (report.num_rows, report.missing_labels, report.missing_predictions) == (2, 1, 1)
    assert report.value("accuracy") == 0.5
    assert "1 without a label and 1 without a prediction" in str(report)


@pytest.mark.parametrize(
    ("label", "score", "metric", "word"),
    [
        ([1, 1], [0.2, 0.3], "roc_auc", "All rows are of one class"),
        ([0, 1], [-1.0, 7.0], "log_loss", "not in [0, 1]"),
        ([0, 1], [-1.0, 7.0], "ece", "not in [0, 1]"),
        ([0, 1], [0.5, 0.5], "calibration_slope", "No line fits"),
        ([0, 0], [0.1, 0.1], "mcc", "All rows are of one class"),
        ([0, 0], [0.1, 0.1], "recall", "No positive row"),
        ([], [], "accuracy", "There are no rows"),
    ],
)
def test_value_when_it_is_not_defined_has_a_reason(
    label: list[int], score: list[float], metric: str, word: str
) -> None:
    table = pa.table({"y": pa.array(label, pa.int64()), "p": pa.array(score, pa.float64())})
    report = ms.evaluate(table, target="y", score="p", task="binary", positive=1)
    assert word in report.metrics[metric].reason
    assert word in str(report).replace("\n  ", " ")
    for value in report.metrics.values():
        assert value.reason or math.isfinite(value.value)
    json.loads(report.to_json())


def test_errors_when_infinite_or_labels_equal_have_a_reason() -> None:
    data = {"y": [1.5, math.inf, 2.0], "p": [1.0, 1.0, 2.0]}
    report = ms.evaluate(data, target="y", prediction="p", task="regression")
    assert "Of 1 rows" in report.metrics["mae"].reason
    same = ms.evaluate(
        {"y": [2.0, 2.0], "p": [2.0, 2.0]}, target="y", prediction="p", task="regression"
    )
    assert same.value("r2") == 1
    assert "Every label is the same" in same.metrics["r2"].reason


@pytest.mark.parametrize(
    ("label", "task"),
    [
        ([0, 1, 1], "binary"),
        ([True, False, None], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([1, 2, 3], "multiclass"),
        ([1.0, 2.0, 3.0], "multiclass"),
        ([1.5, 2.0, 3.0], "regression"),
    ],
)
def test_task_when_not_named_follows_the_label(label: list[Any], task: str) -> None:
    assert ms.evaluate({"y": label, "p": label}, target="y", prediction="p").task == task


def test_classes_when_booleans_or_texts_are_those_of_the_label() -> None:
    flags = ms.evaluate({"y": [True, False], "p": [0.9, 0.2]}, target="y", score="p")
    assert flags.classes == (False, True)
    assert flags.value("accuracy") == 1
    words = ms.evaluate({"y": ["no", "yes"], "p": [0.2, 0.9]}, target="y", score="p")
    assert words.classes == ("no", "yes")
    other = ms.evaluate({"y": ["no", "yes"], "p": [0.2, 0.9]}, target="y", score="p", positive="no")
    assert other.classes == ("yes", "no")
    assert other.value("accuracy") == 0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, ParameterError, "Neither prediction nor score"),
        ({"score": "q"}, SchemaError, "'q', which the table has not at all"),
        ({"score": "p", "metrics": ["roc_aux"]}, ParameterError, "Did you mean 'roc_auc'"),
        ({"score": "p", "metrics": ["mae"]}, ParameterError, "is of the task regression"),
        ({"prediction": "y", "metrics": ["roc_auc"]}, ParameterError, "with score="),
        ({"score": "p", "task": "ordinal"}, ParameterError, "task must be one of"),
        ({"score": "p", "average": "mean"}, ParameterError, "average must be one of"),
        ({"score": "p", "options": {"top": 1}}, ParameterError, "no option 'top'"),
        ({"score": "p", "options": {"top_share": 2}}, ParameterError, "from 1e-06 to 1"),
        ({"score": "p", "weight": "w"}, DataError, "row 1: a weight must be"),
        ({"score": "p", "intervals": -1}, ParameterError, "number of resamples"),
        ({"score": "p", "intervals": 2, "level": 1.0}, ParameterError, "between 0 and 1"),
        ({"score": "p", "positive": 7}, DataError, "neither of them"),
        ({"score": "text"}, SchemaError, "expected numbers"),
        ({"prediction": "text"}, SchemaError, "strings"),
        ({"score": {0: "p"}}, ParameterError, "mapping of each class"),
        ({"score": {0: "p", 2: "p"}}, DataError, "no score for a class"),
        ({"prediction": "p", "task": "ranking"}, ParameterError, "query"),
    ],
)
def test_arguments_when_wrong_say_what_is_right(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    data = {"y": [0, 1], "p": [0.2, 0.6], "w": [1.0, -1.0], "text": ["a", "b"]}
    with pytest.raises(error, match=words):
        ms.evaluate(data, target="y", **arguments)


def test_relevance_when_negative_is_refused() -> None:
    data = {"y": [1, -1], "s": [0.2, 0.6], "q": [0, 0]}
    with pytest.raises(DataError, match="Row 1: a relevance is below 0"):
        ms.evaluate(data, target="y", prediction="s", query="q")


def test_classes_when_too_many_are_refused() -> None:
    labels = [f"c{i}" for i in range(1100)]
    with pytest.raises(DataError, match="1100 classes, expected at most 1024"):
        ms.evaluate({"y": labels, "p": labels}, target="y", prediction="p")


def test_bytes_when_cut_or_changed_are_refused() -> None:
    state = Evaluation(target="late", score="p").update(TABLE).to_bytes()
    for data in (b"", state[:-1], state[:40], b"x" + state[1:], state[:-1] + b"\1"):
        with pytest.raises(BundleCorruptError):
            Evaluation.from_bytes(data)


def test_merge_when_made_otherwise_is_refused() -> None:
    first = Evaluation(target="late", score="p").update(TABLE)
    with pytest.raises(ParameterError, match="Make both alike"):
        first.merge(Evaluation(target="late", score="p", threshold=0.4).update(TABLE))
    with pytest.raises(DataError, match="task is not known"):
        Evaluation(target="late", score="p").report()


def test_classes_when_shards_meet_them_in_another_order_are_the_same() -> None:
    rows = {"y": ["b", "a", "c", "a"], "p": ["b", "c", "c", "a"]}
    whole = ms.evaluate(rows, target="y", prediction="p", task="multiclass")
    arguments: dict[str, Any] = {"target": "y", "prediction": "p", "task": "multiclass"}
    parts = [
        Evaluation(**arguments).update({name: [values[i]] for name, values in rows.items()})
        for i in (3, 1, 2, 0)
    ]
    merged = Evaluation(**arguments)
    for part in parts:
        merged.merge(part)
    assert merged.report() == whole
    assert whole.confusion == ((1, 0, 1), (0, 1, 0), (0, 0, 1))


def test_ece_excess_when_probabilities_are_right_is_about_nothing() -> None:
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p = rng.random(500)
        label = (rng.random(500) < p).astype(int)
        report = ms.evaluate(
            {"y": label, "p": p}, target="y", score="p", metrics=["ece", "ece_excess"]
        )
        assert report.value("ece") > 0.02  # chance alone
        found.append(report.value("ece_excess"))
    assert abs(np.mean(found)) < 0.004


def test_page_when_written_is_one_small_file_that_says_everything() -> None:
    report = ms.evaluate(TABLE, target="late", score="p", segment="carrier", intervals=20)
    page = report.to_html(title="flights <b>")
    assert page == report.to_html(title="flights <b>")
    assert len(page.encode()) < 300_000
    assert "://" not in page.replace("http://www.w3.org", "")
    assert "flights &lt;b&gt;" in page
    for word in ("roc_auc", "Reliability curve", "ROC curve", "predicted 1", "Segments", "UA"):
        assert word in page
    assert "roc_auc" in report._repr_html_()


def test_page_when_redacted_shows_no_value_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    named = TABLE.set_column(0, "late", [np.where(LABEL == 1, "tardy", "punctual")])
    report = ms.evaluate(named, target="late", score="p", segment="carrier")
    assert "tardy" in report.to_html()
    monkeypatch.setenv("MAINSPRING_REDACT", "1")
    page = report.to_html()
    assert not any(word in page for word in ("tardy", "punctual", ">UA<", ">AA<"))


def test_page_when_there_are_very_many_segments_and_classes_keeps_its_size() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 40, 4000)
    data = {"y": label, "p": label, "s": [f"{'long name ' * 30}{i % 60}" for i in range(4000)]}
    report = ms.evaluate(data, target="y", prediction="p", task="multiclass", segment="s")
    page = report.to_html()
    assert "40 classes are too many" in page
    assert len(page.encode()) < 300_000
