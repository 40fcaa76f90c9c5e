"""What scikit-learn asks of an estimator, without scikit-learn: parameters by name, and tags."""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from mainspring import errors

__all__ = ["Estimator"]

Self = TypeVar("Self", bound="Estimator")


class Estimator:
    """Parameters are what ``__init__`` takes, and lie in attributes of the same names.

    So ``sklearn.base.clone``, searches, pipelines and cross-validation take a subclass as one of
    their own.
    """

    @classmethod
    def _parameters(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default True
            Here because scikit-learn passes it; no parameter has parameters of its own.

        Returns
        -------
        dict
            Of ``__init__``.
        """
        del deep
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self: Self, **params: Any) -> Self:
        """Set parameters by name; what was learnt stays until the next ``fit``.

        Parameters
        ----------
        **params : object
            Of ``__init__``.

        Returns
        -------
        Estimator
            Itself.

        Raises
        ------
        ParameterError
            When there is no such parameter.
        """
        known = self._parameters()
        for name, value in params.items():
            if name not in known:
                raise errors.ParameterError(
                    f"{type(self).__name__} has no parameter {name!r}, expected one of "
                    f"{', '.join(known)}.",
                    expected=", ".join(known),
                    got=name,
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name].default and value != defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_class=False),
            input_tags=InputTags(string=True, categorical=True),
        )
