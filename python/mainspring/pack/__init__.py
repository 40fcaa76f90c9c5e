"""A bundle on its way to a device, a browser or a function: smaller, and with what it runs in."""

from __future__ import annotations

from mainspring.pack.browser import browser_package
from mainspring.pack.contents import memory_needed, needed_models, needed_steps, shrink
from mainspring.pack.counted_profile import profile_of_counts
from mainspring.pack.counters import add_counts, count_plan
from mainspring.pack.functions import function_package
from mainspring.pack.leaves import LeafReport, round_leaves
from mainspring.pack.signature import bundle_id, sign, verify_signature
from mainspring.pack.source import c_source

__all__ = [
    "LeafReport",
    "add_counts",
    "browser_package",
    "bundle_id",
    "c_source",
    "count_plan",
    "function_package",
    "memory_needed",
    "needed_models",
    "needed_steps",
    "profile_of_counts",
    "round_leaves",
    "shrink",
    "sign",
    "verify_signature",
]
