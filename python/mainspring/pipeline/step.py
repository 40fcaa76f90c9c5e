"""One step of a pipeline: a function, where its arguments come from, and how it is tried."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainspring._names import did_you_mean
from mainspring.errors import ParameterError

__all__ = ["Parameter", "Step", "bind"]

_SCRATCH = "scratch"


class Parameter(str):
    """A setting whose value is a parameter of the pipeline.

    Parameters
    ----------
    name : str
        The parameter's name.

    Examples
    --------
    >>> from mainspring.pipeline import Parameter
    >>> Parameter("rounds")
    Parameter('rounds')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Parameter({str(self)!r})"


@dataclass(frozen=True, slots=True)
class Step:
    """A named step.

    Attributes
    ----------
    name : str
        Unique in its pipeline.
    function : callable
        What runs.
    dependencies : tuple of str
        Steps that come first, in the order in which the function names them.
    parameters : tuple of str
        Parameters of the pipeline that the function takes.
    retries : int
        How often it is tried again after a failure.
    backoff_seconds : float
        Wait before the first of them; it doubles each time, up to a minute.
    timeout_seconds : float or None
        The longest that one try may take.
    isolate : bool
        Whether it runs in a process of its own; it does where there is a timeout.
    cache : bool
        Whether a result that is there already is taken. Else the step runs each time, and its key
        is that of what it returned.
    effect : bool
        Whether it may return nothing, because it is run for what it does.
    description : str
        First line of the function's docstring.
    """

    name: str
    function: Callable[..., Any]
    needs: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    retries: int = 0
    backoff_seconds: float = 1.0
    timeout_seconds: float | None = None
    isolate: bool = False
    cache: bool = True
    effect: bool = False
    version: str | None = None
    store: str = "auto"
    dependencies: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """Return the first line of the function's docstring, or nothing."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


def bind(
    step: Step, steps: Collection[str], parameters: Collection[str]
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    """Say where each argument of a step's function comes from.

    Parameters
    ----------
    step : Step
        As it was declared.
    steps, parameters : collection of str
        The names there are.

    Returns
    -------
    dependencies, parameters : tuple of str
        What the step needs.
    arguments : dict of str to object
        For each argument ``{"step": name}``, ``{"steps": [names]}``, ``{"parameter": name}``,
        ``{"setting": value}`` or ``{"scratch": True}``.

    Raises
    ------
    ParameterError
        When an argument is nothing of these, or something names what is not there.
    """
    what = f"Step {step.name!r}"
    names, takes_any = _arguments_of(step)
    found: dict[str, Any] = {}
    for given in (*step.needs, *step.settings):
        if given not in names and not takes_any:
            raise _unknown(f"{what}: its function has no argument", given, names)
    wanted = {**names, **dict.fromkeys((*step.needs, *step.settings), True)}
    for name, has_default in wanted.items():
        if name in step.needs:
            found[name] = _result_of(what, step.needs[name], steps)
        elif name in step.settings:
            found[name] = _setting(what, step.settings[name], parameters)
        elif name == _SCRATCH:
            found[name] = {"scratch": True}
        elif name in steps:
            found[name] = {"step": name}
        elif name in parameters:
            found[name] = {"parameter": name}
        elif not has_default:
            known = [*steps, *parameters]
            raise _unknown(f"{what} takes", name, known, "which is no step and no parameter")
    for name in step.after:
        if name not in steps:
            raise _unknown(f"{what} comes after", name, steps, "there is no such step")
    used = [one for at in found.values() for one in (*at.get("steps", ()), at.get("step")) if one]
    taken = [at["parameter"] for at in found.values() if "parameter" in at]
    return (
        tuple(dict.fromkeys([*used, *step.after])),
        tuple(dict.fromkeys(taken)),
        found,
    )


def _result_of(what: str, wanted: Any, steps: Collection[str]) -> dict[str, Any]:
    for one in [wanted] if isinstance(wanted, str) else wanted:
        if one not in steps:
            raise _unknown(f"{what} needs", one, steps, "there is no such step")
    return {"step": wanted} if isinstance(wanted, str) else {"steps": list(wanted)}


def _setting(what: str, setting: Any, parameters: Collection[str]) -> dict[str, Any]:
    if not isinstance(setting, Parameter):
        return {"setting": setting}
    if setting not in parameters:
        raise _unknown(f"{what} takes the parameter", str(setting), parameters)
    return {"parameter": str(setting)}


def _arguments_of(step: Step) -> tuple[dict[str, bool], bool]:
    """Return the arguments of a function, whether each has a default, and whether it takes any."""
    names: dict[str, bool] = {}
    takes_any = False
    for argument in inspect.signature(step.function).parameters.values():
        if argument.kind is argument.VAR_KEYWORD:
            takes_any = True
        elif argument.kind in (argument.VAR_POSITIONAL, argument.POSITIONAL_ONLY):
            raise ParameterError(
                f"Step {step.name!r}: {argument} cannot be filled by name; name each argument "
                "after a step or a parameter.",
                expected="arguments with names",
                got=str(argument),
            )
        else:
            names[argument.name] = argument.default is not argument.empty
    return names, takes_any


def _unknown(start: str, name: str, known: Sequence[str] | Collection[str], why: str = "") -> Any:
    names = sorted(known)
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    there = f"There are {', '.join(names[:5])}{more}." if names else "There are none."
    hint = did_you_mean(name, known).strip() or there
    return ParameterError(
        f"{start} {name!r}{', ' + why if why else ''}. {hint}",
        expected=", ".join(names[:5]),
        got=name,
        hint=hint,
    )
