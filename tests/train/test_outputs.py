"""Models of many classes and of several targets: trained, measured, exported as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import col, train  # noqa: E402
from mainspring.train import ArrowBatches  # noqa: E402
from tests.train.test_models import CASES, preprocessor, shaken, table  # noqa: E402

KINDS = [("multiclass", 5), ("regression", 3), ("binary", 2)]


def rows_of(count: int, seed: int = 0) -> pa.Table:
    """Return the table of the models' tests with a class of four, two numbers and two labels."""
    rows = table(count, seed)
    a, b, c = (np.asarray(rows[name].to_pylist()) for name in ("a", "b", "c"))
    numbers = np.char.lstrip(a, "a").astype(int)
    rows = rows.append_column("class", pa.array((numbers + b) % 4))
    rows = rows.append_column("sum", pa.array(np.log1p(c) + 0.1 * numbers))
    rows = rows.append_column("difference", pa.array(np.log1p(c) - 0.1 * b))
    return rows.append_column("even", pa.array((numbers + b) % 2))


def scores_of(model: Any, prep: ms.Preprocessor, rows: pa.Table) -> Any:
    tensors = prep.transform(rows, output="tensors")
    model.eval()
    with torch.no_grad():
        return model(torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids)).double()


def predictions_of(model: Any, prep: ms.Preprocessor, rows: pa.Table) -> Any:
    """Return torch's own predictions."""
    scores = scores_of(model, prep, rows)
    if model.task == "multiclass":
        return torch.softmax(scores, 1).numpy()
    return (torch.sigmoid(scores) if model.task == "binary" else scores).numpy()


@pytest.mark.parametrize(("task", "outputs"), KINDS)
@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_bundle_gives_the_numbers_of_torch(
    name: str, options: dict[str, Any], task: str, outputs: int
) -> None:
    rows = table(300)
    prep = preprocessor().fit(rows)
    options = {**options, "task": task, "outputs": outputs}
    model = shaken(getattr(train, name).from_features(prep, **options))
    scores = scores_of(model, prep, rows).numpy()
    assert scores.shape == (300, outputs)
    assert (scores.std(0) > 0.01).all()
    assert (np.abs(np.diff(scores, axis=1)).max(0) > 0.01).all()  # no output is another's copy
    predictor = ms.Predictor(model, prep)
    found = predictor.predict_raw(rows)
    assert np.abs(found - scores).max() <= 1e-5 * max(np.abs(scores).max(), 1)
    expected = predictions_of(model, prep, rows)
    scale = max(np.abs(expected).max(), 1)
    np.testing.assert_allclose(predictor.predict(rows), expected, atol=1e-5 * scale)
    assert predictor.num_classes == (outputs if task == "multiclass" else 0)
    if task == "multiclass":
        np.testing.assert_allclose(predictor.predict_proba(rows), expected, atol=1e-5)
        np.testing.assert_allclose(predictor.predict_proba(rows).sum(1), 1, atol=1e-12)
        assert predictor.classes_.tolist() == list(range(outputs))
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    assert (again.predict_raw(rows.slice(7, 1))[0] == found[7]).all()


@pytest.mark.parametrize("name", ["MLP", "WideAndDeep", "ResNet", "DCNv2"])
def test_model_of_numbers_alone_is_exported(name: str) -> None:
    rows = table(200)
    prep = preprocessor("x", "c").fit(rows)
    model = shaken(getattr(train, name).from_features(prep, task="multiclass", outputs=3))
    expected = predictions_of(model, prep, rows)
    np.testing.assert_allclose(ms.Predictor(model, prep).predict(rows), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "options"), CASES[:8], ids=str)
def test_every_weight_learns_and_outputs_come_apart(name: str, options: dict[str, Any]) -> None:
    rows = rows_of(600)
    prep = preprocessor().fit(rows)
    torch.manual_seed(0)
    model = getattr(train, name).from_features(prep, task="multiclass", outputs=4, **options)
    training = train.fit(
        model, rows, preprocessor=prep, label="class", epochs=12, rate=0.03, batch_size=64,
        progress=False,
    )  # fmt: skip
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert training.epochs[-1].train_loss < 0.9 * training.epochs[0].train_loss
    assert scores_of(model, prep, rows).std(1).mean() > 0.1


