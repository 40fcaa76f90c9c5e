"""How far scores move when the weights of layers are held in two bytes or one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring import errors

if TYPE_CHECKING:
    from mainspring.predictor import Predictor

__all__ = ["WeightsReport", "weights_report"]


@dataclass(frozen=True)
class WeightsReport:
    """Scores with shorter weights beside those with the library's own, on the same rows.

    Attributes
    ----------
    num_rows : int
        Rows that were compared; those whose scores are missing are left out.
    largest_error, mean_error : float
        Of the absolute differences of raw scores.
    largest_score : float
        The largest absolute raw score of the library's own weights.
    predictions_changed : int or None
        Rows whose label is another one; None where ``predict`` gives numbers.
    bytes_before, bytes_after : int
        Sizes of the bundles.
    """

    num_rows: int
    largest_error: float
    mean_error: float
    largest_score: float
    predictions_changed: int | None
    bytes_before: int
    bytes_after: int

    def __str__(self) -> str:
        """Say it in one line."""
        labels = ""
        if self.predictions_changed is not None:
            labels = f", {self.predictions_changed:,} labels changed"
        return (
            f"{self.num_rows:,} rows: raw scores up to {self.largest_score:.3g} differ by "
            f"{self.largest_error:.3g} at most, {self.mean_error:.3g} on average{labels}; "
            f"{self.bytes_before:,} bytes became {self.bytes_after:,}"
        )


def weights_report(exact: Predictor, shorter: Predictor, data: Any) -> WeightsReport:
    """Compare a predictor with one of the same model whose weights are shorter.

    Parameters
    ----------
    exact : Predictor
        With the library's own weights.
    shorter : Predictor
        The same model, as ``Predictor(model, weights="bfloat16")`` or ``"int8"``.
    data : Arrow data or array of shape (num_rows, num_features)
        Rows like those that will be predicted; what ``predict`` takes.

    Returns
    -------
    WeightsReport

    Raises
    ------
    ParameterError
        When the two give different numbers of scores, or no row has any.

    Examples
    --------
    >>> import numpy as np, torch, mainspring as ms
    >>> model = torch.nn.Sequential(
    ...     torch.nn.Linear(4, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
    ... )
    >>> predictors = [ms.Predictor(model, weights=w) for w in ("library", "int8")]
    >>> report = ms.models.weights_report(*predictors, np.ones((10, 4), np.float32))
    >>> report.largest_error < 0.1 * max(report.largest_score, 1)
    True
    """
    import numpy as np

    before, after = exact.predict_raw(data), shorter.predict_raw(data)
    if before.shape != after.shape:
        raise errors.ParameterError(
            f"The predictors give scores of shapes {before.shape} and {after.shape}; expected two "
            "of the same model. Make both from one model.",
            expected=f"scores of shape {before.shape}",
            got=f"scores of shape {after.shape}",
        )
    known = np.isfinite(before).reshape(len(before), -1).all(axis=1)
    if not known.any():
        raise errors.ParameterError(
            "No row has a score; expected rows without missing numbers. Give other rows.",
            expected="rows with scores",
            got=f"{len(before)} rows without",
        )
    differences = np.abs(after[known] - before[known])
    changed = None
    if exact.bundle.labels is not None:
        changed = int((exact.predict(data)[known] != shorter.predict(data)[known]).sum())
    return WeightsReport(
        int(known.sum()),
        float(differences.max()),
        float(differences.mean()),
        float(np.abs(before[known]).max()),
        changed,
        len(exact.to_bytes()),
        len(shorter.to_bytes()),
    )
