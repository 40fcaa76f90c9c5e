"""A bundle on its way to a device, a browser or a function: smaller, and with what it runs in."""

from __future__ import annotations

from mainspring.pack.browser import browser_package
from mainspring.pack.contents import memory_needed, needed_models, needed_steps, shrink
from mainspring.pack.functions import function_package
from mainspring.pack.signature import bundle_id, sign, verify_signature
from mainspring.pack.source import c_source

__all__ = [
    "browser_package",
    "bundle_id",
    "c_source",
    "function_package",
    "memory_needed",
    "needed_models",
    "needed_steps",
    "shrink",
    "sign",
    "verify_signature",
]
