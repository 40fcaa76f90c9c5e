"""Every package that comes with mainspring is listed with its licence, a permissive one."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "licences.md"
ROWS = dict(re.findall(r"^\| ([\w-]+) \| (.+?) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE))
ROWS.pop("package")
DEVELOPMENT = re.compile(r"extra == ['\"](test|bench|docs)['\"]")
PERMISSIVE = ("MIT", "BSD-3-Clause", "Apache-2.0", "CC0-1.0")
# As metadata of older kinds writes the same.
WORDS = {"MIT": "MIT", "BSD-3-Clause": "BSD", "Apache-2.0": "Apache", "CC0-1.0": "CC0"}


def test_packages_that_are_installed_are_all_listed() -> None:
    wanted = [
        re.split(r"[\s<>=!~;\[]", line)[0]
        for line in metadata.requires("mainspring") or []
        if not DEVELOPMENT.search(line)
    ]
    assert len(wanted) > 10
    assert [name for name in wanted if name not in ROWS] == [], "docs/licences.md"


@pytest.mark.parametrize("name", list(ROWS))
def test_licence_is_permissive_and_that_of_the_installed_package(name: str) -> None:
    first = next((known for known in PERMISSIVE if ROWS[name].startswith(known)), None)
    assert first is not None, ROWS[name]
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return
    told = [about.get("License-Expression") or "", about.get("License") or ""]
    told += [line for line in about.get_all("Classifier") or [] if line.startswith("License")]
    assert WORDS[first] in " ".join(told), told
