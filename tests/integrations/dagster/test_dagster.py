"""Steps as assets of Dagster, run for real: keys of a local run, retries, cached results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

dagster = pytest.importorskip("dagster", reason="dagster: not installed; run .ci/ecosystem dagster")

from mainspring.errors import ParameterError  # noqa: E402
from mainspring.pipeline import Pipeline, load_pipeline  # noqa: E402
from mainspring.pipeline.dagster import dagster_assets  # noqa: E402
from tests.integrations.orchestrated import (  # noqa: E402
    FLIGHTS,
    SMALL,
    contents,
    copied,
    run_here,
    written,
)
from tests.integrations.pages import programs  # noqa: E402

# Dagster warns of itself.
pytestmark = pytest.mark.filterwarnings("default")


def word(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


def materialized(pipeline: Pipeline, assets: Any, **options: Any) -> tuple[Any, dict[str, str]]:
    result = dagster.materialize(assets, **options)
    keys = {step.name: result.output_for_node(word(step.name)) for step in pipeline.steps}
    return result, keys


def states(pipeline: Pipeline, result: Any) -> dict[str, str]:
    found = {}
    for step in pipeline.steps:
        (event,) = result.asset_materializations_for_node(word(step.name))
        assert event.tags["dagster/data_version"] == result.output_for_node(word(step.name))
        found[step.name] = event.metadata["state"].value
    return found


def test_assets_have_the_keys_of_a_local_run_retry_and_take_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(SMALL, tmp_path / "here"), {"rounds": 4})
    monkeypatch.setenv("MAINSPRING_TEST_MARK", str(tmp_path / "mark"))
    pipeline = load_pipeline(str(copied(SMALL, tmp_path / "there")))
    assets = dagster_assets(pipeline, {"rounds": 4})
    assert {asset.group_names_by_key[asset.key] for asset in assets} == {"small_flights"}
    result, keys = materialized(pipeline, assets)
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    assert set(states(pipeline, result).values()) == {"ran"}
    retried = [event.node_name for event in result.all_events if event.is_step_up_for_retry]
    assert retried == ["features_learnt"]
    before = written(pipeline)
    result, again = materialized(pipeline, assets)
    assert again == keys
    assert set(states(pipeline, result).values()) == {"cached"}
    assert written(pipeline) == before


def test_step_that_fails_for_good_fails_the_run_and_keeps_what_was_made(tmp_path: Path) -> None:
    pipeline = load_pipeline(str(copied(SMALL, tmp_path)))
    result = dagster.materialize(dagster_assets(pipeline, {"count": 13}), raise_on_error=False)
    assert not result.success
    failed = [event for event in result.all_events if event.is_step_failure]
    assert [event.node_name for event in failed] == ["mean"]
    assert "thirteen rows are too few" in str(failed[0].event_specific_data.error)
    assert len(written(pipeline)) == 3


def test_parameter_that_is_none_is_refused_when_assets_are_made(tmp_path: Path) -> None:
    pipeline = load_pipeline(str(copied(SMALL, tmp_path)))
    with pytest.raises(ParameterError, match="Did you mean 'rounds'"):
        dagster_assets(pipeline, {"round": 4})


def test_program_of_the_page_gives_the_flights_of_a_local_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = run_here(copied(FLIGHTS, tmp_path / "here"))
    there = copied(FLIGHTS, tmp_path / "there")
    monkeypatch.chdir(there.parent)
    monkeypatch.syspath_prepend(there.parent)
    names: dict[str, Any] = {}
    for program in programs("dagster.md"):
        exec(program, names)
    pipeline, defs = names["pipeline"], names["defs"]
    assert pipeline.folder == there.parent
    assets = list(defs.assets)
    result, keys = materialized(pipeline, assets)
    assert keys == here.keys
    assert contents(pipeline, keys) == here.contents
    before = written(pipeline)
    result, again = materialized(pipeline, assets)
    assert again == keys
    assert set(states(pipeline, result).values()) == {"cached"}
    assert written(pipeline) == before
