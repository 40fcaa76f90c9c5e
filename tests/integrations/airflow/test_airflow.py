"""A pipeline as a DAG of Airflow, run for real: keys of a local run, retries, cached results."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow: not installed; run .ci/ecosystem airflow")

from mainspring.pipeline import load_pipeline
from tests.integrations.orchestrated import (
    FLIGHTS,
    SMALL,
    contents,
    copied,
    run_here,
    written,
)
from tests.integrations.pages import programs

# Airflow and what it builds on warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")
SMALL_DAG = """\
from small_flights import pipeline
from mainspring.pipeline.airflow import airflow_dag

dag = airflow_dag(pipeline, tags=["small"])
"""


def dag_of(dags: Path, name: str) -> Any:
    """Read the folder of DAGs as Airflow's own processor does."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(dags))
    assert bag.import_errors == {}
    return bag.dags[name]


def ran(dag: Any, **options: Any) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Run a DAG; return the state of the run, the runs of its tasks, and what they returned."""
    run = dag.test(**options)
    tasks = {task.task_id: task for task in run.get_task_instances()}
    keys = {name: task.xcom_pull(task_ids=name) for name, task in tasks.items()}
    return str(run.state), tasks, keys


def test_dag_has_the_keys_of_a_local_run_retries_and_takes_what_is_there(
    dags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(SMALL, tmp_path), {"rounds": 4})
    monkeypatch.setenv("MAINSPRING_TEST_MARK", str(tmp_path / "mark"))
    pipeline = load_pipeline(str(copied(SMALL, dags)))
    (dags / "small_dag.py").write_text(SMALL_DAG, encoding="utf-8")
    dag = dag_of(dags, "small-flights")
    assert (set(dag.tags), dag.params.dump()) == ({"small"}, pipeline.parameters)
    state, tasks, keys = ran(dag, run_conf={"rounds": 4})
    assert state == "success"
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    tries = {name: task.try_number for name, task in tasks.items()}
    assert tries == {"rows": 1, "features.learnt": 2, "predictor": 1, "mean": 1}
    before = written(pipeline)
    assert ran(dag, run_conf={"rounds": 4})[2] == keys
    assert written(pipeline) == before


def test_step_that_fails_for_good_fails_the_run_and_keeps_what_was_made(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = load_pipeline(str(copied(SMALL, dags)))
    (dags / "small_dag.py").write_text(SMALL_DAG, encoding="utf-8")
    before = set(written(pipeline))
    state, tasks, _ = ran(dag_of(dags, "small-flights"), run_conf={"count": 13})
    assert state == "failed"
    states = {name: str(task.state) for name, task in tasks.items()}
    assert states.pop("mean") == "failed"
    assert set(states.values()) == {"success"}
    assert len(set(written(pipeline)) - before) == 3


def test_file_of_a_dag_when_it_is_read_loads_nothing_heavy(dags: Path) -> None:
    # What airflow_dag asks of a pipeline, without Airflow, whose own imports are its own.
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import mainspring.pipeline.airflow; "
        "from small_flights import pipeline; pipeline.steps, pipeline.parameters, pipeline.name; "
        "print(sorted({'numpy', 'pyarrow', 'pandas', 'lightgbm', 'asyncio'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(copied(SMALL, dags).parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_program_of_the_page_gives_the_flights_of_a_local_run(
    dags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(FLIGHTS, tmp_path))
    monkeypatch.chdir(dags)
    pipeline = load_pipeline(str(copied(FLIGHTS, dags)))
    (program,) = programs("airflow.md")
    (dags / "flights_dag.py").write_text(program, encoding="utf-8")
    dag = dag_of(dags, pipeline.name)
    state, _, keys = ran(dag)
    assert state == "success"
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    before = written(pipeline)
    assert ran(dag)[2] == keys
    assert written(pipeline) == before
