"""Models for tables: built from features, trained, exported with the numbers of torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import col, train  # noqa: E402

SMALL: dict[str, dict[str, Any]] = {
    "MLP": {"hidden": (24, 12), "width": 5},
    "ResNet": {"size": 20, "inner": 30, "width": 4, "dropout": 0.1},
    "WideAndDeep": {"hidden": (16,), "width": 4, "dropout": 0.2},
    "FM": {"width": 6},
    "FwFM": {"width": 6},
    "DeepFM": {"hidden": (16, 8), "width": 6},
    "DCNv2": {"hidden": (16,), "width": 4, "num_crosses": 3},
    "DLRM": {"bottom": (12,), "top": (16,), "width": 8},
}
MORE = [
    ("DCNv2", {"hidden": (), "width": 3, "rank": 5}),
    ("MLP", {"hidden": (), "width": 3}),
    ("DeepFM", {"hidden": (), "width": 3, "task": "regression"}),
    ("DLRM", {"bottom": (), "top": (), "width": 3}),
]
CASES = [*SMALL.items(), *MORE]


def table(rows: int, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    a, b = random.integers(0, 12, (2, rows))
    x = random.normal(size=rows)
    score = 0.7 * x + ((a * b) % 5 == 1) * 2.0 - 0.8
    return pa.table(
        {
            "a": [f"a{n}" for n in a],
            "x": pa.array(x, mask=random.random(rows) < 0.1),
            "b": b,
            "c": random.lognormal(size=rows),
            "y": (random.random(rows) < 1 / (1 + np.exp(-score))).astype(int),
        }
    )


def preprocessor(*columns: str) -> ms.Preprocessor:
    """Ids and numbers in turn: their order must not matter."""
    expressions = {
        "a": col("a").ordinal(),
        "x": col("x").impute("median").standardize(),
        "b": col("b").hash(buckets=32),
        "c": col("c").log1p().standardize(),
    }
    return ms.Preprocessor(*(expressions[name] for name in columns or "axbc"))


def outputs(model: Any, prep: ms.Preprocessor, rows: pa.Table) -> Any:
    tensors = prep.transform(rows, output="tensors")
    model.eval()
    with torch.no_grad():
        scores = model(torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids))
    assert scores.shape == (rows.num_rows,)
    return scores.double().numpy()


def shaken(model: Any) -> Any:
    """Give every weight and every running statistic another value than its first."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer += torch.rand_like(buffer)
            elif name.endswith("running_mean"):
                buffer += 0.2 * torch.randn_like(buffer)
    return model


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
@pytest.mark.parametrize("columns", ["axbc", "ab", "xcab"])
def test_bundle_gives_the_numbers_of_torch(
    name: str, options: dict[str, Any], columns: str
) -> None:
    rows = table(400)
    prep = preprocessor(*columns).fit(rows)
    model = shaken(getattr(train, name).from_features(prep, **options))
    scores = outputs(model, prep, rows)
    predictor = ms.Predictor(model, prep)
    found = predictor.predict_raw(rows)
    assert np.abs(found - scores).max() <= 1e-5 * max(np.abs(scores).max(), 1)
    assert scores.std() > 0.01
    if options.get("task") == "regression":
        assert (predictor.predict(rows) == found).all()
    else:
        chances = 1 / (1 + np.exp(-scores))
        np.testing.assert_allclose(predictor.predict(rows), chances, atol=1e-5)
        np.testing.assert_allclose(predictor.predict_proba(rows)[:, 1], chances, atol=1e-5)
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    assert again.predict_raw(rows.slice(7, 1))[0] == found[7]


@pytest.mark.parametrize("name", ["MLP", "ResNet", "WideAndDeep", "DCNv2"])
def test_model_of_numbers_alone_is_exported(name: str) -> None:
    rows = table(200)
    prep = preprocessor("x", "c").fit(rows)
    model = shaken(getattr(train, name).from_features(prep, **SMALL[name]))
    scores = outputs(model, prep, rows)
    found = ms.Predictor(model, prep).predict_raw(rows)
    assert np.abs(found - scores).max() <= 1e-5 * max(np.abs(scores).max(), 1)


