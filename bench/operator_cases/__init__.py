"""One operator alone beside the fair expression of the same in other libraries.

``CASES`` has an entry for each operator of the engine, from the module of its family; a test says
which one is missing. Every side starts from a column in its own form and ends with a float32 array;
what fitting learns is given to all of them.
"""

from __future__ import annotations

from bench.data.operator_columns import ROWS, Columns, columns
from bench.operator_cases import (
    buckets,
    categories,
    cleaning,
    lists,
    numbers,
    targets,
    texts,
    times,
)
from bench.operator_cases.case import Case, Peer
from bench.operator_cases.categories import BUCKETS

__all__ = ["BUCKETS", "CASES", "ROWS", "Case", "Columns", "Peer", "columns"]

CASES: dict[str, Case] = {
    **numbers.CASES,
    **buckets.CASES,
    **categories.CASES,
    **lists.CASES,
    **targets.CASES,
    **times.CASES,
    **cleaning.CASES,
    **texts.CASES,
}
