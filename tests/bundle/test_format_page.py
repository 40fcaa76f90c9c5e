"""docs/format.md against the C++ headers: every struct, field, offset, size and code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reference import bundle as reference

HEADERS = {
    "bundle/format.hpp": ["BundleHeader", "SectionRecord", "PlanHeader"],
    "bundle/labels.hpp": ["LabelsHeader"],
    "steps/step.hpp": ["InputRecord", "OutputRecord", "StepRecord"],
    "core/key_table.hpp": ["LookupHeader", "BytesEntry"],
    "steps/local_time.hpp": ["ZoneHeader"],
    "steps/pattern.hpp": ["PatternHeader", "PatternInstruction"],
    "models/model.hpp": ["ModelHeader"],
    "models/composite/composite.hpp": [
        "CompositeHeader",
        "CompositePart",
        "CompositeNode",
        "CompositeInput",
    ],
    "models/dense/dense.hpp": ["DenseHeader", "DenseLayer"],
    "models/network/network.hpp": ["NetworkHeader", "NetworkLayer"],
    "models/forest/forest.hpp": ["ForestHeader", "ForestTree", "ForestSlot", "ForestNode"],
    "models/forest/sliced.hpp": [
        "SlicedHeader",
        "SlicedColumn",
        "SlicedCondition",
        "SlicedCategories",
        "SlicedRun",
        "SlicedTree",
        "SlicedStep",
    ],
}
ENUMS = {
    "core/tile.hpp": ["ValueType"],
    "arrow/column_view.hpp": ["ColumnType", "TimeUnit", "InputKind"],
    "steps/step.hpp": ["StepCode"],
    "steps/date_part.hpp": ["DatePart"],
    "steps/time_format.hpp": ["TimeItem"],
    "steps/pattern.hpp": ["PatternOp", "PatternAssert"],
    "models/model.hpp": ["Link", "Decision"],
    "bundle/labels.hpp": ["LabelType"],
    "models/composite/composite.hpp": ["CompositeKind"],
    "models/dense/dense.hpp": ["LayerKind", "Activation"],
    "models/network/network.hpp": ["NetworkKind"],
    "models/output.hpp": ["OutputKind"],
    "models/forest/forest.hpp": ["ForestTreatment"],
}
STRUCTS = [(header, name) for header, names in HEADERS.items() for name in names]
CODES = [(header, name) for header, names in ENUMS.items() for name in names]
SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i32": 4, "i64": 8, "f64": 8}
C_TYPES = {"double": "f64", "int32_t": "i32", "int64_t": "i64"}
C_TYPES |= {f"uint{8 * size}_t": f"u{8 * size}" for size in (1, 2, 4, 8)}


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "format.md").read_text(encoding="utf-8")


def table_of(page: str, name: str) -> list[list[str]]:
    """Return the rows of the table whose first heading is `name`."""
    found = re.search(rf"^\| {name} \|[^\n]*\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", page, re.MULTILINE)
    assert found is not None, f"the page has no table of {name}"
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found[1].splitlines()]


def source_of(root: Path, header: str) -> str:
    text = (root / "csrc" / "runtime" / header).read_text(encoding="utf-8")
    return re.sub(r"//[^\n]*", "", text)


def constants(root: Path) -> dict[str, int]:
    text = source_of(root, "steps/step.hpp")
    return {name: int(value) for name, value in re.findall(r"(k\w+) = (\d+);", text)}


def fields_of(root: Path, header: str, name: str) -> list[tuple[str, str]]:
    """Return type and name of every field of a C++ struct, in order."""
    found = re.search(rf"struct {name} \{{(.*?)\n\}};", source_of(root, header), re.DOTALL)
    assert found is not None
    # The only union: what a node compares with, eight bytes whatever they mean.
    body = re.sub(r"union \{\s*double (\w+);.*?\n  \};", r"double \1;", found[1], flags=re.DOTALL)
    fields = []
    for type_, field, count in re.findall(r"(\w+)\s+(\w+)(?:\[(\w+)\])?;", body):
        number = constants(root).get(count, count)
        fields.append((C_TYPES[type_] + (f"[{number}]" if number else ""), field))
    return fields


def bytes_of(type_: str) -> tuple[int, int]:
    """Return size and alignment of a type as the page writes it."""
    base, count = re.fullmatch(r"(\w+?)(?:\[(\d+)\])?", type_).groups()
    return SIZES[base] * int(count or 1), SIZES[base]


@pytest.mark.parametrize(("header", "name"), STRUCTS)
def test_struct_in_the_page_is_the_one_in_the_code(
    root: Path, page: str, header: str, name: str
) -> None:
    rows = table_of(page, name)
    assert [(type_, field) for field, type_, *_ in rows] == fields_of(root, header, name)
    at = 0
    for field, type_, offset, *_ in rows:
        size, alignment = bytes_of(type_)
        assert at % alignment == 0, f"{name}.{field} has a hole before it"
        assert int(offset) == at, f"{name}.{field}"
        at += size
    stated = re.search(rf"static_assert\(sizeof\({name}\) == (\d+)\)", source_of(root, header))
    assert stated is not None
    assert at == int(stated[1])
    table_end = page.index(f"| {name} |")
    after = page[table_end:]
    said = re.search(r"\n\n(\d+) bytes", after)
    assert said is not None
    assert int(said[1]) == at, f"the page says another size below {name}"


def code_rows(root: Path, header: str, name: str) -> list[tuple[str, str]]:
    found = re.search(rf"enum class {name} : \w+ \{{(.*?)\}};", source_of(root, header), re.DOTALL)
    assert found is not None
    return re.findall(r"(k\w+) = (\d+)", found[1])


@pytest.mark.parametrize(("header", "name"), CODES)
def test_codes_in_the_page_are_those_in_the_code(
    root: Path, page: str, header: str, name: str
) -> None:
    rows = [(row[0], row[1]) for row in table_of(page, name)]
    assert rows == code_rows(root, header, name)
    assert len(rows) > 2


def test_date_parts_in_the_page_have_the_range_of_the_code(root: Path, page: str) -> None:
    text = source_of(root, "steps/date_part.hpp")
    firsts = re.search(r"date_part_first.*?return 1;", text, re.DOTALL)
    counts = re.search(r"date_part_count\(.*", text, re.DOTALL)
    assert firsts is not None
    assert counts is not None
    for name, _, first, count in table_of(page, "DatePart"):
        assert int(first) == int(f"{name}:" in firsts[0]), name
        case = re.search(
            rf"DatePart::{name}:(?:\s*case DatePart::\w+:)*\s*return (\d+);", counts[0]
        )
        assert int(count) == (0 if case is None else int(case[1])), name  # the default


def test_sections_in_the_page_are_those_in_the_code(root: Path, page: str) -> None:
    text = source_of(root, "bundle/format.hpp")
    text += source_of(root, "../history/bundle_history.hpp")
    known = {
        "".join(letters)
        for letters in re.findall(r"section_type\('(.)', '(.)', '(.)', '(.)'\)", text)
    }
    rows = {row[0]: row[1] for row in table_of(page, "section")}
    assert set(rows) == known
    required = {name: int(rows[name] == "yes") for name in rows}
    # HIST is read by the layer of histories, not by what opens a bundle.
    known_flags = {**reference.REQUIRED, b"HIST": 0}
    assert {name.decode(): flags for name, flags in known_flags.items()} == required


def test_version_and_limits_in_the_page_are_those_in_the_code(root: Path, page: str) -> None:
    format_text = source_of(root, "bundle/format.hpp")
    major = re.search(r"kBundleMajor =\s*(\d+)", format_text)
    minor = re.search(r"kBundleMinor = (\d+)", format_text)
    assert major is not None
    assert minor is not None
    assert f"Version **{major[1]}.{minor[1]}**" in page
    assert (int(major[1]), int(minor[1])) == (reference.MAJOR, reference.MINOR)
    magic = re.search(r"kBundleMagic\[8\] = \{(.*?)\}", format_text)
    assert magic is not None
    values = [eval_byte(item.strip()) for item in magic[1].split(",")]
    assert bytes(values) == reference.MAGIC
    assert f"`{reference.MAGIC.hex(' ')}`" in page
    limits = format_text + source_of(root, "steps/step.hpp")
    for field, constant in [
        ("num_inputs", "kMaxPlanInputs"),
        ("num_slots", "kMaxPlanSlots"),
        ("num_steps", "kMaxPlanSteps"),
        ("num_outputs", "kMaxPlanOutputs"),
    ]:
        shift = re.search(rf"{constant} = 1u << (\d+)", limits)
        assert shift is not None
        meaning = next(row[3] for row in table_of(page, "PlanHeader") if row[0] == field)
        assert meaning.endswith(f"to 2^{shift[1]}"), field
    uses = re.search(r"kMaxPayloadUses = (\d+)", format_text)
    free = re.search(r"kFreePayloadBytes = (\d+)", format_text)
    assert uses is not None
    assert free is not None
    assert (
        f"at most {uses[1]} times the length of DATA, plus {int(free[1]):,} for each step" in page
    )


def eval_byte(item: str) -> int:
    """Return the value of 0x8f or 'S'."""
    return ord(item[1]) if item.startswith("'") else int(item, 16)
