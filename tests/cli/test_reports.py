"""``profile``, ``drift``, ``inspect`` and ``version``: what they print is what Python says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms

Run = Callable[..., Any]


@pytest.fixture
def shifted(table: pa.Table, tmp_path: Path) -> Path:
    """Write the table once more, ``wind`` doubled and the rest as it was."""
    index = table.column_names.index("wind")
    wind = pa.array(2 * np.asarray(table["wind"].to_numpy()), from_pandas=True)
    path = tmp_path / "shifted.parquet"
    pq.write_table(table.set_column(index, "wind", wind), path)
    return path


def test_profile_when_printed_is_pythons(run: Run, folder: Path, table: pa.Table) -> None:
    ran = run("profile", folder / "data.parquet")
    assert (ran.code, ran.out) == (0, f"{ms.profile(table)}\n")


def test_profile_when_kept_is_the_same_reference(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    path = tmp_path / "a.profile"
    ran = run("profile", folder / "data.parquet", "-o", path)
    assert ran.code == 0
    assert f"mainspring drift {path} DATA" in ran.out
    assert ms.Profile.from_bytes(path.read_bytes()) == ms.profile(table)
    assert run("profile", path).out == f"{ms.profile(table)}\n"


def test_profile_of_a_bundle_is_that_of_its_training_data(run: Run, folder: Path) -> None:
    ran = run("profile", folder / "late.spring")
    assert ran.out.startswith("500 rows, 3 columns\n")


@pytest.mark.parametrize("reference", ["late.spring", "data.parquet", "data.csv"])
def test_drift_when_a_column_moved_says_so(
    run: Run, folder: Path, shifted: Path, reference: str
) -> None:
    ran = run("drift", folder / reference, shifted, "--columns", "wind", "noise", "carrier")
    assert ran.code == 1
    assert ran.out.startswith("1 of 3 columns drifted")
    parted = run("drift", folder / reference, shifted, "--columns", "wind,noise", "carrier")
    assert parted.out == ran.out
    found = ms.detect_drift(ms.load(folder / "late.spring").profile, pq.read_table(shifted))
    assert found.drifted == ["wind"]
    assert "".join(found.column("wind").reason.split()) in "".join(ran.out.split())


def test_drift_when_found_exits_1_unless_asked_not_to(
    run: Run, folder: Path, shifted: Path
) -> None:
    bundle = folder / "late.spring"
    assert run("drift", bundle, shifted, "--exit-zero").code == 0
    assert run("drift", bundle, folder / "data.parquet").code == 0
    assert run("drift", bundle, shifted).code == 1
    junit = shifted.with_name("drift.xml")
    assert run("drift", bundle, shifted, "--window-rows", 250, "--junit", junit).code == 1
    assert junit.read_text("utf-8").count("<testsuite ") == 3
    assert run("drift", bundle, shifted, "--window-rows", 0).code == 2
    assert run("drift", bundle, "nowhere.parquet").code == 2


def test_drift_when_limits_are_given_is_judged_by_them(
    run: Run, folder: Path, shifted: Path
) -> None:
    bundle, current = folder / "late.spring", pq.read_table(shifted)
    generous = {"ks": 1.0, "wasserstein_std": 1e6, "missing_rate": 1.0}
    options = [f"{name}={value}" for name, value in generous.items()]
    wanted = ms.detect_drift(ms.load(bundle).profile, current, limits=generous)
    assert wanted.drifted == []
    ran = run("drift", bundle, shifted, "--limit", *options, "--json")
    assert (ran.code, ran.out) == (0, f"{wanted.to_json()}\n")
    whole = ("--window-rows", current.num_rows)
    assert run("drift", bundle, shifted, *whole).code == 0
    assert run("drift", bundle, shifted, *whole, "--persistence", 1, 1).code == 1
    for wrong in (("--limit", "kx=1"), ("--limit", "ks"), ("--limit", "ks=much")):
        ran = run("drift", bundle, shifted, *wrong)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert wrong[1] in ran.err or "'kx'" in ran.err
    assert run("drift", bundle, shifted, *whole, "--persistence", 3, 2).code == 2


def test_drift_when_json_is_the_report(run: Run, folder: Path, shifted: Path) -> None:
    ran = run("drift", folder / "late.spring", shifted, "--json")
    expected = ms.detect_drift(ms.load(folder / "late.spring").profile, pq.read_table(shifted))
    assert json.loads(ran.out) == json.loads(expected.to_json())


def test_inspect_when_text_names_every_part(run: Run, folder: Path) -> None:
    ran = run("inspect", folder / "late.spring")
    predictor = ms.load(folder / "late.spring")
    assert ran.code == 0
    num_bytes = (folder / "late.spring").stat().st_size
    assert f"late.spring: predictor 'late', {num_bytes:,} bytes, verified" in ran.out
    for section in ("META", "POOL", "PLAN", "DATA", "MODL", "PROF"):
        assert f"\n{section}" in ran.out
    assert "  wind: float" in ran.out
    assert "  carrier: bytes" in ran.out
    assert "3 load" in ran.out
    assert predictor.description in ran.out
    assert "rows and more: bit-sliced blocks\n" in ran.out
    assert predictor.kernel_name(1) in ran.out
    ranked = predictor.bundle.ranked_features()
    folded = ranked["folded"]
    assert f"features folded into thresholds, from 1,024 rows on ({len(folded)})\n" in ran.out
    assert f"    {', '.join(folded)}\n" in ran.out
    assert "wind" in " ".join(folded)
    assert "outputs: probability" in ran.out
    assert "profile: 500 rows, 3 columns" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100 + len(str(folder))


def test_inspect_when_json_agrees_with_the_file(run: Run, folder: Path) -> None:
    ran = run("inspect", folder / "late.spring", "--json")
    shown = json.loads(ran.out)
    data = (folder / "late.spring").read_bytes()
    assert shown["num_bytes"] == len(data)
    sections = {section["name"]: section for section in shown["sections"]}
    meta = sections["META"]
    raw = data[meta["offset"] : meta["offset"] + meta["num_bytes"]]
    assert json.loads(raw) == shown["meta"]
    last = max(shown["sections"], key=lambda section: section["offset"])
    assert last["offset"] + last["num_bytes"] == len(data)
    assert shown["inputs"] == ["wind", "noise", "carrier"]
    assert "bit-sliced blocks" in shown["kernels"].values()
    assert shown["ranked_features"] == ms.load(folder / "late.spring").bundle.ranked_features()
    assert [step["step"] for step in shown["steps"]].count("store") == 3
    assert [column["name"] for column in shown["profile"]] == ["wind", "noise", "carrier"]


def test_inspect_when_there_is_no_profile_says_so(run: Run, folder: Path, tmp_path: Path) -> None:
    import lightgbm

    features = np.random.default_rng(0).normal(size=(100, 2))
    data = lightgbm.Dataset(features, label=features[:, 0])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 2)
    ms.Predictor(booster, name="bare").save(tmp_path / "bare.spring")
    assert "profile: none" in run("inspect", tmp_path / "bare.spring").out
    ran = run("drift", tmp_path / "bare.spring", folder / "data.parquet")
    assert ran.code == 2
    assert "no profile" in ran.err


def test_version_when_asked_names_the_build(run: Run) -> None:
    ran = run("version")
    assert ran.out.startswith(f"mainspring {ms.__version__}\n")
    assert str(ms.build_info()["isa"]) in ran.out
    assert run("--version").out == f"mainspring {ms.__version__}\n"


def test_help_when_asked_lists_every_command(run: Run) -> None:
    from mainspring.cli import COMMANDS

    ran = run("--help")
    assert ran.code == 0
    assert [name for name in COMMANDS if f"\n    {name}" not in ran.out] == []
    assert run().out == ran.out
    for name in COMMANDS:
        assert run(name, "--help").code == 0


@pytest.mark.parametrize("command", ["profile", "drift", "check"])
def test_html_when_asked_writes_the_page(
    run: Run, folder: Path, shifted: Path, tmp_path: Path, command: str
) -> None:
    data, page = folder / "data.parquet", tmp_path / "r.html"
    table = pq.read_table(data)
    arguments, expected = {
        "profile": ((data,), ms.profile(table).to_html(title="data.parquet")),
        "drift": (
            (data, shifted),
            ms.detect_drift(table, pq.read_table(shifted)).to_html(
                title="shifted.parquet against data.parquet"
            ),
        ),
        "check": (
            (data, data, "--target", "late"),
            ms.check(table, table, target="late")
            .to_html(title="data.parquet and data.parquet")
            .replace("name that time in available", "name that time with --available"),
        ),
    }[command]
    plain = run(command, *arguments)
    ran = run(command, *arguments, "--html", page)
    assert (ran.code, ran.err) == (plain.code, "")
    # Wind has moved; and rows of one side are on the other.
    assert plain.code == (command != "profile")
    assert ran.out.startswith(plain.out)
    assert str(page) in ran.out.removeprefix(plain.out)
    assert page.read_text(encoding="utf-8") == expected
    assert str(tmp_path) not in expected
    if command != "profile":
        as_json = run(command, *arguments, "--html", page, "--json")
        assert json.loads(as_json.out) == json.loads(run(command, *arguments, "--json").out)


@pytest.mark.parametrize("command", ["profile", "drift", "check"])
def test_html_when_its_folder_is_missing_is_refused_before_work(
    run: Run, tmp_path: Path, command: str
) -> None:
    arguments = {"profile": ["no"], "drift": ["no", "no"], "check": ["no", "--target", "y"]}
    ran = run(command, *arguments[command], "--html", tmp_path / "no" / "r.html")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1
    assert "make it first" in ran.err
