"""Fit, transform, predict, profile and drift where the rows are: Dask, Spark and Ray.

Every engine does the same with the same code: :mod:`mainspring.scale.verbs` has the functions,
``cluster`` what an engine has to be able to do, ``passes`` and ``row_work`` what runs in its
processes. ``dask``, ``spark`` and ``ray`` translate, and know nothing of preprocessors.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["dask", "ray", "spark"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module 'mainspring.scale' has no attribute {name!r}")
    return import_module(f"mainspring.scale.{name}")
