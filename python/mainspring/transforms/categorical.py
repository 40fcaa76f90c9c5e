"""Operators for categories: strings, integers, dates, any column whose values can be equal."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["Count", "Hash", "OneHot", "OneHotIds", "Ordinal", "TargetMean"]


@dataclass(frozen=True, repr=False)
class Ordinal(Transform, op="ordinal"):
    """Number the categories by how often they occur.

    Missing gives 0, a category that was not seen (or too rarely) 1; the others count up from 2,
    ordered by count descending, then by bytes or number ascending. The feature keeps the column's
    name and is categorical. To group rare categories for another operator, put it behind:
    ``col("city").ordinal(min_share=0.01).target_mean()`` learns one mean of all rare cities.

    A column of lists becomes lists of ids, from one vocabulary; :class:`ListPad` stands behind it
    and makes features of them.

    Parameters
    ----------
    min_count : int, default 1
        Categories seen less often share the id 1. A row counts once for a category that its list
        holds twice.
    max_size : int, optional
        At most so many categories get an id of their own.
    min_share : float, default 0.0
        Categories of a smaller share of all rows share the id 1, too; 0 to 1.
    unseen_buckets : int, default 1
        How many ids those categories share, 1 to 1,048,576: 1 + their hash below it, so that an
        embedding table can tell most of them apart (out-of-vocabulary buckets). The ids of the
        others come behind. Columns of lists have one.

    Raises
    ------
    ParameterError
        When a parameter is out of range.
    DataError
        While fitting: more than 16,777,214 categories, the ids that float32 holds.

    Notes
    -----
    Formula
        1 + unseen_buckets + the number of categories that come before it.
    Missing
        0. In a column of numbers NaN is missing, too.
    Unseen
        1, as the rare ones are; with more buckets ``1 + floor(hash(x) * unseen_buckets / 2**64)``,
        of the hash of :class:`Hash`.
    Infinity
        A category like any other.
    Memory
        The distinct values and about 50 bytes for each while fitting.
    Merging
        Exact.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"city": name} for name in ("Rome", "Oslo", "Rome", None)]
    >>> prep = ms.Preprocessor(ms.col("city").ordinal()).fit(train)
    >>> prep.transform([*train, {"city": "Bonn"}]).ravel().tolist()
    [2.0, 3.0, 2.0, 0.0, 1.0]
    >>> prep = ms.Preprocessor(ms.col("city").ordinal(unseen_buckets=100)).fit(train)
    >>> prep.transform([*train, {"city": "Bonn"}]).ravel().tolist()
    [101.0, 102.0, 101.0, 0.0, 41.0]
    """

    min_count: int = 1
    max_size: int | None = None
    min_share: float = 0.0
    unseen_buckets: int = 1


@dataclass(frozen=True, repr=False)
class OneHot(Transform, op="one_hot"):
    r"""Make one feature of each category: 1 in those that the row has, 0 in the others.

    The features are called ``NAME_<category>``, ordered by count descending, then by bytes or
    number ascending. Categories that are too rare share a feature ``NAME_infrequent`` behind them,
    and missing rows have ``NAME_missing``, the last one, where fitting saw any. Unseen categories
    are treated as scikit-learn's ``OneHotEncoder(handle_unknown="infrequent_if_exist")`` does.
    Takes a column of any kind, and ids; is the last operator of its expression.

    A column of lists becomes the features of its elements, as scikit-learn's
    ``MultiLabelBinarizer`` does it: a row has a 1 for every category that its list holds, however
    often. An element that is missing is not in its list.

    Parameters
    ----------
    min_count : int, default 1
        Categories that fewer rows have are rare. A row counts once for a category that its list
        holds twice, as for ``min_df`` of ``CountVectorizer``.
    max_size : int, optional
        At most so many categories get a feature of their own; the others are rare.
    min_share : float, default 0.0
        Categories of a smaller share of all rows are rare, too; 0 to 1.

    Raises
    ------
    ParameterError
        When a parameter is out of range.
    DataError
        While fitting: more than 1,048,576 features.

    Notes
    -----
    Formula
        ``1 if x == category else 0`` for each category; of lists ``1 if category in x else 0``.
    Missing
        1 in ``NAME_missing``; where fitting saw no missing row, as an unseen category. An empty
        list is not missing: 0 in all features.
    Unseen
        1 in ``NAME_infrequent``; where no category was rare, 0 in all features. Fitted on nothing
        but empty lists, ``NAME_infrequent`` is the only feature.
    Infinity
        A category like any other.
    Names
        Text as it is; backslashes, control characters and bytes that are not UTF-8 as ``\\`` and
        ``\x1f``. Numbers as the shortest text that reads back as them, times as
        ``2024-02-29T12:30:00``, in UTC where the column has a zone. A category that would be called
        like one of the two features above has its first byte written as ``\x6d`` or ``\x69``.
    Memory
        The distinct values and about 50 bytes for each while fitting. A column of float32 for each
        feature, whatever is in it; with ``output="csr"`` 8 bytes for each 1.
    Merging
        Exact.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"city": name} for name in ("Rome", "Oslo", "Rome", None)]
    >>> prep = ms.Preprocessor(ms.col("city").one_hot()).fit(train)
    >>> prep.feature_names_out_
    ['city_Rome', 'city_Oslo', 'city_missing']
    >>> prep.transform([{"city": "Oslo"}, {"city": "Bonn"}]).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    >>> tags = [{"tags": ["new", "sale"]}, {"tags": ["sale", "sale"]}, {"tags": []}]
    >>> prep = ms.Preprocessor(ms.col("tags").one_hot()).fit(tags)
    >>> prep.feature_names_out_, prep.transform(tags).tolist()
    (['tags_sale', 'tags_new'], [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    """

    min_count: int = 1
    max_size: int | None = None
    min_share: float = 0.0


@dataclass(frozen=True, repr=False)
class OneHotIds(Transform, op="one_hot_ids"):
    """Make one feature of each id that there can be: 1 in the row's own, 0 in the others.

    Stands behind an operator that gives ids without a vocabulary: ``hash``, ``cross``,
    ``bucketize``. Learns nothing, so that feature ``NAME_17`` is id 17 whatever was fitted on, and
    costs no memory for each feature: hashing trick and one-hot encoding of any column in one
    expression, ``col("agent").hash(buckets=2**18).one_hot_ids()``. So many features are for
    ``output="csr"``; a dense matrix has at most 65,536. Is the last operator of its expression.

    Raises
    ------
    ParameterError
        When what comes before it gives no ids.

    Notes
    -----
    Formula
        ``1 if id == i else 0`` for each i below the number of ids.
    Missing
        What the operator before says: ``hash`` gives it an id of its own, ``bucketize`` the id 0.
    Infinity
        As the operator before says.
    Memory
        A few bytes, however many ids there are. Of the result 8 bytes for each row with
        ``output="csr"``, else a column of float32 for each id.

    Examples
    --------
    >>> import mainspring as ms
    >>> prep = ms.Preprocessor(ms.col("x").bucketize(edges=(0, 10)).one_hot_ids())
    >>> prep.fit_transform([{"x": -1.0}, {"x": 10.0}, {"x": None}]).tolist()
    [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]
    >>> prep.feature_names_out_
    ['x_bucket_0', 'x_bucket_1', 'x_bucket_2', 'x_bucket_3']
    >>> hashed = ms.Preprocessor(ms.col("agent").hash(buckets=2**18).one_hot_ids())
    >>> hashed.fit_transform([{"agent": "curl"}, {"agent": "wget"}], output="csr")
    CsrMatrix(2 rows, 262,144 features, 2 entries)
    """


@dataclass(frozen=True, repr=False)
class TargetMean(Transform, op="target_mean"):
    """Replace a category by the smoothed mean of the target among its rows.

    A category that was not seen gets the mean of all rows, missing gets its own learnt mean.
    ``fit_transform`` cross-fits: each row gets the mean of the rows outside its fold, drawn towards
    the mean of all rows outside it, so that no row sees its own target. ``transform`` never does.
    The feature is called ``NAME_target_mean``.

    Parameters
    ----------
    smoothing : float, default 20.0
        Weight of the mean of all rows, in rows; 0 or more.
    folds : int, default 5
        Folds of cross-fitting, 2 to 1000.
    seed : int, default 0
        A row's fold is a hash of the seed and the row's number, whatever batches it comes in.

    Raises
    ------
    ParameterError
        When a parameter is out of range, or fitting gets no target.

    Notes
    -----
    Formula
        ``(sum + smoothing * prior) / (count + smoothing)`` from exact sums of the target; the prior
        is its mean. When cross-fitting, all three are of the rows outside the row's fold; where
        there are none the feature is missing.
    Missing
        A category of its own.
    Unseen
        The prior.
    Infinity
        A category like any other. Of the target, neither infinity nor missing is taken.
    Memory
        The distinct values, and 16 to 48 bytes for the count and the exact sum of each; so many in
        each fold when cross-fitting.
    Merging
        Exact.

    References
    ----------
    D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in
    classification and prediction problems", 2001, doi:10.1145/507533.507538.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"dest": name} for name in ("BOS", "BOS", "LAX", None)]
    >>> prep = ms.Preprocessor(ms.col("dest").target_mean(smoothing=1)).fit(train, [1, 1, 0, 0])
    >>> prep.transform([{"dest": "BOS"}, {"dest": None}, {"dest": "SFO"}]).ravel().tolist()
    [0.8333..., 0.25, 0.5]
    """

    smoothing: float = 20.0
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, repr=False)
class Count(Transform, op="count"):
    """Replace a category by how many rows had it while fitting, or by their share.

    The feature is called ``NAME_count``, or ``NAME_frequency`` where it is a share.

    Parameters
    ----------
    normalize : bool, default False
        Give the share of all rows instead of their number.

    Notes
    -----
    Formula
        The number of rows of the category; divided by that of all rows, missing ones among them,
        where ``normalize`` is set.
    Missing
        A category of its own: the number of missing rows.
    Unseen
        0.
    Infinity
        A category like any other.
    Memory
        The distinct values and about 50 bytes for each while fitting.
    Merging
        Exact.
    Elsewhere
        ``category_encoders.CountEncoder`` with its defaults gives the same numbers, but NaN where
        a value is missing that was not while fitting.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"city": name} for name in ("Rome", "Oslo", "Rome", None)]
    >>> prep = ms.Preprocessor(ms.col("city").count(normalize=True)).fit(train)
    >>> prep.transform([*train[:2], {"city": "Bonn"}]).ravel().tolist()
    [0.5, 0.25, 0.0]
    """

    normalize: bool = False


@dataclass(frozen=True, repr=False)
class Hash(Transform, op="hash"):
    """Hash the value to one id.

    Takes a column of any kind. Missing is a value like any other, with a hash of its own. The
    feature keeps the column's name, is categorical and holds ids in ``[0, buckets)``. Learns
    nothing.

    A column of lists becomes lists of ids, for :class:`ListPad` behind it. There 0 is kept for
    what is missing, and elements have ids in ``[1, buckets)``.

    Parameters
    ----------
    buckets : int, default 4096
        Number of ids, 2 to 16,777,216. Values that fall into one bucket share its id.

    Raises
    ------
    ParameterError
        When ``buckets`` is out of range.

    Notes
    -----
    Formula
        ``floor(hash(x) * buckets / 2**64)``; of an element of a list
        ``1 + floor(hash(x) * (buckets - 1) / 2**64)``. The hash is part of the bundle format;
        numbers that are equal have the same, 0 and -0 among them.
    Missing
        The bucket of a hash of its own; other values may fall into it. In a list 0, which no
        element has.
    Unseen
        Nothing is seen or unseen: every value has a bucket.
    Infinity
        A value like any other.
    Memory
        None.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"dest": "BOS"}, {"dest": "LAX"}, {"dest": "BOS"}, {"dest": None}]
    >>> ms.Preprocessor(ms.col("dest").hash(buckets=100)).fit_transform(rows).ravel().tolist()
    [42.0, 81.0, 42.0, 61.0]
    """

    buckets: int = 4096
