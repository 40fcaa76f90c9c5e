"""Profiles: mergeable statistics of a table's columns.

A profile fits nothing and predicts nothing by itself: it is what drift is measured against, what
the checks look at, and what a bundle keeps of its training data.
"""

from __future__ import annotations

from mainspring.profiles.column_profile import ColumnProfile
from mainspring.profiles.histogram import Histogram
from mainspring.profiles.table_profile import Profile, profile

__all__ = ["ColumnProfile", "Histogram", "Profile", "profile"]
