"""The page of models says what the marks of tests say, and nothing else."""

from __future__ import annotations

import pytest

from tests.models import model_table


def test_page_of_models_is_that_of_the_marks() -> None:
    text = model_table.PAGE.read_text(encoding="utf-8")
    assert text == model_table.page(model_table.claims(), model_table.versions_on(text)), (
        "make it again: python -m tests.models.model_table"
    )


def test_every_library_that_is_read_has_rows() -> None:
    seen = {claim.library for claim in model_table.claims()}
    page = (model_table.ROOT / "docs" / "concepts" / "models.md").read_text(encoding="utf-8")
    for library in seen:
        assert library in page
    assert {"LightGBM", "XGBoost", "CatBoost", "scikit-learn", "torch"} <= seen
    used = model_table.versions_on(model_table.PAGE.read_text(encoding="utf-8"))
    assert [name for name in seen if f"{name} " not in used] == []


def test_mark_when_it_is_another_changes_the_page() -> None:
    rows = model_table.claims()
    before = model_table.page(rows, "none")
    assert model_table.page(rows[1:], "none") != before
    text = "@pytest.mark.shows('torch', 'a', 'b', 'bits')\ndef test_it(): ...\n"
    (claim,) = model_table.claims_of(text, "test_a.py")
    assert claim == model_table.Claim("torch", "a", "b", "bits", "test_a.py::test_it")
    assert "| a | b | the same bits | `it` |" in model_table.page([claim], "none")


@pytest.mark.parametrize(
    "words", ["'torch', 'a', 'b', 'near'", "'tarch', 'a', 'b', 'bits'", "'torch', 'a', 'bits'"]
)
def test_mark_when_it_has_other_words_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is no claim"):
        model_table.claims_of(f"@pytest.mark.shows({words})\ndef test_it(): ...\n", "test_a.py")
