"""What is claimed about the C interface and about functions of clouds."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["DEVICE_CLAIMS"]

_TREES = "100 trees of 31 leaves"

DEVICE_CLAIMS = (
    Claim(
        "edge",
        "The C interface",
        "A LightGBM model for two classes on 30 numbers in a program in C: rows of a matrix "
        "through `mainspring_predict`, without an allocation, in the library for servers and in "
        "that for devices.",
        (
            Goal(
                "C interface: one row in at most 0.7 us",
                f"{_TREES}, one row, libmainspring",
                at_most=0.7,
                unit="us",
            ),
            Goal(
                "C interface: 4,096 rows in at most 0.4 us each",
                f"{_TREES}, 4,096 rows, libmainspring",
                at_most=0.4,
                unit="us",
            ),
            Goal(
                "C interface: from the start of a process to its first prediction in at most 10 ms",
                "process, bundle opened, first row, libmainspring",
                at_most=10.0,
                unit="ms",
            ),
        ),
    ),
    Claim(
        "sizes",
        "Sizes of the engine",
        "With every step and model, and nothing left out by a switch. What a bundle needs alone is "
        "smaller: [the pages of devices](edge/index.md).",
        (
            Goal(
                "Library for devices, everything linked: at most 64 KiB",
                "libmainspring_edge.so",
                at_most=65_536.0,
                unit="bytes",
            ),
            Goal(
                "WebAssembly, everything linked, gzipped: at most 32 KiB",
                "WebAssembly, gzipped",
                at_most=32_768.0,
                unit="bytes",
            ),
        ),
    ),
    Claim(
        "edge_peers",
        "The C interface beside compiled trees",
        "100 trees of 31 leaves over 30 numbers: the bundle through `mainspring_predict`, the same "
        "trees as C by m2cgen and tl2cgen, compiled at -O2, in one program in turns; ONNX Runtime "
        "called from Python on one thread. CPU time.",
        tuple(
            Goal(
                f"C interface: {rows} faster than {peer}",
                f"{rows}, times as fast as {peer}",
                at_least=1.0,
                unit="",
            )
            for peer in ("m2cgen", "tl2cgen", "onnxruntime")
            for rows in ("one row", "4,096 rows")
        ),
    ),
    Claim(
        "functions",
        "Functions of clouds",
        "The Lambda package of 100 trees of 31 leaves under awslambdaric: from the start of the "
        "process to its first request for an event, best of 15 starts in turns with a handler that "
        "does nothing.",
        (
            Goal(
                "Lambda: first /next in at most 60 ms",
                "Lambda, start to first /next",
                at_most=60.0,
                unit="ms",
            ),
            Goal(
                "Lambda: first /next at most 15 ms behind a handler of nothing",
                "Lambda, first /next beyond a handler of nothing",
                at_most=15.0,
                unit="ms",
            ),
        ),
    ),
    Claim(
        "browser",
        "In a browser",
        "The package of `mainspring pack --target wasm` for 100 trees of 31 leaves over 30 "
        "numbers: rows in Node beside the library for devices, and a page in headless Chromium "
        "from a server on the same machine.",
        (
            Goal(
                "Browser: the engine for one forest in at most 32 KiB, gzipped",
                "engine for one forest, gzipped",
                at_most=32_768.0,
                unit="bytes",
            ),
            Goal(
                "Browser: one row in at most 1.5 us",
                "WebAssembly, one row of a matrix",
                at_most=1.5,
                unit="us",
            ),
            Goal(
                "Browser: a batch in at most 1.2 times the native time",
                "WebAssembly, 512 rows, native times",
                at_most=1.2,
                unit="",
            ),
            Goal(
                "Browser: from navigation to the first prediction in at most 50 ms",
                "Chromium, navigation to first prediction",
                at_most=50.0,
                unit="ms",
            ),
        ),
    ),
)
