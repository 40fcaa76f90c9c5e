"""Models for tables in plain torch, built from the features of a fitted preprocessor."""

from __future__ import annotations

__all__: list[str] = []
