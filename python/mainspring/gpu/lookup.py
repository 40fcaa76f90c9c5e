"""The backward pass of embedding tables on a device: rows updated, or their gradient written."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

from mainspring import errors
from mainspring.gpu.library import call

__all__ = ["Lookup", "Rule", "lookup_backward", "rule_of"]


class Lookup(ctypes.Structure):
    """``ms_gpu_lookup``: addresses on the device."""

    _fields_ = (
        ("rows", ctypes.c_void_p),
        ("first", ctypes.c_void_p),
        ("second", ctypes.c_void_p),
        ("layout", ctypes.c_void_p),
        ("ids", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("weights", ctypes.c_void_p),
        ("num_tables", ctypes.c_uint64),
        ("num_ids", ctypes.c_uint64),
        ("num_bags", ctypes.c_int64),
        ("stride", ctypes.c_uint64),
        ("widest", ctypes.c_uint64),
        ("num_rows", ctypes.c_uint64),
        ("row_type", ctypes.c_uint32),
        ("wide_ids", ctypes.c_uint32),
    )


class Rule(ctypes.Structure):
    """``ms_gpu_rule``: numbers first, as the engine has them."""

    _fields_ = (
        ("numbers", ctypes.c_float * 12),
        ("update", ctypes.c_uint32),
        ("decoupled", ctypes.c_uint32),
        ("stochastic", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("seed", ctypes.c_uint64),
    )


def rule_of(
    update: int, options: Sequence[float], *, decoupled: bool, stochastic: bool, seed: int
) -> Rule:
    """Return a rule of what the engine's ``train_lookup_backward`` takes, in its order."""
    return Rule((ctypes.c_float * 12)(*options), update, decoupled, stochastic, 0, seed)


def lookup_backward(
    device: int,
    lookup: Lookup,
    grad: int,
    weight_gradients: int,
    rule: Rule,
    stream: int,
    value_at: Callable[[str, int], tuple[int, int, int]],
) -> None:
    """Update every row that occurs, once, with the sum of its gradients in the order of its ids.

    Parameters
    ----------
    device, stream : int
        Where, and the ``cudaStream_t`` in whose order.
    lookup : Lookup
        Tables and ids.
    grad, weight_gradients : int
        Addresses of the gradient of the output, and of that of the weights, or 0.
    rule : Rule
        How rows are updated.
    value_at : callable
        ``value_at(kind, place)`` of a wrong ``"offset"`` or ``"id"``: its value, the table and the
        rows of the table; asked for the message only.

    Raises
    ------
    DataError
        When an offset or an id is wrong, with its place in ``row``; nothing is written then.
    ParameterError, UnsupportedError, DeviceError
        As of a transform on a GPU.
    """
    fault, place = ctypes.c_uint32(), ctypes.c_uint64()
    call(
        "ms_gpu_lookup_backward",
        device, ctypes.byref(lookup), grad, weight_gradients, ctypes.byref(rule),
        ctypes.byref(fault), ctypes.byref(place), stream,
    )  # fmt: skip
    if fault.value == 0:
        return
    at = int(place.value)
    kind = "offset" if fault.value == 1 else "id"
    value, table, num_rows = value_at(kind, at)
    if kind == "offset":
        last = lookup.num_tables * max(lookup.num_bags, 0 if lookup.num_bags >= 0 else 1)
        expected = "0" if at == 0 and value != 0 else "at least the one before it"
        if at == last and at > 0:
            expected = f"the number of ids, {lookup.num_ids}, and {expected}"
        message = f"Offset {at} is {value}, expected {expected}."
    else:
        expected = f"a row from 0 to {num_rows - 1}"
        message = f"Id {at}, of table {table}, is {value}, expected {expected}."
    raise errors.DataError(message, row=at, expected=expected, got=str(value))
