"""The README keeps its word: its example runs, and its commands are those that CI runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_example_when_run_prints_a_probability(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.+?)```", README, re.DOTALL)
    assert example is not None
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0.9 < float(done.stdout.splitlines()[-1]) < 1  # 30 is far above the edge at 20
    assert [path.name for path in tmp_path.iterdir()] == ["late.spring"]


def test_commands_when_printed_are_those_that_ci_runs() -> None:
    assert "pip install '.[quickstart]' && mainspring quickstart" in README
    assert "pip install '.[test]' && pytest" in README
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install '.[test]'" in ci
    assert re.search(r"\bpytest\b", ci)


def test_links_when_local_lead_to_files() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            # Pages that a build of the site writes are followed there: tests/docs/test_site.py.
            place = (page.parent / target).resolve()
            written = target.endswith(".rst") and place.is_relative_to(ROOT / "docs" / "reference")
            assert written or place.exists(), f"{page.name}: {target}"


def test_figures_when_printed_name_the_file_that_measured_them() -> None:
    for name in re.findall(r"bench/\w+\.py", README):
        assert (ROOT / name).is_file()
