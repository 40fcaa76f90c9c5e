"""Sphinx extension: writes the reference pages that follow from the engine's lists.

They are written into docs/reference when a build begins, and are not kept in the repository: what
the engine lists is what the pages say.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import command_page
import measure_pages
import operator_pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["generated_pages", "setup", "write_pages"]


def generated_pages() -> dict[str, str]:
    """Return the text of every page by its path in docs/reference."""
    return {
        "drift.rst": measure_pages.drift_page(),
        "quality.rst": measure_pages.quality_page(),
        "checks.rst": measure_pages.checks_page(),
        "command-line.rst": command_page.page(),
        **{f"operators/{name}.rst": text for name, text in operator_pages.pages().items()},
    }


def write_pages(folder: Path) -> None:
    """Write what has changed, and remove pages whose subject is gone."""
    pages = generated_pages()
    (folder / "operators").mkdir(parents=True, exist_ok=True)
    for path in [*folder.glob("*.rst"), *folder.glob("operators/*.rst")]:
        if path.relative_to(folder).as_posix() not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            # Whole or not at all: another build may be reading.
            written = path.with_name(f"{path.name}.{os.getpid()}")
            written.write_text(text, encoding="utf-8")
            written.replace(path)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "reference"))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
