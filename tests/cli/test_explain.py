"""``mainspring explain``: the numbers of Predictor.explain, in steps that survive a stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring import Predictor

Run = Callable[..., Any]


def columns_of(explanation: ms.Explanation) -> dict[str, np.ndarray]:
    names = [f"contribution_{name}" for name in explanation.feature_names]
    columns = dict(zip(names, explanation.values.T, strict=True))
    return {**columns, "base": np.full(len(explanation), explanation.base_values)}


def assert_same(got: pa.Table, explanation: ms.Explanation, kept: list[str]) -> None:
    expected = columns_of(explanation)
    assert got.column_names == [*kept, *expected]
    for name, values in expected.items():
        np.testing.assert_array_equal(got[name].to_numpy(), values)


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
def test_explain_writes_what_python_gives(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path, ending: str
) -> None:
    data, out = folder / f"data.{'csv' if ending == 'csv' else 'parquet'}", tmp_path / f"o.{ending}"
    ran = run("explain", folder / "late.spring", data, "-o", out, "--keep", "id")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{out}: 500 rows, id, contribution_wind")
    read = {
        "parquet": pq.read_table,
        "csv": pyarrow.csv.read_csv,
        "arrow": pyarrow.feather.read_table,
    }[ending]
    got = read(out)
    assert_same(got, ms.load(folder / "late.spring").explain(table), ["id"])
    assert got["id"].to_pylist() == table["id"].to_pylist()


def test_explain_against_a_background(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(table.slice(3, 4), tmp_path / "some.parquet")
    out = tmp_path / "out.parquet"
    arguments = ["explain", folder / "late.spring", folder / "data.parquet", "-o", out]
    assert run(*arguments, "--background", tmp_path / "some.parquet").code == 0
    expected = ms.load(folder / "late.spring").explain(table, background=table.slice(3, 4))
    assert_same(pq.read_table(out), expected, [])
    pq.write_table(table.drop_columns(["wind"]), tmp_path / "lacks.parquet")
    ran = run(*arguments, "--background", tmp_path / "lacks.parquet")
    assert ran.code == 2
    assert "--background: there is no column 'wind'" in ran.err
    ran = run(*arguments, "--background", "-")
    assert ran.code == 2
    assert "--background" in ran.err


def test_explain_without_output_shows_the_first_rows(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    ran = run("explain", folder / "late.spring", folder / "data.parquet")
    assert ran.code == 0
    assert "contribution_wind" in ran.out
    assert ran.out.splitlines()[-1] == "... and 490 more rows; write them all with -o FILE"


def test_explain_when_stopped_goes_on(
    run: Run, folder: Path, table: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(table, tmp_path / "data.parquet", row_group_size=100)
    out = tmp_path / "out.parquet"
    arguments = ["explain", folder / "late.spring", tmp_path / "data.parquet", "-o", out]
    explain, rows = Predictor.explain, []

    def counted(self: Predictor, data: Any, **more: Any) -> ms.Explanation:
        rows.append(data.num_rows)
        if sum(rows) > 250:
            raise KeyboardInterrupt
        return explain(self, data, **more)

    monkeypatch.setattr(Predictor, "explain", counted)
    assert run(*arguments).code == 130
    assert not out.exists()
    done = len(list((tmp_path / ".out.parquet.parts").glob("*.arrow")))
    assert done >= 2
    rows.clear()
    rows.append(-1_000)
    ran = run(*arguments)
    assert ran.code == 0
    assert ran.err.startswith(f"going on: {done} of 5")
    assert sum(rows[1:]) == 500 - 100 * done
    monkeypatch.undo()
    assert_same(pq.read_table(out), ms.load(folder / "late.spring").explain(table), [])
    assert not (tmp_path / ".out.parquet.parts").exists()


def test_explain_of_several_outputs_names_them(run: Run, tmp_path: Path) -> None:
    import lightgbm

    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(200, 2))
    label = np.digitize(matrix[:, 0], [-0.5, 0.5])
    parameters = {"objective": "multiclass", "num_class": 3, "verbose": -1}
    predictor = ms.Predictor(lightgbm.train(parameters, lightgbm.Dataset(matrix, label), 3))
    predictor.save(tmp_path / "three.spring")
    names = predictor.feature_names
    table = pa.table(dict(zip(names, matrix.T, strict=True)))
    pq.write_table(table, tmp_path / "data.parquet")
    out = tmp_path / "out.parquet"
    assert run("explain", tmp_path / "three.spring", tmp_path / "data.parquet", "-o", out).code == 0
    got = pq.read_table(out)
    expected = predictor.explain(matrix)
    for output in range(3):
        for number, name in enumerate(names):
            np.testing.assert_array_equal(
                got[f"contribution_{output}_{name}"].to_numpy(), expected.values[:, output, number]
            )
        assert set(got[f"base_{output}"].to_pylist()) == {expected.base_values[output]}