def test_digits_are_told_apart_as_by_a_linear_model() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_digits(return_X_y=True)
    names = [f"pixel{number}" for number in range(X.shape[1])]
    rows = pa.table({name: X[:, number] for number, name in enumerate(names)})
    rows = rows.append_column("digit", pa.array(y))
    order = np.random.default_rng(0).permutation(len(y))
    seen, held_out = rows.take(order[:1300]), rows.take(order[1300:])
    prep = ms.Preprocessor(col(*names).clip(0, 16).standardize()).fit(seen)
    peer = linear.LogisticRegression(max_iter=300).fit(prep.transform(seen), seen["digit"])
    theirs = peer.score(prep.transform(held_out), held_out["digit"])
    torch.manual_seed(0)
    model = train.MLP.from_features(prep, hidden=(64,), task="multiclass", outputs=10)
    training = train.fit(
        model, seen, preprocessor=prep, label="digit", validation=held_out, epochs=40,
        batch_size=64, rate=0.01, progress=False,
    )  # fmt: skip
    assert set(training.metrics) == {"log_loss", "accuracy"}
    assert training.metrics["accuracy"] > theirs - 0.01 > 0.9
    losses = [epoch.metrics["log_loss"] for epoch in training.epochs]
    assert training.best_epoch == int(np.argmin(losses)) == len(losses) - 4  # it stopped early
    assert {finding.check for finding in training.verdict} == {"overfit", "underfit"}
    predictor = ms.Predictor(model, prep, name="digits")
    expected = predictions_of(model, prep, held_out)
    found = predictor.predict_proba(held_out)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    scores = {digit: f"p{digit}" for digit in range(10)}
    data = {"digit": held_out["digit"], **{f"p{digit}": found[:, digit] for digit in range(10)}}
    report = ms.evaluate(data, target="digit", score=scores, task="multiclass")
    assert report.value("accuracy") == training.metrics["accuracy"]
    assert report.value("log_loss") == pytest.approx(training.metrics["log_loss"], abs=1e-4)


def test_several_numbers_are_learnt_at_once(tmp_path: Path) -> None:
    rows, others = rows_of(3000), rows_of(900, seed=3)
    prep = preprocessor("a", "b", "c").fit(rows)
    torch.manual_seed(0)
    model = train.MLP.from_features(prep, hidden=(32,), width=4, task="regression", outputs=2)
    names = ["sum", "difference"]
    training = train.fit(
        model, rows, preprocessor=prep, label=names, validation=others, epochs=12, rate=0.01,
        batch_size=128, checkpoint=tmp_path / "two.pt", progress=False,
    )  # fmt: skip
    best = training.epochs[training.best_epoch or 0]
    predicted = ms.Predictor(model, prep).predict(others)
    for place, name in enumerate(names):
        data = {"y": others[name], "p": predicted[:, place]}
        report = ms.evaluate(data, target="y", prediction="p", task="regression")
        assert best.targets[name]["r2"] == pytest.approx(report.value("r2"), abs=1e-5)
        assert best.targets[name]["r2"] > 0.9
    mean = sum(best.targets[name]["r2"] for name in names) / 2
    assert training.metrics["r2"] == pytest.approx(mean)
    found = [(finding.check, finding.column) for finding in training.verdict]
    assert sorted(found) == sorted(
        (check, name) for check in ("overfit", "underfit") for name in names
    )
    assert "underfit of sum (" in str(training)
    assert training.to_dict()["verdict"][0]["column"] in names
    page = training.to_html() or ""
    assert "Targets" in page
    assert "difference" in page
    again = train.fit(  # every epoch is there already
        model, rows, preprocessor=prep, label=names, validation=others,
        epochs=len(training.epochs), checkpoint=tmp_path / "two.pt", progress=False,
    )  # fmt: skip
    assert again.epochs == training.epochs


def test_several_labels_of_two_classes_have_probabilities_of_their_own() -> None:
    rows, others = rows_of(3000), rows_of(900, seed=3)
    prep = preprocessor("a", "b", "c", "x").fit(rows)
    torch.manual_seed(0)
    model = train.DeepFM.from_features(prep, hidden=(32,), width=8, outputs=2)
    labels = np.column_stack([rows["y"], rows["even"]])
    beside = np.column_stack([others["y"], others["even"]])
    batches = ArrowBatches(rows, prep, 128, "full", label=labels)
    assert batches.label_names == ["0", "1"]
    training = train.fit(
        model, batches, validation=ArrowBatches(others, prep, label=beside), epochs=8, rate=0.01,
        metrics=["roc_auc"], progress=False,
    )  # fmt: skip
    best = training.epochs[training.best_epoch or 0].targets
    assert best["1"]["roc_auc"] > 0.95 > best["0"]["roc_auc"] > 0.6
    expected = predictions_of(model, prep, others)
    np.testing.assert_allclose(ms.Predictor(model, prep).predict(others), expected, atol=1e-5)


def test_metric_of_a_target_that_is_not_defined_is_left_out_of_the_mean() -> None:
    rows = rows_of(200)
    prep = preprocessor("a", "c").fit(rows)
    model = train.MLP.from_features(prep, hidden=(4,), outputs=2)
    labels = np.column_stack([rows["even"], np.zeros(200)])
    batches = ArrowBatches(rows, prep, 64, label=labels)
    training = train.fit(
        model, batches, validation=batches, epochs=1, metrics=["roc_auc"], progress=False
    )
    targets = training.epochs[0].targets
    assert np.isnan(targets["1"]["roc_auc"])
    assert training.metrics["roc_auc"] == targets["0"]["roc_auc"]


