"""What devices count becomes a profile that drift is measured with."""

from __future__ import annotations

import struct
from collections.abc import Callable
from ctypes import CDLL
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col, pack
from mainspring.cli import main
from tests.edge import library as edge
from tests.pack.conftest import Golden
from tests.pack.counting import Device, open_plan
from tests.reference.crc32c import crc32c

Find = Callable[[str], Golden]
COLUMN = struct.Struct("<IIIIIIQd24x")


def rows(num_rows: int, seed: int, shift: float = 0.0) -> pa.Table:
    random = np.random.default_rng(seed)
    height = random.normal(size=num_rows) + shift
    height[::17] = np.nan
    names = np.array(["a", "b", "c", "d", "größe"])
    kind = names[np.minimum(random.geometric(0.4, num_rows) - 1, 4)].tolist()
    kind[3] = None
    return pa.table(
        {
            "height": pa.array(height, from_pandas=True),
            "visits": pa.array(random.poisson(3, num_rows), pa.int64()),
            "member": pa.array(random.random(num_rows) < 0.3),
            "kind": pa.array(kind),
            "when": pa.array(random.integers(0, 10**9, num_rows), pa.timestamp("ms")),
        }
    )


@pytest.fixture(scope="module")
def bundle() -> bytes:
    """A model over every kind of column that is counted, with its reference profile."""
    table = rows(4000, 1)
    prep = ms.Preprocessor(
        col("height", "visits", "member").impute("mean"),
        col("kind").ordinal(),
        col("when").datetime("hour"),
    )
    features = prep.fit_transform(table)
    data = lightgbm.Dataset(features, np.arange(4000) % 2.0)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 3)
    return ms.Predictor(booster, prep, profile=ms.profile(table)).to_bytes()


@pytest.fixture(scope="module")
def plan(bundle: bytes) -> bytes:
    return pack.count_plan(bundle)


def device_of(library: CDLL, bundle: bytes, plan: bytes, table: pa.Table) -> Device:
    device = Device(library, pack.shrink(bundle), plan)
    inputs = [given.decode() for given in names_of(device)]
    assert device.count(table.select(inputs)) == edge.OK
    return device


def names_of(device: Device) -> list[bytes]:
    found = []
    for number in range(device.library.mainspring_num_inputs(device.opened.handle)):
        given = edge.Input(edge.ctypes.sizeof(edge.Input))
        device.library.mainspring_input_at(device.opened.handle, number, edge.byref(given))
        found.append(bytes(given.name[: given.name_length]))
    return found


def test_numbers_are_counted_between_the_edges_of_the_plan(
    library: CDLL, bundle: bytes, plan: bytes
) -> None:
    table = rows(1500, 2, 0.4)
    report = device_of(library, bundle, plan, table).report()
    words = np.frombuffer(report, "<u8", offset=64)
    (num_columns,) = struct.unpack_from("<I", plan, 12)
    for number in range(num_columns):
        given, counted_as, first, num_bins, num_edges, _, at, scale = COLUMN.unpack_from(
            plan, 64 + 64 * number
        )
        column = table.column(["height", "visits", "member", "kind", "when"][given])
        assert words[first] == column.null_count
        found = words[first + 1 : first + 1 + num_bins]
        assert found.sum() == table.num_rows - column.null_count
        if counted_as == 1:
            edges = np.frombuffer(plan, "<f8", num_edges, at)
            values = column.drop_null().cast(pa.int64() if given == 4 else pa.float64())
            numbers = values.to_numpy().astype(np.float64) * scale
            wanted = np.bincount(np.searchsorted(edges, numbers, "left"), minlength=num_bins)
            assert found.tolist() == wanted.tolist()
        else:
            names = column.drop_null().to_pylist()
            order = [name for name, _ in ms.profile(rows(4000, 1)).column("kind").top]
            assert found.tolist() == [*(names.count(name) for name in order), 0]


def test_profile_of_counts_has_what_was_counted(library: CDLL, bundle: bytes, plan: bytes) -> None:
    table = rows(1500, 2, 0.4)
    profile = pack.profile_of_counts(bundle, device_of(library, bundle, plan, table).report())
    exact = ms.profile(table)
    assert profile.num_rows == 1500
    for name in exact.columns:
        assert profile.column(name).missing == exact.column(name).missing, name
        assert profile.column(name).kind == exact.column(name).kind, name
    assert dict(profile.column("kind").top) == dict(exact.column("kind").top)
    assert profile.column("member").mean == exact.column("member").mean
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert profile.quantile("height", q) == pytest.approx(exact.quantile("height", q), abs=0.2)


