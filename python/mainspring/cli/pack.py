"""``mainspring pack``: make a bundle small and put it where it will run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from mainspring._files import read_file, require_folder, write_file
from mainspring.cli.tables import read_table
from mainspring.errors import FileError, ParameterError

__all__ = ["PHRASES", "add_arguments", "run"]

# What messages of the package say, and what it is called here.
PHRASES = {"bits is": "--leaf-bits is"}

_FUNCTIONS = ("lambda", "gcf", "azure")
_TARGETS = ("bundle", "c", "wasm", *_FUNCTIONS)
# Options that say nothing to other targets, and those that they are for.
_ONLY = {
    "keep_profile": ("bundle",),
    "blocks": ("bundle", "wasm"),
    "tile_rows": ("c",),
    "library": _FUNCTIONS,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle, the target, and where to write.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("bundle", metavar="BUNDLE", help="a .spring file")
    parser.add_argument(
        "--target",
        choices=_TARGETS,
        default="bundle",
        help="a smaller bundle (default), one C++ source file with a C interface, a folder for "
        "browsers, or a function for AWS Lambda, Google Cloud or Azure",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="the bundle, the source file, or the folder (.zip: a zip file of it); without it, "
        "only sizes are shown",
    )
    parser.add_argument(
        "--keep-profile", action="store_true", help="keep the reference profile in the bundle"
    )
    parser.add_argument(
        "--blocks",
        action=argparse.BooleanOptionalAction,
        help="of a forest: keep the program that batches go through in blocks of rows, and of a "
        "folder for browsers build the engine with them: batches several times as fast, a larger "
        "bundle, and no browser without SIMD (default: for browsers)",
    )
    parser.add_argument(
        "--leaf-bits",
        type=int,
        metavar="N",
        help="round the leaves of a forest to N bits, 4 to 24, and say how far predictions move",
    )
    parser.add_argument(
        "--leaf-data",
        metavar="DATA",
        help="of --leaf-bits: a table to measure that on",
    )
    parser.add_argument(
        "--counters",
        metavar="FILE",
        help="write there what a device reads to count for drift; what it counted goes to "
        "`mainspring merge-profiles --bundle BUNDLE`",
    )
    parser.add_argument(
        "--tile-rows",
        type=int,
        metavar="N",
        help="of a source file: rows that run at once, 64 to 512; scratch grows with it (default "
        "64)",
    )
    parser.add_argument(
        "--library",
        metavar="FILE",
        help="of a function: the C library for its CPU (default: this machine's)",
    )
    parser.add_argument(
        "--sign",
        metavar="KEY.pem",
        help="sign the output, a file, with an Ed25519 key: OUTPUT.sig",
    )


def run(arguments: argparse.Namespace) -> int:
    """Shrink, write, and print sizes and memory.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    from mainspring import pack

    _check_options(arguments)
    saved = data = read_file(arguments.bundle)
    if arguments.output is not None and not Path(arguments.output).is_dir():
        require_folder(arguments.output)
    key = None if arguments.sign is None else read_file(arguments.sign)
    blocks = arguments.blocks
    if blocks is None:
        blocks = arguments.target == "wasm" and arguments.leaf_bits is None
    small = pack.shrink(
        data,
        keep_profile=arguments.keep_profile,
        keep_blocks=blocks,
        subject=arguments.bundle,
    )
    output = arguments.output
    lines: list[str] = []
    if arguments.leaf_bits is not None:
        rows = None if arguments.leaf_data is None else read_table(arguments.leaf_data)
        small, report = pack.round_leaves(
            data, arguments.leaf_bits, data=rows, keep_profile=arguments.keep_profile
        )
        data = small
        lines.append(str(report))
    elif arguments.leaf_data is not None:
        raise ParameterError("--leaf-data needs --leaf-bits; name the bits, such as 16.")
    if arguments.counters is not None:
        require_folder(arguments.counters)
        plan = pack.count_plan(saved)
        write_file(arguments.counters, plan)
        lines.append(f"{arguments.counters}: {len(plan):,} bytes")
    if output is not None:
        lines += _written(arguments, data, small, blocks=blocks)
    elif arguments.target != "bundle":
        lines.append("Nothing was written; name an output with -o.")
    print("\n".join([*_table(arguments.bundle, saved, small), *lines]))
    if key is not None:
        written = read_file(output)
        write_file(f"{output}.sig", pack.sign(written, key))
        print(f"{output}.sig: signature of {pack.bundle_id(written)}")
    return 0


