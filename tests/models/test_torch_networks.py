"""torch modules with embeddings, interactions and branches against torch itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import col

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional
# mypy knows nothing of a package that may be missing.
Module: Any = nn.Module
TOLERANCE = 1e-5


class Dot(Module):  # type: ignore[misc]
    """Products of vectors, as DLRM has them."""

    mainspring_layer = "dot"

    def forward(self, vectors: Any) -> Any:
        products = vectors @ vectors.transpose(1, 2)
        count = vectors.shape[1]
        rows, columns = torch.tril_indices(count, count, -1)
        return products[:, rows, columns]


class Factorization(Module):  # type: ignore[misc]
    """The second order of a factorization machine."""

    mainspring_layer = "factorization"

    def forward(self, vectors: Any) -> Any:
        return 0.5 * (vectors.sum(1) ** 2 - (vectors**2).sum(1)).sum(1, keepdim=True)


class Embeddings(Module):  # type: ignore[misc]
    def __init__(self, tables: list[int], width: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(rows, width) for rows in tables)

    def forward(self, ids: Any) -> Any:
        return [table(ids[:, i]) for i, table in enumerate(self.tables)]


class Dlrm(Module):  # type: ignore[misc]
    def __init__(self, numbers: int, tables: list[int], width: int) -> None:
        super().__init__()
        self.embeddings = Embeddings(tables, width)
        self.bottom = nn.Sequential(nn.Linear(numbers, 24), nn.ReLU(), nn.Linear(24, width))
        self.dot = Dot()
        count = len(tables) + 1
        self.top = nn.Sequential(nn.Linear(width + count * (count - 1) // 2, 9), nn.SiLU())
        self.out = nn.Linear(9, 1)

    def forward(self, numbers: Any, ids: Any) -> Any:
        bottom = F.relu(self.bottom(numbers))
        vectors = torch.stack([bottom, *self.embeddings(ids)], dim=1)
        joined = torch.cat([bottom, self.dot(vectors)], dim=1)
        return torch.sigmoid(self.out(self.top(joined)).squeeze(1))


class CrossNetwork(Module):  # type: ignore[misc]
    """DCNv2, a residual block and layer norms; three classes."""

    def __init__(self, numbers: int, tables: list[int], width: int) -> None:
        super().__init__()
        self.embeddings = Embeddings(tables, width)
        size = numbers + len(tables) * width
        self.crosses = nn.ModuleList(nn.Linear(size, size) for _ in range(3))
        self.norm, self.inner = nn.LayerNorm(size), nn.Linear(size, size)
        self.batch, self.out = nn.BatchNorm1d(size), nn.Linear(size, 3)
        self.dropout, self.softmax = nn.Dropout(0.4), nn.Softmax(-1)
        self.bias = nn.Parameter(torch.randn(size))

    def forward(self, numbers: Any, ids: Any) -> Any:
        first = torch.cat([numbers.float(), *self.embeddings(ids.long())], dim=-1)
        x = first
        for cross in self.crosses:
            x = first * cross(x) + x
        x = x + self.dropout(F.gelu(self.inner(self.norm(x))))
        return self.softmax(self.out(self.batch(0.5 * x + self.bias)))


class DeepFm(Module):  # type: ignore[misc]
    """Wide weights, factorization machine and a deep part over one matrix."""

    def __init__(self, numbers: int, tables: list[int], width: int) -> None:
        super().__init__()
        self.numbers, self.count = numbers, len(tables)
        self.embeddings, self.weights = Embeddings(tables, width), Embeddings(tables, 1)
        self.machine = Factorization()
        self.linear = nn.Linear(numbers, 1, bias=False)
        self.deep = nn.Sequential(nn.Flatten(), nn.Linear(len(tables) * width, 7), nn.ELU(0.7))
        self.end = nn.Linear(7, 1)

    def forward(self, x: Any) -> Any:
        numbers, ids = x[:, : self.numbers], x[:, self.numbers : self.numbers + self.count].long()
        vectors = torch.cat([v.unsqueeze(1) for v in self.embeddings(ids)], dim=1)
        wide = torch.stack(self.weights(ids), 1).sum(dim=1)
        return self.linear(numbers) + wide + self.machine(vectors) + self.end(self.deep(vectors))


def randomized(model: Any) -> Any:
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean = torch.randn(module.num_features)
            module.running_var = torch.rand(module.num_features) + 0.1
    return model


@pytest.mark.shows(
    "torch",
    "networks of ids and numbers",
    "DLRM, DCNv2 with a residual block, DeepFM, of drawn sizes",
    "float32",
)
@pytest.mark.parametrize("kind", [Dlrm, CrossNetwork, DeepFm])
@settings(max_examples=15)
@given(
    numbers=st.integers(1, 20),
    tables=st.lists(st.integers(1, 50), min_size=2, max_size=40),
    width=st.integers(1, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_networks_of_ids_and_numbers_are_torchs(
    kind: Any, numbers: int, tables: list[int], width: int, seed: int
) -> None:
    torch.manual_seed(seed)
    model = randomized(kind(numbers, tables, width))
    x = torch.randn(70, numbers)
    ids = torch.stack([torch.randint(0, rows, (70,)) for rows in tables], dim=1)
    matrix = torch.cat([x, ids.float()], dim=1)
    predictor = ms.Predictor(model)
    assert len(predictor.feature_names) == numbers + len(tables)
    with torch.no_grad():
        whole = model.eval()
        expected = (whole(matrix) if kind is DeepFm else whole(x, ids)).numpy()
    got = predictor.predict(matrix.numpy()).reshape(expected.shape)
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE * scale)
    assert predictor.num_classes == {Dlrm: 2, CrossNetwork: 3, DeepFm: 0}[kind]
    one = predictor.predict(matrix[3:4].numpy())
    assert np.array_equal(one.ravel(), got[3].ravel())


def test_blocks_of_ones_own_in_a_sequential_are_read() -> None:
    class Block(Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(5, 5), nn.Tanh())

        def forward(self, x: Any) -> Any:
            h = self.inner(x)
            return F.leaky_relu(h, 0.2) * h + x + torch.relu(x)

    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(4, 5), Block(), Block(), nn.Linear(5, 2), nn.Softmax(1))
    rows = torch.randn(60, 4)
    with torch.no_grad():
        expected = model(rows).numpy()
    predictor = ms.Predictor(model)
    np.testing.assert_allclose(predictor.predict_proba(rows.numpy()), expected, atol=1e-6)


def flights() -> Any:
    draw = np.random.default_rng(4)
    return pa.table(
        {
            "distance": draw.normal(size=300),
            "carrier": np.array(["UA", "AA", "B6"])[draw.integers(0, 3, 300)],
            "dest": np.array(["BOS", "ORD", "LAX", "SEA"])[draw.integers(0, 4, 300)],
        }
    )


def test_ids_of_a_preprocessor_are_looked_up() -> None:
    prep = ms.Preprocessor(col("distance").standardize(), col("carrier", "dest").ordinal())
    tensors = prep.fit_transform(flights(), output="tensors")
    torch.manual_seed(3)
    model = Dlrm(1, tensors.cardinalities, 8).eval()
    with torch.no_grad():
        expected = model(torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids)).numpy()
    predictor = ms.Predictor(model, prep)
    np.testing.assert_allclose(predictor.predict(flights()), expected, atol=1e-6)
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    unseen = {"distance": 0.5, "carrier": "??", "dest": None}
    assert again.predict_row(unseen) == predictor.predict_row(unseen)
    assert 0 < again.predict_row(unseen) < 1


def test_tables_that_do_not_fit_the_ids_are_refused() -> None:
    prep = ms.Preprocessor(col("distance").standardize(), col("carrier", "dest").ordinal())
    prep.fit(flights())
    with pytest.raises(ms.SchemaError, match=r"'dest' has ids up to 5.*below 5") as caught:
        ms.Predictor(Dlrm(1, [5, 5], 4), prep)
    assert caught.value.column == "dest"
    mixed = ms.Preprocessor(
        col("carrier").ordinal(), col("distance").standardize(), col("dest").ordinal()
    ).fit(flights())
    with pytest.raises(ms.SchemaError, match=r"'distance', number 1, is a number, expected an id"):
        ms.Predictor(Dlrm(1, [5, 6], 4), mixed)
    with pytest.raises(ms.SchemaError, match="number of features"):
        ms.Predictor(Dlrm(2, [5, 6], 4), prep)


def test_ids_that_no_table_has_make_the_score_missing() -> None:
    predictor = ms.Predictor(Dlrm(1, [5, 5], 4))
    rows = np.array([[0.1, 2, 3], [0.1, 5, 3], [0.1, -1, 3], [0.1, 2, 0.5], [0.1, np.nan, 3]])
    assert np.isnan(predictor.predict(rows)).tolist() == [False, True, True, True, True]


def test_networks_are_not_explained() -> None:
    predictor = ms.Predictor(Dlrm(1, [5, 5], 4))
    with pytest.raises(ms.UnsupportedError, match="kind 'network' cannot be explained"):
        predictor.explain(np.zeros((2, 3)))
    with pytest.raises(ms.UnsupportedError, match="kind 'network' cannot be explained"):
        predictor.explain(np.zeros((2, 3)), background=np.zeros((2, 3)))


class Calls(Module):  # type: ignore[misc]
    """A Linear behind a function of three columns and two ids."""

    def __init__(self, function: Any, width: int = 3, **modules: Any) -> None:
        super().__init__()
        self.function, self.linear = function, nn.Linear(width, 1)
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x: Any, ids: Any) -> Any:
        return self.linear(self.function(self, x, ids))


class Promise(Module):  # type: ignore[misc]
    mainspring_layer = "convolution"

    def forward(self, x: Any) -> Any:
        return x


def branch(self: Any, x: Any, ids: Any) -> Any:
    return x if x.sum() > 0 else -x


HOOKED = nn.Linear(3, 3)
HOOKED.register_forward_hook(lambda *_: None)
REFUSED = {
    "sort": (lambda s, x, i: x.sort()[0], {}, "function sort"),
    "branches": (branch, {}, "torch.fx cannot follow"),
    "module": (lambda s, x, i: s.m(x), {"m": nn.Hardswish()}, "Hardswish"),
    "promise": (lambda s, x, i: s.m(x), {"m": Promise()}, "mainspring_layer is 'convolution'"),
    "no vectors": (lambda s, x, i: s.m(x[:, 0:3]), {"m": Dot()}, "no vectors"),
    "hooks": (lambda s, x, i: s.m(x), {"m": HOOKED}, "forward hooks"),
    "max_norm": (
        lambda s, x, i: s.m(i[:, 0]),
        {"m": nn.Embedding(4, 3, max_norm=1.0)},
        "max_norm",
    ),
    "made ids": (
        lambda s, x, i: s.m(s.linear(x).long()),
        {"m": nn.Embedding(4, 3)},
        "function long",
    ),
    "numbers": (lambda s, x, i: s.m(s.linear(x)), {"m": nn.Embedding(4, 3)}, "no column"),
    "too far": (lambda s, x, i: x[:, 0:3][:, 3], {}, "not named by numbers"),
    "open end": (lambda s, x, i: x[:, 1:], {}, "not named by numbers"),
    "rows": (lambda s, x, i: x[1], {}, "only columns of an input"),
    "widths": (lambda s, x, i: x[:, 0:2], {}, "rows of 3 numbers"),
    "shapes": (lambda s, x, i: x[:, 0:3] + x[:, 0:2], {}, "different shapes"),
    "axis": (lambda s, x, i: x[:, 0:3].unsqueeze(0), {}, "axis"),
    "dim": (lambda s, x, i: torch.cat([x[:, 0:3], x[:, 0:3]], 0), {}, "can be joined"),
    "sum": (lambda s, x, i: x[:, 0:3].sum(), {}, "does not sum"),
    "constant": (lambda s, x, i: x[:, 0:3] + torch.ones(2), {}, "cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_graph_cannot_be_read_for_is_refused_by_name(name: str) -> None:
    function, modules, message = REFUSED[name]
    with pytest.raises(ms.UnsupportedError, match=message):
        ms.Predictor(Calls(function, **modules))


def test_inputs_of_unknown_width_are_refused() -> None:
    class Open(Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(3, 2)

        def forward(self, x: Any, ids: Any) -> Any:
            return torch.cat([x, self.table(ids[:, 0])], 1)

    with pytest.raises(ms.UnsupportedError, match=r"input 'x' cannot be read: how many columns"):
        ms.Predictor(Open())
    with pytest.raises(ms.UnsupportedError, match="float64"):
        ms.Predictor(Dlrm(1, [3, 3], 2).double())


def test_more_than_two_inputs_are_refused() -> None:
    class Three(Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 1)

        def forward(self, a: Any, b: Any, c: Any) -> Any:
            return self.linear(a) + self.linear(b) + self.linear(c)

    with pytest.raises(ms.UnsupportedError, match="more than two inputs"):
        ms.Predictor(Three())
