"""A predictor in a notebook's cell: its model, what goes in and what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.html.fragment import fragment
from mainspring.html.markup import join, name, names, redacting
from mainspring.html.table import Column, row, table

if TYPE_CHECKING:
    from mainspring.predictor import Predictor
    from mainspring.profiles import Profile

__all__ = ["predictor_fragment"]

_COLUMNS = (Column("part"), Column("what it is"))
_LABELS = 12


def predictor_fragment(predictor: Predictor) -> str:
    """Write a predictor for a notebook.

    Parameters
    ----------
    predictor : Predictor
        What to show.

    Returns
    -------
    str
        Markup that brings its style; with ``MAINSPRING_REDACT`` labels are counted, not shown.
    """
    inputs = "columns" if predictor.has_preprocessor else "features"
    facts: list[tuple[str, str]] = [
        ("model", name(predictor.description, longest=160)),
        (f"{inputs} ({len(predictor.input_names):,})", names(predictor.input_names)),
    ]
    if predictor.has_preprocessor:
        features = predictor.feature_names
        facts.append((f"features ({len(features):,})", names(features)))
    facts.append(("outputs", names(predictor.output_names)))
    labels = predictor.classes_
    if labels is not None:
        shown = "not shown" if redacting() else names([str(one) for one in labels], _LABELS)
        facts.append((f"labels ({len(labels):,})", shown))
    profile = predictor.profile
    facts.append(
        ("profile", "none: no drift can be told" if profile is None else _profiled(profile))
    )
    facts.append(("bundle", f"{len(predictor.to_bytes()):,} bytes"))
    return fragment(
        table(
            join("Predictor ", name(predictor.name)),
            _COLUMNS,
            [row(_COLUMNS, fact) for fact in facts],
        )
    )


def _profiled(profile: Profile) -> str:
    rows, columns = profile.num_rows, len(profile.columns)
    return f"{rows:,} rows of {columns:,} columns, the reference for drift"
