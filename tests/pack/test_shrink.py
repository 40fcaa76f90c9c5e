"""A packed bundle is smaller, says what it needs, and gives the same bits."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine, pack
from mainspring.pack.contents import section
from tests.edge import library as edge
from tests.pack.conftest import Golden
from tests.reference import bundle as reference
from tests.reference.bundle_payloads import align

Find = Callable[[str], Golden]
NAMES = [
    "0.1-late-flights",
    "0.1-packed",
    "0.1-three-classes",
    "0.1-baskets",
    "0.1-composite",
    "0.1-network",
]


def bits(file: bytes, golden: Golden, kind: str) -> np.ndarray:
    bundle = _engine.Bundle.open(file, "packed")
    out = np.empty((golden.table.num_rows, bundle.output_width(kind)))
    bundle.predict_table(_engine.Table.from_stream(golden.table.__arrow_c_stream__()), kind, out)
    return out.ravel().view(np.uint64)


@pytest.mark.parametrize("name", NAMES)
def test_bundle_when_shrunk_gives_the_same_bits(golden: Find, name: str) -> None:
    whole = golden(name)
    small = pack.shrink(whole.file)
    assert len(small) <= len(whole.file)
    for kind, wanted in whole.outputs.items():
        assert np.array_equal(bits(small, whole, kind), wanted.view(np.uint64)), kind
    assert pack.shrink(small) == small


def test_bundle_when_shrunk_has_neither_profile_nor_program(golden: Find) -> None:
    whole = golden("0.1-late-flights").file
    small = pack.shrink(whole)
    assert ms.Predictor.from_bytes(whole).profile is not None
    assert ms.Predictor.from_bytes(small).profile is None
    sizes = [
        len(pack.shrink(whole, keep_profile=profile, keep_program=program))
        for profile in (False, True)
        for program in (False, True)
    ]
    assert sizes[0] == len(small)
    assert sizes[0] < sizes[1] < sizes[3]
    assert sizes[0] < sizes[2] < sizes[3] < len(whole)
    everything = {"keep_profile": True, "keep_program": True, "keep_statistics": True}
    assert pack.shrink(whole, **everything) == whole
    assert len(small) < len(whole) / 2


@pytest.mark.parametrize("name", ["0.1-late-flights", "0.1-three-classes"])
def test_program_when_only_its_blocks_are_kept_gives_the_same_bits(golden: Find, name: str) -> None:
    whole = golden(name)
    blocks = pack.shrink(whole.file, keep_blocks=True)
    sizes = [len(pack.shrink(whole.file)), len(blocks)]
    sizes.append(len(pack.shrink(whole.file, keep_program=True)))
    assert sizes == sorted(set(sizes))
    assert pack.shrink(blocks, keep_blocks=True) == pack.shrink(blocks, keep_program=True) == blocks
    assert pack.shrink(blocks) == pack.shrink(whole.file)
    assert reference.verdict(blocks) == reference.Verdict.OK
    for kind, wanted in whole.outputs.items():
        assert np.array_equal(bits(blocks, whole, kind), wanted.view(np.uint64)), kind


def num_nodes(file: bytes) -> int:
    return struct.unpack_from("<I", section(file, b"MODL"), 68)[0]


def test_forest_when_shrunk_has_no_covers_and_gains(golden: Find) -> None:
    whole = golden("0.1-late-flights").file
    small, kept = pack.shrink(whole), pack.shrink(whole, keep_statistics=True)
    assert len(kept) - len(small) == 2 * align(8 * num_nodes(whole))
    assert pack.shrink(kept) == small
    assert pack.shrink(small, keep_statistics=True) == small
    rows = golden("0.1-late-flights").table
    ms.Predictor.from_bytes(kept).explain(rows)
    packed = ms.Predictor.from_bytes(small)
    with pytest.raises(ms.UnsupportedError, match="before it was packed"):
        packed.explain(rows)
    np.testing.assert_array_equal(
        packed.explain(rows, background=rows).values,
        ms.Predictor.from_bytes(whole).explain(rows, background=rows).values,
    )


def test_parts_of_a_forest_without_covers_and_gains_are_those_of_the_whole(golden: Find) -> None:
    whole = ms.Predictor.from_bytes(golden("0.1-late-flights").file)
    small = ms.Predictor.from_bytes(pack.shrink(golden("0.1-late-flights").file))
    rows = golden("0.1-late-flights").table
    for num_trees in (1, 5):
        np.testing.assert_array_equal(
            small.predict_raw(rows, num_trees=num_trees),
            whole.predict_raw(rows, num_trees=num_trees),
        )
    np.testing.assert_array_equal(small.leaf_index(rows), whole.leaf_index(rows))


def test_forests_in_a_composite_are_shrunk(golden: Find) -> None:
    whole = golden("0.1-composite")
    small = pack.shrink(whole.file)
    kept = pack.shrink(whole.file, keep_statistics=True)
    (at,) = struct.unpack_from("<Q", section(whole.file, b"MODL"), 128)
    (nodes,) = struct.unpack_from("<I", section(whole.file, b"MODL"), at + 68)
    assert len(kept) - len(small) == 2 * align(8 * nodes)
    assert kept == whole.file


def test_golden_packed_bundle_is_what_pack_writes(golden: Find) -> None:
    assert golden("0.1-packed").file == pack.shrink(golden("0.1-late-flights").file)


def test_steps_and_models_are_those_of_the_plan(golden: Find) -> None:
    file = golden("0.1-late-flights").file
    predictor = ms.Predictor.from_bytes(file)
    assert set(pack.needed_steps(file)) == {step["step"] for step in predictor.steps}
    assert pack.needed_models(file) == ["forest"]
    assert pack.needed_models(golden("0.1-composite").file) == ["forest", "dense", "composite"]
    assert pack.needed_models(golden("0.1-interactions").file) == ["network"]


def test_names_of_steps_are_those_of_the_engine() -> None:
    listed = list(pack.amalgamate.steps_of(pack.contents.source_folder()))
    assert listed == _engine.step_names()


def test_memory_is_what_the_c_interface_says(golden: Find, library: object) -> None:
    small = pack.shrink(golden("0.1-late-flights").file)
    _, sizes = edge.size(library, small)  # type: ignore[arg-type]
    assert pack.memory_needed(small) == {
        "bundle": len(small),
        "arena": sizes.arena_bytes,
        "scratch": sizes.scratch_bytes,
    }


@pytest.mark.parametrize("call", [pack.shrink, pack.memory_needed])
def test_bytes_when_no_bundle_are_refused(call: Callable[[bytes], object]) -> None:
    with pytest.raises(ms.BundleCorruptError):
        call(b"no bundle")