@pytest.mark.parametrize("name", list(SMALL))
def test_every_weight_of_a_model_learns(name: str) -> None:
    rows = table(600)
    prep = preprocessor().fit(rows)
    torch.manual_seed(0)
    model = getattr(train, name).from_features(prep, **SMALL[name])
    tensors = prep.transform(rows, output="tensors")
    dense, ids = torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids)
    label = torch.tensor(rows["y"].to_pylist()).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(dense, ids), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert losses[-1] < 0.9 * losses[0]


def test_model_of_other_features_is_refused_by_name() -> None:
    rows = table(100)
    prep, other = preprocessor().fit(rows), preprocessor("a", "x", "b").fit(rows)
    model = train.MLP.from_features(prep)
    with pytest.raises(ms.SchemaError, match="'c'"):
        ms.Predictor(model, other)
    wider = ms.Preprocessor(
        col("a").ordinal(), col("x").impute().standardize(), col("b").hash(buckets=64),
        col("c").log1p().standardize(),
    ).fit(rows)  # fmt: skip
    with pytest.raises(ms.SchemaError, match="'b' has ids up to 63, expected ids below 32"):
        ms.Predictor(model, wider)


@pytest.mark.parametrize("bad", [-1, 32])
def test_id_without_a_row_is_named_before_anything_is_read(bad: int) -> None:
    rows = table(10)
    prep = preprocessor().fit(rows)
    model = train.FM.from_features(prep)
    tensors = prep.transform(rows, output="tensors")
    tensors.ids[3, 1] = bad
    with pytest.raises(ms.DataError, match=f"{bad}"):
        model(torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids))


def test_features_that_a_model_has_no_place_for_are_refused() -> None:
    rows = table(10)
    with pytest.raises(ms.NotFittedError):
        train.MLP.from_features(preprocessor())
    lists = pa.table({"l": [[1, 2], [3]]})
    with pytest.raises(ms.ParameterError, match="features l are lists of ids"):
        train.MLP.from_features(ms.Preprocessor(col("l").hash(buckets=8)).fit(lists))
    with pytest.raises(ms.ParameterError, match="at least two vectors: two columns of ids"):
        train.FM.from_features(preprocessor("x").fit(rows))
    with pytest.raises(ms.ParameterError, match="DLRM needs at least two columns of ids"):
        train.DLRM.from_features(preprocessor("a").fit(rows))
    with pytest.raises(ms.ParameterError, match="task must be 'binary', 'multiclass' or"):
        train.MLP(1, [], task="ranking")
    with pytest.raises(ms.ParameterError, match="at least one feature"):
        train.MLP(0, [])


@pytest.mark.parametrize("name", ["MLP", "WideAndDeep", "DeepFM", "DLRM"])
def test_rows_are_updated_in_the_backward_pass_where_that_is_asked(name: str) -> None:
    rows = table(600)
    prep = preprocessor().fit(rows)
    optimizer = train.RowOptimizer("rowwise_adagrad", learning_rate=0.05)
    torch.manual_seed(0)
    model = getattr(train, name).from_features(prep, row_optimizer=optimizer, **SMALL[name])
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    tables = [module for module in model.modules() if isinstance(module, train.EmbeddingTables)]
    before = [module.weight.clone() for module in tables]
    training = train.fit(
        model, rows, preprocessor=prep, label="y", validation=rows, epochs=3, rate=0.01,
        batch_size=64, patience=None,
    )  # fmt: skip
    assert training.epochs[-1].train_loss < training.epochs[0].train_loss
    assert all((module.weight != old).any() for module, old in zip(tables, before, strict=True))
    assert len(learnt) == sum(1 for _ in model.parameters()) - len(tables)
    scores = outputs(model, prep, rows)
    found = ms.Predictor(model, prep).predict_raw(rows)
    assert np.abs(found - scores).max() <= 1e-5 * max(np.abs(scores).max(), 1)
