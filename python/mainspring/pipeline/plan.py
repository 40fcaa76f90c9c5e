"""What a run would do, and why: keys are known before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.errors import ParameterError
from mainspring.pipeline.explain import reasons_to_run
from mainspring.pipeline.graph import followers
from mainspring.pipeline.step_key import key_of, material_of

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline
    from mainspring.pipeline.step import Step

__all__ = ["Plan", "PlannedStep", "chosen_steps", "explanation", "plan_of"]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """What would become of a step.

    Attributes
    ----------
    name : str
        The step.
    state : str
        "cached", "runs", or "open" where that depends on what an uncached step returns.
    reasons : tuple of str
        Why.
    key : str or None
        Its key, where that is known.
    material : mapping or None
        What its result depends on, where that is known.
    """

    name: str
    state: str
    reasons: tuple[str, ...]
    key: str | None
    material: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of each step, in order.

    Attributes
    ----------
    steps : tuple of PlannedStep
        Each after all that it depends on.
    """

    steps: tuple[PlannedStep, ...]

    def __getitem__(self, name: str) -> PlannedStep:
        return next(step for step in self.steps if step.name == name)

    def __str__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        return "\n".join(
            f"{step.name:{width}}  {step.state:6}  {'; '.join(step.reasons)}".rstrip()
            for step in self.steps
        )


def chosen_steps(
    steps: Iterable[Step], only: str | Iterable[str] | None, start: str | None
) -> tuple[list[Step], set[str]]:
    """Return the steps of a run, and those that run even where their results are there.

    Parameters
    ----------
    steps : iterable of Step
        All, in order.
    only : str or iterable of str, optional
        These and what they need; all by default.
    start : str, optional
        This one and all that need it run anew.

    Returns
    -------
    chosen : list of Step
        In order.
    forced : set of str
        Their names.
    """
    steps = list(steps)
    needs = {step.name: step.dependencies for step in steps}
    wanted = [only] if isinstance(only, str) else list(needs if only is None else only)
    for name in [*wanted, *([] if start is None else [start])]:
        if name not in needs:
            raise ParameterError(
                f"There is no step {name!r}. There are: {', '.join(needs)}.",
                expected=", ".join(needs),
                got=name,
            )
    keep = set(wanted)
    for step in reversed(steps):
        if step.name in keep:
            keep.update(step.dependencies)
    forced = set() if start is None else followers(needs, start)
    return [step for step in steps if step.name in keep], forced & keep


def plan_of(
    pipeline: Pipeline,
    values: Mapping[str, Any],
    *,
    only: str | Iterable[str] | None = None,
    start: str | None = None,
) -> Plan:
    """Say what a run would do.

    Parameters
    ----------
    pipeline : Pipeline
        Whose.
    values : mapping
        The parameters.
    only, start : optional
        As in :func:`chosen_steps`.

    Returns
    -------
    Plan
        Nothing has run.
    """
    steps, forced = chosen_steps(pipeline.steps, only, start)
    store = pipeline.store
    keys: dict[str, str | None] = {}
    planned = []
    for step in steps:
        unknown = next((name for name in step.dependencies if keys[name] is None), None)
        if unknown is not None:
            keys[step.name] = None
            why = (f"it depends on what {unknown} returns",)
            planned.append(PlannedStep(step.name, "open", why, None, None))
            continue
        upstream = {name: str(keys[name]) for name in step.dependencies}
        material = material_of(step, upstream, values, store.inputs, pipeline.path)
        key = key_of(material)
        force = step.name in forced
        if step.cache and not force and store.find(key) is not None:
            state, reasons = "cached", []
        else:
            reasons = reasons_to_run(step, material, key, pipeline.name, store, force=force)
            state = "runs"
        keys[step.name] = key if step.cache else None
        planned.append(PlannedStep(step.name, state, tuple(reasons), keys[step.name], material))
    return Plan(tuple(planned))


def explanation(pipeline: Pipeline, step: Step, values: Mapping[str, Any]) -> str:
    """Say why a step ran the last time, and what it would do now.

    Parameters
    ----------
    pipeline : Pipeline
        Whose.
    step : Step
        The step.
    values : mapping
        The parameters.

    Returns
    -------
    str
        Two lines.
    """
    last = pipeline.store.latest(pipeline.name, step.name)
    before = f"{step.name} has no result yet"
    if last is not None:
        before = f"{step.name} ran because: {'; '.join(last['reasons'])}"
    now = plan_of(pipeline, values, only=step.name)[step.name]
    what = {"cached": "its result would be taken", "runs": "it would run", "open": "it is open"}
    why = f", because: {'; '.join(now.reasons)}" if now.reasons else ""
    return f"{before}\nnow {what[now.state]}{why}"
