"""The template kit of every HTML report: one page, one style, plots as inline SVG.

A report is one file that asks for no other: no font, no script from elsewhere, no address. It
follows the reader's light or dark theme, is written without the time of day (the same report gives
the same bytes) and keeps within 300 kB by leaving out what matters least, and saying so.
"""

from __future__ import annotations

__all__: list[str] = []
