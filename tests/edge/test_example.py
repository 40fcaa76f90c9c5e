"""The example program, compiled and run: the same bits as Python from a text file."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from tests.bundle.sample import sample_bundle
from tests.edge.sample_table import sample_table

SAMPLE = sample_bundle(lists=False)


@pytest.fixture(scope="session")
def program(root: Path, edge_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, compiled as its first comment says."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler is not None, "a C compiler builds the engine"
    built = tmp_path_factory.mktemp("example") / "predict"
    folder = edge_path.parent
    warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
    source = root / "edge" / "examples" / "predict.c"
    command = [compiler, "-std=c11", *warnings, "-O1", f"-I{root / 'edge'}", str(source)]
    command += ["-o", str(built), f"-L{folder}", "-lmainspring_edge", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    return built


def run(
    program: Path, *arguments: object, isa: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MAINSPRING_ISA"}
    if isa is not None:
        environment["MAINSPRING_ISA"] = isa
    return subprocess.run(
        [str(program), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def field_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return repr(value)


def write_csv(path: Path, table: pa.Table) -> None:
    at = [i for i, field in enumerate(table.schema) if pa.types.is_timestamp(field.type)]
    for i in at:
        table = table.set_column(i, table.schema[i].name, table.column(i).cast(pa.int64()))
    lines = [",".join(map(field_of, table.column_names))]
    lines += [",".join(map(field_of, row.values())) for row in table.to_pylist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def bits_of(output: str) -> np.ndarray:
    """Return the bits that were printed, after a look at the numbers beside them."""
    rows = [line.split(" ") for line in output.splitlines()]
    bits = np.array([[int(word, 16) for word in row[::2]] for row in rows], np.uint64)
    numbers = np.array([[float(word) for word in row[1::2]] for row in rows])
    assert np.array_equal(bits.view(np.float64), numbers, equal_nan=True)
    return bits


def python_bits(file: bytes, table: pa.Table, kind: str) -> np.ndarray:
    bundle = _engine.Bundle.open(file, "bundle")
    out = np.empty((table.num_rows, bundle.output_width(kind)))
    bundle.predict_table(_engine.Table.from_stream(table.__arrow_c_stream__()), kind, out)
    return out.view(np.uint64)


@pytest.mark.parametrize("isa", [None, "baseline", "avx2", "avx512"])
@pytest.mark.parametrize("kind", ["predict", "proba", "raw"])
def test_program_prints_the_bits_of_python(
    program: Path, tmp_path: Path, kind: str, isa: str | None
) -> None:
    table = sample_table(1100)
    (tmp_path / "sample.spring").write_bytes(SAMPLE)
    write_csv(tmp_path / "rows.csv", table)
    done = run(program, tmp_path / "sample.spring", tmp_path / "rows.csv", kind, isa=isa)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.array_equal(bits_of(done.stdout), python_bits(SAMPLE, table, kind))


def test_program_gives_a_lightgbm_model_s_own_scores(program: Path, tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    generator = np.random.default_rng(4)
    features = generator.normal(size=(900, 4))
    features[:, 2] = generator.integers(0, 12, 900)
    features[generator.random((900, 4)) < 0.1] = np.nan
    label = np.nan_to_num(features[:, 0]) + (features[:, 2] % 3 == 1)
    data = lightgbm.Dataset(features, label, categorical_feature=[2])
    options = {"verbose": -1, "num_leaves": 15, "num_threads": 1, "min_data_per_group": 5}
    booster = lightgbm.train(options, data, num_boost_round=12)
    image = _engine.read_lightgbm(booster.model_to_string().encode(), "model")
    names = ["first", "the second", "third", 'the "4th", last']
    file = _engine.write_bundle(b"{}", None, names, image.section, b"")
    (tmp_path / "trees.spring").write_bytes(file)
    table = pa.table(
        {name: pa.array(features[:, i], from_pandas=True) for i, name in enumerate(names)}
    )
    write_csv(tmp_path / "rows.csv", table)
    done = run(program, tmp_path / "trees.spring", tmp_path / "rows.csv", "raw")
    assert (done.returncode, done.stderr) == (0, "")
    scores = booster.predict(features, raw_score=True, num_threads=1)
    assert np.array_equal(bits_of(done.stdout)[:, 0], scores.view(np.uint64))


@pytest.mark.parametrize(
    ("file", "rows", "kind", "isa", "message"),
    [
        (SAMPLE, "distance,carrier\n1,UA\n", "raw", None, "column 'when' is missing"),
        (SAMPLE, "x\n", "odds", None, "expected predict, proba or raw"),
        (SAMPLE, "x\n", "raw", "avx1024", "MAINSPRING_ISA has no such level"),
        (SAMPLE[:-5], "x\n", "raw", None, "code 1, at"),
        (b"no bundle", "x\n", "raw", None, "code 2, at 0"),
        (
            SAMPLE,
            "distance,carrier,when,flights,größe\nfar,UA,0,1,2\n",
            "raw",
            None,
            "far: it is not a number",
        ),
    ],
)
def test_program_when_something_is_wrong_says_so_and_exits_with_2(
    program: Path, tmp_path: Path, file: bytes, rows: str, kind: str, isa: str | None, message: str
) -> None:
    (tmp_path / "a.spring").write_bytes(file)
    (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
    done = run(program, tmp_path / "a.spring", tmp_path / "rows.csv", kind, isa=isa)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_program_when_a_file_is_missing_names_it(program: Path, tmp_path: Path) -> None:
    done = run(program, tmp_path / "none.spring", tmp_path / "none.csv")
    assert done.returncode == 2
    assert "none.spring: No such file" in done.stderr