@pytest.mark.parametrize(("shift", "seed"), [(0.0, 5), (0.6, 6)])
def test_drift_of_counts_is_that_of_the_rows(
    library: CDLL, bundle: bytes, plan: bytes, shift: float, seed: int
) -> None:
    table = rows(3000, seed, shift)
    report = device_of(library, bundle, plan, table).report()
    counted = ms.detect_drift(
        ms.Predictor.from_bytes(bundle).profile, pack.profile_of_counts(bundle, report)
    )
    exact = ms.detect_drift(ms.Predictor.from_bytes(bundle).profile, table)
    assert counted.drifted == exact.drifted == (["height"] if shift else [])
    assert counted.column("height").value("ks") == pytest.approx(
        exact.column("height").value("ks"), abs=0.02
    )
    for name in ("js_debiased", "unseen_rate"):
        value = counted.column("kind").value(name)
        assert value == pytest.approx(exact.column("kind").value(name), abs=1e-12)


def test_strings_that_the_reference_lacks_are_unseen(
    library: CDLL, bundle: bytes, plan: bytes
) -> None:
    table = rows(1000, 3)
    strange = pa.array(["new" if i < 250 else "a" for i in range(1000)])
    table = table.set_column(3, "kind", strange)
    profile = pack.profile_of_counts(bundle, device_of(library, bundle, plan, table).report())
    assert dict(profile.column("kind").top) == {"a": 750, "(unseen)": 250}
    report = ms.detect_drift(ms.Predictor.from_bytes(bundle).profile, profile)
    assert report.column("kind").value("unseen_rate") == 0.25


def test_rare_strings_share_a_bin_and_are_spread_as_before(library: CDLL, bundle: bytes) -> None:
    plan = pack.count_plan(bundle, max_categories=2, num_bins=4)
    table = rows(1000, 4)
    report = device_of(library, bundle, plan, table).report()
    profile = pack.profile_of_counts(bundle, report, max_categories=2, num_bins=4)
    exact = dict(ms.profile(table).column("kind").top)
    found = dict(profile.column("kind").top)
    assert (found["a"], found["b"]) == (exact["a"], exact["b"])
    assert set(found) == set(exact)
    assert sum(found.values()) == sum(exact.values())


