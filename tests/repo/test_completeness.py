"""Every thing that the engine lists has all its pieces, and a missing one is asked for by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mainspring import _engine
from mainspring.transforms import operator_classes
from tests.generic.test_models import KINDS as MODEL_KINDS
from tests.native_build import find_tool, run
from tests.repo import toy_operator
from tests.repo.completeness import (
    CHECK,
    KINDS,
    METRIC,
    MODEL,
    OPERATOR,
    STATISTIC,
    STEP,
    Kind,
    complaints,
    engine_names,
)


def test_everything_that_is_listed_has_all_its_pieces(root: Path) -> None:
    assert complaints(root) == [], "\n".join(complaints(root))


BUILT: list[tuple[Kind, Callable[[], list[str]]]] = [
    (OPERATOR, lambda: [row["name"] for row in _engine.operators()]),
    (STATISTIC, lambda: [row["name"] for row in _engine.drift_statistics()]),
    (CHECK, lambda: [row["name"] for row in _engine.checks()]),
    (METRIC, lambda: [row["name"] for row in _engine.quality_metrics()]),
    (STEP, _engine.step_names),
    (MODEL, _engine.model_kinds),
]


@pytest.mark.parametrize(("kind", "names"), BUILT, ids=[kind.noun for kind, _ in BUILT])
def test_names_of_the_sources_are_those_of_the_built_engine(
    kind: Kind, names: Callable[[], list[str]], root: Path
) -> None:
    assert engine_names(root, kind) == names()
    assert len(set(names())) == len(names()) > 0


def test_names_of_the_package_and_of_the_suite_are_those_of_the_engine() -> None:
    assert set(operator_classes()) == {row["name"] for row in _engine.operators()}
    assert list(MODEL_KINDS) == _engine.model_kinds()
    for row in [*_engine.operators(), *_engine.drift_statistics(), *_engine.checks()]:
        assert row["summary"].endswith(".")


@pytest.fixture(scope="module")
def copy(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with the operator of docs/adding/operator.md."""
    place = toy_operator.copy_tree(root, tmp_path_factory.mktemp("tree"))
    toy_operator.add(root, place)
    return place


# What is asked for when one of the four files is not there: by name, with the file to write.
ASKED = {
    toy_operator.CPP: [
        "csrc/fit/transforms has no file that defines kPerMax, which "
        "csrc/fit/transforms/transform_list.cpp lists",
        "csrc/fit/transforms/per_max.cpp is missing: no file there defines the operator 'per_max'",
    ],
    toy_operator.LIST: [
        "csrc/fit/transforms/transform_list.cpp does not list kPerMax, the operator 'per_max' of "
        "csrc/fit/transforms/per_max.cpp"
    ],
    toy_operator.CLASS: [
        "the operator 'per_max' lacks its Python half: a class in python/mainspring/transforms, "
        'class PerMax(Transform, op="per_max")'
    ],
    toy_operator.ORACLE: [
        "the operator 'per_max' lacks its oracle: tests/reference/per_max.py with features and "
        "CASES"
    ],
}


def of_the_four_files(found: list[str]) -> list[str]:
    """Complaints but for the benchmark of the toy, which is not one of the four files."""
    return [complaint for complaint in found if "'per_max' lacks its benchmark" not in complaint]


def test_toy_operator_when_its_four_files_are_there_lacks_nothing(copy: Path) -> None:
    assert complaints(copy) == [
        "the operator 'per_max' lacks its benchmark: \"per_max\": Case( in bench/operator_cases"
    ]
    assert "per_max" in engine_names(copy, OPERATOR)


@pytest.mark.parametrize("withheld", toy_operator.FILES)
def test_toy_operator_when_a_file_is_withheld_is_asked_for_it_by_name(
    withheld: str, root: Path, copy: Path
) -> None:
    whole = (copy / withheld).read_text(encoding="utf-8")
    try:
        if (root / withheld).is_file():
            shutil.copy(root / withheld, copy / withheld)
        else:
            (copy / withheld).unlink()
        assert of_the_four_files(complaints(copy)) == ASKED[withheld]
    finally:
        (copy / withheld).write_text(whole, encoding="utf-8")


def test_toy_operator_when_its_class_is_not_public_is_asked_for_it(copy: Path) -> None:
    path = copy / toy_operator.CLASS
    whole = path.read_text(encoding="utf-8")
    try:
        path.write_text(whole.replace('"PerMax", ', ""), encoding="utf-8")
        assert of_the_four_files(complaints(copy)) == [
            "the operator 'per_max' lacks its place in __all__ of "
            "python/mainspring/transforms/numeric.py: 'PerMax'"
        ]
    finally:
        path.write_text(whole, encoding="utf-8")


