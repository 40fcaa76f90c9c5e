"""Cut rows into training and test rows so that no test row could have been known in training.

Every cut is a function of the rows and a seed: the same on every machine, with every version of
NumPy.
"""

from __future__ import annotations

from mainspring.splits.folds import GroupFolds, StratifiedFolds, TimeFolds
from mainspring.splits.train_test import split

__all__ = ["GroupFolds", "StratifiedFolds", "TimeFolds", "split"]
