"""The section HIST: written by the engine, read by two readers, and by nobody when damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import mainspring as ms
from mainspring import _engine, col
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE
from tests.history.test_declaration import legs
from tests.reference.bundle_history import read_history

NONE = 2**32 - 1


def declared() -> ms.Preprocessor:
    flights = ms.events(
        "flights", key="tailnum", time="sched_dep", id="leg", ttl="9d", request_key="plane", at="at"
    )
    window = flights.window("3h", lag="1min", where=col("late") == 0, available="arr_time")
    return ms.Preprocessor(
        window.mean("arr_delay").impute("mean"),
        flights.expanding().nunique("tailnum"),
        flights.ewm("arr_delay", half_life="6h").impute("mean"),
        flights.calendar("month", 2, zone="Asia/Tokyo", lag=1).count(),
    )


def tables() -> tuple[object, object]:
    events = legs.append_column("leg", [list(range(legs.num_rows))])
    return events, legs.rename_columns(["plane", "at", "arr_time", "arr_delay", "late"])


def fitted() -> tuple[ms.Predictor, object]:
    events, requests = tables()
    prep = declared()
    features = prep.fit_transform(requests, events={"flights": events})
    model = LinearRegression().fit(features, np.arange(len(features)))
    return ms.Predictor(model, prep, name="legs"), prep.transform(
        requests, events={"flights": events}
    )


def test_section_when_read_by_the_second_reader_says_the_same() -> None:
    predictor, _ = fitted()
    section = _engine.history_of(predictor.bundle)
    (plan,) = read_history(section)
    assert (plan["source"], plan["keys"], plan["time"]) == ("flights", ["tailnum"], "sched_dep")
    assert (plan["at"], plan["request_keys"], plan["id"]) == ("at", ["plane"], "leg")
    assert (plan["lateness"], plan["skew"], plan["ttl"]) == (-1, MINUTE, 9 * 1440 * MINUTE)
    assert (plan["numbers"], plan["categories"]) == (["arr_delay"], ["tailnum"])
    assert plan["available"] == ["arr_time"]
    assert plan["conditions"] == [("late", 1, 0, 0.0, "")]
    # 1 to 30 are 5 bits: as much room below as above.
    assert plan["exponents"] == [-47]
    hours = 60 * MINUTE
    assert [feature[1:] for feature in plan["features"]] == [
        (3, 1, 0, 3 * hours, MINUTE, 0, 0, 0, 0.0, NONE),
        (9, 3, 0, 0, 0, 0, NONE, NONE, 0.0, NONE),
        (11, 3, 0, 0, 0, 0, NONE, NONE, 6.0 * hours, NONE),
        (1, 5, 2, 3, 1, NONE, NONE, NONE, 0.0, 0),
    ]
    ((name, first, transitions, offsets),) = plan["zones"]
    assert (name, first) == ("Asia/Tokyo", 9 * 3600)
    assert len(transitions) == len(offsets) == 8  # summer time after the war
    assert [feature[0] for feature in plan["features"]] == predictor.input_names
    assert HistoryPlans.from_bytes(section).to_bytes() == section


def test_predictor_when_loaded_serves_its_own_history(tmp_path: Path) -> None:
    predictor, _ = fitted()
    events, requests = tables()
    predictor.save(tmp_path / "legs.spring")
    loaded = ms.load(tmp_path / "legs.spring")
    plans = HistoryPlans.from_predictor(loaded)
    want = loaded.predict(plans.extend(requests, {"flights": events}))
    state = ms.HistoryState(loaded)
    state.ingest(events, now=120 * MINUTE)
    np.testing.assert_array_equal(loaded.predict(state.features(requests)), want)
    assert ms.replay(loaded, {"flights": events}, requests).same
    assert len(set(want.tolist())) > 1


def test_predictor_without_history_says_so() -> None:
    model = LinearRegression().fit(np.eye(3), np.arange(3))
    with pytest.raises(ms.ParameterError, match="features about the past"):
        HistoryPlans.from_predictor(ms.Predictor(model))


def test_section_when_damaged_is_refused() -> None:
    section = _engine.history_of(fitted()[0].bundle)
    for length in range(len(section)):
        with pytest.raises(ms.BundleCorruptError):
            HistoryPlans.from_bytes(section[:length])
    refused = 0
    rng = np.random.default_rng(0)
    for place in range(len(section)):
        damaged = bytearray(section)
        damaged[place] ^= int(rng.integers(1, 256))
        try:
            HistoryPlans.from_bytes(bytes(damaged))
        except ms.BundleCorruptError:
            refused += 1
    assert refused > len(section) // 4  # names and lengths may be others; nothing may crash


def test_section_with_edges_has_its_own_version_and_definition() -> None:
    s = ms.events("s", key="k", time="t")
    other = ms.events("other", key="k", time="t").window("1h").count()
    window = s.window("1h")

    def section(*more: object) -> bytes:
        return HistoryPlans.of(window.count(), other, *more).to_bytes()

    assert section()[8:12] == b"\x02\0\0\0"  # what was written before is written so
    edged = window.quantile(0.5, "x", edges=[1, 2.5])
    exact, data = window.quantile(0.25, "x"), section(edged)
    assert data[8:12] == b"\x03\0\0\0"
    first, second = read_history(section(edged, exact))
    assert (first["edges"], first["edges_of"]) == ([[1.0, 2.5]], [NONE, 0, NONE])
    assert (second["edges"], second["edges_of"]) == ([], [NONE])
    assert HistoryPlans.from_bytes(data).to_bytes() == data
    hashes = {
        HistoryPlans.from_bytes(section(window.quantile(0.5, "x", edges=edges)))
        .plan("s")
        .definition_hash
        for edges in ([1, 2.5], [1, 2.75], [1, 2, 2.5])
    }
    assert len(hashes) == 3
    for length in range(len(data)):
        with pytest.raises(ms.BundleCorruptError):
            HistoryPlans.from_bytes(data[:length])
    for low in (2.5, float("nan"), -float("inf")):
        wrong = data.replace(struct.pack("<dd", 1, 2.5), struct.pack("<dd", low, 2.5))
        with pytest.raises(ms.BundleCorruptError):
            HistoryPlans.from_bytes(wrong)
    with pytest.raises(ms.BundleCorruptError):
        HistoryPlans.from_bytes(data[:8] + b"\x02" + data[9:])
