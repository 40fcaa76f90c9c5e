"""The pool seen from Python: its size, forks, threads of Python, the environment variable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine, errors

# Two and a half blocks of rows: enough for the pool to share out.
NUM_ROWS = 2 * 131_072 + 65_536


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = _engine.num_threads()
    _engine.set_num_threads(3)
    yield
    _engine.set_num_threads(before)


def table_of_numbers() -> _engine.Table:
    column = pa.array(np.arange(NUM_ROWS, dtype=np.int64))
    return _engine.Table.from_stream(pa.table({"x": column}).__arrow_c_stream__())


def is_read_right(table: _engine.Table) -> bool:
    out = np.empty(NUM_ROWS)
    table.numbers("x", out)
    return bool((out == np.arange(NUM_ROWS)).all())


def test_num_threads_is_what_was_set(three_threads: None) -> None:
    assert _engine.num_threads() == 3


@pytest.mark.parametrize("count", [0, 1025])
def test_set_num_threads_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(errors.ParameterError, match=f"from 1 to 1024, got {count}"):
        _engine.set_num_threads(count)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_child_works_with_threads_of_its_own(three_threads: None) -> None:
    table = table_of_numbers()
    assert is_read_right(table)  # the parent's threads are there
    child = os.fork()
    if child == 0:
        os._exit(17 if is_read_right(table) and is_read_right(table) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 17
    assert is_read_right(table)


def test_calls_from_many_python_threads_each_get_their_result(three_threads: None) -> None:
    table = table_of_numbers()
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: is_read_right(table), range(12)))


def run_with_variable(text: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MAINSPRING_NUM_THREADS": text},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_environment_variable_sets_the_number_of_threads() -> None:
    code = "from mainspring import _engine; print(_engine.num_threads())"
    assert run_with_variable("5", code).stdout == "5\n"


def test_environment_variable_that_is_no_number_is_refused_by_name() -> None:
    code = (
        "from mainspring._arrow import as_table\n"
        "import numpy\n"
        "as_table({'x': [1]}).numbers('x', numpy.zeros(1))"
    )
    done = run_with_variable("many", code)
    assert done.returncode == 1
    assert (
        "ParameterError: The environment variable MAINSPRING_NUM_THREADS must be a whole number "
        "from 1 to 1024, got 'many'. Correct or unset it." in done.stderr
    )
