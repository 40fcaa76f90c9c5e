"""Objects of mainspring by their own bytes: .spring bundles, profiles, states, preprocessors."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["READERS", "write"]


def write(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write an object of mainspring that can be made again from bytes.

    Parameters
    ----------
    value : object
        Anything.
    folder : Path
        Where files go.

    Returns
    -------
    dict or None
        None when it is nothing of that.
    """
    kind = type(value)
    if not kind.__module__.startswith("mainspring."):
        return None
    if kind.__name__ == "Preprocessor":
        return _write_preprocessor(value, folder)
    if not (hasattr(kind, "to_bytes") and hasattr(kind, "from_bytes")):
        return None
    name = f"{kind.__name__.lower()}{_ENDINGS.get(kind.__name__, '.bin')}"
    (folder / name).write_bytes(value.to_bytes())
    return {"kind": "object", "type": f"{kind.__module__}:{kind.__name__}", "file": name}


def _read_object(result: dict[str, Any], folder: Path) -> Any:
    module, _, name = result["type"].partition(":")
    kind = getattr(import_module(module), name)
    return kind.from_bytes((folder / result["file"]).read_bytes())


def _write_preprocessor(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write expressions as the engine lists them, and the plan or the states as bytes."""
    state = value.__getstate__()
    if state["derivation"] is not None:
        return None  # columns from history: only a bundle holds them
    parts = [name for name in ("state", "plan", "profile") if state[name] is not None]
    for name in parts:
        (folder / f"{name}.bin").write_bytes(state[name])
    return {
        "kind": "preprocessor",
        "expressions": [expression._spec() for expression in state["expressions"]],
        "parts": parts,
        "options": {name: state[name] for name in _OPTIONS},
    }


def _read_preprocessor(result: dict[str, Any], folder: Path) -> Any:
    from mainspring.transforms import Preprocessor
    from mainspring.transforms.fitted_plan import expression_from

    state = dict.fromkeys(("state", "plan", "profile", "derivation"))
    state.update({name: (folder / f"{name}.bin").read_bytes() for name in result["parts"]})
    state.update(result["options"])
    state["expressions"] = tuple(expression_from(spec) for spec in result["expressions"])
    preprocessor = Preprocessor.__new__(Preprocessor)
    preprocessor.__setstate__(state)
    return preprocessor


_ENDINGS = {"Predictor": ".spring", "Profile": ".profile"}
_OPTIONS = ("keep_profile", "max_keys", "max_values", "output", "made_by")
READERS = {"object": _read_object, "preprocessor": _read_preprocessor}
