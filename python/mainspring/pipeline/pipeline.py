"""``ms.Pipeline``: named steps as plain functions, and the one way in which any of them is run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from mainspring._names import did_you_mean
from mainspring.errors import ParameterError
from mainspring.pipeline.attempt import Outcome, Setting, attempt
from mainspring.pipeline.graph import in_order
from mainspring.pipeline.options import (
    check_options,
    checked_name,
    checked_value,
    file_names,
    like_default,
    names_of,
)
from mainspring.pipeline.step import Step, bind
from mainspring.pipeline.store import Store

if TYPE_CHECKING:
    from mainspring.pipeline.plan import Plan
    from mainspring.pipeline.run import Run

__all__ = ["Pipeline"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Pipeline:
    """Named steps, each a function whose arguments are results of other steps and parameters.

    An argument named after a step gets its result, one named after a parameter gets that; the
    functions stay plain functions, to be called and tested without a pipeline. Results are kept in
    a store under a key that says what they were made of, so that a step runs again only when
    something that it depends on has changed.

    Parameters
    ----------
    name : str
        Letters, digits, ``_``, ``-`` and ``.``.
    parameters : mapping of str to object, optional
        Names and default values: numbers, texts, booleans, None, lists and dicts of them.
    folder : path, optional
        What relative paths of files begin at. Default: the folder of the file that makes the
        pipeline, in a notebook the working folder.
    store : path, optional
        Where results are kept. Default: ``MAINSPRING_STORE``, else ``.mainspring`` in ``folder``.

    Raises
    ------
    ParameterError
        When a name or a parameter cannot be.

    Notes
    -----
    A pipeline may be run from many threads and processes at once, on one store.

    Examples
    --------
    >>> import tempfile
    >>> import mainspring as ms
    >>> pipeline = ms.Pipeline("sums", parameters={"count": 3}, store=tempfile.mkdtemp())
    >>> @pipeline.step
    ... def numbers(count):
    ...     return list(range(count))
    >>> @pipeline.step
    ... def total(numbers):
    ...     return sum(numbers)
    >>> run = pipeline.run()
    >>> run["total"], run.states
    (3, {'numbers': 'ran', 'total': 'ran'})
    >>> pipeline.run().states
    {'numbers': 'cached', 'total': 'cached'}
    >>> print(pipeline.run(parameters={"count": 4}).reasons["total"])
    ('numbers is new',)
    """

    def __init__(
        self,
        name: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        folder: str | os.PathLike[str] | None = None,
        store: str | os.PathLike[str] | None = None,
    ) -> None:
        self.name = checked_name(name, "Pipeline")
        made_in = sys._getframe(1).f_globals.get("__file__")
        self.file = None if made_in is None else Path(made_in).resolve()
        """The file that makes the pipeline; None in a notebook."""
        self.folder = Path(folder or (self.file.parent if self.file else Path.cwd())).absolute()
        self._store_folder = store
        self._parameters = {
            checked_name(one, "A parameter"): checked_value(one, value)
            for one, value in (parameters or {}).items()
        }
        self._declared: dict[str, Step] = {}
        self._names: dict[Any, str] = {}
        self._bound: dict[str, Step] | None = None

    @property
    def store(self) -> Store:
        """Where results are kept."""
        folder = self._store_folder or os.environ.get("MAINSPRING_STORE") or ".mainspring"
        return Store(self.folder / folder)

    @property
    def parameters(self) -> dict[str, Any]:
        """The default value of each parameter; a copy."""
        return dict(self._parameters)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, each after all that it depends on.

        Raises
        ------
        ParameterError
            When steps need each other in a circle, or one needs what is not there.
        """
        return tuple(self._resolved().values())

    @overload
    def step(self, function: _Function, /) -> _Function: ...

    @overload
    def step(
        self, function: str | None = None, /, **options: Any
    ) -> Callable[[_Function], _Function]: ...

    def step(self, function: Any = None, /, **options: Any) -> Any:
        """Make a function a step; it stays a plain function.

        Parameters
        ----------
        function : callable or str, optional
            The function, where the decorator stands alone; else the step's name. Default: that of
            the function.
        **options
            As in :meth:`add`.

        Returns
        -------
        callable
            The function itself.

        Raises
        ------
        ParameterError
            When an option is wrong or there is a step of this name.
        """
        if callable(function):
            self.add(function.__name__, function)
            return function

        def declare(wrapped: _Function) -> _Function:
            self.add(function or options.pop("name", None) or wrapped.__name__, wrapped, **options)
            return wrapped

        return declare

    def add(  # noqa: PLR0913 - every option is a keyword
        self,
        name: str,
        function: Callable[..., Any],
        *,
        needs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        after: Iterable[str] = (),
        files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = (),
        retries: int = 0,
        backoff_seconds: float = 1.0,
        timeout_seconds: float | None = None,
        isolate: bool = False,
        cache: bool = True,
        effect: bool = False,
        version: str | int | None = None,
        store: str = "auto",
    ) -> None:
        """Add a step, such as a ready one of ``mainspring.pipeline.steps``.

        Parameters
        ----------
        name : str
            Letters, digits, ``_``, ``-`` and ``.``.
        function : callable
            What runs. An argument that neither ``needs`` nor ``settings`` names gets the result of
            the step of its name, or the parameter of its name, or else its default; ``scratch``
            gets an empty folder, and files in it may be returned without a copy.
        needs : mapping of str to str or list of str, optional
            For an argument the step whose result it gets, or several steps for a list of results.
        settings : mapping of str to object, optional
            For an argument its value, or ``Parameter("name")``.
        after : iterable of str, optional
            Steps that come before it and whose results it does not take.
        files : path or iterable of paths, optional
            Files, folders and patterns that it reads; their content is part of the key. Relative to
            the pipeline's folder; ``{name}`` is the value of a parameter.
        retries : int, default 0
            How often it is tried again when it fails, 0 to 100.
        backoff_seconds : float, default 1
            Wait before it is tried again; it doubles each time, up to a minute.
        timeout_seconds : float, optional
            The longest that one try may take; it then runs in a process of its own.
        isolate : bool, default False
            Run it in a process of its own, so that its memory, its working folder, its environment
            and its crash are its own; files and the network are not.
        cache : bool, default True
            Take a result that is there. False: run each time; the key is that of what it returned,
            so what follows runs again only when that is something else.
        effect : bool, default False
            It is run for what it does and may return nothing.
        version : str or int, optional
            Takes the place of its source in the key.
        store : {"auto", "pickle"}, default "auto"
            "pickle" allows a pickle where a result has no form of its own.

        Raises
        ------
        ParameterError
            When an option is wrong or there is a step of this name.
        """
        checked_name(name, "Step")
        if name in self._declared or name in self._parameters:
            kind = "step" if name in self._declared else "parameter"
            raise ParameterError(
                f"Pipeline {self.name!r} has a {kind} {name!r} already. Give the step "
                "another name.",
                expected="a new name",
                got=name,
            )
        if not callable(function) or iscoroutinefunction(function):
            kind = type(function).__name__ if not callable(function) else "an async function"
            raise ParameterError(
                f"Step {name!r}: expected a function, got {kind}.",
                expected="a function",
                got=kind,
            )
        step = Step(
            name,
            function,
            needs={one: names_of(wanted, self._names) for one, wanted in (needs or {}).items()},
            settings=dict(settings or {}),
            after=tuple(names_of([after] if isinstance(after, str) else [*after], self._names)),
            files=file_names(files),
            retries=retries,
            backoff_seconds=backoff_seconds,
            timeout_seconds=timeout_seconds,
            isolate=isolate or timeout_seconds is not None,
            cache=cache,
            effect=effect,
            version=None if version is None else str(version),
            store=store,
        )
        check_options(step)
        self._declared[name] = step
        self._names.setdefault(function, name)
        self._bound = None

    def path(self, name: str | os.PathLike[str]) -> Path:
        """Return where a file is that is named from the pipeline's folder.

        Parameters
        ----------
        name : path
            Relative to the folder; an absolute path is returned as it is.

        Returns
        -------
        Path
            Absolute.
        """
        return self.folder / name

    def checked(self, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the values of all parameters, with some of them set.

        Parameters
        ----------
        parameters : mapping, optional
            Values in the place of defaults.

        Returns
        -------
        dict
            A value for each parameter.

        Raises
        ------
        ParameterError
            When there is no such parameter, or its default is of another type.
        """
        values = self.parameters
        for name, value in (parameters or {}).items():
            if name not in values:
                known = ", ".join(values) or "none"
                hint = did_you_mean(name, values) or f" There are: {known}."
                raise ParameterError(
                    f"Pipeline {self.name!r} has no parameter {name!r}.{hint}",
                    expected=known,
                    got=name,
                    hint=hint.strip(),
                )
            values[name] = like_default(name, checked_value(name, value), values[name])
        return values

    def run_step(
        self,
        name: str,
        upstream: Mapping[str, str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> str:
        """Try one step once: the one function by which any orchestrator runs it.

        A result that is in the store already is taken. The key is short and the same in every
        process, so it is all that an orchestrator has to hand on.

        Parameters
        ----------
        name : str
            The step.
        upstream : mapping of str to str, optional
            For each of its dependencies the key that ``run_step`` returned.
        parameters : mapping, optional
            Values in the place of defaults, the same for all steps of a run.

        Returns
        -------
        str
            The key of its result, 64 hexadecimal digits, for :meth:`load`.

        Raises
        ------
        ParameterError
            When there is no such step, or ``upstream`` lacks a dependency.
        StepError
            When it failed or took too long. Retries are up to who calls: ``retries`` and
            ``backoff_seconds`` of the step say how many.
        """
        step = self[name]
        return self.attempt(step, dict(upstream or {}), self.checked(parameters)).key

    def attempt(
        self,
        step: Step,
        upstream: Mapping[str, str],
        values: Mapping[str, Any],
        *,
        force: bool = False,
    ) -> Outcome:
        """Try a step once, as :meth:`run_step` does, and say what became of it.

        Parameters
        ----------
        step : Step
            One of :attr:`steps`.
        upstream : mapping of str to str
            The key of each of its dependencies.
        values : mapping
            What :meth:`checked` returned.
        force : bool, default False
            Run it even where its result is there.

        Returns
        -------
        Outcome
            ``key``, ``state``, ``reasons``, ``seconds`` and ``content``.
        """
        setting = Setting(self.name, self.store, values, self.path)
        if step.isolate:
            from mainspring.pipeline.isolated import attempt_isolated

            return attempt_isolated(self, step, upstream, setting, force=force)
        return attempt(step, upstream, setting, force=force)

    def plan(
        self,
        parameters: Mapping[str, Any] | None = None,
        *,
        only: str | Iterable[str] | None = None,
        start: str | None = None,
    ) -> Plan:
        """Say what :meth:`run` would do, and why, without running anything.

        Parameters
        ----------
        parameters : mapping, optional
            Values in the place of defaults.
        only, start : optional
            As in :func:`mainspring.pipeline.run.run_pipeline`.

        Returns
        -------
        Plan
            For each step whether its result is there, and if not, why.
        """
        from mainspring.pipeline.plan import plan_of

        return plan_of(self, self.checked(parameters), only=only, start=start)

    def explain(self, name: str, parameters: Mapping[str, Any] | None = None) -> str:
        """Say why a step ran the last time, and what it would do now.

        Parameters
        ----------
        name : str
            The step.
        parameters : mapping, optional
            Values in the place of defaults.

        Returns
        -------
        str
            Two lines.
        """
        from mainspring.pipeline.plan import explanation

        return explanation(self, self[name], self.checked(parameters))

    def load(self, key: str) -> Any:
        """Return the result of a step.

        Parameters
        ----------
        key : str
            What :meth:`run_step` returned.

        Returns
        -------
        object
            A new object; tables and arrays are read-only views of files.
        """
        return self.store.load(key)

    def run(self, parameters: Mapping[str, Any] | None = None, **options: Any) -> Run:
        """Run all steps here, in parallel where they do not need each other.

        Parameters
        ----------
        parameters : mapping, optional
            Values in the place of defaults.
        **options
            Of :func:`mainspring.pipeline.run.run_pipeline`: ``only``, ``start``, ``workers``,
            ``progress``.

        Returns
        -------
        Run
            Keys, states, reasons and results by the names of steps.

        Raises
        ------
        StepError
            When a step failed after its last try.
        """
        from mainspring.pipeline.run import run_pipeline

        return run_pipeline(self, parameters, **options)

    @overload
    def to_svg(self, path: None = None) -> str: ...

    @overload
    def to_svg(self, path: str | os.PathLike[str]) -> None: ...

    def to_svg(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Draw the steps and what they need.

        Parameters
        ----------
        path : path, optional
            Where to write the picture.

        Returns
        -------
        str or None
            The SVG, without ``path``. It refers to nothing outside itself.
        """
        from mainspring._files import write_file
        from mainspring.pipeline.picture import picture

        svg = picture(self)
        if path is None:
            return svg
        write_file(os.fspath(path), svg.encode())
        return None

    def _repr_html_(self) -> str:
        from mainspring.pipeline.picture import cell_picture

        return cell_picture(self)

    def __getitem__(self, name: str) -> Step:
        steps = self._resolved()
        if name not in steps:
            hint = did_you_mean(name, steps) or f" There are: {', '.join(steps)}."
            raise ParameterError(
                f"Pipeline {self.name!r} has no step {name!r}.{hint}",
                expected=", ".join(steps),
                got=name,
                hint=hint.strip(),
            )
        return steps[name]

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r}, {len(self._declared)} steps)"

    def _resolved(self) -> dict[str, Step]:
        if self._bound is None:
            bound = {}
            for name, step in self._declared.items():
                dependencies, parameters, arguments = bind(step, self._declared, self._parameters)
                bound[name] = replace(
                    step, dependencies=dependencies, parameters=parameters, arguments=arguments
                )
            order = in_order({name: step.dependencies for name, step in bound.items()})
            self._bound = {name: bound[name] for name in order}
        return self._bound
