"""Writes csrc/runtime/core/case_tables.hpp from the case mappings of the Python that runs it.

Only a Python with the version of Unicode below may do that: what a bundle gives must not change
with the machine that a table was made on.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

VERSION = "14.0.0"
CODES = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
MAX_RUN = 64
LONG_S = 0x130  # the only character whose lower case is two: "i" and a dot above
HEAD = """\
// Case mappings and properties of Unicode {version}, made by tests/repo/make_case_tables.py.
//
// A run is code << 15 | (length - 1) << 9 | every_second << 8 | down << 7 | delta: characters that
// become those kDeltas[delta] further up, or down. Runs ascend and do not overlap. Ranges are
// distances: from the end of the range before to the first code, then the number of codes, 7 bits a
// byte, the lowest first.
#pragma once
#include <cstdint>

// clang-format off
namespace mainspring::case_tables {{

struct Special {{
  uint16_t code;
  uint16_t to[3];  // as many as are not 0
}};
"""

Run = tuple[int, int, int, int]  # first, length, step, delta


def changes(mapping: Callable[[str], str], base: Callable[[str], str]) -> dict[int, str]:
    return {c: mapping(chr(c)) for c in CODES if mapping(chr(c)) != base(chr(c))}


def same(text: str) -> str:
    return text


def runs_of(mapping: dict[int, int]) -> list[Run]:
    """Cover the characters by runs; one of every second character holds no others between."""
    runs: list[Run] = []
    left = dict(sorted(mapping.items()))
    while left:
        first = next(iter(left))
        delta = left[first]
        best = 1, 1
        for step in (1, 2):
            length = 1
            while (
                length < MAX_RUN
                and left.get(first + length * step) == delta
                and not (step == 2 and first + length * step - 1 in left)
            ):
                length += 1
            best = max(best, (length, -step))
        length, step = best[0], abs(best[1])
        for i in range(length):
            del left[first + i * step]
        runs.append((first, length, step, delta))
    return runs


def ranges_of(codes: Iterable[int], either: set[int]) -> list[tuple[int, int]]:
    """First and last codes of ranges that hold all of `codes`, and of others only `either`."""
    ranges: list[tuple[int, int]] = []
    for code in sorted(codes):
        if ranges and all(between in either for between in range(ranges[-1][1] + 1, code)):
            ranges[-1] = ranges[-1][0], code
        else:
            ranges.append((code, code))
    return ranges


def distances(ranges: list[tuple[int, int]]) -> list[int]:
    numbers: list[int] = []
    end = 0
    for first, last in ranges:
        for number in (first - end, last - first + 1):
            rest = number
            while rest >= 128:
                numbers.append(rest % 128 | 128)
                rest //= 128
            numbers.append(rest)
        end = last + 1
    return numbers


def array(kind: str, name: str, values: list[str]) -> str:
    lines = [f"inline constexpr {kind} {name}[] = {{"]
    line = "   "
    for value in values:
        if len(line) + len(value) > 97:
            lines.append(line)
            line = "   "
        line += f" {value},"
    return "\n".join([*lines, line, "};\n"])


def is_cased(code: int) -> bool:
    return (chr(code) + "a").title()[-1] == "a"


def is_case_ignorable(code: int) -> bool:
    """A final sigma sees the letter before it, and by itself is none."""
    behind_letter, alone = (f"{text}{chr(code)}Σ".lower()[-1] == "ς" for text in ("A", ""))
    return behind_letter and not alone


def title_by_rule(code: int) -> str:
    """What the tables of upper and lower case make of it, without one for title case."""
    upper = chr(code).upper()
    return upper[0] + upper[1:].lower()


def fold_by_rule(code: int) -> str:
    lower = chr(code).lower()
    upper = lower.upper() if len(lower) == 1 else lower
    return upper.lower() if len(upper) > 1 and len(lower) == 1 else lower


def header() -> str:
    lower = changes(str.lower, same)
    upper = changes(str.upper, same)
    title = {c: chr(c).title() for c in CODES if chr(c).title() != title_by_rule(c)}
    fold = {c: chr(c).casefold() for c in CODES if chr(c).casefold() != fold_by_rule(c)}
    assert [c for c, text in lower.items() if len(text) > 1] == [LONG_S]
    assert all(len(text) == 1 for text in fold.values())
    cased = {code for code in CODES if is_cased(code)}
    mapped = set(lower) | set(upper)
    assert mapped <= cased
    tables = {"Lower": lower, "Upper": upper, "Title": title, "Fold": fold}
    singles = {
        name: runs_of({c: ord(text) - c for c, text in table.items() if len(text) == 1})
        for name, table in tables.items()
    }
    deltas = sorted({abs(run[3]) for runs in singles.values() for run in runs})
    assert len(deltas) <= 128
    assert deltas[-1] < 65536

    def place(delta: int) -> int:
        return (delta < 0) << 7 | deltas.index(abs(delta))

    parts = [HEAD.format(version=VERSION)]
    parts.append(array("uint16_t", "kDeltas", [str(delta) for delta in deltas]))
    for name, runs in singles.items():
        words = [
            f"0x{first << 15 | (length - 1) << 9 | (step - 1) << 8 | place(delta):08x}"
            for first, length, step, delta in runs
        ]
        parts.append(array("uint32_t", f"k{name}Runs", words))
    for name in ("Upper", "Title"):
        specials = [
            "{" + ", ".join(hex(ord(part)) for part in chr(code) + text) + "}"
            for code, text in tables[name].items()
            if len(text) > 1
        ]
        parts.append(array("Special", f"k{name}Specials", specials))
    unmapped = ranges_of(cased - mapped, mapped)
    ignorable = ranges_of((c for c in CODES if is_case_ignorable(c)), set())
    for name, ranges in (("Cased", unmapped), ("CaseIgnorable", ignorable)):
        parts.append(array("uint8_t", f"k{name}Ranges", [str(n) for n in distances(ranges)]))
    parts.append("}  // namespace mainspring::case_tables\n// clang-format on\n")
    return "\n".join(parts)


def main() -> None:
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"Python has Unicode {unicodedata.unidata_version}, expected {VERSION}.")
    root = Path(__file__).parents[2]
    (root / "csrc/runtime/core/case_tables.hpp").write_text(header(), encoding="utf-8")


if __name__ == "__main__":
    main()
