"""FeatureTransformer among tables, matrices, pipelines and searches."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import mainspring as ms
from mainspring import Preprocessor, col
from mainspring.sklearn import FeatureTransformer

COLUMNS = {
    "price": [1.0, None, 3.0, 8.0, 2.0, 5.0],
    "sold": [True, False, True, True, False, False],
    "city": ["Rome", "Oslo", None, "Rome", "Lima", "Oslo"],
}
LATE = np.array([1, 0, 1, 1, 0, 0])
# price: the median of 1 2 3 5 8 is 3; sold: 3 of 6; city: Oslo and Rome twice, Lima once.
PRICES = np.array([1.0, 3.0, 3.0, 8.0, 2.0, 5.0])
EXPECTED = np.column_stack(
    [(PRICES - PRICES.mean()) / PRICES.std(), [1, -1, 1, 1, -1, -1], [3, 2, 0, 3, 4, 2]]
).astype(np.float32)


def object_matrix() -> np.ndarray:
    return np.array(list(zip(*COLUMNS.values(), strict=True)), dtype=object)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(COLUMNS),
        pd.DataFrame(COLUMNS).astype({"city": "category"}),
        pl.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        pa.RecordBatch.from_pydict(COLUMNS),
        object_matrix(),
    ],
    ids=["pandas", "pandas-category", "polars", "pyarrow", "batch", "matrix"],
)
def test_default_steps_when_columns_differ_in_type_give_numbers_and_ids(table: object) -> None:
    transformer = FeatureTransformer()
    np.testing.assert_allclose(transformer.fit_transform(table), EXPECTED, rtol=1e-6)
    np.testing.assert_allclose(transformer.transform(table), EXPECTED, rtol=1e-6)
    names = [f"x{i}" for i in range(3)] if isinstance(table, np.ndarray) else list(COLUMNS)
    assert transformer.get_feature_names_out().tolist() == names
    assert transformer.n_features_in_ == 3
    assert hasattr(transformer, "feature_names_in_") != isinstance(table, np.ndarray)


def test_default_steps_when_fitted_on_other_columns_are_chosen_again() -> None:
    transformer = FeatureTransformer().fit(pd.DataFrame(COLUMNS))
    transformer.fit(pd.DataFrame({"city": ["a", "b", "b"]}))
    assert transformer.transform(pd.DataFrame({"city": ["a", "b"]})).tolist() == [[3.0], [2.0]]


def test_columns_when_names_are_integers_are_taken_by_place() -> None:
    frame = pd.DataFrame({7: [1.0, 2.0], 3: [5.0, 9.0]})
    transformer = FeatureTransformer(["x1"]).fit(frame)
    assert transformer.transform(frame).tolist() == [[5.0], [9.0]]


def test_names_when_matrix_was_fitted_are_those_asked_for() -> None:
    transformer = FeatureTransformer().fit(np.eye(2))
    assert transformer.get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]
    transformer.set_params(steps=["x1"])  # of the next fit
    assert transformer.get_feature_names_out(["a", "b"]).tolist() == ["a", "b"]
    assert transformer.fit(np.eye(2)).get_feature_names_out(["a", "b"]).tolist() == ["x1"]


def test_transform_when_matrix_follows_frame_warns_and_takes_columns_by_place() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 8.0, 6.0]})
    transformer = FeatureTransformer(["b", "a"]).fit(frame)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        features = transformer.transform(frame.to_numpy())
    assert features.tolist() == frame[["b", "a"]].to_numpy().tolist()


@pytest.mark.parametrize("labels", [LATE, LATE.tolist(), pd.Series(LATE, index=range(9, 15))])
def test_fit_transform_when_target_is_used_is_cross_fitted(labels: object) -> None:
    frame = pd.DataFrame(COLUMNS)
    step = col("city").target_mean(smoothing=1.0, folds=2)
    got = FeatureTransformer([step]).fit_transform(frame, labels)
    assert np.array_equal(got, Preprocessor(step).fit_transform(frame, LATE), equal_nan=True)
    whole = FeatureTransformer([step]).fit(frame, labels).transform(frame)
    assert np.array_equal(whole, Preprocessor(step).fit(frame, LATE).transform(frame))
    assert not np.array_equal(got, whole, equal_nan=True)


def test_fit_when_no_step_learns_from_target_takes_labels_of_any_type() -> None:
    frame = pd.DataFrame(COLUMNS)
    labelled = FeatureTransformer().fit(frame, np.array(list("abcabc"))).transform(frame)
    assert np.array_equal(labelled, FeatureTransformer().fit_transform(frame), equal_nan=True)


def test_fit_when_target_is_needed_and_missing_is_a_parameter_error() -> None:
    with pytest.raises(ms.ParameterError, match="target"):
        FeatureTransformer([col("city").target_mean()]).fit(pd.DataFrame(COLUMNS))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output_when_set_names_columns_and_keeps_index(container: str) -> None:
    frame = pd.DataFrame(COLUMNS, index=list("uvwxyz"))
    transformer = FeatureTransformer([col("city").ordinal(), col("price").impute("mean")])
    features = transformer.set_output(transform=container).fit_transform(frame)
    assert type(features).__module__.startswith(container)
    assert list(features.columns) == ["city", "price"]
    if container == "pandas":
        assert list(features.index) == list("uvwxyz")


def test_clone_and_params_when_steps_are_given_are_equal_and_unfitted() -> None:
    steps = [col("city").ordinal(min_count=2), col("price").clip(0, 4).alias("p")]
    transformer = FeatureTransformer(steps).fit(pd.DataFrame(COLUMNS))
    copy = clone(transformer)
    assert copy.get_params() == {"steps": steps}
    with pytest.raises(NotFittedError):
        copy.transform(pd.DataFrame(COLUMNS))
    assert copy.set_params(steps=None).steps is None


def test_pickle_when_fitted_gives_the_same_features() -> None:
    frame = pd.DataFrame(COLUMNS)
    transformer = FeatureTransformer([col("city").target_mean(), "price"]).fit(frame, LATE)
    data = pickle.dumps(transformer)
    assert transformer.preprocessor_.bundle.to_bytes() in data
    again = pickle.loads(data)
    assert np.array_equal(again.transform(frame), transformer.transform(frame), equal_nan=True)
    assert again.get_feature_names_out().tolist() == ["city_target_mean", "price"]


def test_column_transformer_when_it_holds_two_gives_the_columns_of_both() -> None:
    frame = pd.DataFrame(COLUMNS)
    both = ColumnTransformer(
        [
            ("ids", FeatureTransformer(), ["city"]),
            ("numbers", FeatureTransformer([col("price").impute("median")]), ["price"]),
        ]
    )
    features = both.fit_transform(frame)
    assert features.tolist() == np.column_stack([EXPECTED[:, 2], PRICES]).tolist()
    assert both.get_feature_names_out().tolist() == ["ids__city", "numbers__price"]


def test_grid_search_when_steps_differ_finds_the_ones_that_tell() -> None:
    random = np.random.default_rng(5)
    city = random.choice(list("abcdefgh"), 400)
    frame = pd.DataFrame({"noise": random.normal(size=400), "city": city})
    late = np.isin(city, list("aceg"))
    noise, telling = [col("noise").standardize()], [col("city").target_mean(smoothing=1.0)]
    search = GridSearchCV(
        make_pipeline(FeatureTransformer(), LogisticRegression()),
        {"featuretransformer__steps": [noise, telling], "logisticregression__C": [0.1, 10.0]},
        cv=3,
        error_score="raise",
    ).fit(frame, late)
    assert search.best_params_["featuretransformer__steps"] == telling
    assert search.best_score_ == 1.0
    assert search.cv_results_["mean_test_score"].min() < 0.7


def test_fit_when_matrix_is_sparse_is_refused_in_the_words_of_scikit_learn() -> None:
    with pytest.raises(TypeError, match="Sparse data was passed"):
        FeatureTransformer().fit(scipy.sparse.eye_array(3).tocsr())


@pytest.mark.parametrize("steps", [[], "price", col("price"), 3])
def test_fit_when_steps_is_no_list_of_expressions_is_a_parameter_error(steps: object) -> None:
    with pytest.raises(ms.ParameterError, match="steps must be a list of expressions or None"):
        FeatureTransformer(steps).fit(pd.DataFrame(COLUMNS))


def test_default_steps_when_a_column_is_of_dates_name_it() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0], "day": ["2024-01-01", "2024-01-02"]})
    with pytest.raises(ms.SchemaError, match="Column 'day' has no default steps"):
        FeatureTransformer().fit(frame.with_columns(pl.col("day").str.to_date()))


def test_fit_when_a_column_mixes_types_is_a_data_error() -> None:
    with pytest.raises(ms.DataError, match="X cannot be read as Arrow"):
        FeatureTransformer().fit(pd.DataFrame({"a": ["x", 3, "y"]}))


def test_import_when_scikit_learn_is_missing_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import mainspring as ms\n"
        "try:\n    import mainspring.sklearn\n"
        "except ms.MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'mainspring[sklearn]'" in done.stdout
