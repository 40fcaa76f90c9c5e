"""The base of all operator classes, and the check that they and the engine agree."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from mainspring import _engine
from mainspring._names import did_you_mean

__all__ = ["Transform", "check_complete", "joins", "operator_classes", "unknown_operator"]

_CLASSES: dict[str, type[Transform]] = {}
_TABLE: dict[str, dict[str, Any]] = {row["name"]: row for row in _engine.operators()}

# What the engine calls a parameter's type, by the annotation of the class.
_TYPE_NAMES = {
    "bool": "bool",
    "int": "integer",
    "float": "number",
    "str": "string",
    "int | None": "integer or None",
    "float | None": "number or None",
    "str | None": "string or None",
    "float | str | None": "number, string or None",
    "tuple[float, ...]": "list of numbers",
    "tuple[str, ...]": "list of strings",
    "tuple[float | str, ...]": "list of numbers or strings",
}


class Transform:
    """Base of the operators: a subclass names its operator, its annotations are the parameters.

    ``class Clip(Transform, op="clip")`` is all that Python knows of the operator ``clip``; what it
    learns and does is the engine's. The annotations are compared with the engine's table when the
    class is made.

    Raises
    ------
    TypeError
        While the class is made: the engine has no such operator, or other parameters.
    ParameterError
        While an instance is made: a parameter is wrong; the message names operator, parameter,
        what was expected and what came.
    """

    op: ClassVar[str] = ""

    def __init_subclass__(cls, *, op: str) -> None:
        super().__init_subclass__()
        cls.op = op
        _compare_with_engine(cls, op)
        _CLASSES[op] = cls

    def __post_init__(self) -> None:
        """Bring the parameters into plain Python types, and let the engine check them."""
        for name, value in self.params.items():
            plain = value.tolist() if hasattr(value, "tolist") else value
            plain = tuple(plain) if isinstance(plain, list) else plain
            object.__setattr__(self, name, plain)
        _engine.check_operator(self.op, self.params)

    @property
    def params(self) -> dict[str, Any]:
        """Every parameter by name.

        Returns
        -------
        dict
            In the order of the engine's table.
        """
        return {name: getattr(self, name) for name in _parameter_names(self.op)}

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that the operator reads besides those of its expression.

        Returns
        -------
        tuple of str
            Empty for most operators.
        """
        return ()

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Transform:
        """Make the operator from its parameters by name.

        Parameters
        ----------
        params : dict
            What :attr:`params` returned.

        Returns
        -------
        Transform
            Equal to the one that it came from.
        """
        return cls(**params)

    def _arguments(self) -> str:
        """Write the parameters that differ from their defaults as source text."""
        defaults = {row["name"]: row["default"] for row in _TABLE[self.op]["params"]}
        return ", ".join(
            f"{name}={value!r}"
            for name, value in self.params.items()
            if value != _as_tuple(defaults[name])
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments()})"


def operator_classes() -> dict[str, type[Transform]]:
    """Return the operator classes by the name of their operator.

    Returns
    -------
    dict
        A copy, in the order in which the classes were made.
    """
    return dict(_CLASSES)


def check_complete() -> None:
    """Check that there is a class for every operator of the engine.

    Raises
    ------
    TypeError
        When one is missing.
    """
    missing = sorted(_TABLE.keys() - _CLASSES.keys())
    if missing:
        raise TypeError(f"These operators of the engine have no class: {', '.join(missing)}.")


def joins(name: str) -> bool:
    """Say whether an operator takes all columns of its expression together.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    bool
        As the engine's table has it.
    """
    return bool(_TABLE[name]["joint"])


def unknown_operator(name: str) -> str:
    """Write the message for a method that no operator has.

    Parameters
    ----------
    name : str
        What was asked for.

    Returns
    -------
    str
        With the nearest operator's name.
    """
    hint = did_you_mean(name, _CLASSES) or f" There are {', '.join(_CLASSES)}."
    return f"There is no operator {name!r}.{hint}"


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _parameter_names(op: str) -> list[str]:
    return [row["name"] for row in _TABLE[op]["params"]]


def _compare_with_engine(cls: type[Transform], op: str) -> None:
    if op not in _TABLE:
        raise TypeError(f"{cls.__name__}: the engine has no operator {op!r}.")
    wanted = [(row["name"], row["type"], _as_tuple(row["default"])) for row in _TABLE[op]["params"]]
    annotations: dict[str, str] = inspect.get_annotations(cls)
    got = [
        (name, _TYPE_NAMES.get(annotation, annotation), getattr(cls, name, "no default"))
        for name, annotation in annotations.items()
    ]
    if got != wanted:
        raise TypeError(
            f"{cls.__name__} and the engine's operator {op!r} have different parameters: the class "
            f"has {got}, the engine {wanted}. Build the engine again, or change the class."
        )
