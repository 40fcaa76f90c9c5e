"""What a row will lose, learnt from rows whose loss is known: boosted stumps on equal bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

__all__ = ["LossModel"]

_BINS = 32
_ROUNDS = 150
_RATE = 0.1
_MIN_ROWS = 20


class LossModel:
    """Additive means over equally filled bins of features (J. H. Friedman 2001, depth 1).

    Missing is a bin of its own. Needs no other library, and is the same on every run.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 1000)[:, None]
    >>> model = LossModel().fit(x, (x[:, 0] > 0.5).astype(float))
    >>> model.predict(np.array([[0.1], [0.9]])).round(1)
    array([0., 1.])
    """

    def __init__(self) -> None:
        self._edges: list[Numbers] = []
        self._steps: list[Numbers] = []
        self._mean = 0.0

    def fit(self, matrix: Numbers, losses: Numbers) -> LossModel:
        """Learn the losses of rows.

        Parameters
        ----------
        matrix : numpy.ndarray
            float64, (rows, features); NaN is missing.
        losses : numpy.ndarray
            float64, one for each row.

        Returns
        -------
        LossModel
            Itself.
        """
        import numpy as np

        shares = np.arange(1, _BINS) / _BINS
        self._edges = [
            np.unique(np.quantile(column[~np.isnan(column)], shares))
            if (~np.isnan(column)).any()
            else np.empty(0)
            for column in matrix.T
        ]
        bins = self._bins(matrix)
        self._mean = float(losses.mean())
        self._steps = [np.zeros(len(edges) + 2) for edges in self._edges]
        rows = [np.bincount(of, minlength=_BINS + 2) for of in bins]
        rest = losses - self._mean
        for _ in range(_ROUNDS):
            best = (0.0, -1, 0, 0.0, 0.0)
            for place, of in enumerate(bins):
                gain, cut, left, right = _split(
                    np.bincount(of, rest, minlength=_BINS + 2), rows[place]
                )
                if gain > best[0]:
                    best = (gain, place, cut, left, right)
            _, place, cut, left, right = best
            if place < 0:
                break
            step = np.where(np.arange(len(self._steps[place])) <= cut, left, right) * _RATE
            self._steps[place] += step
            rest -= step[bins[place]]
        return self

    def predict(self, matrix: Numbers) -> Numbers:
        """Return the expected loss of rows.

        Parameters
        ----------
        matrix : numpy.ndarray
            float64, (rows, features).

        Returns
        -------
        numpy.ndarray
            float64, at least 0.
        """
        import numpy as np

        total: Numbers = np.full(len(matrix), self._mean)
        for step, of in zip(self._steps, self._bins(matrix), strict=True):
            total += step[of]
        return np.clip(total, 0.0, None)

    def _bins(self, matrix: Numbers) -> list[npt.NDArray[np.int64]]:
        import numpy as np

        return [
            np.where(np.isnan(column), 0, 1 + np.searchsorted(edges, column)).astype(np.int64)
            for edges, column in zip(self._edges, matrix.T, strict=True)
        ]


def _split(sums: Any, rows: Any) -> tuple[float, int, float, float]:
    """Return gain, last bin on the left, and the means of both sides of the best cut."""
    import numpy as np

    left_sums, left_rows = np.cumsum(sums)[:-1], np.cumsum(rows)[:-1]
    right_sums, right_rows = sums.sum() - left_sums, rows.sum() - left_rows
    enough = (left_rows >= _MIN_ROWS) & (right_rows >= _MIN_ROWS)
    if not enough.any():
        return 0.0, 0, 0.0, 0.0
    left = left_sums / np.maximum(left_rows, 1)
    right = right_sums / np.maximum(right_rows, 1)
    gain = np.where(enough, left_sums * left + right_sums * right, 0.0)
    cut = int(np.argmax(gain))
    return float(gain[cut]), cut, float(left[cut]), float(right[cut])
