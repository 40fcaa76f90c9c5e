"""One try of one step: take what is in the store, or run the function and store what it returns.

This is the only place where a step runs, whatever runs the pipeline: the local runner, the process
of an isolated step, Airflow, Prefect or Dagster.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainspring.errors import DataError, MainspringError, ParameterError, StepError
from mainspring.pipeline.explain import reasons_to_run
from mainspring.pipeline.step import Step
from mainspring.pipeline.step_key import key_of, material_of
from mainspring.pipeline.store import Store

__all__ = ["Outcome", "Setting", "attempt", "look_up"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try.

    Attributes
    ----------
    key : str
        The key of the result.
    state : str
        "ran" or "cached".
    reasons : tuple of str
        Why it ran; empty where it did not.
    seconds : float
        How long the function took, by a clock that nobody sets.
    content : str
        Digest of the result itself, equal for equal bytes.
    """

    key: str
    state: str
    reasons: tuple[str, ...]
    seconds: float
    content: str


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a step runs: what all steps of a run have in common.

    Attributes
    ----------
    pipeline : str
        The pipeline's name.
    store : Store
        Where results are.
    values : mapping
        The parameters.
    find : callable
        Turns the path of a declared file into one that can be opened.
    """

    pipeline: str
    store: Store
    values: Mapping[str, Any]
    find: Callable[[str], Path]


def attempt(
    step: Step,
    upstream: Mapping[str, str],
    setting: Setting,
    *,
    force: bool = False,
    on_start: Callable[[], object] = lambda: None,
) -> Outcome:
    """Take the result of a step from the store, or run it.

    Parameters
    ----------
    step : Step
        Bound to its pipeline.
    upstream : mapping of str to str
        Key of each step that it depends on.
    setting : Setting
        Where it runs.
    force : bool, default False
        Run it even where its result is there.
    on_start : callable, optional
        Called when the function is about to begin.

    Returns
    -------
    Outcome
        With the key.

    Raises
    ------
    ParameterError
        When ``upstream`` does not name exactly what the step depends on.
    StepError
        When the function raised; what it raised is the cause.
    UnsupportedError, DataError, FileError
        When its result cannot be stored.
    """
    material, key, found = look_up(step, upstream, setting)
    if found is not None and not force:
        return found
    store = setting.store
    with store.lock(key) as waited:
        # Whoever held the lock may have made the very result that this one is about to make.
        if (waited or not force) and (found := _cached(step, key, setting)) is not None:
            return found
        reasons = reasons_to_run(step, material, key, setting.pipeline, store, force=force)
        with store.partial(key) as partial:
            on_start()
            clock = time.monotonic()
            value = _call(step, upstream, setting, partial / "scratch")
            seconds = time.monotonic() - clock
            if value is None and not step.effect:
                raise _nothing(step, partial / "scratch")
            manifest = {
                "step": step.name,
                "material": material,
                "reasons": reasons,
                "seconds": seconds,
                **store.write(partial, value, step.name, step.store),
            }
            if not step.cache:  # it is what it returned, not what it was made of
                key = key_of({"material": key, "content": manifest["content"]})
            store.commit(partial, key, manifest, force=force)
    store.set_latest(setting.pipeline, step.name, key)
    return Outcome(key, "ran", tuple(reasons), seconds, manifest["content"])


def look_up(
    step: Step, upstream: Mapping[str, str], setting: Setting
) -> tuple[dict[str, Any], str, Outcome | None]:
    """Return what a step's result depends on, the key of that, and the result if it is there.

    Parameters
    ----------
    step : Step
        Bound to its pipeline.
    upstream : mapping of str to str
        Key of each step that it depends on.
    setting : Setting
        Where it runs.

    Returns
    -------
    material : dict
        Plain values.
    key : str
        Of the material.
    outcome : Outcome or None
        None where the step has to run.
    """
    _check_upstream(step, upstream)
    store = setting.store
    material = material_of(step, upstream, setting.values, store.inputs, setting.find)
    key = key_of(material)
    return material, key, _cached(step, key, setting)


def _cached(step: Step, key: str, setting: Setting) -> Outcome | None:
    manifest = setting.store.find(key) if step.cache else None
    if manifest is None:
        return None
    setting.store.set_latest(setting.pipeline, step.name, key)
    return Outcome(key, "cached", (), 0.0, manifest["content"])


def _call(step: Step, upstream: Mapping[str, str], setting: Setting, scratch: Path) -> Any:
    arguments: dict[str, Any] = {}
    for name, at in step.arguments.items():
        if "step" in at:
            arguments[name] = setting.store.load(upstream[at["step"]])
        elif "steps" in at:
            arguments[name] = [setting.store.load(upstream[one]) for one in at["steps"]]
        elif "parameter" in at:
            arguments[name] = setting.values[at["parameter"]]
        elif "setting" in at:
            arguments[name] = at["setting"]
        else:
            scratch.mkdir()
            arguments[name] = scratch
    for kind in ("__input_files__", "__paths__"):  # of ready steps: from the pipeline's folder
        for name in getattr(step.function, kind, ()):
            given = step.arguments.get(name, {}).get("setting")
            if isinstance(given, str | os.PathLike | list | tuple):
                arguments[name] = _found(given, setting)
    try:
        return step.function(**arguments)
    except MainspringError as error:
        raise StepError(f"Step {step.name!r} failed: {error}", step=step.name) from error
    except Exception as error:
        raise StepError(
            f"Step {step.name!r} failed: {type(error).__name__}: {error}", step=step.name
        ) from error


def _found(value: Any, setting: Setting) -> Any:
    if isinstance(value, list | tuple):
        return [_found(item, setting) for item in value]
    return str(setting.find(os.fspath(value).format_map(dict(setting.values))))


def _check_upstream(step: Step, upstream: Mapping[str, str]) -> None:
    if set(upstream) == set(step.dependencies):
        return
    wrong = sorted(set(upstream) ^ set(step.dependencies))
    raise ParameterError(
        f"Step {step.name!r} needs the keys of exactly "
        f"{', '.join(step.dependencies) or 'no step'}; {wrong[0]!r} is "
        f"{'missing' if wrong[0] in step.dependencies else 'none of them'}.",
        expected=", ".join(step.dependencies),
        got=", ".join(upstream),
    )


def _nothing(step: Step, scratch: Path) -> DataError:
    left = sorted(path.name for path in scratch.glob("*")) if scratch.is_dir() else []
    fix = (
        f"It left {left[0]!r} in its scratch folder: return the path, scratch / {left[0]!r}"
        if left
        else "Return what later steps read, or declare that it is run for what it does: effect=True"
    )
    return DataError(
        f"Step {step.name!r} returned nothing. {fix}.",
        expected="a result",
        got="None",
        hint="effect=True",
    )
