"""A pipeline as a flow of Prefect, run for real: keys of a local run, retries, cached results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

prefect = pytest.importorskip("prefect", reason="prefect: not installed; run .ci/ecosystem prefect")

from mainspring.pipeline import load_pipeline  # noqa: E402
from mainspring.pipeline.prefect import prefect_flow  # noqa: E402
from tests.integrations.orchestrated import (  # noqa: E402
    FLIGHTS,
    SMALL,
    contents,
    copied,
    run_here,
    written,
)
from tests.integrations.pages import programs  # noqa: E402

# Prefect and what it builds on warn of themselves.
pytestmark = pytest.mark.filterwarnings("default")


def tasks_of(flow_run_id: Any) -> dict[str, Any]:
    """Return the runs of the tasks of a flow's run, by the names of steps."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    only = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    with get_client(sync_client=True) as client:
        return {
            run.name.rpartition("-")[0]: run for run in client.read_task_runs(flow_run_filter=only)
        }


def test_flow_has_the_keys_of_a_local_run_retries_and_takes_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(SMALL, tmp_path / "here"), {"rounds": 4})
    monkeypatch.setenv("MAINSPRING_TEST_MARK", str(tmp_path / "mark"))
    pipeline = load_pipeline(str(copied(SMALL, tmp_path / "there")))
    flow = prefect_flow(pipeline, description="small")
    assert (flow.name, flow.description) == ("small-flights", "small")
    state = flow(parameters={"rounds": 4}, return_state=True)
    keys = state.result()
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    runs = tasks_of(state.state_details.flow_run_id)
    counts = {name: run.run_count for name, run in runs.items()}
    assert counts == {"rows": 1, "features.learnt": 2, "predictor": 1, "mean": 1}
    assert {run.state_name for run in runs.values()} == {"Completed"}
    before = written(pipeline)
    assert flow(parameters={"rounds": 4}) == keys
    assert written(pipeline) == before
    assert flow() != keys


def test_step_that_fails_for_good_fails_the_flow_and_keeps_what_was_made(tmp_path: Path) -> None:
    pipeline = load_pipeline(str(copied(SMALL, tmp_path)))
    state = prefect_flow(pipeline)(parameters={"count": 13}, return_state=True)
    assert state.is_failed()
    assert "thirteen rows are too few" in state.message
    assert len(written(pipeline)) == 3


def test_program_of_the_page_gives_the_flights_of_a_local_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(FLIGHTS, tmp_path / "here"))
    there = copied(FLIGHTS, tmp_path / "there")
    monkeypatch.chdir(there.parent)
    monkeypatch.syspath_prepend(there.parent)
    names: dict[str, Any] = {"__name__": "page"}
    for program in programs("prefect.md"):
        exec(program, names)
    pipeline, flow = names["pipeline"], names["flow"]
    assert pipeline.folder == there.parent
    keys = flow()
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    before = written(pipeline)
    assert flow() == keys
    assert written(pipeline) == before
