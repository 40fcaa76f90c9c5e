"""The programs on the pages of docs/integrations, for the environments that can run them."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["INTEGRATIONS", "programs"]

INTEGRATIONS = Path(__file__).resolve().parents[2] / "docs" / "integrations"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs(page: str) -> list[str]:
    """Return the Python of a page, block by block."""
    found = FENCE.findall((INTEGRATIONS / page).read_text(encoding="utf-8"))
    assert found, f"{page} has no Python"
    return [str(text) for text in found]
