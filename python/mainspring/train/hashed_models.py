"""Logistic regression and factorization machines over hashed features, learnt row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.train.id_classifier import IdClassifier
from mainspring.train.labels import checked_number

if TYPE_CHECKING:
    from mainspring.transforms import Preprocessor

__all__ = ["HashedFactorizationMachine", "HashedLogisticRegression"]


class HashedLogisticRegression(IdClassifier):
    """Logistic regression over hashed features, straight from Arrow, one row after the other.

    Follows scikit-learn's habits. Learns by FTRL-proximal or Adagrad: each weight has a rate of its
    own, which falls as the weight is used, so features need no scaling and rare values learn fast.

    Parameters
    ----------
    preprocessor : Preprocessor, optional
        Makes ids (of ``hash``, ``cross``, ``ordinal``, ``bucketize``) and numbers of the columns;
        every id column has a table of weights of its own. Where there are more than 128 numbers
        (one-hot, n-grams, TF-IDF), only those of a row that are not 0 are touched. One that is not
        fitted is fitted on the data of ``fit`` first. Default: every column of text, integers or
        bools is hashed, and every column of other numbers falls into buckets by magnitude (powers
        of the square root of 2);
        nothing has to be learnt for it, so the first rows may come at any time. Of a sparse matrix
        every column is a number as it is.
    buckets : int, default 262,144
        Of the hash of each column without a preprocessor, 2 to 16,777,216.
    optimizer : {"ftrl", "adagrad"}, default "ftrl"
        How weights learn.
    rate : float, default 0.1
        The first step's length, alpha of the paper.
    smoothing : float, default 1.0
        Added to the root of the sum of squared gradients, beta of the paper.
    l1, l2 : float, default 0.0
        Penalties of FTRL; with ``l1`` weights of rare values are exactly 0. Of Adagrad ``l2``
        alone. The bias has none.
    epochs : int, default 1
        How often ``fit`` goes over the rows.

    Attributes
    ----------
    classes_ : numpy.ndarray
        Both labels, ascending.
    preprocessor_ : Preprocessor or None
        What makes the features; None where a sparse matrix was learnt from.
    loss_ : float
        Mean log loss of all rows, each as it was predicted before its own step: what the model
        would have lost in use (progressive validation).
    num_rows_ : int
        Rows that were learnt from, each as often as it was.
    n_features_in_ : int
        Columns that are read.

    Notes
    -----
    Formula
        With g the gradient of a row's log loss: FTRL ``z += g - (sqrt(n + g^2) - sqrt(n)) / rate *
        w; n += g^2; w = 0 if |z| <= l1 else -(z - sign(z) l1) / ((smoothing + sqrt(n)) / rate +
        l2)``; Adagrad ``n += g^2; w -= rate * g / (smoothing + sqrt(n))``.
    Missing
        The id of missing values. A number that is missing is an error.
    Memory
        8 bytes for each bucket of each column, and for each number.
    Exactness
        float32; learns in one thread, so the same rows in the same order give the same bits on any
        machine. ``ms.Predictor(model)`` gives the model's own scores, bit for bit. Pickles hold
        everything: learning goes on as if it had not been interrupted.

    References
    ----------
    H. B. McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013,
    doi:10.1145/2487575.2488200. J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods", JMLR
    12, 2011.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = {"city": ["Rome", "Oslo"] * 50, "paid": [1.5, 30.0] * 50}
    >>> model = ms.train.HashedLogisticRegression(buckets=64).fit(rows, [1, 0] * 50)
    >>> model.predict({"city": ["Rome", "Oslo"], "paid": [2.0, 25.0]}).tolist()
    [1, 0]
    >>> predictor = ms.Predictor(model)
    >>> bool((predictor.predict_proba(rows) == model.predict_proba(rows)).all())
    True
    """

    def __init__(  # noqa: PLR0913 - each is a parameter of its own, by keyword
        self,
        preprocessor: Preprocessor | None = None,
        *,
        buckets: int = 1 << 18,
        optimizer: str = "ftrl",
        rate: float = 0.1,
        smoothing: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        epochs: int = 1,
    ) -> None:
        self.preprocessor = preprocessor
        self.buckets = buckets
        self.optimizer = optimizer
        self.rate = rate
        self.smoothing = smoothing
        self.l1 = l1
        self.l2 = l2
        self.epochs = epochs


class HashedFactorizationMachine(IdClassifier):
    """A factorization machine over hashed features: every pair of them has a weight of its own.

    :class:`HashedLogisticRegression` and, on top of it, the products of the vectors of each row's
    features, which learn by Adagrad. Everything that is not said here is as there.

    Parameters
    ----------
    preprocessor, optimizer, rate, smoothing, l1, l2, epochs
        As in :class:`HashedLogisticRegression`, of the weights.
    buckets : int, default 65,536
        As there, with vectors.
    num_factors : int, default 8
        Numbers of a vector, 1 to 256.
    factor_rate : float, default 0.05
        Rate of the vectors.
    factor_l2 : float, default 0.0
        Their penalty, for each row that they are in.
    scale : float, default 0.05
        Vectors begin between ``-scale`` and ``scale``, never all at 0.
    seed : int, default 0
        Of these.

    Notes
    -----
    Formula
        ``bias + sum(w) + sum of the products v_i . v_j of all pairs``; a number counts as often as
        it says, ``x * w`` and ``x * v``.
    Memory
        8 * (1 + num_factors) bytes for each bucket of each column: 72 by default.

    References
    ----------
    S. Rendle, "Factorization Machines", ICDM 2010, doi:10.1109/ICDM.2010.127.

    Examples
    --------
    >>> import mainspring as ms
    >>> same = {"a": [0, 0, 1, 1] * 100, "b": [0, 1, 0, 1] * 100}  # which no sum of weights knows
    >>> machine = ms.train.HashedFactorizationMachine(buckets=16, epochs=20, scale=0.5)
    >>> machine.fit(same, [1, 0, 0, 1] * 100).predict({"a": [0, 1], "b": [0, 0]}).tolist()
    [1, 0]
    """

    def __init__(  # noqa: PLR0913 - each is a parameter of its own, by keyword
        self,
        preprocessor: Preprocessor | None = None,
        *,
        buckets: int = 1 << 16,
        optimizer: str = "ftrl",
        rate: float = 0.1,
        smoothing: float = 1.0,
        l1: float = 0.0,
        l2: float = 0.0,
        epochs: int = 1,
        num_factors: int = 8,
        factor_rate: float = 0.05,
        factor_l2: float = 0.0,
        scale: float = 0.05,
        seed: int = 0,
    ) -> None:
        self.preprocessor = preprocessor
        self.buckets = buckets
        self.optimizer = optimizer
        self.rate = rate
        self.smoothing = smoothing
        self.l1 = l1
        self.l2 = l2
        self.epochs = epochs
        self.num_factors = num_factors
        self.factor_rate = factor_rate
        self.factor_l2 = factor_l2
        self.scale = scale
        self.seed = seed

    def _check(self) -> None:
        super()._check()
        checked_number("num_factors", self.num_factors, 1, 256, whole=True)
        checked_number("factor_rate", self.factor_rate, 1e-12, 1e6)
        checked_number("factor_l2", self.factor_l2, 0, 1e12)
        checked_number("scale", self.scale, 1e-12, 1e6)
        checked_number("seed", self.seed, 0, (1 << 64) - 1, whole=True)

    def rates(self) -> list[float]:
        """Return what the engine is told about steps."""
        return [self.rate, self.smoothing, self.l1, self.l2, self.factor_rate, self.factor_l2]

    def num_factors_used(self) -> int:
        """Return the numbers of a vector."""
        return self.num_factors

    def drawn(self) -> tuple[int, float]:
        """Return seed and size of the first vectors."""
        return self.seed, self.scale