@pytest.mark.parametrize("shuffle", [None, "block", "full"])
def test_labels_stay_with_their_rows(shuffle: Any, tmp_path: Path) -> None:
    count = 1000
    numbers = np.arange(count, dtype=np.float32)
    rows = pa.table({"x": numbers, "double": 2 * numbers, "square": numbers**2})
    path = tmp_path / "rows.parquet"
    pq.write_table(rows, path, row_group_size=300)
    for data in (rows, path, (part for part in [rows.slice(0, 400), rows.slice(400)])):
        batches = ArrowBatches(data, None, 64, shuffle, label=["double", "square"])
        assert batches.label_names == ["double", "square"]
        assert batches.dense_names == ["x"]
        seen = []
        for batch in batches:
            assert batch.label.shape == (len(batch.dense), 2)
            assert (batch.label[:, 0] == 2 * batch.dense[:, 0]).all()
            assert (batch.label[:, 1] == batch.dense[:, 0] ** 2).all()
            seen += batch.dense[:, 0].tolist()
        assert sorted(seen) == numbers.tolist()


def test_one_name_in_a_list_is_one_label() -> None:
    batch = next(iter(ArrowBatches({"x": [1.0], "y": [1]}, None, label=["y"])))
    assert batch.label.shape == (1,)


def test_label_that_is_missing_is_named() -> None:
    rows = {"x": [1.0, 2.0], "one": [0.0, 1.0], "two": [0.5, None]}
    with pytest.raises(ms.DataError, match="The label 'two' at row 1 is missing") as caught:
        list(ArrowBatches(rows, None, label=["one", "two"]))
    assert (caught.value.column, caught.value.row) == ("two", 1)
    with pytest.raises(ms.ParameterError, match="names the column 'one' twice"):
        ArrowBatches(rows, None, label=["one", "two", "one"])
    with pytest.raises(ms.DataError, match="The label '1' at row 0 is missing"):
        list(ArrowBatches({"x": [1.0]}, None, label=[[1.0, None]]))
    with pytest.raises(ms.ParameterError, match="label has 1 values"):
        list(ArrowBatches(rows, None, label=[[1.0, 2.0]]))


@pytest.mark.parametrize(
    ("label", "options", "error", "message"),
    [
        ("class", {"outputs": 3}, ms.DataError, "A label is 3 at step .* of epoch 0, expected a "
         "class, a whole number from 0 to 2"),
        ("sum", {"outputs": 4}, ms.DataError, "A label is .* expected a class"),
        (["y", "even"], {"outputs": 4}, ms.ParameterError, r"The model has 1 target\(s\), .* got "
         "2: y, even"),
        ("even", {"task": "binary", "outputs": 2}, ms.ParameterError,
         r"has 2 target\(s\), .* got 1: even"),
        ("class", {"task": "binary"}, ms.DataError, "expected a number from 0 to 1"),
        ("class", {"outputs": 4, "loss": "squared"}, ms.ParameterError,
         "loss must be 'log_loss' or a function, got 'squared'"),
    ],
    ids=str,
)  # fmt: skip
def test_labels_that_do_not_fit_the_model_are_refused(
    label: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    rows = rows_of(300)
    prep = preprocessor("a", "c").fit(rows)
    loss = options.pop("loss", None)
    model = train.MLP.from_features(prep, **{"task": "multiclass", **options})
    with pytest.raises(error, match=message):
        train.fit(model, rows, preprocessor=prep, label=label, loss=loss, progress=False)


def test_outputs_that_cannot_be_are_refused() -> None:
    with pytest.raises(ms.ParameterError, match="outputs must be an integer from 1"):
        train.MLP(1, [], outputs=0)
    with pytest.raises(ms.ParameterError, match="outputs is 1, expected the number of classes"):
        train.MLP(1, [], task="multiclass")


class Own(torch.nn.Module):  # type: ignore[misc, name-defined]
    """A module of three classes that says so, or not."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 3)

    def forward(self, dense: Any, ids: Any) -> Any:
        return self.layer(dense)


def test_own_module_says_its_task_and_outputs() -> None:
    x = np.linspace(-1, 1, 300)
    rows = {"x": x, "y": np.digitize(x, [-0.3, 0.3])}
    batches = ArrowBatches(rows, None, 32, "full", label="y")
    model = Own()
    with pytest.raises(ms.ParameterError, match=r"shape \(32, 3\) for 32 rows, expected \(32,\)"):
        train.fit(model, ArrowBatches({**rows, "y": rows["y"] > 1}, None, 32, label="y"))
    model.task, model.outputs = "multiclass", 3
    own = lambda scores, labels: torch.nn.functional.cross_entropy(scores, labels)  # noqa: E731
    for loss in (None, own):
        training = train.fit(
            model, batches, validation=batches, loss=loss, rate=0.1, epochs=15, progress=False
        )
        assert training.metrics["accuracy"] > 0.9