def _written(
    arguments: argparse.Namespace, data: bytes, small: bytes, *, blocks: bool
) -> Iterator[str]:
    """Write what the target wants, and say what was written where a bundle is not all of it."""
    from mainspring import pack

    output, target = arguments.output, arguments.target
    if target == "bundle":
        write_file(output, small)
        return
    if target != "c":
        made = (
            pack.browser_package(small, blocks=blocks)
            if target == "wasm"
            else pack.function_package(data, target, library=arguments.library)
        )
        yield from _write(made, Path(output))
        return
    path = Path(output)
    if path.suffix != ".cpp":
        raise ParameterError(
            f"The output is {output}, expected a name that ends in .cpp: the source is C++ "
            "with a C interface.",
            expected="NAME.cpp",
            got=output,
        )
    tile_rows = 64 if arguments.tile_rows is None else arguments.tile_rows
    for name, text in pack.c_source(small, path.stem, tile_rows=tile_rows).items():
        write_file(str(path.with_name(name)), text.encode())
        yield f"{path.with_name(name)}: {len(text):,} bytes"


def _check_options(arguments: argparse.Namespace) -> None:
    """Refuse what would change nothing: its user expects something of it."""
    for name, targets in _ONLY.items():
        given = getattr(arguments, name)
        unset = given is None or (given is False and name != "blocks")
        if unset or arguments.target in targets:
            continue
        option, known = f"--{name.replace('_', '-')}", " or ".join(targets)
        raise ParameterError(
            f"{option} does nothing with --target {arguments.target}, expected --target {known}. "
            "Leave the option out.",
            expected=f"--target {known}",
            got=f"--target {arguments.target}",
        )
    if arguments.blocks and arguments.leaf_bits is not None:
        raise ParameterError(
            "--blocks does nothing with --leaf-bits: a rounded forest keeps no program. Leave one "
            "of them out."
        )
    output = arguments.output
    is_file = arguments.target in ("bundle", "c") or str(output).endswith(".zip")
    if arguments.sign is not None and (output is None or not is_file):
        raise ParameterError("--sign needs an output that is one file; name one with -o.")


def _table(path: str, data: bytes, small: bytes) -> Iterator[str]:
    from mainspring import pack
    from mainspring.profiles.text_table import text_table

    memory = pack.memory_needed(small)
    yield f"{Path(path).name}: {len(data):,} bytes, packed {len(small):,}"
    rows = [
        ["bundle", f"{memory['bundle']:,}", "read only"],
        ["arena", f"{memory['arena']:,}", "once"],
        ["scratch", f"{memory['scratch']:,}", "for each thread; less with fewer tile rows"],
    ]
    yield text_table(["memory", "bytes", "when"], rows)
    yield f"id: {pack.bundle_id(small)}"
    yield f"steps: {', '.join(pack.needed_steps(small))}"
    yield f"models: {', '.join(pack.needed_models(small)) or 'none'}"


def _write(files: Mapping[str, bytes], output: Path) -> Iterator[str]:
    """Write a folder, or a zip file whose bytes depend on the contents alone."""
    if output.suffix == ".zip":
        import io
        import zipfile

        room = io.BytesIO()
        with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
        write_file(str(output), room.getvalue())
        yield f"{output}: {len(room.getvalue()):,} bytes"
        return
    if output.exists() and not output.is_dir():
        raise FileError(
            f"{output} is a file, expected a new or an old folder, or a name that ends in .zip.",
            expected="a folder or NAME.zip",
            got="a file",
        )
    output.mkdir(exist_ok=True)
    for name in sorted(files):
        write_file(str(output / name), files[name])
        yield f"{output / name}: {len(files[name]):,} bytes"
