"""What a notebook shows of preprocessors and predictors."""

from __future__ import annotations

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from tests.html import document
from tests.html.samples import NASTY, nasty_table, table_of_all_kinds


def text_of(markup: str) -> str:
    """Check a fragment and return its text."""
    root = document.read(markup + markup)  # a notebook may show it twice
    assert document.complaints(root) == []
    everything = document.everything(root)
    assert [e for e in everything if "id" in e.attributes] == []
    assert {e.tag for e in everything} & {"script", "img", "a", "iframe", "link"} == set()
    assert root.children[0].attributes == {"class": "ms"}
    assert len(markup.encode()) < 40_000
    return str(document.read(markup).text)


def test_preprocessor_when_not_fitted_shows_its_expressions() -> None:
    prep = ms.Preprocessor(col("x").impute("mean").standardize(), col("a", "b").cross(buckets=8))
    text = text_of(prep._repr_html_())
    assert "Preprocessor: 2 expressions, not fitted" in text
    assert "col('x').impute(strategy='mean').standardize()" in text
    assert "impute, standardize" in text
    assert "Features" not in text


def test_preprocessor_when_fitted_names_its_features() -> None:
    table = table_of_all_kinds(1)
    prep = ms.Preprocessor(col("normal", "skewed").clip(0, 1), col("text").ordinal()).fit(table)
    text = text_of(prep._repr_html_())
    assert "Preprocessor: 2 expressions, fitted: 3 columns to 3 features" in text
    assert "Features: normal, skewed, text" in text
    cells = [cell.text for cell in document.read(prep._repr_html_()).all("td")]
    assert cells == ["2", "nothing", "1", "ordinal"]


def test_preprocessor_when_it_is_long_says_how_much_more_there_is() -> None:
    table = pa.table({f"c{number}": [1.0, 2.0] for number in range(50)})
    prep = ms.Preprocessor(*(col(name).min_max() for name in table.column_names)).fit(table)
    text = text_of(prep._repr_html_())
    assert "30 more expressions: repr() has them." in text
    assert "c39 and 10 more" in text
    assert "c40" not in text


def test_preprocessor_when_converted_says_of_what() -> None:
    from sklearn.preprocessing import StandardScaler

    prep = ms.from_sklearn(StandardScaler().fit([[1.0], [3.0]]))
    text = text_of(prep._repr_html_())
    assert text.rpartition("Preprocessor: ")[2].startswith(repr(prep) + ", fitted: 1 columns")


def test_fragments_when_names_are_nasty_have_no_element_of_theirs() -> None:
    table = nasty_table()
    names = [name for name in NASTY if name and "\0" not in name]  # it ends names in Arrow's C
    prep = ms.Preprocessor(*(col(name).impute() for name in names)).fit(table)
    text = text_of(prep._repr_html_())
    assert "alert(1)" in text
    features = prep.transform(table)
    labels = np.array(names[:3])[np.arange(len(features)) % 3]
    model = lightgbm.LGBMClassifier(n_estimators=1, verbose=-1, num_threads=1)
    predictor = ms.Predictor(model.fit(features, labels), prep, name="<script>alert(2)</script>")
    assert "alert(2)" in text_of(predictor._repr_html_())


def predictor_of(labels: object) -> ms.Predictor:
    x = np.arange(60.0).reshape(-1, 1)
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1, num_threads=1)
    return ms.Predictor(model.fit(x, labels), name="cats")


def test_predictor_when_shown_says_what_goes_in_and_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAINSPRING_REDACT", raising=False)
    predictor = predictor_of(np.where(np.arange(60) < 30, "Smith", "Jones"))
    text = text_of(predictor._repr_html_())
    assert "Predictor cats" in text
    assert predictor.description in text
    assert "features (1)Column_0" in text
    assert "labels (2)Jones, Smith" in text
    assert "profilenone: no drift can be told" in text
    assert f"{len(predictor.to_bytes()):,} bytes" in text
    monkeypatch.setenv("MAINSPRING_REDACT", "1")
    assert "labels (2)not shown" in text_of(predictor._repr_html_())


def test_predictor_when_it_has_a_preprocessor_shows_columns_features_and_profile() -> None:
    table = table_of_all_kinds(1)
    prep = ms.Preprocessor(col("normal").impute(), col("text").one_hot()).fit(table)
    features = prep.transform(table)
    label = features[:, 0].copy()
    booster = lightgbm.train(
        {"verbose": -1, "num_threads": 1}, lightgbm.Dataset(features, label), 2
    )
    text = text_of(ms.Predictor(booster, prep)._repr_html_())
    assert "columns (2)normal, text" in text
    assert f"features ({len(prep.feature_names_out_)})normal, " in text
    assert "profile400 rows of 2 columns, the reference for drift" in text
