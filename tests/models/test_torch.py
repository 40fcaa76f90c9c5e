"""torch modules against torch itself; torch is installed where it is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms

torch = pytest.importorskip("torch")
nn = torch.nn

FUNCTIONS: list[Any] = [
    nn.ReLU,
    nn.Tanh,
    nn.Sigmoid,
    nn.SiLU,
    nn.ELU,
    lambda: nn.ELU(0.5),
    nn.LeakyReLU,
    lambda: nn.LeakyReLU(0.3),
    nn.GELU,
    lambda: nn.GELU("tanh"),
    nn.Identity,
    nn.Dropout,
]
ENDS: list[Any] = [None, nn.Sigmoid, lambda: nn.Softmax(1), lambda: nn.Softmax(-1), nn.Tanh]


@pytest.mark.shows(
    "torch",
    "Sequential",
    "drawn chains of Linear, norms, Dropout and nine functions; float32 and float64",
    "rounding",
)
@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    functions=st.lists(st.sampled_from(FUNCTIONS), min_size=3, max_size=3),
    end=st.sampled_from(ENDS),
    norm=st.booleans(),
    double=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_predictions_are_torchs(
    sizes: list[int], functions: list[Any], end: Any, norm: bool, double: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    modules: list[Any] = []
    for inputs, outputs, function in zip(sizes, sizes[1:], functions, strict=False):
        modules += [nn.Linear(inputs, outputs, bias=seed % 2 == 0), function()]
        if norm:
            batch = nn.BatchNorm1d(outputs, affine=seed % 3 != 0)
            batch.running_mean = torch.randn(outputs)
            batch.running_var = torch.rand(outputs) + 0.1
            layer = nn.LayerNorm(outputs, elementwise_affine=seed % 3 == 0)
            modules.append(nn.Sequential(batch, layer))
    if end is not None and not (sizes[-1] == 1 and isinstance(end(), nn.Softmax)):
        modules.append(end())
    model = nn.Sequential(*modules)
    model = model.double() if double else model
    predictor = ms.Predictor(model)
    rows = torch.randn(70, sizes[0], dtype=torch.float64 if double else torch.float32)
    with torch.no_grad():
        expected = model.eval()(rows).numpy()
    got = predictor.predict(rows.numpy()).reshape(expected.shape)
    tolerance = 1e-13 if double else 2e-5
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)
    if isinstance(modules[-1], nn.Softmax):
        assert predictor.num_classes == sizes[-1]
        np.testing.assert_array_equal(predictor.predict_proba(rows.numpy()), got)
    if isinstance(modules[-1], nn.Sigmoid) and sizes[-1] == 1:
        probabilities = predictor.predict_proba(rows.numpy())
        np.testing.assert_array_equal(probabilities[:, 1], got[:, 0])


class Mine(nn.Linear):  # type: ignore[name-defined, misc]
    """A subclass, whose forward may be anything."""

    def forward(self, x: Any) -> Any:
        return super().forward(x).cumsum(1)


def test_what_cannot_be_read_is_refused_by_name() -> None:
    hooked = nn.Linear(2, 1)
    hooked.register_forward_hook(lambda *_: None)
    cases = [
        (nn.Sequential(nn.Linear(2, 2), nn.Hardswish()), r"\[1\], a torch.*Hardswish"),
        (nn.Sequential(nn.Linear(2, 2), nn.LayerNorm((2, 2))), "several dimensions"),
        (nn.Sequential(Mine(2, 2)), "function cumsum"),
        (nn.Sequential(nn.ReLU(), nn.Linear(2, 2)), "before the first Linear"),
        (nn.Sequential(nn.Linear(2, 1), nn.Softmax(1)), "Softmax of one output"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(0)), "Softmax"),
        (nn.Linear(2, 2).half(), "float16"),
        (nn.Sequential(nn.ReLU()), "no parameters"),
        (nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False)), "running statistics"),
        (hooked, "forward hooks"),
        (nn.Conv1d(1, 1, 1), "Conv1d"),
    ]
    for model, message in cases:
        with pytest.raises(ms.UnsupportedError, match=message):
            ms.Predictor(model)
