"""``mainspring inspect``: what a bundle holds."""

from __future__ import annotations

import argparse
import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mainspring

if TYPE_CHECKING:
    from mainspring.predictor import Predictor

__all__ = ["add_arguments", "run"]

_HEADER_BYTES = 64
_TILE_ROWS = 512
# What large tables of a forest leave out.
_RANKED = {
    "folded": "folded into thresholds",
    "coded": "of dictionaries, looked up once for each entry",
}
_RECORD = struct.Struct("<4sIQQII")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the bundle.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's parser.
    """
    parser.add_argument("bundle", metavar="BUNDLE", help="a .spring file")
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(arguments: argparse.Namespace) -> int:
    """Verify the bundle and print what is in it.

    Parameters
    ----------
    arguments : argparse.Namespace
        What ``add_arguments`` names.

    Returns
    -------
    int
        0.
    """
    predictor = mainspring.load(arguments.bundle)  # verifies everything that is read below
    data = predictor.to_bytes()
    if arguments.json:
        print(json.dumps(_everything(predictor, data), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_lines(arguments.bundle, predictor, data)))
    return 0


def _sections(data: bytes) -> list[dict[str, Any]]:
    count = struct.unpack_from("<I", data, 12)[0]
    sections = []
    for index in range(count):
        kind, flags, offset, length, crc, _ = _RECORD.unpack_from(
            data, _HEADER_BYTES + index * _RECORD.size
        )
        sections.append(
            {
                "name": kind.decode(),
                "offset": offset,
                "num_bytes": length,
                "crc32c": f"{crc:08x}",
                "required": bool(flags & 1),
            }
        )
    return sections


def _meta(data: bytes) -> dict[str, Any]:
    for section in _sections(data):
        if section["name"] == "META":
            start = section["offset"]
            meta: dict[str, Any] = json.loads(data[start : start + section["num_bytes"]])
            return meta
    return {}


def _everything(predictor: Predictor, data: bytes) -> dict[str, Any]:
    profile = predictor.profile
    return {
        "num_bytes": len(data),
        "sections": _sections(data),
        "meta": _meta(data),
        "inputs": predictor.input_names,
        "features": predictor.feature_names,
        "steps": predictor.steps,
        "kernels": _kernels(predictor),
        "ranked_features": predictor.bundle.ranked_features(),
        "outputs": predictor.output_names,
        "profile": None if profile is None else profile.summary(),
    }


def _lines(path: str, predictor: Predictor, data: bytes) -> Iterator[str]:
    from mainspring.profiles.text_table import text_table

    meta = _meta(data)
    yield f"{Path(path).name}: predictor '{predictor.name}', {len(data):,} bytes, verified"
    yield f"made by {meta.get('created_by', 'an unknown version')}"
    yield ""
    sections = [
        [section["name"], f"{section['num_bytes']:,}", section["crc32c"]]
        for section in _sections(data)
    ]
    yield text_table(["section", "bytes", "crc32c"], sections)
    yield ""
    columns = meta.get("columns", [])
    yield f"inputs ({len(columns)})"
    yield from _some([f"  {_input_text(column)}" for column in columns])
    yield ""
    features = predictor.feature_names
    yield f"features ({len(features)})"
    yield from _wrapped(features)
    yield ""
    steps = predictor.steps
    yield f"steps ({len(steps)})"
    yield from _wrapped(_step_counts(steps))
    yield ""
    yield f"model: {predictor.description}"
    for rows, kernel in _kernels(predictor).items():
        yield f"  {rows}: {kernel}"
    ranked = predictor.bundle.ranked_features()
    for kind, text in _RANKED.items():
        if names := ranked[kind]:
            yield f"  features {text}, from {ranked[f'{kind}_from_rows']:,} rows on ({len(names)})"
            yield from _wrapped(names, indent=4)
    yield f"outputs: {', '.join(predictor.output_names)}"
    profile = predictor.profile
    if profile is None:
        yield "profile: none, so no drift can be told from this bundle"
    else:
        yield (
            f"profile: {profile.num_rows:,} rows, {len(profile.columns)} columns "
            f"(`mainspring profile {path}` shows it)"
        )


def _kernels(predictor: Predictor) -> dict[str, str]:
    """Where the way of scoring changes, up to the rows of one tile."""
    names = [predictor.kernel_name(rows) for rows in range(1, _TILE_ROWS + 1)]
    starts = [i for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
    found = {}
    for first, after in zip(starts, [*starts[1:], None], strict=True):
        last = "" if after is None else f" to {after}"
        rows = "1 row" if after == 1 else f"{first + 1}{last} rows" + ("" if last else " and more")
        found[rows] = names[first]
    return found


def _input_text(column: Mapping[str, Any]) -> str:
    kind, fitted = column.get("kind", ""), column.get("type", "")
    return f"{column['name']}: {kind}" + (f" (fitted on {fitted})" if fitted else "")


def _step_counts(steps: list[dict[str, Any]]) -> list[str]:
    counts: dict[str, int] = {}
    for step in steps:
        counts[step["step"]] = counts.get(step["step"], 0) + 1
    return [f"{count} {name}" for name, count in counts.items()]


def _some(lines: list[str], most: int = 40) -> Iterator[str]:
    yield from lines[:most]
    if len(lines) > most:
        yield f"  and {len(lines) - most} more (--json shows all)"


def _wrapped(words: list[str], indent: int = 2) -> Iterator[str]:
    import textwrap

    text = ", ".join(words[:200])
    if len(words) > 200:
        text += f" and {len(words) - 200} more (--json shows all)"
    margin = " " * indent
    yield from textwrap.wrap(text, 78, initial_indent=margin, subsequent_indent=margin)
