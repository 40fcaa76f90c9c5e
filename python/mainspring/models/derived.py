"""Models made of another one: its first trees, and what leaf of each tree a row falls into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring.models.metadata import canonical_json

if TYPE_CHECKING:
    from mainspring._engine import Bundle

__all__ = ["derive"]


def derive(bundle: Bundle, meta: dict[str, Any], what: str, num_trees: int | None) -> bytes:
    """Return the bundle of a model that is made of a forest's trees.

    Parameters
    ----------
    bundle : Bundle
        One with a forest.
    meta : dict
        What its META says.
    what : {"trees", "leaves"}
        The first trees as they are, or with numbers of leaves as outputs.
    num_trees : int, optional
        How many trees. Default: all.

    Returns
    -------
    bytes
        The same transforms, then the other model; without a profile.

    Raises
    ------
    ParameterError
        When the model has no such number of trees.
    UnsupportedError
        When the model is no forest.
    """
    count = meta["model"]["num_trees"] if num_trees is None else num_trees
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**32:
        raise errors.ParameterError(
            f"num_trees is {count!r}; expected a number of trees from 1 on.",
            expected="a number of trees",
            got=repr(count),
        )
    model = {**meta["model"], "num_trees": count}
    changed = {**meta, "model": model, "profile": False}
    if what == "leaves":
        model |= {"link": "identity", "num_outputs": count, "num_classes": 0}
        changed["outputs"] = [f"leaf_{number}" for number in range(count)]
    return _engine.derive_bundle(bundle, canonical_json(changed), what, count)
