"""The engine as WebAssembly, with the ES module and the page around it: a folder for npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from mainspring.errors import UnsupportedError
from mainspring.pack.amalgamate import amalgamate
from mainspring.pack.contents import (
    has_program,
    needed_models,
    needed_steps,
    shrink,
    source_folder,
)

__all__ = ["browser_package"]

_FLAGS = (
    "--target=wasm32 -std=c++20 -O2 -c -ffreestanding -nostdlib -fno-exceptions -fno-rtti "
    "-fno-threadsafe-statics -ffp-contract=off -fno-math-errno -fvisibility=hidden "
    "-ffunction-sections -fdata-sections "
    "-U__SIZEOF_INT128__ -mbulk-memory -msign-ext -mnontrapping-fptoint"
).split()
# What loops clang itself would make of it is larger and no faster.
_SIMD = "-msimd128 -fno-vectorize -fno-slp-vectorize".split()
# Linked on its own: clang would run whatever wasm-opt is installed.
_LINK = "--no-entry --gc-sections --strip-all -z stack-size=262144".split()


def browser_package(
    bundle: bytes | None = None,
    *,
    blocks: bool = True,
    compiler: str = "clang++",
    linker: str = "wasm-ld",
) -> dict[str, bytes]:
    """Return the files of a package for JavaScript; built here, by clang and its linker.

    Parameters
    ----------
    bundle : bytes, optional
        The contents of a ``.spring`` file: the engine has only what it needs, and ``model.spring``
        is one of the files. By default the engine has everything and there is no bundle.
    blocks : bool, default True
        Send batches through a forest's bit-sliced program, with SIMD of WebAssembly: several times
        as fast, for a larger bundle. Without them the engine runs in browsers that have no SIMD,
        as it does for a bundle that has no such program.
    compiler, linker : str
        Programs to call.

    Returns
    -------
    dict of str to bytes
        Contents by file name: ``mainspring.wasm``, ``mainspring.js`` and its types, the page
        ``index.html``, ``package.json`` and ``README.md``.

    Raises
    ------
    UnsupportedError
        When clang or its linker for WebAssembly is not installed, or does not take the source.
    """
    source = source_folder()
    small = None if bundle is None else shrink(bundle, keep_blocks=blocks)
    blocks = blocks and (small is None or has_program(small))
    runtime = amalgamate(
        source,
        steps=None if small is None else needed_steps(small),
        models=None if small is None else needed_models(small),
        tile_rows=256,
        arrow=False,
        by_heat=True,
        blocks=blocks,
    )
    flags = [*_FLAGS, *_SIMD] if blocks else _FLAGS
    wasm = source / "wasm"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "engine.cpp").write_text(runtime, encoding="utf-8")
        include = [f"-isystem{wasm / 'include'}", f"-I{source / 'edge'}"]
        sources = {
            "engine": (folder / "engine.cpp", []),
            "exports": (wasm / "exports.cpp", []),
            "memory": (source / "edge" / "freestanding.cpp", ["-fno-builtin"]),
        }
        objects = []
        for target, (path, more) in sources.items():
            objects.append(str(folder / f"{target}.o"))
            _call([compiler, *flags, *more, *include, str(path), "-o", objects[-1]])
        _call([linker, *_LINK, *objects, "-o", str(folder / "mainspring.wasm")])
        files = {"mainspring.wasm": (folder / "mainspring.wasm").read_bytes()}
    for path in sorted((wasm / "package").iterdir()):
        files[path.name] = path.read_bytes()
    if small is not None:
        files["model.spring"] = small
        files["index.html"] = _opening(files["index.html"], "model.spring")
        files["package.json"] = _naming(files["package.json"], "model.spring")
    return files


def _opening(page: bytes, bundle: str) -> bytes:
    """Let the page open a bundle by itself."""
    before, tag, behind = page.partition(b"<body>")
    return before + f'<body data-bundle="{bundle}">'.encode() + behind if tag else page


def _naming(package: bytes, bundle: str) -> bytes:
    """Let npm publish a bundle with the engine, and programs import its address."""
    described = json.loads(package)
    described["files"].append(bundle)
    described["exports"][f"./{bundle}"] = f"./{bundle}"
    return (json.dumps(described, indent=2) + "\n").encode()


def _call(command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise UnsupportedError(
            f"{command[0]} is not installed, expected clang and its linker for WebAssembly. "
            "Install the packages clang and lld.",
            expected="clang++ and wasm-ld",
            got="none",
            hint="apt install clang lld",
        )
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnsupportedError(
            f"{command[0]} failed: {done.stderr.strip()[:500]} Expected clang 14 or later.",
            expected="clang 14 or later",
            got=done.stderr.strip()[:200],
        )
