"""One native engine for tabular models: Arrow rows to profiles, features, predictions and drift.

This file holds only names: ``import mainspring`` loads nothing else, every name is fetched from its
module when it is first used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # importing typing would cost more than all of this file
if TYPE_CHECKING:
    from mainspring.c_interface import get_cmake_dir, get_include, get_library_dir
    from mainspring.checks import CheckReport, check
    from mainspring.drift import DriftReport, detect_drift
    from mainspring.duplicates import deduplicate, deduplicate_batches
    from mainspring.errors import (
        ApproximationWarning,
        BundleCorruptError,
        BundleError,
        BundleVersionError,
        DataError,
        DeviceError,
        FileError,
        MainspringError,
        MissingExtraError,
        NotFittedError,
        ParameterError,
        SchemaError,
        StepError,
        UnsupportedError,
    )
    from mainspring.history import HistoryState, events, join_asof, replay
    from mainspring.models.explanation import Explanation
    from mainspring.pipeline import Pipeline
    from mainspring.predictor import Predictor, load
    from mainspring.profiles import Profile, profile
    from mainspring.quality import QualityReport, evaluate
    from mainspring.splits import GroupFolds, StratifiedFolds, TimeFolds, split
    from mainspring.transforms import Preprocessor, col, from_sklearn

__version__ = "0.1.0"

__all__ = [
    "ApproximationWarning",
    "BundleCorruptError",
    "BundleError",
    "BundleVersionError",
    "CheckReport",
    "DataError",
    "DeviceError",
    "DriftReport",
    "Explanation",
    "FileError",
    "GroupFolds",
    "HistoryState",
    "MainspringError",
    "MissingExtraError",
    "NotFittedError",
    "ParameterError",
    "Pipeline",
    "Predictor",
    "Preprocessor",
    "Profile",
    "QualityReport",
    "SchemaError",
    "StepError",
    "StratifiedFolds",
    "TimeFolds",
    "UnsupportedError",
    "__version__",
    "build_info",
    "check",
    "col",
    "deduplicate",
    "deduplicate_batches",
    "detect_drift",
    "evaluate",
    "events",
    "from_sklearn",
    "get_cmake_dir",
    "get_include",
    "get_library_dir",
    "join_asof",
    "load",
    "profile",
    "release_memory",
    "replay",
    "set_num_threads",
    "split",
]

_HOMES = {
    "ApproximationWarning": "mainspring.errors",
    "BundleCorruptError": "mainspring.errors",
    "BundleError": "mainspring.errors",
    "BundleVersionError": "mainspring.errors",
    "CheckReport": "mainspring.checks",
    "DataError": "mainspring.errors",
    "DeviceError": "mainspring.errors",
    "DriftReport": "mainspring.drift",
    "Explanation": "mainspring.models.explanation",
    "FileError": "mainspring.errors",
    "GroupFolds": "mainspring.splits",
    "HistoryState": "mainspring.history",
    "MainspringError": "mainspring.errors",
    "MissingExtraError": "mainspring.errors",
    "NotFittedError": "mainspring.errors",
    "ParameterError": "mainspring.errors",
    "Pipeline": "mainspring.pipeline",
    "Predictor": "mainspring.predictor",
    "Preprocessor": "mainspring.transforms",
    "Profile": "mainspring.profiles",
    "QualityReport": "mainspring.quality",
    "SchemaError": "mainspring.errors",
    "StepError": "mainspring.errors",
    "StratifiedFolds": "mainspring.splits",
    "TimeFolds": "mainspring.splits",
    "UnsupportedError": "mainspring.errors",
    "check": "mainspring.checks",
    "col": "mainspring.transforms",
    "deduplicate": "mainspring.duplicates",
    "deduplicate_batches": "mainspring.duplicates",
    "detect_drift": "mainspring.drift",
    "evaluate": "mainspring.quality",
    "events": "mainspring.history",
    "from_sklearn": "mainspring.transforms",
    "get_cmake_dir": "mainspring.c_interface",
    "get_include": "mainspring.c_interface",
    "get_library_dir": "mainspring.c_interface",
    "join_asof": "mainspring.history",
    "load": "mainspring.predictor",
    "profile": "mainspring.profiles",
    "replay": "mainspring.history",
    "split": "mainspring.splits",
}

# Packages of their own: ms.drift.Adwin, ms.scale.dask.
_PACKAGES = ("drift", "gpu", "history", "pipeline", "scale", "stream", "train", "tune")


if not TYPE_CHECKING:  # type checkers read the imports above, and report a name that is not there

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if name in _PACKAGES:
            return import_module(f"mainspring.{name}")
        if home is None:
            raise AttributeError(f"module 'mainspring' has no attribute {name!r}")
        value = getattr(import_module(home), name)
        globals()[name] = value  # the next use costs a dictionary look-up
        return value


def __dir__() -> list[str]:
    return list(__all__)


def build_info() -> dict[str, object]:
    """Say how the native engine was built and what it chose on this machine.

    Returns
    -------
    dict
        ``version``, ``compiler``, ``isa`` (the instruction set in use), ``isa_levels`` (those that
        this CPU can run), ``num_threads`` and ``cuda``: see :func:`mainspring.gpu.build_facts`.

    Raises
    ------
    ParameterError
        When the environment variable ``MAINSPRING_ISA`` names no instruction set.

    Examples
    --------
    >>> import mainspring as ms
    >>> ms.build_info()["version"] == ms.__version__
    True
    """
    from mainspring import _engine

    gpu = import_module("mainspring.gpu.library")
    return {**_engine.build_info(), "cuda": gpu.build_facts()}


def set_num_threads(count: int) -> None:
    """Set how many threads the engine may use, the caller's included.

    Parameters
    ----------
    count : int
        1 to 1024. Without a call: the cores this process may use, or ``MAINSPRING_NUM_THREADS``.
        Results do not depend on it.

    Raises
    ------
    ParameterError
        When ``count`` is not an integer from 1 to 1024.

    Examples
    --------
    >>> import mainspring as ms
    >>> ms.set_num_threads(2)
    """
    from mainspring import _engine, errors

    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 1024:
        raise errors.ParameterError(
            f"set_num_threads: count must be an integer from 1 to 1024, got {count!r}.",
            expected="an integer from 1 to 1024",
            got=repr(count),
        )
    _engine.set_num_threads(count)


def release_memory() -> int:
    """Give memory that is kept from one call to the next back to the operating system.

    Features, predictions, features about the past and as-of joins leave the memory of large results
    that are gone, and of their large scratch, to the next call, at most 512 MiB in a process: it
    need not wait for fresh pages. Linux and macOS take it when they are short of memory; until then
    tools count it as the process's.

    Returns
    -------
    int
        How many bytes were kept.

    Examples
    --------
    >>> import mainspring as ms
    >>> _ = ms.release_memory()
    >>> ms.release_memory()
    0
    """
    from mainspring import _engine

    return _engine.release_memory()
