"""A profile of data that is read in parts is the profile of the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.cli import main
from tests.out_of_core.sample import every_source, sample_table, slices, write_parquet

TABLE = sample_table()


def test_profile_when_data_comes_in_parts_has_the_same_bits(tmp_path: Path) -> None:
    whole = ms.profile(TABLE, target="y")
    for name, data in every_source(TABLE, tmp_path).items():
        assert ms.profile(data, target="y") == whole, name
    some = ms.profile(TABLE, columns=["n", "s"])
    assert ms.profile(tmp_path / "parquet", columns=["n", "s"]) == some


def test_update_when_data_comes_in_parts_adds_them() -> None:
    profile = ms.profile(TABLE.slice(0, 1000)).update(slices(TABLE.slice(1000), [300]))
    assert profile == ms.profile(TABLE)


def test_update_when_an_iterator_fails_changes_nothing() -> None:
    def fails() -> Iterator[pa.Table]:
        yield pa.concat_tables([TABLE] * 30)
        raise RuntimeError("gone")

    profile = ms.profile(TABLE)
    with pytest.raises(RuntimeError, match="gone"):
        profile.update(fails())
    assert profile == ms.profile(TABLE)


def test_profile_when_a_file_is_odd_names_it(tmp_path: Path) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 2)
    pq.write_table(TABLE.drop_columns("n"), folder / "002.parquet")
    with pytest.raises(ms.SchemaError, match=r"002\.parquet: .*'n'"):
        ms.profile(folder)


def test_profile_command_when_given_a_folder_reads_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_parquet(TABLE, tmp_path / "data", 3)
    pq.write_table(TABLE, tmp_path / "all.parquet")
    outputs = []
    for data in (folder, tmp_path / "all.parquet"):
        assert main(["profile", str(data), "--target", "y"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == f"{ms.profile(TABLE, target='y')}\n"
