"""The training loop: it learns, stops, goes on, and says how it went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train import ArrowBatches, Training  # noqa: E402
from mainspring.train.verdict import verdict_of  # noqa: E402
from tests.train.test_models import outputs, preprocessor, table  # noqa: E402

ROWS, OTHERS = table(4000), table(1500, seed=9)


def built(seed: int = 0, **options: Any) -> tuple[Any, ms.Preprocessor]:
    prep = preprocessor().fit(ROWS)
    torch.manual_seed(seed)
    return train.DeepFM.from_features(prep, hidden=(32,), width=8, **options), prep


def fitted(model: Any, prep: ms.Preprocessor, data: Any = ROWS, **options: Any) -> Training:
    settings = {
        "preprocessor": prep, "label": "y", "batch_size": 256, "rate": 0.01, "epochs": 4,
        "validation": OTHERS, **options,
    }  # fmt: skip
    return train.fit(model, data, **settings)


def test_model_learns_and_its_metrics_are_those_of_evaluate() -> None:
    model, prep = built()
    training = fitted(model, prep)
    assert not model.training
    scores = 1 / (1 + np.exp(-outputs(model, prep, OTHERS)))
    report = ms.evaluate({"y": OTHERS["y"], "p": scores}, target="y", score="p")
    assert training.metrics["roc_auc"] == pytest.approx(report.value("roc_auc"), abs=1e-6)
    assert training.metrics["roc_auc"] > 0.66
    assert training.epochs[-1].train_loss < training.epochs[0].train_loss
    predictor = ms.Predictor(model, prep)
    np.testing.assert_allclose(predictor.predict(OTHERS), scores, atol=1e-5)


def test_same_seed_gives_the_same_weights() -> None:
    found = []
    for seed in (1, 1, 2):
        model, prep = built()
        fitted(model, prep, seed=seed, epochs=2)
        found.append(outputs(model, prep, OTHERS))
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


def test_training_stops_and_keeps_the_best_epoch() -> None:
    model, prep = built()
    training = fitted(model, prep, epochs=60, patience=2, rate=0.05)
    best = training.best_epoch
    assert best is not None
    assert len(training.epochs) == best + 3 < 60
    aucs = [epoch.metrics["roc_auc"] for epoch in training.epochs]
    assert aucs[best] == max(aucs)
    scores = outputs(model, prep, OTHERS)
    report = ms.evaluate({"y": OTHERS["y"], "p": 1 / (1 + np.exp(-scores))}, target="y", score="p")
    assert report.value("roc_auc") == pytest.approx(aucs[best], abs=1e-6)


def test_metric_where_less_is_better_decides() -> None:
    model, prep = built()
    training = fitted(model, prep, metrics=["log_loss"], epochs=12, patience=None, rate=0.05)
    losses = [epoch.metrics["log_loss"] for epoch in training.epochs]
    assert training.best_epoch == int(np.argmin(losses)) < 11


def test_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole, prep = built(dropout=0.2)
    straight = fitted(whole, prep, epochs=4)
    path = tmp_path / "deepfm.pt"
    first, _ = built(dropout=0.2)
    fitted(first, prep, epochs=2, checkpoint=path)
    second, _ = built(seed=5, dropout=0.2)
    rest = fitted(second, prep, epochs=4, checkpoint=path)
    assert [epoch.metrics for epoch in rest.epochs] == [e.metrics for e in straight.epochs]
    assert (outputs(second, prep, OTHERS) == outputs(whole, prep, OTHERS)).all()
    other = train.FM.from_features(prep)
    with pytest.raises(ms.FileError, match="is no checkpoint of this model"):
        fitted(other, prep, checkpoint=path)
    path.write_bytes(b"nothing")
    with pytest.raises(ms.FileError, match="is no checkpoint of this model"):
        fitted(second, prep, checkpoint=path)
    with pytest.raises(ms.FileError, match="cannot be written"):
        fitted(second, prep, epochs=1, checkpoint=tmp_path / "nowhere" / "deepfm.pt")


class Known(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Looks at the first number alone."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(4.0))

    def forward(self, dense: Any, ids: Any) -> Any:
        return self.factor * dense[:, 0]


def test_verdict_knows_overfitting_from_underfitting() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=2000)
    sign = (x > 0).astype(int)

    def severities(train_labels: Any, test_labels: Any) -> dict[str, str]:
        sides = [
            ArrowBatches({"x": x, "y": labels}, None, label="y")
            for labels in (train_labels, test_labels)
        ]
        found = verdict_of(Known(), *sides, "binary")
        return {finding.check: finding.severity for finding in found}

    guessed = random.integers(0, 2, 2000)
    assert severities(sign, guessed)["overfit"] == "warn"
    assert severities(sign, sign)["overfit"] == "pass"
    assert severities(guessed, guessed)["underfit"] == "fail"  # sure of itself, and wrong


def test_verdict_is_that_of_the_trained_model() -> None:
    prep = preprocessor().fit(ROWS)
    torch.manual_seed(0)
    slow = train.MLP.from_features(prep, hidden=(4,))
    training = train.fit(
        slow, ROWS, preprocessor=prep, label="y", validation=OTHERS, epochs=1, rate=1e-6
    )
    found = {finding.check: finding.severity for finding in training.verdict}
    assert found["overfit"] == "pass"
    assert found["underfit"] in ("warn", "fail")


def test_data_may_be_batches_or_larger_than_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(ROWS, path, row_group_size=500)
    model, prep = built()
    training = fitted(model, prep, path, epochs=2)
    assert training.metrics["roc_auc"] > 0.6
    batches = ArrowBatches(ROWS, prep, 256, "full", label="y", weight=np.ones(len(ROWS)))
    weighted, _ = built()
    training = train.fit(weighted, batches, validation=ArrowBatches(OTHERS, prep, label="y"))
    assert training.metrics["roc_auc"] > 0.6


def test_regression_has_its_own_loss_and_metrics() -> None:
    rows = ROWS.append_column("z", np.log1p(ROWS["c"].to_numpy())[None].tolist())
    prep = preprocessor("c", "a").fit(rows)
    torch.manual_seed(0)
    model = train.MLP.from_features(prep, hidden=(32,), task="regression")
    training = train.fit(
        model, rows, preprocessor=prep, label="z", validation=rows, rate=0.01, batch_size=128
    )
    assert set(training.metrics) == {"r2", "rmse"}
    assert training.metrics["r2"] > 0.95


def test_callback_sees_every_epoch_and_may_end_it() -> None:
    model, prep = built()
    seen = []

    def look(epoch: Any) -> bool:
        seen.append(epoch)
        return len(seen) == 2

    training = fitted(model, prep, epochs=5, on_epoch=look)
    assert seen == training.epochs
    assert len(seen) == 2


def test_own_optimizer_and_loss_are_taken() -> None:
    model, prep = built()
    training = fitted(
        model, prep, optimizer=lambda parameters: torch.optim.Adam(parameters, lr=0.02),
        loss=lambda scores, labels: train.focal_loss(scores, labels), max_norm=1.0,
    )  # fmt: skip
    assert training.metrics["roc_auc"] > 0.62


def test_page_and_words_show_every_epoch(tmp_path: Path) -> None:
    model, prep = built()
    training = fitted(model, prep, epochs=3)
    path = tmp_path / "training.html"
    training.to_html(path)
    page = path.read_text()
    assert page.count("<svg") >= 3
    assert "roc_auc by epoch" in page
    assert "overfit (" in page
    assert "underfit (" in page
    assert str(training).count("epoch ") == 3
    assert json.loads(json.dumps(training.to_dict()))["best_epoch"] == training.best_epoch


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs must be an integer from 1"),
        ({"patience": 0}, "patience must be an integer from 1"),
        ({"optimizer": "lion2"}, "optimizer must be 'adamw', 'adagrad', 'sgd' or a function"),
        ({"loss": "hinge"}, "loss must be 'log_loss', 'squared' or a function"),
        ({"rate": -1}, "rate must be"),
        ({"max_norm": 0}, "max_norm must be"),
        ({"label": None}, "The data has no label. Pass label="),
        ({"metrics": ["auc"]}, "auc"),
    ],
    ids=str,
)
def test_option_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    model, prep = built()
    with pytest.raises(ms.ParameterError, match=message):
        fitted(model, prep, **options)


def test_loss_that_is_not_finite_is_named() -> None:
    model, prep = built()
    with pytest.raises(ms.DataError, match=r"The loss is nan at step .* of epoch 0"):
        fitted(model, prep, loss=lambda scores, labels: scores.mean() * float("nan"))
