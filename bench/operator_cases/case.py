"""What a case is, and peers that several operators share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from bench.data.operator_columns import Columns, ids_of
from mainspring import col

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Peer:
    """A library's expression: ``make`` returns the function to time.

    ``large``: it takes more than a second a turn.
    """

    name: str
    api: str
    make: Callable[[Columns], Callable[[], Array]]
    large: bool = False


@dataclass(frozen=True)
class Case:
    """An operator on columns, its peers, and whether they must give the same numbers.

    Of hashes only the ranges are compared. ``keys`` are columns that the operator names itself.
    """

    names: tuple[str, ...]
    operator: Callable[[Any], Any]
    peers: tuple[Peer, ...]
    same_values: bool = True
    keys: tuple[str, ...] = ()

    def expression(self) -> Any:
        """Make the expression that is measured."""
        return self.operator(col(*self.names))


def polars_peer(api: str, expression: Callable[[Columns], Any]) -> Peer:
    def make(given: Columns) -> Callable[[], Array]:
        wanted = expression(given)
        return lambda: given.frame.select(wanted).to_numpy(order="c")

    return Peer("polars", api, make)


def polars_id(given: Columns, name: str) -> pl.Expr:
    words: Any = pl.from_arrow(given.vocabularies[name])
    code = pl.col(name).cast(pl.Enum(words), strict=False).to_physical()
    return pl.when(pl.col(name).is_null()).then(0).otherwise((code + 2).fill_null(1))


def number_peers(
    polars: Callable[[Columns, pl.Expr], pl.Expr], numpy: Callable[[Columns, Array], Array]
) -> tuple[Peer, ...]:
    return (
        polars_peer("expression", lambda given: polars(given, pl.col("number")).cast(pl.Float32)),
        Peer(
            "numpy",
            "expression",
            lambda given: lambda: numpy(given, given.number).astype(np.float32),
        ),
    )


def encoding_peers(numbers: Callable[[Array, Array], Array]) -> tuple[Peer, ...]:
    """Of what a category's count of rows and sum of the label are encoded as, by id."""

    def learnt(given: Columns) -> Array:
        return numbers(given.city_counts, given.city_sums)

    def in_polars(given: Columns) -> pl.Expr:
        return pl.lit(pl.Series(learnt(given).astype(np.float32))).gather(polars_id(given, "city"))

    def in_pyarrow(given: Columns) -> Callable[[], Array]:
        column, words = given.table["city"], given.vocabularies["city"]
        by_id = learnt(given)
        return lambda: by_id.take(ids_of(column, words)).astype(np.float32)

    return polars_peer("cast to Enum, gather", in_polars), Peer(
        "pyarrow", "index_in, take", in_pyarrow
    )
