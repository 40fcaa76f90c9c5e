"""The rules of the whole tree: which files there are, their names and their lengths."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath

TOP = frozenset(
    (
        "CMakeLists.txt",
        "pyproject.toml",
        "csrc",
        "python",
        "kernels",
        "bench",
        "tests",
        "edge",
        "docs",
        "README.md",
        "LICENSE",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    )
)
VAGUE = frozenset(("util", "utils", "helper", "helpers", "common", "misc", "manager", "base2"))
MAX_LINES = 400
MAX_BYTES = 1_000_000
SOURCE = re.compile(r"\.(py|cpp|hpp|h|c|cu|inc)$")
BUILT = frozenset(["build", "dist", "__pycache__", "node_modules"])


def tracked_files(root: Path) -> list[str]:
    """Return all files of the repository, from its root; without git, all that is not built."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listing.returncode == 0:
        return [name for name in listing.stdout.split("\0") if name and (root / name).is_file()]
    return [
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and not BUILT & set(path.parts) and "/." not in path.as_posix()
    ]


def top_complaints(path: str) -> list[str]:
    """Check that the top folder holds exactly what the flow needs."""
    top = PurePosixPath(path).parts[0]
    if top in TOP or top.startswith("."):
        return []
    return [f"{path}: {top} has no place in the top folder"]


def name_complaints(path: str) -> list[str]:
    """Check that a name says something."""
    pieces = re.split(r"[/._-]", path.lower())
    vague = sorted(VAGUE.intersection(pieces))
    return [f"{path}: '{word}' names nothing" for word in vague]


def length_complaints(path: str, text: str, reasons: dict[str, str]) -> list[str]:
    """Check that a source file is at most 400 lines, or that there is a reason why not."""
    if not SOURCE.search(path):
        return []
    lines = text.count("\n") + 1
    if lines > MAX_LINES and path not in reasons:
        return [f"{path}: {lines} lines, more than {MAX_LINES} and without a reason"]
    if lines <= MAX_LINES and path in reasons:
        return [f"{path}: {lines} lines now; take it off the list of long files"]
    return []


def size_complaints(path: str, num_bytes: int) -> list[str]:
    """Check that no large file comes into the repository."""
    return [f"{path}: {num_bytes} bytes"] if num_bytes > MAX_BYTES else []


def trace_complaints(path: str, text: str) -> list[str]:
    """Check that no text speaks of a machine's own folders or leaves work without an issue."""
    complaints = []
    own_folder = re.search(r"(?<![\w.])/(home|root|tmp|work|Users)/\w", text)
    if own_folder and not path.startswith("tests/repo/"):
        complaints.append(f"{path}: names a folder of one machine")
    if re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", text) and not path.startswith("tests/repo/"):
        complaints.append(f"{path}: unfinished work without an issue number")
    return complaints
