"""The methods of an expression, one for each operator class, made when the package is imported.

Type checkers and editors read operator_methods.pyi, which is generated from the same classes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from mainspring import errors
from mainspring.transforms.transform import Transform, operator_classes

__all__ = ["OperatorMethods", "add_operator_methods"]

_Self = TypeVar("_Self", bound="OperatorMethods")


class OperatorMethods:
    """Base of Expression: has the method of each operator, with the parameters of its class."""

    __slots__ = ()

    def _with_operator(self: _Self, operator: Transform) -> _Self:
        raise NotImplementedError


def add_operator_methods() -> None:
    """Give OperatorMethods the method of each operator class."""
    for name, cls in operator_classes().items():
        setattr(OperatorMethods, name, _method_of(cls))


def _method_of(cls: type[Transform]) -> Callable[..., OperatorMethods]:
    signature = inspect.signature(cls)

    def method(self: OperatorMethods, *args: Any, **kwargs: Any) -> OperatorMethods:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise errors.ParameterError(
                f"{cls.op}{signature.replace(return_annotation=signature.empty)}: {error}.",
                hint=f"see help(mainspring.transforms.{cls.__name__})",
            ) from None
        return self._with_operator(cls(*args, **kwargs))

    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__name__ = cls.op
    method.__qualname__ = f"Expression.{cls.op}"
    method.__doc__ = cls.__doc__
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[me, *signature.parameters.values()], return_annotation="Expression"
    )
    return method
