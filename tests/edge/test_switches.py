"""Options of CMake that leave steps and models out of the edge library."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mainspring.pack.amalgamate import amalgamate, models_of, steps_of
from mainspring.pack.contents import source_folder
from tests.edge import library as edge
from tests.edge.targets import LINK, TARGETS, run
from tests.native_build import find_tool

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
FOREST = {"steps": ("load", "store"), "models": ("forest",)}
# Bytes of a library for forests over features; docs/edge/index.md has the size.
MAX_FOREST_BYTES = 54_000


def configure(root: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [find_tool("cmake"), "-S", str(root), "-B", str(folder), "-G", "Ninja"]
    command += [f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}", "-DMAINSPRING_PYTHON=OFF"]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False)


def test_steps_and_models_when_named_are_the_only_ones(root: Path, tmp_path: Path) -> None:
    options = ("-DMAINSPRING_EDGE_STEPS=load;store;log1p", "-DMAINSPRING_EDGE_MODELS=dense")
    done = configure(root, tmp_path, *options)
    assert done.returncode == 0, done.stderr
    steps = (tmp_path / "edge" / "step_list.cpp").read_text(encoding="utf-8")
    listed = steps.partition("kSteps[] = {")[2]
    assert re.findall(r"^    (.+),$", listed, re.MULTILINE) == [
        f"&{constant}" if name in ("load", "store", "log1p") else "nullptr"
        for name, constant in steps_of(source_folder()).items()
    ]
    models = (tmp_path / "edge" / "model_list.cpp").read_text(encoding="utf-8")
    assert re.findall(r"&k\w+Model", models) == ["&kDenseModel"]
    assert "{&kDenseModel}" in models


def groups(root: Path) -> dict[str, list[str]]:
    """The groups of steps that CMake knows."""
    text = (root / "edge" / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.findall(r"set\(\s*EDGE_GROUP_(\w+)\s+([\w\s]+)\)", text)
    return {name: steps.split() for name, steps in found}


def test_every_step_is_in_one_group(root: Path) -> None:
    listed = [name for steps in groups(root).values() for name in steps]
    assert sorted(listed) == sorted(steps_of(source_folder()))


def test_groups_when_named_bring_their_steps(root: Path, tmp_path: Path) -> None:
    done = configure(
        root, tmp_path, "-DMAINSPRING_EDGE_STEPS=times;strip", "-DMAINSPRING_EDGE_ARROW=OFF"
    )
    assert done.returncode == 0, done.stderr
    steps = (tmp_path / "edge" / "step_list.cpp").read_text(encoding="utf-8")
    known = groups(root)
    wanted = {*known["features"], *known["times"], "strip"}
    names = {constant: name for name, constant in steps_of(source_folder()).items()}
    listed = steps.partition("kSteps[] = {")[2]
    assert {names[constant] for constant in re.findall(r"&(k\w+Step)", listed)} == wanted
    assert "MAINSPRING_NO_ARROW" in (tmp_path / "build.ninja").read_text(encoding="utf-8")


@pytest.mark.parametrize("blocks", [False, True])
def test_blocks_when_asked_for_bring_their_kernels(
    root: Path, tmp_path: Path, blocks: bool
) -> None:
    done = configure(root, tmp_path, f"-DMAINSPRING_EDGE_BLOCKS={'ON' if blocks else 'OFF'}")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "build.ninja").read_text(encoding="utf-8")
    assert ("MAINSPRING_BLOCKS" in text) == blocks
    assert bool(re.search(r"mainspring_edge\.dir/\S*/sliced_baseline", text)) == blocks
    assert not re.search(r"mainspring_edge\.dir/\S*/(quick|bit_walk)_", text)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("-DMAINSPRING_EDGE_STEPS=load;clop", "There is no Step 'clop'"),
        ("-DMAINSPRING_EDGE_MODELS=woods", "There is no Model 'woods'"),
        ("-DMAINSPRING_EDGE_ISA=avx9", "expected baseline or avx2"),
    ],
)
def test_option_when_wrong_is_named(root: Path, tmp_path: Path, option: str, words: str) -> None:
    done = configure(root, tmp_path, option)
    assert done.returncode != 0
    assert words in " ".join(done.stderr.split())


@pytest.mark.parametrize("name", ["aarch64-linux-gnu", "arm-linux-gnueabihf"])
def test_toolchain_file_configures(root: Path, tmp_path: Path, name: str) -> None:
    if shutil.which(f"{name}-g++") is None:
        pytest.skip(f"{name} is not tested here: {name}-g++ is not installed")
    file = root / "edge" / "toolchains" / f"{name}.cmake"
    done = configure(root, tmp_path, f"-DCMAKE_TOOLCHAIN_FILE={file}")
    assert done.returncode == 0, done.stderr


def library_of(root: Path, folder: Path, **selection: Sequence[str]) -> Path:
    """A shared library for this machine with some steps and models."""
    target = TARGETS[0]
    text = amalgamate(source_folder(), **selection)
    (folder / "selection.cpp").write_text(text, encoding="utf-8")
    made = target.compile(folder / "selection.cpp", folder / "selection.o")
    memory = target.compile(
        root / "edge" / "freestanding.cpp",
        folder / "memory.o",
        *("-fno-builtin", "-ffreestanding", "-fno-tree-loop-distribute-patterns"),
    )
    library = folder / "libselection.so"
    run([target.compiler("g++"), *LINK, str(made), str(memory), "-o", str(library)])
    return library


@pytest.fixture(scope="module")
def forests(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for models of trees over features that are there already."""
    return library_of(root, tmp_path_factory.mktemp("forests"), **FOREST)


def test_library_of_a_selection_is_small(forests: Path) -> None:
    assert forests.stat().st_size <= MAX_FOREST_BYTES


def test_library_of_a_group_and_forests_fits_in_64_kb(root: Path, tmp_path: Path) -> None:
    """One of the largest that do: numbers weigh as much, categories and lists 4 KB less."""
    known = groups(root)
    steps = [*known["features"], *known["times"]]
    library = library_of(root, tmp_path, steps=steps, models=("forest",))
    assert library.stat().st_size <= 65_536


def test_bundle_when_a_step_or_model_is_left_out_is_refused(forests: Path) -> None:
    library = edge.load(forests)
    accepted = {
        path.stem: edge.size(library, path.read_bytes())[0]
        for path in sorted(GOLDEN.glob("*.spring"))
    }
    assert accepted.pop("0.1-three-classes") == edge.OK
    others = ("0.1-network", "0.1-bfloat16", "0.1-int8", "0.1-composite")
    assert {accepted.pop(name) for name in others} == {edge.NEWER_VERSION}
    assert accepted.pop("0.1-late-flights") == edge.CORRUPT
    assert edge.OK not in accepted.values()
    for code in (edge.NEWER_VERSION, edge.CORRUPT):
        assert b"built without" in library.mainspring_message(code)


def test_names_of_a_selection_are_those_of_the_lists() -> None:
    assert list(models_of(source_folder())) == ["forest", "dense", "composite", "network"]
    assert list(steps_of(source_folder()))[:3] == ["load", "store", "affine"]
