"""Why a step runs: what it depends on now beside what its last result depended on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.pipeline.step import Step
    from mainspring.pipeline.store import Store

__all__ = ["differences", "reasons_to_run"]

_OWN = ("def", "version")


def reasons_to_run(
    step: Step,
    material: Mapping[str, Any],
    key: str,
    pipeline: str,
    store: Store,
    *,
    force: bool,
) -> list[str]:
    """Say why a step runs.

    Parameters
    ----------
    step : Step
        The step.
    material : mapping
        What it depends on.
    key : str
        Of the material.
    pipeline : str
        Name of the pipeline.
    store : Store
        Where its last result is.
    force : bool
        Whether it was asked for.

    Returns
    -------
    list of str
        At least one reason, each a few words.
    """
    if force:
        return ["asked for"]
    if not step.cache:
        return ["never cached"]
    if store.path(key).exists():
        return ["its result is damaged"]
    last = store.latest(pipeline, step.name)
    if last is None:
        return ["no result yet"]
    return differences(last["material"], material) or ["its result is gone"]


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Name what differs between the materials of two results.

    Parameters
    ----------
    before, now : mapping
        What each depended on.

    Returns
    -------
    list of str
        Empty where nothing does.
    """
    found = []
    if any(before["source"].get(name) != now["source"].get(name) for name in _OWN):
        found.append("its code changed")
    uses = [name for name in _changed(before["source"], now["source"]) if name not in _OWN]
    found += [f"{name}, which its code uses, changed" for name in uses]
    for name in _changed(before["parameters"], now["parameters"]):
        old, new = (_shown(side["parameters"].get(name)) for side in (before, now))
        found.append(f"parameter {name}: {old} -> {new}")
    found += [f"setting {name} changed" for name in _changed(before["settings"], now["settings"])]
    found += [f"file {name} changed" for name in _changed(before["files"], now["files"])]
    found += [f"{name} is new" for name in _changed(before["upstream"], now["upstream"])]
    if before["arguments"] != now["arguments"] or before["store"] != now["store"]:
        found.append("its declaration changed")
    if before["mainspring"] != now["mainspring"]:
        found.append(f"mainspring {before['mainspring']} -> {now['mainspring']}")
    if before["format"] != now["format"]:
        found.append("keys are made in another way")
    return found


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else f"{text[:27]}..."
