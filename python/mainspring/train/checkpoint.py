"""A file that a training goes on from: weights, optimizer and the epochs so far."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mainspring import errors
from mainspring.train.training import Epoch

__all__ = ["Checkpoint"]

_FORM = 1


class Checkpoint:
    """Where a training stands after an epoch.

    Parameters
    ----------
    path : str or path
        The file; it is written beside it first.
    model, optimizer : object
        Of torch; what is read goes into them.
    """

    def __init__(self, path: str | os.PathLike[str], model: Any, optimizer: Any) -> None:
        self._path = Path(path)
        self._model, self._optimizer = model, optimizer
        self.epochs: list[Epoch] = []
        self.best: dict[str, Any] = {}

    def load(self) -> bool:
        """Read the file where it is there.

        Returns
        -------
        bool
            Whether it is.

        Raises
        ------
        FileError
            When it is no checkpoint, or of another model.
        """
        if not self._path.exists():
            return False
        try:
            # Tensors and plain values alone: nothing in the file is run.
            found = torch.load(self._path, weights_only=True, map_location="cpu")
            if found["form"] != _FORM:
                raise ValueError(f"its form is {found['form']}, expected {_FORM}")
            self._model.load_state_dict(found["model"])
            self._optimizer.load_state_dict(found["optimizer"])
            self.epochs = [Epoch(**epoch) for epoch in found["epochs"]]
            self.best = found["best"]
            torch.set_rng_state(found["random"])
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise errors.FileError(
                f"{self._path} cannot be gone on from: {reason}. It is no checkpoint of this "
                "model; remove it to begin anew.",
                hint="remove it to begin anew",
            ) from error
        return True

    def write(self, epochs: list[Epoch], best: dict[str, Any]) -> None:
        """Write the file, whole or not at all.

        Parameters
        ----------
        epochs : list of Epoch
            So far.
        best : dict
            Weights of the best one.

        Raises
        ------
        FileError
            When the operating system refuses.
        """
        saved = {
            "form": _FORM,
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "epochs": [asdict(epoch) for epoch in epochs],
            "best": best,
            "random": torch.get_rng_state(),
        }
        written = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            torch.save(saved, written)
            written.replace(self._path)
        except (OSError, RuntimeError) as error:
            written.unlink(missing_ok=True)
            reason = str(error).strip().partition("\n")[0]
            raise errors.FileError(f"{self._path} cannot be written: {reason}") from error
