"""A short training loop: early stopping, checkpoints, the engine's own metrics, a verdict."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from mainspring import _engine, errors
from mainspring._progress import Progress
from mainspring.train.batches import ArrowBatches
from mainspring.train.checkpoint import Checkpoint
from mainspring.train.labels import checked_number
from mainspring.train.ops.softmax_losses import softmax_cross_entropy
from mainspring.train.training import Epoch, Training
from mainspring.train.validation import check_shape, measured
from mainspring.train.verdict import verdict_of

if TYPE_CHECKING:
    from mainspring.train.windows import TensorBatch

__all__ = ["fit"]

_METRICS = {
    "binary": ("roc_auc", "log_loss"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("r2", "rmse"),
}


def fit(  # noqa: PLR0913 - each is a choice of its own, by keyword
    model: Any,
    data: Any,
    *,
    preprocessor: Any = None,
    label: str | Sequence[str] | None = None,
    weight: str | None = None,
    validation: Any = None,
    epochs: int = 10,
    batch_size: int = 1024,
    optimizer: str | Callable[[Any], Any] = "adamw",
    rate: float = 1e-3,
    weight_decay: float = 1e-5,
    loss: str | Callable[[Any, Any], Any] | None = None,
    max_norm: float | None = None,
    metrics: Sequence[str] | None = None,
    patience: int | None = 3,
    checkpoint: str | os.PathLike[str] | None = None,
    seed: int = 0,
    device: Any = None,
    progress: bool = True,
    on_epoch: Callable[[Epoch], bool | None] | None = None,
) -> Training:
    """Train a model of numbers and ids.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(dense, ids)``, gives scores for each row: a :class:`TabularModel`, or a
        module of one's own, whose ``task`` and ``outputs`` are "binary" and 1 unless it has
        attributes that say so. It is trained in place and is left in ``eval`` mode with the weights
        of its best epoch.
    data : object
        Training rows: :class:`ArrowBatches`, or what it takes; then they are shuffled by blocks.
    preprocessor : Preprocessor, optional
        Makes the features, where data is no :class:`ArrowBatches`.
    label : str or list of str, optional
        The column of the label, where data is no :class:`ArrowBatches`: of classes 0, 1, 2, ...
        A model of several targets has one for each output.
    weight : str, optional
        The column of weights, where data is no :class:`ArrowBatches`.
    validation : object, optional
        Rows to stop by, of the same kinds. Without them all epochs run, and the last one counts.
    epochs : int, default 10
        At most so many.
    batch_size : int, default 1024
        Rows of a step, where data is no :class:`ArrowBatches`.
    optimizer : {"adamw", "adagrad", "sgd"} or callable, default "adamw"
        Or a function of the parameters that returns an optimizer of torch.
    rate, weight_decay : float, default 1e-3 and 1e-5
        Of an optimizer by name.
    loss : {"log_loss", "squared"} or callable, optional
        Of scores and labels (of classes int64); a callable returns a number for each row, for each
        row and target, or one for all. Default: that of the model's task, ``"log_loss"`` for a
        model without one. Targets count alike.
    max_norm : float, optional
        Gradients of a larger norm are shortened to it.
    metrics : sequence of str, optional
        Of :func:`mainspring.evaluate`, over the validation rows, exactly; the first one, of several
        targets its mean, decides which epoch is best. Default: roc_auc and log_loss, of several
        classes log_loss and accuracy, of numbers r2 and rmse.
    patience : int, optional, default 3
        Stop after so many epochs that are no better. None: never.
    checkpoint : str or path, optional
        A file that holds model, optimizer and epochs after each epoch, written atomically. Where it
        is there, training goes on behind its last epoch, with the weights of a run that was not
        interrupted.
    seed : int, default 0
        Of the shuffle, and of torch's own numbers from here on.
    device : torch.device or str, optional
        Where to train. Default: where the model is.
    progress : bool, default True
        Whether to show a progress bar, on terminals only.
    on_epoch : callable, optional
        Called after each epoch; True ends the training. For loggers and pruning.

    Returns
    -------
    Training
        Every epoch's numbers, the best one, a learning curve, and what :func:`mainspring.check`
        says about overfitting and underfitting.

    Raises
    ------
    ParameterError
        When a parameter is out of range, data has no label, or not one for each target.
    DataError
        When the loss is not finite, or a label is none of the classes; the message names the epoch
        and the step.
    FileError
        When the checkpoint cannot be written, or is of another model.

    Notes
    -----
    The same seed, data and torch give the same weights on a CPU, where torch's own operators do.

    Examples
    --------
    >>> import torch, mainspring as ms
    >>> rows = {"city": ["Rome", "Oslo", "Bonn"] * 200, "y": [1, 0, 0] * 200}
    >>> prep = ms.Preprocessor(ms.col("city").ordinal()).fit(rows)
    >>> _ = torch.manual_seed(0)
    >>> model = ms.train.MLP.from_features(prep, hidden=(8,), width=4)
    >>> done = ms.train.fit(model, rows, preprocessor=prep, label="y", validation=rows, rate=0.05)
    >>> done.metrics["roc_auc"]
    1.0
    """
    _check(epochs, patience, max_norm, seed)
    task = getattr(model, "task", "binary")
    outputs = int(getattr(model, "outputs", 1))
    targets = 1 if task == "multiclass" else outputs
    options = {"label": label, "weight": weight, "batch_size": batch_size, "seed": seed}
    train = _batches(data, preprocessor, {**options, "shuffle": "block"}, targets)
    held_out = None if validation is None else _batches(validation, preprocessor, options, targets)
    asked = tuple(_METRICS.get(task, _METRICS["binary"]) if metrics is None else metrics)
    if device is not None:
        model.to(device)
    optimize = _optimizer(model, optimizer, rate, weight_decay)
    loop = _Loop(model, optimize, _BatchLoss(loss, task, outputs), max_norm)
    torch.manual_seed(seed)
    training = Training(asked[0] if held_out is not None else None, asked[0] in _smaller())
    saved = None if checkpoint is None else Checkpoint(checkpoint, model, loop.optimizer)
    best = copy.deepcopy(model.state_dict())
    if saved is not None and saved.load():
        training.epochs, best = saved.epochs, saved.best
    while len(training.epochs) < epochs and not training.is_over(patience):
        number = len(training.epochs)
        train.set_epoch(number)
        train_loss = loop.epoch(train, number, progress=progress)
        found = ({}, {}) if held_out is None else measured(model, held_out, task, asked)
        epoch = Epoch(number, train_loss, *found)
        training.epochs.append(epoch)
        if training.best_epoch == number:
            best = copy.deepcopy(model.state_dict())
        if saved is not None:
            saved.write(training.epochs, best)
        if on_epoch is not None and on_epoch(epoch):
            break
    model.load_state_dict(best)
    model.eval()
    if held_out is not None:
        training.verdict = verdict_of(model, train, held_out, task)
    return training


class _Loop:
    """Steps over batches."""

    def __init__(
        self, model: Any, optimizer: Any, loss: _BatchLoss, max_norm: float | None
    ) -> None:
        self.model, self.optimizer = model, optimizer
        self._loss, self._max_norm = loss, max_norm
        self._device = next(model.parameters()).device

    def epoch(self, batches: ArrowBatches, number: int, *, progress: bool) -> float:
        """Take a step for each batch; return the mean loss of the rows before their steps."""
        self.model.train()
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        num_rows = 0
        steps = None if batches.num_rows is None else len(batches)
        with Progress(f"epoch {number + 1}", steps, shown=progress) as bar:
            for step, given in enumerate(batches):
                self._loss.check(given.label, number, step)
                batch = given if self._device.type == "cpu" else given.to(self._device)
                loss = self._step(batch)
                total += loss.detach().double() * len(batch.dense)
                num_rows += len(batch.dense)
                if step % 64 == 0:
                    _check_finite(total, number, step)
                bar.advance()
        _check_finite(total, number, num_rows)
        if num_rows == 0:
            raise errors.DataError("The training data has no rows, expected at least one.")
        return float(total) / num_rows

    def _step(self, batch: TensorBatch) -> Any:
        scores = self.model(batch.dense, batch.ids)
        losses = self._loss(scores, batch.label)
        if losses.ndim == 2:
            losses = losses.mean(1)
        if batch.weight is not None and losses.ndim:
            losses = losses * batch.weight
        loss = losses.mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self._max_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._max_norm)
        self.optimizer.step()
        return loss


def _check_finite(total: Any, epoch: int, step: int) -> None:
    if not math.isfinite(float(total)):
        raise errors.DataError(
            f"The loss is {float(total)} at step {step} of epoch {epoch}, expected a finite "
            "number. Standardize and impute the numbers, take a smaller rate, or set max_norm.",
            expected="a finite loss",
            got=str(float(total)),
            hint="Standardize and impute the numbers, take a smaller rate, or set max_norm.",
        )


def _smaller() -> set[str]:
    """Return the metrics of which less is better."""
    return {str(row["name"]) for row in _engine.quality_metrics() if row["direction"] == -1}


def _batches(data: Any, preprocessor: Any, options: dict[str, Any], targets: int) -> ArrowBatches:
    if not isinstance(data, ArrowBatches):
        data = ArrowBatches(data, preprocessor, output="torch", **options)
    if not data.has_label:
        raise errors.ParameterError(
            "The data has no label. Pass label='...', the name of its column.",
            expected="a label",
            hint="Pass label='...', the name of its column.",
        )
    if len(data.label_names) != targets:
        got = ", ".join(data.label_names)
        raise errors.ParameterError(
            f"The model has {targets} target(s), expected as many labels; got "
            f"{len(data.label_names)}: {got}. Classes are one label; with other tasks each output "
            "of the model has a label of its own.",
            expected=f"{targets} label(s)",
            got=got,
        )
    return data


def _optimizer(model: Any, given: Any, rate: float, weight_decay: float) -> Any:
    if callable(given):
        return given(model.parameters())
    kinds = {"adamw": torch.optim.AdamW, "adagrad": torch.optim.Adagrad, "sgd": torch.optim.SGD}
    if given not in kinds:
        expected = "'adamw', 'adagrad', 'sgd' or a function of the parameters"
        raise errors.ParameterError(
            f"optimizer must be {expected}, got {given!r}.", expected=expected, got=repr(given)
        )
    checked_number("rate", rate, 1e-12, 1e6)
    checked_number("weight_decay", weight_decay, 0, 1e6)
    options: dict[str, Any] = {"lr": rate, "weight_decay": weight_decay}
    if given == "adamw":
        options["fused"] = True
    return kinds[given](model.parameters(), **options)


class _BatchLoss:
    """The loss of a task, or a caller's, and what it takes as labels."""

    def __init__(self, given: Any, task: str, outputs: int) -> None:
        self._task, self._outputs = task, outputs
        self._own = given if callable(given) else None
        if given is None:
            given = "squared" if task == "regression" else "log_loss"
        known = ("log_loss",) if task == "multiclass" else ("log_loss", "squared")
        if self._own is None and given not in known:
            expected = f"{', '.join(map(repr, known))} or a function"
            raise errors.ParameterError(
                f"loss must be {expected}, got {given!r}.", expected=expected, got=repr(given)
            )
        self._name = given

    def __call__(self, scores: Any, labels: Any) -> Any:
        """Return losses, with the axes that they have."""
        if self._task == "multiclass":
            labels = labels.long()
        if self._own is not None:
            return self._own(scores, labels)
        check_shape(scores, labels, self._task, self._outputs)
        if self._task == "multiclass":
            return softmax_cross_entropy(scores, labels, reduction="none")
        if self._name == "squared":
            return torch.nn.functional.mse_loss(scores, labels, reduction="none")
        return torch.nn.functional.binary_cross_entropy_with_logits(
            scores, labels, reduction="none"
        )

    def check(self, labels: Any, epoch: int, step: int) -> None:
        """Refuse labels of a batch, still on the CPU, that are none of the classes."""
        if self._task == "multiclass":
            good = (labels >= 0) & (labels < self._outputs) & (labels == labels.floor())
            expected = f"a class, a whole number from 0 to {self._outputs - 1}"
        elif self._own is None and self._name == "log_loss":
            good = (labels >= 0) & (labels <= 1)
            expected = "a number from 0 to 1"
        else:
            return
        if bool(good.all()):
            return
        got = f"{labels[~good][0].item():g}"
        raise errors.DataError(
            f"A label is {got} at step {step} of epoch {epoch}, expected {expected}.",
            expected=expected,
            got=got,
        )


def _check(epochs: Any, patience: Any, max_norm: Any, seed: Any) -> None:
    checked_number("epochs", epochs, 1, 1 << 20, whole=True)
    checked_number("seed", seed, 0, (1 << 63) - 1, whole=True)
    if patience is not None:
        checked_number("patience", patience, 1, 1 << 20, whole=True)
    if max_norm is not None:
        checked_number("max_norm", max_norm, 1e-12, 1e12)
