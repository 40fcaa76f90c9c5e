"""``mainspring doctor`` says what is there, and fails on what does not work or is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.cli import doctor, extras

Run = Callable[..., Any]
REQUIREMENTS = [
    "numpy>=1.26",
    'pytest>=8; extra == "test"',
    'starlette>=0.40; extra == "serve"',
    'uvloop>=0.20; (sys_platform != "win32") and extra == "serve"',
    'old-thing>=9; (python_version < "3") and extra == "serve"',
    'torch<3,>=2.4; extra == "torch"',
]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the extras find, by package."""
    found = {"starlette": "0.40.1", "uvloop": "0.20"}

    def version(package: str) -> str:
        if package not in found:
            raise metadata.PackageNotFoundError(package)
        return found[package]

    monkeypatch.setattr(extras, "requires", lambda name: REQUIREMENTS)
    monkeypatch.setattr(extras, "version", version)
    monkeypatch.setattr(extras.sys, "platform", "linux")
    return found


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in doctor._SETTINGS:
        monkeypatch.delenv(name, raising=False)


def test_doctor_when_all_is_well_says_so_and_shows_the_build(
    run: Run, installed: dict[str, str]
) -> None:
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    info = ms.build_info()
    for text in (ms.__version__, str(info["compiler"]), str(info["isa"]), "All is well."):
        assert text in ran.out
    assert re.search(r"serve +installed +starlette 0\.40\.1, uvloop 0\.20\n", ran.out)
    assert re.search(r"torch +missing +torch not here\n", ran.out)


def test_doctor_when_asked_for_a_missing_extra_says_how_to_install_it(
    run: Run, installed: dict[str, str]
) -> None:
    assert run("doctor", "serve").code == 0
    ran = run("doctor", "serve", "torch")
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == (
        "problem: the extra 'torch' is not installed, it lacks torch: "
        "pip install 'mainspring[torch]'"
    )


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("2.4", "installed"),
        ("2.13.0+cpu", "installed"),
        ("2.3.9", "wrong version"),
        ("3.0", "wrong version"),
    ],
)
def test_doctor_when_a_package_is_of_another_version_says_which_it_wants(
    run: Run, installed: dict[str, str], version: str, state: str
) -> None:
    installed["torch"] = version
    ran = run("doctor", "--json")
    assert json.loads(ran.out)["extras"]["torch"]["state"] == state
    assert ran.code == (state == "wrong version")
    assert (f"torch {version} is installed, but the extra 'torch' wants <3,>=2.4" in ran.out) == (
        state == "wrong version"
    )


def test_doctor_when_the_extra_is_unknown_names_a_close_one(
    run: Run, installed: dict[str, str]
) -> None:
    ran = run("doctor", "serv")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "mainspring: There is no extra 'serv': did you mean 'serve'?\n"
    assert "one of serve, torch." in run("doctor", "xyz").err


def test_doctor_when_a_setting_is_misspelt_names_the_right_one(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSPRING_NUM_THREAD", "3")
    ran = run("doctor")
    assert ran.code == 1
    assert (
        "problem: the environment variable MAINSPRING_NUM_THREAD means nothing here. "
        "Did you mean MAINSPRING_NUM_THREADS?" in ran.out
    )


def test_doctor_when_the_engine_does_not_load_says_why(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> dict[str, object]:
        raise ImportError("libstdc++.so.6: version not found")

    monkeypatch.setattr(ms, "build_info", broken)
    ran = run("doctor")
    assert ran.code == 1
    assert "problem: the engine cannot be loaded: libstdc++.so.6: version not found" in ran.out
    assert json.loads(run("doctor", "--json").out)["build"] == {}


def test_doctor_when_the_engine_computes_wrong_numbers_shows_them(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    transform = ms.Preprocessor.transform
    monkeypatch.setattr(ms.Preprocessor, "transform", lambda *a, **k: transform(*a, **k) + 1)
    ran = run("doctor")
    assert ran.code == 1
    assert "problem: the engine computes wrong features: [[2.0, 3.0]" in ran.out


def test_doctor_when_the_interface_of_c_is_missing_says_so(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise ms.FileError("no header")

    monkeypatch.setattr(ms, "get_include", missing)
    assert "problem: the C interface is not complete: no header" in run("doctor").out


def test_doctor_when_there_are_gpus_names_them(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100, 81559 MiB, 570.1'\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: str(tool))
    assert json.loads(run("doctor", "--json").out)["gpu"] == ["NVIDIA H100, 81559 MiB, 570.1"]
    tool.write_text("#!/bin/sh\nexit 9\n", encoding="utf-8")
    assert "none that nvidia-smi knows of" in run("doctor").out


def test_doctor_when_the_terminal_is_narrow_wraps(
    run: Run, installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.update({f"uvloop{number}": "1" for number in range(8)})
    more = [f'uvloop{number}; extra == "serve"' for number in range(8)]
    monkeypatch.setattr(extras, "requires", lambda name: [*REQUIREMENTS, *more])
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("doctor").out.split("extras")[1].splitlines()
    assert max(map(len, lines)) <= 60


def test_extras_when_read_from_the_package_are_those_of_pyproject() -> None:
    names = [extra.name for extra in extras.installed_extras()]
    assert {"quickstart", "serve", "sklearn", "torch"} <= set(names)
    assert {"test", "docs", "bench"} & set(names) == set()
    assert names == sorted(names)


def test_settings_when_documented_are_those_that_doctor_knows() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    text = page.read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"^\| `(MAINSPRING_\w+)`", text, re.MULTILINE))) == sorted(
        doctor._SETTINGS
    )
