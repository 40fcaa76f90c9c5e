"""The order of steps: what a step needs comes before it, and a circle is an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainspring.errors import ParameterError

__all__ = ["followers", "in_order"]


def in_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Sort steps so that each comes after all that it needs.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        The steps that each step needs; all of them are keys.

    Returns
    -------
    list of str
        Steps that do not need each other keep the order of the mapping.

    Raises
    ------
    ParameterError
        When steps need each other in a circle; the message walks it.

    Examples
    --------
    >>> in_order({"train": ["split"], "split": ["read"], "read": []})
    ['read', 'split', 'train']
    """
    done: dict[str, None] = {}
    for first in needs:
        # A walk with a stack of its own: a thousand steps in a row are no recursion.
        pending = [(first, iter(needs[first]))] if first not in done else []
        open_steps = dict.fromkeys([first])
        while pending:
            name, rest = pending[-1]
            needed = next((other for other in rest if other not in done), None)
            if needed is None:
                done[name] = None
                pending.pop()
                open_steps.popitem()
            elif needed in open_steps:
                walk = list(open_steps)
                _refuse_circle([*walk[walk.index(needed) :], needed])
            else:
                pending.append((needed, iter(needs[needed])))
                open_steps[needed] = None
    return list(done)


def followers(needs: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """Return a step and all that need it, directly or not.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        The steps that each step needs.
    start : str
        A step.

    Returns
    -------
    set of str
        With ``start``.
    """
    found = {start}
    for name in in_order(needs):
        if found.intersection(needs[name]):
            found.add(name)
    return found


def _refuse_circle(circle: list[str]) -> None:
    walk = " -> ".join(repr(name) for name in circle)
    raise ParameterError(
        f"Steps need each other in a circle: {walk}. Take one of these dependencies away.",
        expected="steps without a circle",
        got=walk,
    )
