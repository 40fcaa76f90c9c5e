"""Sphinx extension: shows the notebooks of docs/notebooks, with the outputs that they hold.

Their pages are written beside them when a build begins, and are not kept in the repository.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["page_of", "setup", "write_pages"]


def page_of(notebook: dict[str, Any], name: str) -> str:
    """Return a notebook as Markdown: texts, code, and outputs as HTML where they have that form."""
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts += [_output(output) for output in cell["outputs"]]
    parts.append(f"{{download}}`The notebook <{name}.ipynb>`")
    return "\n\n".join(parts) + "\n"


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {"text/plain": output.get("text", [])})
    if "text/html" in data:
        return "```{raw} html\n" + "".join(data["text/html"]) + "\n```"
    return "```text\n" + "".join(data["text/plain"]).rstrip("\n") + "\n```"


def write_pages(folder: Path) -> None:
    """Write what has changed, and remove pages whose notebook is gone."""
    notebooks = sorted(folder.glob("*.ipynb"))
    for old in folder.glob("*.md"):
        if old.with_suffix(".ipynb") not in notebooks:
            old.unlink()
    for path in notebooks:
        text = page_of(json.loads(path.read_text(encoding="utf-8")), path.stem)
        page = path.with_suffix(".md")
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / "notebooks"))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
