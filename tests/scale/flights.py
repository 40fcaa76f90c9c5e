"""The flights pipeline over an engine: what its steps give is what they give in one process."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.pipeline import load_pipeline
from tests.integrations.orchestrated import FLIGHTS, contents, copied
from tests.reference.bundle import read_sections
from tests.scale.engines import Engine

__all__ = ["test_flights_pipeline_when_run_over_an_engine_has_the_results_of_one_process"]

ON_CLUSTERS = FLIGHTS.with_name("flights_on_clusters.py")


def learnt(predictor: ms.Predictor) -> dict[bytes, bytes]:
    """Plan, tables and trees; the profile knows departures by a sketch."""
    sections = read_sections(predictor.to_bytes()).sections
    return {one.type: one.content for one in sections if one.type != b"PROF"}


def exact(drift: dict[str, Any]) -> dict[str, Any]:
    """A report without the column that is sketched."""
    columns = {one["name"]: one for one in drift["columns"]}
    assert not columns.pop("sched_dep")["exact"]
    assert all(one["exact"] for one in columns.values())
    return {**drift, "columns": columns}


def test_flights_pipeline_when_run_over_an_engine_has_the_results_of_one_process(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    copied(FLIGHTS, tmp_path)
    pipeline = load_pipeline(str(copied(ON_CLUSTERS, tmp_path)))
    here = pipeline.run({"rounds": 10}, progress=False)
    for folder in ("models", "registry"):  # what the first run has left behind
        shutil.rmtree(tmp_path / folder)
    with engine.kept_settings():
        there = pipeline.run({"rounds": 10, "engine": engine.name}, progress=False)
    assert (there.states["model"], there.states["watched"]) == ("ran", "ran")
    assert learnt(there["model"]) == learnt(here["model"])
    assert {b"PLAN", b"MODL"} <= set(learnt(here["model"]))
    assert there["watched"]["quality"] == here["watched"]["quality"]
    assert exact(there["watched"]["drift"]) == exact(here["watched"]["drift"])
    with_profile = {"model", "watched", "registered", "deployed"}
    one, other = (contents(pipeline, run.keys) for run in (here, there))
    assert set(one) == {step.name for step in pipeline.steps}
    assert {name for name in one if one[name] != other[name]} <= with_profile
