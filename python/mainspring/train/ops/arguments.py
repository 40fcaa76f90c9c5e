"""Checks of what operators are given: errors name the argument, what was expected and what came."""

from __future__ import annotations

from typing import NoReturn

import torch

from mainspring.errors import DataError, ParameterError

__all__ = ["check_choice", "check_floating", "check_range", "check_same", "refuse", "refuse_data"]


def refuse(op: str, argument: str, expected: str, got: str) -> NoReturn:
    """Raise the error of an argument that cannot be taken."""
    raise ParameterError(
        f"{op}: {argument} must be {expected}, got {got}.", expected=expected, got=got
    )


def refuse_data(op: str, text: str, *, row: int, expected: str, got: str) -> NoReturn:
    """Raise the error of a value that cannot be taken."""
    raise DataError(f"{op}: {text}, expected {expected}.", row=row, expected=expected, got=got)


def check_floating(op: str, argument: str, value: object, dims: tuple[int, ...]) -> None:
    """Refuse what is no floating-point tensor with one of these numbers of dimensions."""
    if not isinstance(value, torch.Tensor):
        refuse(op, argument, "a tensor", type(value).__name__)
    if not value.dtype.is_floating_point:
        refuse(op, argument, "a tensor of floating-point numbers", str(value.dtype))
    if dims and value.dim() not in dims:
        expected = " or ".join(map(str, dims))
        refuse(op, argument, f"a tensor of {expected} dimensions", f"shape {tuple(value.shape)}")


def check_same(op: str, argument: str, value: object, like: torch.Tensor, name: str) -> None:
    """Refuse what has not the shape and the device of another argument."""
    if not isinstance(value, torch.Tensor):
        refuse(op, argument, "a tensor", type(value).__name__)
    if value.shape != like.shape:
        shape = f"of the shape of {name}, {tuple(like.shape)}"
        refuse(op, argument, shape, f"shape {tuple(value.shape)}")
    if value.device != like.device:
        refuse(op, argument, f"on the device of {name}, {like.device}", str(value.device))


def check_choice(op: str, argument: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse what is not one of the words."""
    if value not in choices:
        refuse(op, argument, "one of " + ", ".join(map(repr, choices)), repr(value))


def check_range(op: str, argument: str, value: object, low: float, high: float) -> None:
    """Refuse what is no number in [low, high]; NaN lies in no range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        refuse(op, argument, f"a number from {low:g} to {high:g}", repr(value))
