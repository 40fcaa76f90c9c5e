"""The programs on the pages of docs/integrations, for the environments that can run them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["INTEGRATIONS", "programs"]

DOCS = Path(__file__).resolve().parents[2] / "docs"
INTEGRATIONS = DOCS / "integrations"
# What a page marks as py runs in its environment alone, python everywhere.
FENCE = re.compile(r"^```py(?:thon)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs(page: str) -> list[str]:
    """Return the Python of a page, block by block."""
    found = FENCE.findall((INTEGRATIONS / page).read_text(encoding="utf-8"))
    assert found, f"{page} has no Python"
    return [str(text) for text in found]
