"""Claim: large models are there at once, and their bundles are small."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from bench.bench_forests import large_model, numbers

MODEL = "LightGBM, 1,000 trees of 255 leaves"


@pytest.fixture(scope="module")
def large(threads: int) -> Any:
    return large_model(threads)


def same(ours: Any, theirs: Any) -> None:
    """Assert that both models predict the same bits."""
    batch = numbers(16, 100, 24)
    np.testing.assert_array_equal(ours.predict(batch), theirs.predict(batch))


@pytest.mark.large
@pytest.mark.one_thread
def test_text(large: Any, compare: Any) -> None:
    """From the text to an object that predicts."""
    text = large.model_to_string()
    compare(
        f"{MODEL}, from text",
        lambda: ms.Predictor(text),
        lambda: lightgbm.Booster(model_str=text),
        peer="lightgbm",
        api="Booster(model_str=...)",
        check=same,
        rows=1,
        num_bytes=len(text),
    )


@pytest.mark.large
@pytest.mark.one_thread
def test_bundle(large: Any, compare: Any) -> None:
    """From the bytes of a bundle, every one of which is verified."""
    text, data = large.model_to_string(), ms.Predictor(large).to_bytes()
    compare(
        f"{MODEL}, from a bundle",
        lambda: ms.Predictor.from_bytes(data),
        lambda: lightgbm.Booster(model_str=text),
        peer="lightgbm",
        api="Booster(model_str=...)",
        check=same,
        rows=1,
        num_bytes=len(data),
    )


@pytest.mark.large
def test_size(large: Any, record: Any) -> None:
    """Bytes of the bundle beside what its nodes need at least."""
    num_nodes = sum(2 * tree["num_leaves"] - 1 for tree in large.dump_model()["tree_info"])
    record.value(
        f"{MODEL}, bundle, of 36 bytes a node",
        len(ms.Predictor(large).to_bytes()) / (36 * num_nodes),
        unit="x",
    )