def test_counts_of_parts_add_up_to_those_of_all(
    library: CDLL, bundle: bytes, plan: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows(2000, 7, 0.6)
    whole = device_of(library, bundle, plan, table).report()
    parts = [table.slice(0, 700), table.slice(700, 1), table.slice(701)]
    reports = [device_of(library, bundle, plan, part).report() for part in parts]
    assert pack.add_counts(reversed(reports)) == whole
    names = []
    for number, report in enumerate(reports):
        names.append(str(tmp_path / f"{number}.counts"))
        Path(names[-1]).write_bytes(report)
    (tmp_path / "late.spring").write_bytes(bundle)
    bundled = str(tmp_path / "late.spring")
    output = str(tmp_path / "all.profile")
    assert main(["merge-profiles", *names, "--bundle", bundled, "-o", output]) == 0
    assert "2,000 rows of 3 profiles" in capsys.readouterr().out
    assert Path(output).read_bytes() == pack.profile_of_counts(bundle, whole).to_bytes()
    assert main(["drift", bundled, output]) == 1
    assert "height" in capsys.readouterr().out
    assert main(["merge-profiles", *names, "-o", output]) == 2
    assert "--bundle" in capsys.readouterr().err


def test_command_writes_the_plan(
    bundle: bytes, plan: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "late.spring").write_bytes(bundle)
    file = tmp_path / "late.counters"
    assert main(["pack", str(tmp_path / "late.spring"), "--counters", str(file)]) == 0
    assert file.read_bytes() == plan
    assert f"{len(plan):,} bytes" in capsys.readouterr().out


def test_device_goes_on_from_what_it_kept_and_begins_anew_after_clear(
    library: CDLL, bundle: bytes, plan: bytes
) -> None:
    table = rows(300, 8)
    small = pack.shrink(bundle)
    first = device_of(library, bundle, plan, table)
    kept = first.report()
    second = Device(library, small, plan, kept)
    assert second.report() == kept
    assert second.count(table, 10, 100) == edge.OK
    third = device_of(library, bundle, plan, table.slice(10, 100))
    assert second.report() == pack.add_counts([kept, third.report()])
    second.clear()
    assert second.report() == Device(library, small, plan).report()
    spoiled = bytearray(kept)
    spoiled[70] ^= 1
    assert Device(library, small, plan, bytes(spoiled)).report() == second.report()


def test_request_when_wrong_counts_nothing(library: CDLL, bundle: bytes, plan: bytes) -> None:
    table = rows(50, 9)
    device = device_of(library, bundle, plan, table)
    before = device.report()
    assert device.count(table.set_column(1, "visits", pa.array(["x"] * 50))) == (
        edge.WRONG_COLUMN_TYPE
    )
    assert device.count(table, 40, 20) == edge.INVALID_ARGUMENT
    assert device.report() == before


def test_plan_when_damaged_is_refused_with_a_code(
    library: CDLL, bundle: bytes, plan: bytes
) -> None:
    small = pack.shrink(bundle)
    assert open_plan(library, small, plan)[0] == edge.OK
    assert open_plan(library, small, plan[:40])[0] == edge.TRUNCATED
    assert open_plan(library, small, plan[:-8])[0] == edge.TRUNCATED
    assert open_plan(library, small, plan + bytes(8))[0] == edge.CORRUPT
    assert open_plan(library, small, b"x" + plan[1:])[0] == edge.FOREIGN
    assert open_plan(library, small, plan[:8] + b"\x02" + plan[9:])[0] == edge.NEWER_VERSION
    assert open_plan(library, small, plan[:-1] + bytes([plan[-1] ^ 1]))[0] == edge.BAD_CHECKSUM


def sealed(plan: bytes) -> bytes:
    bare = plan[:36] + bytes(4) + plan[40:]
    return plan[:36] + struct.pack("<I", crc32c(bare)) + plan[40:]


def test_plan_with_other_numbers_is_refused_or_counted_with(
    library: CDLL, bundle: bytes, plan: bytes
) -> None:
    """Checksums that hold, numbers that do not."""
    small = pack.shrink(bundle)
    assert sealed(plan) == plan
    random = np.random.default_rng(12)
    extremes = [0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
    codes = []
    for _ in range(250):
        changed = bytearray(plan)
        at = int(random.integers(3, len(plan) // 4)) * 4
        if random.random() < 0.6:
            at = int(random.integers(3, 96)) * 4
        changed[at : at + 4] = struct.pack("<I", int(random.choice(extremes)))
        codes.append(open_plan(library, small, sealed(bytes(changed)))[0])
    assert {edge.OK, edge.CORRUPT} <= set(codes)
    assert set(codes) <= {edge.OK, edge.CORRUPT, edge.TRUNCATED}


def test_plan_of_another_bundle_is_refused(library: CDLL, golden: Find, plan: bytes) -> None:
    assert open_plan(library, golden("0.1-three-classes").file, plan)[0] == edge.CORRUPT


def test_counts_when_wrong_are_refused(
    library: CDLL, bundle: bytes, plan: bytes, golden: Find
) -> None:
    counts = Device(library, pack.shrink(bundle), plan).report()
    for wrong in (b"", counts[:-1], counts + b"x", counts[:-1] + bytes([counts[-1] ^ 1])):
        with pytest.raises(ms.errors.BundleCorruptError, match="no whole counts"):
            pack.add_counts([wrong])
    with pytest.raises(ms.SchemaError, match="no counts"):
        pack.add_counts([])
    other = pack.count_plan(bundle, num_bins=3)
    others = Device(library, pack.shrink(bundle), other).report()
    with pytest.raises(ms.SchemaError, match="another plan"):
        pack.add_counts([counts, others])
    with pytest.raises(ms.SchemaError, match="another plan"):
        pack.profile_of_counts(bundle, others)


@pytest.mark.parametrize("options", [{"num_bins": 0}, {"max_categories": 100_000}])
def test_plan_when_options_are_wrong_is_refused(bundle: bytes, options: dict[str, Any]) -> None:
    with pytest.raises(ms.ParameterError, match=next(iter(options))):
        pack.count_plan(bundle, **options)


def test_plan_without_a_profile_is_refused(bundle: bytes) -> None:
    with pytest.raises(ms.UnsupportedError, match="no reference profile"):
        pack.count_plan(pack.shrink(bundle))
