"""The native module exports its entry point and nothing that another library could pick up."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from mainspring import _engine


@pytest.mark.skipif(
    shutil.which("nm") is None or not sys.platform.startswith("linux"), reason="needs nm on Linux"
)
def test_native_module_exports_its_entry_point_only() -> None:
    listing = subprocess.run(
        ["nm", "-D", "--defined-only", str(_engine.__file__)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert [line.split()[-1] for line in listing.stdout.splitlines()] == ["PyInit__engine"]
