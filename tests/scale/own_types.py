"""Partitions with types of their own, for engines that do not give all of them one schema."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mainspring.errors import SchemaError
from tests.scale.conformance import PARTS, learnt
from tests.scale.engines import Engine
from tests.scale.sample import one_pass

__all__ = [
    "test_fit_when_a_partition_has_another_type_names_it_and_the_column",
    "test_fit_when_a_partition_knows_no_type_learns_nulls",
]


def test_fit_when_a_partition_has_another_type_names_it_and_the_column(engine: Engine) -> None:
    bad = PARTS[3].set_column(1, "x", PARTS[3]["city"])
    data = engine.failing(PARTS, 3, bad)
    with pytest.raises(SchemaError, match=r"^partition 3: Column 'x' .*string") as caught:
        engine.verbs.fit(one_pass(), data, target="y")
    assert caught.value.column == "x"
    with pytest.raises(SchemaError, match=r"^partition 3: Column 'x'"):
        engine.verbs.profile(data)


def test_fit_when_a_partition_knows_no_type_learns_nulls(engine: Engine) -> None:
    nulls = PARTS[3].set_column(3, "city", pa.nulls(PARTS[3].num_rows))
    data = engine.failing(PARTS, 3, nulls)
    typed = nulls.set_column(3, "city", pa.nulls(PARTS[3].num_rows, pa.string()))
    expected = one_pass().fit(engine.as_read([*PARTS[:3], typed, *PARTS[4:]]), target="y")
    assert learnt(engine.verbs.fit(one_pass(), data, target="y")) == learnt(expected)
