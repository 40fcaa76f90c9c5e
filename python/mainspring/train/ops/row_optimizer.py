"""How the rows of embedding tables are updated in the backward pass."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mainspring.errors import ParameterError

__all__ = ["RowOptimizer"]

# In the order of the engine: what the two states hold, a number for each "element" or "row".
UPDATES: dict[str, tuple[str | None, str | None]] = {
    "sgd": (None, None),
    "adagrad": ("element", None),
    "rowwise_adagrad": ("row", None),
    "adam": ("element", "element"),
    "partial_rowwise_adam": ("element", "row"),
    "ftrl": ("element", "element"),
}


@dataclass(frozen=True)
class RowOptimizer:
    """How a row that was looked up is updated with the sum g of its gradients.

    Parameters
    ----------
    name : str
        "sgd", "adagrad", "rowwise_adagrad" (one number of state a row: the mean of g^2), "adam",
        "partial_rowwise_adam" (the second moment is one number a row) or "ftrl".
    learning_rate : float
        Positive.
    eps : float
        Added to roots; not of "sgd" and "ftrl".
    betas : (float, float)
        Of "adam" and "partial_rowwise_adam", in [0, 1). The moments are corrected by the number of
        steps of the tables; rows that are not looked up keep theirs.
    weight_decay : float
        Of rows that are looked up: added to g times the row, or with ``decoupled`` taken off the
        row times the learning rate.
    decoupled : bool
        See ``weight_decay``.
    clip_value : float
        Largest magnitude of an element of g.
    clip_norm : float
        Largest norm of a row's g; after ``clip_value``.
    l1, l2, beta : float
        Of "ftrl": penalties, and what is added to the root of the sum of squares.

    Raises
    ------
    ParameterError
        When a value is outside its range.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer 2011 (Adagrad); D. Kingma, J. Ba 2015, arXiv:1412.6980 (Adam);
    H. B. McMahan et al. 2013, doi:10.1145/2487575.2488200 (FTRL-Proximal).

    Examples
    --------
    >>> from mainspring.train import RowOptimizer
    >>> RowOptimizer("rowwise_adagrad", learning_rate=0.05).learning_rate
    0.05
    """

    name: str = "rowwise_adagrad"
    learning_rate: float = 0.01
    eps: float = 1e-8
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    decoupled: bool = False
    clip_value: float = math.inf
    clip_norm: float = math.inf
    l1: float = 0.0
    l2: float = 0.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in UPDATES:
            expected = "one of " + ", ".join(map(repr, UPDATES))
            _refuse("name", expected, self.name)
        for name in ("learning_rate", "clip_value", "clip_norm"):
            if not getattr(self, name) > 0:
                _refuse(name, "a positive number", getattr(self, name))
        for name in ("eps", "weight_decay", "l1", "l2", "beta"):
            if not 0 <= getattr(self, name) < math.inf:
                _refuse(name, "a finite number that is not negative", getattr(self, name))
        if len(self.betas) != 2 or not all(0 <= one < 1 for one in self.betas):
            _refuse("betas", "two numbers from 0 to below 1", self.betas)

    def settings(self) -> list[float]:
        """Return the numbers in the order of the operators.

        Returns
        -------
        list of float
            The rate, a step of 0, the options, and the scale of the gradients, 1.
        """
        clips = [self.clip_value, self.clip_norm]
        own = [self.eps, *self.betas, self.weight_decay, *clips, self.l1, self.l2, self.beta]
        return [self.learning_rate, 0.0, *own, 1.0]


def _refuse(name: str, expected: str, got: object) -> None:
    raise ParameterError(
        f"RowOptimizer: {name} must be {expected}, got {got!r}.", expected=expected, got=repr(got)
    )
