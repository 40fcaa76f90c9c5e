"""Operators that learn from a target what a category stands for."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring.transforms.transform import Transform

__all__ = ["JamesStein", "LeaveOneOut", "OrderedTarget", "WeightOfEvidence"]


@dataclass(frozen=True, repr=False)
class LeaveOneOut(Transform, op="leave_one_out"):
    """Replace a category by the mean of the target among its other rows.

    ``fit_transform`` leaves the row itself out; ``transform`` takes all rows that were fitted on.
    The feature is called ``NAME_leave_one_out``. With few values of the target the feature tells
    the row's own target from its neighbours' (it is a little lower where the target is 1), and a
    tree can find that out: ``target_mean`` and ``ordered_target`` are safe from it.

    Parameters
    ----------
    smoothing : float, default 0.0
        Weight of the mean of all rows, in rows; 0 or more.

    Raises
    ------
    ParameterError
        When ``smoothing`` is out of range, or fitting gets no target.

    Notes
    -----
    Formula
        ``(sum + smoothing * prior) / (count + smoothing)`` from exact sums of the target; the prior
        is its mean. In ``fit_transform`` all three are of the other rows; a category without other
        rows gives the prior, a table of one row is missing.
    Target
        Numbers; for classes, 1 for the rows of one of them.
    Missing
        A category of its own.
    Unseen
        The prior.
    Infinity
        A category like any other. Of the target, neither infinity nor missing is taken.
    Memory
        The distinct values, and 16 to 48 bytes for the count and the exact sum of each;
        ``fit_transform`` takes 20 bytes for each row besides.
    Merging
        Exact. ``fit_transform`` gives the same bits whatever batches and threads.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"dest": name} for name in ("BOS", "BOS", "BOS", "LAX")]
    >>> prep = ms.Preprocessor(ms.col("dest").leave_one_out())
    >>> prep.fit_transform(train, [1, 1, 0, 0]).ravel().tolist()
    [0.5, 0.5, 1.0, 0.6666...]
    >>> prep.transform([{"dest": "BOS"}, {"dest": "SFO"}]).ravel().tolist()
    [0.6666..., 0.5]
    """

    smoothing: float = 0.0


@dataclass(frozen=True, repr=False)
class OrderedTarget(Transform, op="ordered_target"):
    """Replace a category by the mean of the target among its rows before, in a random order.

    ``fit_transform`` puts the rows into an order drawn by chance, and gives each row the mean of
    its category's rows before it, as CatBoost does; ``transform`` takes all rows that were fitted
    on. The feature is called ``NAME_ordered_target``.

    Parameters
    ----------
    smoothing : float, default 1.0
        Weight of the mean of all rows, in rows; 0 or more.
    seed : int, default 0
        The order is that of a hash of the seed and the row's number, whatever batches and threads.

    Raises
    ------
    ParameterError
        When a parameter is out of range, or fitting gets no target.

    Notes
    -----
    Formula
        ``(sum + smoothing * prior) / (count + smoothing)`` from exact sums of the target; the prior
        is its mean. In ``fit_transform`` all three are of the rows before; the first row in the
        order has none and is missing.
    Target
        Numbers; for classes, 1 for the rows of one of them.
    Missing
        A category of its own.
    Unseen
        The prior.
    Infinity
        A category like any other. Of the target, neither infinity nor missing is taken.
    Memory
        The distinct values, and 16 to 48 bytes for the count and the exact sum of each.
        ``fit_transform`` keeps category, target and place of every row: 36 bytes for each.
    Merging
        Exact: ``partial_fit`` and ``merge`` learn what ``transform`` gives, which knows no order.

    References
    ----------
    L. Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features", 2018,
    arXiv:1706.09516.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"dest": name} for name in ("BOS", "BOS", "LAX", None)]
    >>> prep = ms.Preprocessor(ms.col("dest").ordered_target()).fit(train, [1, 1, 0, 0])
    >>> prep.transform([{"dest": "BOS"}, {"dest": None}, {"dest": "SFO"}]).ravel().tolist()
    [0.8333..., 0.25, 0.5]
    """

    smoothing: float = 1.0
    seed: int = 0


@dataclass(frozen=True, repr=False)
class JamesStein(Transform, op="james_stein"):
    """Replace a category by its mean of the target, drawn to that of all as far as it is noise.

    Where ``target_mean`` is told how far to smooth, this learns it: from the variance within the
    categories, which makes the mean of a few rows uncertain, and the variance between them, which
    is what there is to learn. ``fit_transform`` cross-fits as ``target_mean`` does. The feature is
    called ``NAME_james_stein``.

    Parameters
    ----------
    folds : int, default 5
        Folds of cross-fitting, 2 to 1000.
    seed : int, default 0
        A row's fold is a hash of the seed and the row's number, whatever batches it comes in.

    Raises
    ------
    ParameterError
        When a parameter is out of range, or fitting gets no target.
    DataError
        While fitting: a target beyond 2**500, whose square float64 might not hold.

    Notes
    -----
    Formula
        ``mean + (1 - b) * (category's mean - mean)`` with
        ``b = (k - 3) / (k - 1) * v / (v + between)``, not below 0, for k categories: ``v`` is the
        variance within categories, pooled, over the category's rows, and ``between`` the variance
        of the categories' true means by the method of moments. Where no category has two rows,
        ``v / (v + between)`` is taken as 1. Sums are exact; when cross-fitting they are of the rows
        outside the row's fold, and where there are none the feature is missing.
    Target
        Numbers; for classes, 1 for the rows of one of them. Both are treated alike.
    Missing
        A category of its own.
    Unseen
        The mean of all rows.
    Infinity
        A category like any other. Of the target, neither infinity nor missing is taken.
    Memory
        The distinct values, and 24 to 150 bytes for the count and the exact sums of each; so many
        in each fold when cross-fitting.
    Merging
        Exact.
    Elsewhere
        ``category_encoders.JamesSteinEncoder(model="independent")`` puts the variance of the
        category's rows where that of their mean belongs, so that ten rows are drawn as far as ten
        thousand: numbers differ.

    References
    ----------
    B. Efron and C. Morris, "Data analysis using Stein's estimator and its generalizations", 1975,
    doi:10.1080/01621459.1975.10479864. C. N. Morris, "Parametric empirical Bayes inference: theory
    and applications", 1983, doi:10.1080/01621459.1983.10477920.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"dest": name} for name in "AAAABBBBCCCCDDDD"]
    >>> late = [1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 1]
    >>> prep = ms.Preprocessor(ms.col("dest").james_stein()).fit(train, late)
    >>> prep.transform([{"dest": "A"}, {"dest": "C"}, {"dest": "E"}]).ravel().tolist()
    [0.7152..., 0.0486..., 0.4375]
    """

    folds: int = 5
    seed: int = 0


@dataclass(frozen=True, repr=False)
class WeightOfEvidence(Transform, op="weight_of_evidence"):
    """Replace a category by the log of how much more often it meets a target of 1 than one of 0.

    ``fit_transform`` cross-fits as ``target_mean`` does. The feature is called ``NAME_woe``.

    Parameters
    ----------
    regularization : float, default 1.0
        Rows with target 1, and as many with 0, that are added to each category; above 0.
    folds : int, default 5
        Folds of cross-fitting, 2 to 1000.
    seed : int, default 0
        A row's fold is a hash of the seed and the row's number, whatever batches it comes in.

    Raises
    ------
    ParameterError
        When a parameter is out of range, or fitting gets no target.
    DataError
        While fitting: the target is neither 0 nor 1 in some row.

    Notes
    -----
    Formula
        ``log(((ones + r) / (all_ones + 2 * r)) / ((zeros + r) / (all_zeros + 2 * r)))``, in
        float64; counts are of the rows outside the row's fold when cross-fitting.
    Target
        0 or 1, or bools. For more classes, one expression's fit for each: 1 for the rows of one
        class and 0 for the others.
    Missing
        A category of its own.
    Unseen
        0: evidence of nothing.
    Infinity
        A category like any other.
    Memory
        The distinct values, and 16 bytes for the counts of each; so many in each fold when
        cross-fitting.
    Merging
        Exact.
    Elsewhere
        ``category_encoders.WOEEncoder`` gives the same numbers, but 0 for a category of one row.

    References
    ----------
    I. J. Good, "Probability and the Weighing of Evidence", 1950.

    Examples
    --------
    >>> import mainspring as ms
    >>> train = [{"dest": name} for name in ("BOS", "BOS", "LAX", "LAX")]
    >>> prep = ms.Preprocessor(ms.col("dest").weight_of_evidence()).fit(train, [1, 1, 0, 0])
    >>> prep.transform([{"dest": "BOS"}, {"dest": "LAX"}, {"dest": "SFO"}]).ravel().tolist()
    [1.0986..., -1.0986..., 0.0]
    """

    regularization: float = 1.0
    folds: int = 5
    seed: int = 0
