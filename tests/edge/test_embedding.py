"""The example service: built by CMake and by pkg-config, with the bits of Python, reloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.bundle.sample import sample_bundle
from tests.edge.test_library import symbols
from tests.native_build import find_tool, run

SAMPLE = sample_bundle(lists=False)


@pytest.fixture(scope="session")
def by_cmake(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The service, built as its CMakeLists.txt says."""
    build = tmp_path_factory.mktemp("cmake")
    source = root / "edge" / "examples" / "service"
    options = [f"-Dmainspring_DIR={ms.get_cmake_dir()}", "-DCMAKE_BUILD_TYPE=Release"]
    options += ["-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror"]
    options += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}"]
    run([find_tool("cmake"), "-S", str(source), "-B", str(build), *options])
    run([find_tool("cmake"), "--build", str(build)])
    return build / "service"


@pytest.fixture(scope="session")
def by_pkg_config(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the flags that pkg-config gives."""
    tool = shutil.which("pkg-config") or shutil.which("pkgconf")
    if tool is None:
        pytest.skip("pkg-config is not installed")
    built = tmp_path_factory.mktemp("pkgconfig") / "service"
    folder = ms.get_library_dir()
    flags = subprocess.run(
        [tool, "--cflags", "--libs", "mainspring"],
        env={**os.environ, "PKG_CONFIG_PATH": f"{folder}/pkgconfig"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    compiler = shutil.which("c++") or shutil.which("g++")
    assert compiler is not None, "a C++ compiler builds the engine"
    source = root / "edge" / "examples" / "service"
    command = [compiler, "-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]
    command += [str(source / "service.cpp"), str(source / "model.cpp"), *flags]
    run([*command, f"-Wl,-rpath,{folder}", "-o", str(built)])
    return built


@pytest.fixture(params=["by_cmake", "by_pkg_config"])
def service(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(request.param))


def talk(
    service: Path, lines: list[str], *arguments: object
) -> tuple[dict[int, str], subprocess.CompletedProcess[str]]:
    """Return the answers by the number of their line."""
    done = subprocess.run(
        [str(service), *map(str, arguments)],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    answers: dict[int, str] = {}
    for line in done.stdout.splitlines():
        number, _, text = line.partition("\t")
        assert int(number) not in answers
        answers[int(number)] = text
    return answers, done


def lines_of(table: pa.Table) -> list[str]:
    return [
        ",".join("" if value is None else repr(value) for value in row.values())
        for row in table.to_pylist()
    ]


def drawn_table(num_rows: int, seed: int = 1) -> pa.Table:
    draw = np.random.default_rng(seed)
    numbers = draw.normal(size=(num_rows, 3))
    return pa.table(
        {
            "a": pa.array(numbers[:, 0], mask=draw.random(num_rows) < 0.1),
            "b": pa.array(numbers[:, 1], mask=draw.random(num_rows) < 0.1),
            "c": pa.array(numbers[:, 2], mask=draw.random(num_rows) < 0.1),
        }
    )


def forest(seed: int) -> ms.Predictor:
    from sklearn.ensemble import RandomForestRegressor

    table = drawn_table(400, seed)
    matrix = np.column_stack([table[name].to_numpy() for name in "abc"])
    target = np.nan_to_num(matrix).sum(axis=1) + seed
    model = RandomForestRegressor(30, max_depth=6, random_state=seed).fit(matrix, target)
    prep = ms.Preprocessor(ms.col("a", "b", "c").identity()).fit(table)
    return ms.Predictor(model, prep, name=f"forest {seed}")


def test_service_answers_every_line_with_the_bits_of_python(service: Path, tmp_path: Path) -> None:
    predictor = forest(1)
    predictor.save(tmp_path / "forest.spring")
    table = drawn_table(3000, 9)
    answers, done = talk(service, lines_of(table), tmp_path / "forest.spring", 4)
    assert (done.returncode, done.stderr) == (0, "service: inputs a,b,c\n")
    got = np.array([float(answers[number]) for number in range(1, 3001)])
    assert got.tobytes() == predictor.predict(table).tobytes()
    assert len(np.unique(got)) > 100


def test_service_reads_columns_of_every_kind(by_cmake: Path, tmp_path: Path) -> None:
    from mainspring import _engine
    from tests.edge.sample_table import sample_table

    (tmp_path / "sample.spring").write_bytes(SAMPLE)
    bundle = _engine.Bundle.open(SAMPLE, "sample")
    table = sample_table(400)
    # A line cannot tell an empty string from a missing one.
    carriers = [name or None for name in table["carrier"].to_pylist()]
    at = table.column_names.index("carrier")
    table = table.set_column(at, "carrier", pa.array(carriers)).select(bundle.input_names)
    out = np.empty((400, 1))
    bundle.predict_table(_engine.Table.from_stream(table.__arrow_c_stream__()), "predict", out)
    when = table.column_names.index("when")
    integers = table.set_column(when, "when", table["when"].cast(pa.int64()))
    lines = [line.replace("'", "") for line in lines_of(integers)]
    answers, done = talk(by_cmake, lines, tmp_path / "sample.spring", 3)
    assert done.returncode == 0
    got = np.array([float(answers[number]) for number in range(1, 401)])
    assert got.tobytes() == out.tobytes()


def test_service_when_reloaded_answers_by_one_model_or_the_other(
    service: Path, tmp_path: Path
) -> None:
    old, new = forest(1), forest(2)
    for name, predictor in (("old", old), ("new", new)):
        predictor.save(tmp_path / f"{name}.spring")
    table = drawn_table(4000, 9)
    lines = lines_of(table)
    said = [*lines[:2000], f"reload {tmp_path / 'new.spring'}", *lines[2000:]]
    answers, done = talk(service, said, tmp_path / "old.spring", 4)
    assert done.returncode == 0
    first, second = old.predict(table), new.predict(table)
    for row in range(2000):
        assert float(answers[row + 1]) in (first[row], second[row])
    got = np.array([float(answers[number]) for number in range(2002, 4002)])
    assert got.tobytes() == second[2000:].tobytes()
    assert not np.array_equal(first, second)


def test_service_when_something_is_wrong_says_so_and_goes_on(
    by_cmake: Path, tmp_path: Path
) -> None:
    predictor = forest(1)
    file = tmp_path / "forest.spring"
    predictor.save(file)
    (tmp_path / "cut.spring").write_bytes(file.read_bytes()[:-9])
    lines = ["1,2", "1,x,3", f"reload {tmp_path / 'cut.spring'}", "reload none", "1,2,3", ""]
    answers, done = talk(by_cmake, lines, file, 1)
    assert done.returncode == 0
    assert answers[1] == "error: a row of 2 values, expected 3"
    assert answers[2] == "error: b: 'x' is not a number"
    assert float(answers[5]) == predictor.predict_row({"a": 1.0, "b": 2.0, "c": 3.0})
    assert answers[6].startswith("error: a row of 1 values")
    assert "the model stays" in done.stderr
    assert "(code 1, at" in done.stderr
    assert "none: No such file" in done.stderr
    for arguments in (("none.spring",), (tmp_path / "cut.spring",)):
        answers, done = talk(by_cmake, [], *arguments)
        assert (done.returncode, answers) == (2, {})
        assert len(done.stderr.splitlines()) == 1


def test_folders_hold_what_they_are_for() -> None:
    assert (Path(ms.get_include()) / "mainspring.h").is_file()
    assert (Path(ms.get_cmake_dir()) / "mainspring-config-version.cmake").is_file()
    text = (Path(ms.get_library_dir()) / "pkgconfig" / "mainspring.pc").read_text()
    assert f"Version: {ms.__version__}\n" in text
    assert str(Path.home()) not in text


def test_cmake_when_the_version_is_another_or_a_file_is_missing_says_so(tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.18)\nproject(p LANGUAGES CXX)\n"
        "find_package(mainspring ${WANTED} CONFIG REQUIRED)\n"
    )
    copy = tmp_path / "copy"
    shutil.copytree(ms.get_library_dir(), copy)
    command = [find_tool("cmake"), "-S", str(tmp_path), "-G", "Ninja"]
    command += [f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}", f"-Dmainspring_DIR={copy / 'cmake'}"]
    run([*command, "-B", str(tmp_path / "a"), f"-DWANTED={ms.__version__}"])
    with pytest.raises(RuntimeError, match="99"):
        run([*command, "-B", str(tmp_path / "b"), "-DWANTED=99.0"])
    (copy / "libmainspring.so").unlink()
    with pytest.raises(RuntimeError, match=r"libmainspring\.so\s+is missing"):
        run([*command, "-B", str(tmp_path / "c")])


def test_shared_library_allocates_nothing_and_shows_its_own_names_only(root: Path) -> None:
    """It cannot: of a C library it knows four functions, which a compiler may call on its own."""
    path = Path(ms.get_library_dir()) / "libmainspring.so"
    needed = {name.split("@")[0] for name in symbols(path, "--undefined-only")}
    weak = {"__cxa_finalize", "__gmon_start__"}
    weak |= {"_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"}
    assert needed - weak <= {"memcpy", "memmove", "memset", "memcmp"}
    edge_names = set(symbols(path.with_name("libmainspring_edge.so"), "--defined-only"))
    assert set(symbols(path, "--defined-only")) == edge_names
    assert "mainspring_predict" in edge_names


def test_shared_library_gives_the_bits_of_the_small_one() -> None:
    from tests.edge import library as edge

    folder = Path(ms.get_library_dir())
    predictor = forest(3)
    table = drawn_table(2000, 4)
    matrix = np.column_stack([table[name].to_numpy() for name in "abc"])
    names = set()
    for name in ("libmainspring.so", "libmainspring_edge.so"):
        opened = edge.open_bundle(edge.load(folder / name), predictor.to_bytes())
        code, _, out = opened.answer(opened.matrix_request(matrix, 2000), edge.RAW)
        assert code == edge.OK
        assert out.tobytes() == predictor.predict_raw(table).tobytes()
        names.add(opened.library.mainspring_kernel_name(opened.handle, 2000))
    assert names == {b"bit-sliced blocks", b"walks of eight rows"}
