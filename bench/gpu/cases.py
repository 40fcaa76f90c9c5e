"""What is timed on a GPU: the work, the bytes it must move, and what its result must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

import mainspring as ms
from bench.gpu.forest_text import forest_text
from mainspring import _engine, col, gpu
from mainspring.gpu.lookup import Lookup, lookup_backward, rule_of
from mainspring.gpu.program import forest_way

__all__ = ["Case", "cases"]


@dataclass(frozen=True)
class Case:
    """One row of the results; `turns` are the same work on inputs of their own."""

    name: str
    num_rows: int
    num_bytes: int  # read once and written once
    turns: list[Callable[[], Any]]
    check: Callable[[], None]
    on_cpu: Callable[[], int]  # works on one thread, and returns how many rows it has done


def _same_bits(got: gpu.DeviceArray, expected: np.ndarray[Any, Any]) -> None:
    kind = np.uint32 if expected.dtype == np.float32 else np.uint64
    np.testing.assert_array_equal(got.to_host().view(kind), expected.view(kind))


def _transform(
    name: str, made: list[Any], columns: Callable[[int], dict[str, Any]], num_turns: int
) -> Case:
    inputs = [columns(seed) for seed in range(num_turns)]
    first = pa.table(inputs[0])
    num_rows = first.num_rows
    prep = ms.Preprocessor(*made, profile=False).fit(first.slice(0, 200_000), target="target")
    on_device = [
        {key: gpu.to_device(each[key]) for key in prep.bundle.input_names} for each in inputs
    ]
    width = prep.bundle.num_features
    outputs = [gpu.DeviceArray((num_rows, width), "float32") for _ in inputs]
    read = sum(values.nbytes for values in on_device[0].values())
    some = first.slice(0, min(num_rows, 50_000))

    def turn(number: int) -> Callable[[], Any]:
        return lambda: prep.transform(on_device[number], out=outputs[number])

    def check() -> None:
        turn(0)()
        head = prep.transform({key: gpu.to_device(each) for key, each in _heads(inputs[0]).items()})
        _same_bits(head, prep.transform(pa.table(_heads(inputs[0]))))

    def on_cpu() -> int:
        prep.transform(some)
        return int(some.num_rows)

    turns = [turn(number) for number in range(num_turns)]
    return Case(name, num_rows, read + num_rows * width * 4, turns, check, on_cpu)


def _heads(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values[:10_000] for name, values in columns.items()}


def _numbers(num_rows: int, dtype: str) -> Callable[[int], dict[str, Any]]:
    def make(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        made = {f"x{i}": rng.gamma(2.0, 3.0, num_rows).astype(dtype) for i in range(16)}
        for values in made.values():
            values[rng.random(num_rows) < 0.05] = np.nan
        return {**made, "target": rng.random(num_rows)}

    return make


def _keys(num_rows: int) -> Callable[[int], dict[str, Any]]:
    def make(seed: int) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        made = {f"k{i}": rng.zipf(1.3, num_rows) % 100_000 for i in range(8)}
        return {**made, "target": rng.random(num_rows)}

    return make


def _forest(
    name: str,
    num_trees: int,
    num_leaves: int,
    num_rows: int,
    num_turns: int,
    *,
    num_features: int = 100,
    balanced: bool = True,
    symmetric: bool = False,
    way: str = "walk",
) -> Case:
    shape = {"balanced": balanced, "symmetric": symmetric}
    predictor = ms.Predictor(forest_text(num_trees, num_leaves, num_features, **shape))
    forest_way(predictor.bundle, way)
    rng = np.random.default_rng(5)
    inputs = [
        rng.normal(size=(num_rows, num_features)).astype(np.float32) for _ in range(num_turns)
    ]
    on_device = [gpu.to_device(each) for each in inputs]
    outputs = [gpu.DeviceArray((num_rows,), "float64") for _ in inputs]
    some = inputs[0][:2000]

    def turn(number: int) -> Callable[[], Any]:
        return lambda: predictor.predict_raw(on_device[number], outputs[number])

    def check() -> None:
        _same_bits(predictor.predict_raw(gpu.to_device(some)), predictor.predict_raw(some))

    def on_cpu() -> int:
        predictor.predict_raw(some)
        return len(some)

    turns = [turn(number) for number in range(num_turns)]
    num_bytes = num_rows * (num_features * 4 + 8)
    return Case(name, num_rows, num_bytes, turns, check, on_cpu)


def _drift(
    name: str,
    values: Callable[[int, int], pa.Array],
    num_rows: int,
    num_turns: int,
    **cut: Any,
) -> Case:
    """Drift of one column; `values` makes rows from a seed, and how many."""
    reference = ms.profile(pa.table({"x": values(0, min(num_rows, 1_000_000))}))
    inputs = [pa.table({"x": values(seed, num_rows)}) for seed in range(1, num_turns + 1)]
    on_device = [gpu.DeviceTable(each) for each in inputs]
    some = inputs[0].slice(0, 200_000)

    def turn(number: int) -> Callable[[], Any]:
        return lambda: ms.detect_drift(reference, on_device[number], **cut)

    def check() -> None:
        got = ms.detect_drift(reference, gpu.DeviceTable(some), **cut)
        expected = ms.detect_drift(reference, some, **cut)
        assert repr(got.columns) == repr(expected.columns), (got, expected)

    def on_cpu() -> int:
        ms.detect_drift(reference, some, **cut)
        return int(some.num_rows)

    turns = [turn(number) for number in range(num_turns)]
    return Case(name, num_rows, inputs[0].nbytes, turns, check, on_cpu)


def _normal(seed: int, num_rows: int) -> pa.Array:
    return pa.array(np.random.default_rng(seed).standard_normal(num_rows, np.float32))


def _few(seed: int, num_rows: int) -> pa.Array:
    return pa.array(np.random.default_rng(seed).integers(0, 1000, num_rows))


def _words(seed: int, num_rows: int) -> pa.Array:
    words = pa.array([f"shop {i} of {i * i}" for i in range(1000)])
    return words.take(pa.array(np.random.default_rng(seed).zipf(1.3, num_rows) % 1000))


def _codes(seed: int, num_rows: int) -> pa.Array:
    return _words(seed, num_rows).dictionary_encode()


def _flags(seed: int, num_rows: int) -> pa.Array:
    return pa.array(np.random.default_rng(seed).random(num_rows) < 0.3)


def _embedding(name: str, num_ids: int, num_turns: int) -> Case:
    num_rows, width = max(num_ids // 4, 1), 64
    rng = np.random.default_rng(8)
    layout = np.array([[0, 0, num_rows, width, 0, 0]], np.int64)
    offsets = np.arange(num_ids + 1)
    rows = rng.normal(size=(num_rows, width)).astype(np.float32)
    ids = [rng.zipf(1.2, num_ids) % num_rows for _ in range(num_turns)]
    grad = rng.normal(size=(num_ids, width)).astype(np.float32)
    infinity = float("inf")
    options = [0.0625, 0, 0, 0, 1, 1, 0, infinity, infinity, 0, 0, 0]  # a product without rounding
    held = [gpu.to_device(each) for each in (rows, layout, offsets, grad)]
    on_device = [gpu.to_device(each) for each in ids]
    sgd = rule_of(1, options, decoupled=False, stochastic=False, seed=0)

    def turn(number: int) -> Callable[[], Any]:
        places = [each.__cuda_array_interface__["data"][0] for each in (*held, on_device[number])]
        lookup = Lookup(
            places[0], 0, 0, places[1], places[4], places[2], 0, 1, num_ids, num_ids, width, width,
            num_rows, 0, 1,
        )  # fmt: skip
        return lambda: lookup_backward(0, lookup, places[3], 0, sgd, 1, lambda *_: (0, 0, 0))

    def on_host(found: np.ndarray[Any, Any]) -> None:
        places = [
            layout.ctypes.data, 1, found.ctypes.data, 0, 0, 0, 0, 0, ids[0].ctypes.data, num_ids,
            offsets.ctypes.data, num_ids, 0, width, 1, 0,
        ]  # fmt: skip
        _engine.train_lookup_backward(places, grad.ctypes.data, 0, 1, options, False, False, 0)

    def check() -> None:
        turn(0)()
        expected = rows.copy()
        on_host(expected)
        _same_bits(held[0], expected)

    def on_cpu() -> int:
        on_host(rows.copy())
        return num_ids

    distinct = len(np.unique(ids[0]))
    num_bytes = num_ids * (width * 4 + 8) + 2 * distinct * width * 4
    return Case(name, num_ids, num_bytes, [turn(i) for i in range(num_turns)], check, on_cpu)


def cases(num_rows: int, num_turns: int) -> Iterator[Case]:
    """Yield the cases, made one after the other so that one's memory is free for the next.

    Parameters
    ----------
    num_rows : int
        Of the transforms; forests predict a quarter of them, drift is of 25 times as many.
    num_turns : int
        Inputs of each case: together more than the caches of a GPU hold.
    """
    chain = [col(f"x{i}").impute("mean").log1p().standardize() for i in range(16)]
    plain = [col(f"x{i}").standardize() for i in range(16)]
    buckets = [col(f"x{i}").quantile_bucketize(32) for i in range(16)]
    ids = [col(f"k{i}").ordinal() for i in range(8)]
    hashes = [col(f"k{i}").hash(1 << 18) for i in range(8)]
    means = [col(f"k{i}").target_mean() for i in range(8)]
    crosses = [col(f"k{i}", f"k{i + 1}").cross(1 << 18) for i in range(7)]
    for dtype in ("float32", "float64"):
        numbers = _numbers(num_rows, dtype)
        yield _transform(f"impute, log1p, standardize of {dtype}", chain, numbers, num_turns)
        yield _transform(f"standardize of {dtype}", plain, numbers, num_turns)
    yield _transform("32 buckets of float32", buckets, _numbers(num_rows, "float32"), num_turns)
    keys = _keys(num_rows)
    yield _transform("ids of int64 keys", ids, keys, num_turns)
    yield _transform("hashes of int64 keys", hashes, keys, num_turns)
    yield _transform("target means of int64 keys", means, keys, num_turns)
    yield _transform("crosses of int64 keys", crosses, keys, num_turns)
    yield _embedding("embedding rows updated by sgd", num_rows, num_turns)
    yield _drift("drift against a profile", _normal, num_rows * 25, num_turns)
    yield _drift("drift of strings", _words, num_rows * 5, num_turns)
    yield _drift("drift of a dictionary", _codes, num_rows * 25, num_turns)
    yield _drift("drift of booleans", _flags, num_rows * 25, num_turns)
    yield _drift("drift of ten windows", _few, num_rows, num_turns, window_rows=num_rows // 10)
    rows = num_rows // 4
    yield _forest("500 trees of depth 8", 500, 256, rows, num_turns)
    yield _forest("1,000 trees of 255 leaves", 1000, 255, rows, num_turns, balanced=False)
    for way, how in (("walk", "walked"), ("slices", "by ballots")):
        name = f"1,000 symmetric trees of depth 6, {how}"
        yield _forest(name, 1000, 64, rows, num_turns, symmetric=True, way=way)
        name = f"1,000 trees of depth 4 over 10 features, {how}"
        yield _forest(name, 1000, 16, rows, num_turns, num_features=10, way=way)