# Pieces that are taken away one at a time, by another name: file, text, name in it, what is asked.
CUTS = [
    ("tests/reference/drift_statistics.py", "def chi2(", "chi2", "'chi2' lacks its oracle"),
    ("tests/tolerances.py", '"psi": (', "psi", "'psi' lacks its tolerance"),
    ("docs/concepts/drift.md", "| `ks` |", "ks", "'ks' lacks its definition"),
    ("csrc/measure/drift/statistic_list.cpp", "&kKs,", "&kKs,", "does not list kKs, the drift"),
    ("tests/reference/check_values.py", "def label_power(", "label_power", "lacks its oracle"),
    ("docs/concepts/checks.md", "| `time_travel` |", "time_travel", "lacks its definition"),
    ("csrc/measure/checks/check_list.cpp", "&kTimeTravel", "&kTimeTravel", "'time_travel'"),
    ("tests/reference/quality_metrics.py", "def mrr(", "mrr", "'mrr' lacks its oracle"),
    ("docs/concepts/quality.md", "| `ndcg` |", "ndcg", "'ndcg' lacks its definition"),
    ("csrc/measure/quality/metric_list.cpp", "&kMae,", "&kMae,", "does not list kMae, the metric"),
    ("tests/reference/steps.py", "def gather(", "gather", "'gather' lacks its oracle"),
    ("docs/format.md", "| kHashBucket |", "kHashBucket", "'hash_bucket' lacks its record"),
    ("tests/reference/bundle_steps.py", "def _fill(", "_fill", "'fill' lacks the rules"),
    ("csrc/runtime/steps/step_list.cpp", "&kClipStep,", "&kClipStep,", "the step 'clip'"),
    ("tests/reference/forest.py", "\nMODELS = ", "MODELS", "model kind 'forest' lacks MODELS"),
    ("docs/format.md", "1: forest", "forest", "model kind 'forest' lacks its bytes"),
    ("bench/operator_cases/numbers.py", '"clip": Case(', "clip", "'clip' lacks its benchmark"),
    ("tests/reference/clip.py", "CASES = ", "CASES", "lacks CASES in tests/reference/clip.py"),
]


@pytest.mark.parametrize(("file", "text", "name", "asked"), CUTS)
def test_piece_when_it_is_taken_away_is_asked_for(
    file: str, text: str, name: str, asked: str, root: Path, copy: Path
) -> None:
    path = copy / file
    whole = path.read_text(encoding="utf-8")
    assert text in whole
    try:
        path.write_text(whole.replace(text, text.replace(name, "_gone")), encoding="utf-8")
        (found,) = of_the_four_files(complaints(copy))
        assert asked in found
    finally:
        path.write_text(whole, encoding="utf-8")
    assert len(KINDS) == 6


@pytest.mark.slow
def test_toy_operator_when_built_passes_the_generic_suite(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is built with the four files alone, and the suite takes the operator through all."""
    place = toy_operator.copy_tree(root, tmp_path / "tree")
    toy_operator.add(root, place)
    build = tmp_path / "build"
    # With paths that do not depend on the folder a cache knows most objects of a later run.
    monkeypatch.setenv("CCACHE_BASEDIR", str(tmp_path))
    monkeypatch.setenv("CCACHE_NOHASHDIR", "1")
    ccache = shutil.which("ccache")
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={ccache}"] if ccache else []
    pybind = subprocess.run(
        [sys.executable, "-m", "pybind11", "--cmakedir"], capture_output=True, text=True, check=True
    )
    cmake, ninja = find_tool("cmake"), find_tool("ninja")
    options = [
        *("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}", "-DCMAKE_BUILD_TYPE=Debug"),
        "-DCMAKE_CXX_FLAGS_DEBUG=-O1",  # the same bits as a release, in half the compiler's time
        *(f"-DPython_EXECUTABLE={sys.executable}", f"-Dpybind11_DIR={pybind.stdout.strip()}"),
    ]
    run([cmake, "-S", str(place), "-B", str(build), *options, *launcher])
    run([cmake, "--build", str(build), "--parallel", str(len(os.sched_getaffinity(0)))])
    package = place / "python" / "mainspring"
    for module in build.glob("_engine*.so"):
        shutil.copy(module, package)
    (package / "edge").mkdir(exist_ok=True)
    shutil.copy(build / "edge" / "libmainspring_edge.so", package / "edge")
    # An editable install of this tree would be found before any path.
    script = (
        "import sys, pytest; sys.path[:0] = sys.argv[1:2];"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in type(f).__module__];"
        "import mainspring; assert mainspring.__file__.startswith(sys.argv[1]);"
        "sys.exit(pytest.main(sys.argv[2:]))"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-c", script, str(place / "python")),
            *("-q", "-p", "no:cacheprovider", "-k", toy_operator.NAME),
            *("tests/generic", "tests/repo/test_oracles_bite.py", "tests/repo/test_examples.py"),
        ],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(place / "python")},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 60
