"""Expressions, what they have learnt, and its bytes: the part of a Preprocessor that travels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mainspring import _engine, errors
from mainspring.transforms._derived import derivation_of
from mainspring.transforms._limits import (
    DEFAULT_MAX_KEYS,
    DEFAULT_MAX_VALUES,
    checked_limit,
    warn_of_limited,
    warn_of_sketched,
)
from mainspring.transforms.expression import Expression
from mainspring.transforms.transform import operator_classes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from mainspring.transforms.derived_column import Derivation

__all__ = ["FittedPlan", "expression_from"]

Self = TypeVar("Self", bound="FittedPlan")


class FittedPlan:
    """What a preprocessor has learnt: names, plan, states and profile.

    The base of :class:`Preprocessor`, which fills it.

    Parameters
    ----------
    *expressions : Expression or str
        As in :class:`Preprocessor`.
    profile : bool, default True
        As in :class:`Preprocessor`.
    max_keys, max_values : int, default 4,000,000
        As in :class:`Preprocessor`.

    Raises
    ------
    ParameterError
        When an expression cannot be, whatever the data, or a limit is no positive integer.
    """

    def __init__(
        self,
        *expressions: Expression | str,
        profile: bool = True,
        max_keys: int = DEFAULT_MAX_KEYS,
        max_values: int = DEFAULT_MAX_VALUES,
    ) -> None:
        self._expressions = tuple(_expression_of(expression) for expression in expressions)
        self._keep_profile = profile
        self._max_keys = checked_limit("max_keys", max_keys)
        self._max_values = checked_limit("max_values", max_values)
        # Columns that a warning has named since fit(), and of which limit.
        self._warned: set[tuple[str, str]] = set()
        self._output = "numpy"
        self._fitter = self._new_fitter()
        self._derivation = derivation_of(self._expressions)
        self._bundle: _engine.Bundle | None = None
        self._profile: _engine.Profile | None = None
        self._goes_on = False  # built with partial_fit or merge: pickles keep the states
        self._made_by = ""  # the call that converted it from another library's object

    def _new_fitter(self) -> _engine.Fitter:
        specs = [expression._spec() for expression in self._expressions]
        return _engine.Fitter(specs, self._max_keys, self._max_values)

    @property
    def bundle(self) -> _engine.Bundle:
        """The compiled plan.

        Returns
        -------
        _engine.Bundle
            Transforms alone, what a Predictor builds on.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        if self._bundle is None:
            self._bundle = _engine.Bundle.open(self._fitter.compile(), "preprocessor")
        return self._bundle

    @property
    def profile(self) -> _engine.Profile | None:
        """Profile of the columns that were read while fitting.

        Returns
        -------
        _engine.Profile or None
            None before fitting, or with ``profile=False``.
        """
        return self._profile

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions, in the order of their features; none of a converted object."""
        return () if self._made_by else self._expressions

    @property
    def history(self) -> Derivation | None:
        """Plans of the features about the past of events; None where there are none."""
        return self._derivation

    @property
    def num_rounds(self) -> int:
        """Passes over the data that :meth:`fit` makes; ``partial_fit`` needs at most one."""
        return int(self._fitter.num_rounds)

    @property
    def uses_target(self) -> bool:
        """Whether an expression learns from the target."""
        return bool(self._fitter.uses_target)

    @property
    def feature_names_out_(self) -> list[str]:
        """Names of the features, in order; NotFittedError before :meth:`fit`."""
        return list(self.bundle.feature_names)

    @property
    def n_features_out_(self) -> int:
        """Number of features; NotFittedError before :meth:`fit`."""
        return int(self.bundle.num_features)

    @property
    def categorical_indices(self) -> list[int]:
        """Which features are unordered ids, as a learner wants to know.

        Returns
        -------
        list of int
            Ascending positions in the feature matrix.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        return list(self.bundle.categorical_indices)

    def get_feature_names_out(
        self, input_features: Sequence[str] | None = None
    ) -> npt.NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : sequence of str, optional
            Ignored: expressions name their columns. Here because scikit-learn passes it.

        Returns
        -------
        numpy.ndarray
            Strings, shape (num_features,).

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        """
        del input_features
        return np.asarray(self.feature_names_out_, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return self._bundle is not None or bool(self._fitter.num_rows)

    def state_bytes(self) -> bytes:
        """Return expressions and states, to merge elsewhere.

        Returns
        -------
        bytes
            For :meth:`from_state_bytes`; equal states give equal bytes.

        Raises
        ------
        NotFittedError
            When nothing was learnt.
        ParameterError
            When there are no states: more than one pass was needed, or the preprocessor was
            unpickled with its plan alone.
        """
        self._check_can_go_on()
        state: bytes = self._fitter.state_bytes()
        profile = b"" if self._profile is None else self._profile.to_bytes()
        return struct.pack("<Q", len(state)) + state + profile

    @classmethod
    def from_state_bytes(cls: type[Self], data: bytes) -> Self:
        """Rebuild a preprocessor from its state bytes.

        Parameters
        ----------
        data : bytes
            What :meth:`state_bytes` returned. Nothing in them is trusted.

        Returns
        -------
        Preprocessor
            Can be applied, go on learning, and be merged.

        Raises
        ------
        BundleCorruptError
            When the bytes are truncated or not such a state.
        """
        data = bytes(data)
        length = struct.unpack_from("<Q", data)[0] if len(data) >= 8 else len(data)
        profile = data[8 + length :]
        fitter = _engine.Fitter.from_state_bytes(data[8 : 8 + length])
        expressions = [expression_from(spec) for spec in fitter.expressions]
        preprocessor = cls(
            *expressions,
            profile=bool(profile),
            max_keys=fitter.max_keys,
            max_values=fitter.max_values,
        )
        preprocessor._fitter = fitter
        preprocessor._profile = _engine.Profile.from_bytes(profile) if profile else None
        preprocessor._goes_on = True
        return preprocessor

    @classmethod
    def _from_plan(cls: type[Self], plan: bytes, made_by: str) -> Self:
        """Return a fitted preprocessor of a plan that was not learnt here."""
        bundle = _engine.Bundle.open(plan, made_by)
        # Expressions that only name the columns that are read; nobody sees or fits them.
        preprocessor = cls(*dict.fromkeys(bundle.input_names), profile=False)
        preprocessor._bundle = bundle
        preprocessor._made_by = made_by
        return preprocessor

    def __getstate__(self) -> dict[str, Any]:
        fitted = self.__sklearn_is_fitted__()
        return {
            "expressions": self._expressions,
            "keep_profile": self._keep_profile,
            "max_keys": self._max_keys,
            "max_values": self._max_values,
            "output": self._output,
            "made_by": self._made_by,
            "state": self.state_bytes() if self._goes_on else None,
            "plan": self.bundle.to_bytes() if fitted and not self._goes_on else None,
            "profile": None if self._profile is None else self._profile.to_bytes(),
            "derivation": None if self._derivation is None else self._derivation.to_bytes(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(  # type: ignore[misc]
            *state["expressions"],
            profile=state["keep_profile"],
            max_keys=state["max_keys"],
            max_values=state["max_values"],
        )
        self._output = state["output"]
        if self._derivation is not None:
            self._derivation.restore(state["derivation"])
        self._made_by = state["made_by"]
        if state["state"] is not None:
            other = type(self).from_state_bytes(state["state"])
            self._fitter = other._fitter
            self._goes_on = True
        if state["plan"] is not None:
            self._bundle = _engine.Bundle.open(state["plan"], "preprocessor")
        if state["profile"] is not None:
            self._profile = _engine.Profile.from_bytes(state["profile"])

    def _repr_html_(self) -> str:
        from mainspring.transforms.preprocessor_fragment import preprocessor_fragment

        return preprocessor_fragment(self)

    def __repr__(self) -> str:
        if self._made_by:
            return self._made_by
        arguments = [repr(expression) for expression in self._expressions]
        if not self._keep_profile:
            arguments.append("profile=False")
        if self._max_keys != DEFAULT_MAX_KEYS:
            arguments.append(f"max_keys={self._max_keys}")
        if self._max_values != DEFAULT_MAX_VALUES:
            arguments.append(f"max_values={self._max_values}")
        return f"Preprocessor({', '.join(arguments)})"

    def _warn_of_limits(self) -> None:
        """Warn once of columns whose rarest values, or all of whose ranks, were not kept."""
        num_rows = self._fitter.num_rows
        limited = self._new_of("max_keys", self._fitter.limited_columns)
        if limited:
            warn_of_limited(limited, self._max_keys, num_rows)
        sketched = self._new_of("max_values", self._fitter.sketched_columns)
        if sketched:
            warn_of_sketched(sketched, self._max_values, num_rows)

    def _new_of(self, limit: str, columns: list[tuple[str, int]]) -> list[tuple[str, int]]:
        new = [(name, error) for name, error in columns if (limit, name) not in self._warned]
        self._warned.update((limit, name) for name, _ in new)
        return new

    def _check_can_fit(self) -> None:
        if self._made_by:
            raise errors.ParameterError(
                f"This preprocessor is {self._made_by} and has no expressions to fit. Fit the "
                "object that it was converted from, and convert it again.",
                hint="fit the object that it was converted from",
            )

    def _check_can_go_on(self) -> None:
        self._check_can_fit()
        if self._bundle is not None and not self._fitter.is_fitted:
            raise errors.ParameterError(
                "This preprocessor was unpickled with its plan alone and cannot go on learning. "
                "Build it with partial_fit, or keep its state_bytes().",
                hint="build it with partial_fit",
            )


def _expression_of(expression: object) -> Expression:
    if isinstance(expression, str) and expression:
        return Expression((expression,))
    if not isinstance(expression, Expression):
        got = f"{expression!r}" if isinstance(expression, str) else type(expression).__name__
        raise errors.ParameterError(
            f"A preprocessor takes expressions, got {got}. Begin one with col('name').",
            expected="expressions",
            got=got,
            hint="col('name')",
        )
    return expression


def expression_from(spec: tuple[list[Any], list[tuple[str, dict[str, Any]]], str]) -> Expression:
    """Make an expression of what the engine knows of it, as plain values.

    Parameters
    ----------
    spec : (list, list, str)
        Columns or the two sides, operators with their parameters, and the alias.

    Returns
    -------
    Expression
        The one that was written down.
    """
    columns, operators, alias = spec
    classes = operator_classes()
    return Expression(
        tuple(column for column in columns if isinstance(column, str)),
        tuple(
            classes[name].from_params(
                {
                    key: tuple(value) if isinstance(value, list) else value
                    for key, value in params.items()
                }
            )
            for name, params in operators
        ),
        alias,
        tuple(expression_from(side) for side in columns if not isinstance(side, str)),
    )
