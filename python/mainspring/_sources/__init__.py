"""Data that is read in parts: folders, datasets, readers and generators, in bounded memory."""

from __future__ import annotations

from mainspring._sources.open_source import is_source, open_source
from mainspring._sources.part import Part
from mainspring._sources.source import Source

__all__ = ["Part", "Source", "is_source", "open_source"]
