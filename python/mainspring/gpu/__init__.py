"""Data on a GPU: which devices there are, and arrays of ours that lie on one.

Nothing is loaded before it is asked for: a machine without a GPU imports this and is told so by
:func:`devices`, or by the first call that needs one.
"""

from __future__ import annotations

from mainspring.gpu.device_array import DeviceArray, to_device
from mainspring.gpu.device_table import DeviceTable
from mainspring.gpu.library import build_facts, devices

__all__ = ["DeviceArray", "DeviceTable", "build_facts", "devices", "to_device"]
