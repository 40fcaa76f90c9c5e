"""The colours of both themes: texts at least 4.5 : 1, shapes 3 : 1 against what is behind."""

from __future__ import annotations

__all__ = ["DARK", "LIGHT", "SHAPES", "SURFACES", "TEXTS", "variables"]

LIGHT = {
    "page": "#ffffff",
    "panel": "#f6f7f9",
    "line": "#dfe3e8",
    "text": "#1b1f24",
    "quiet": "#57606a",
    "link": "#0b5cad",
    "reference": "#768ca3",
    "current": "#c2410c",
    "fail": "#b42318",
    "warn": "#8a5300",
    "pass": "#1a7340",
}
DARK = {
    "page": "#14171b",
    "panel": "#1c2026",
    "line": "#323941",
    "text": "#e6e9ed",
    "quiet": "#9aa5b1",
    "link": "#78b4f2",
    "reference": "#64798f",
    "current": "#fb923c",
    "fail": "#ff8c82",
    "warn": "#e3b341",
    "pass": "#5fc98a",
}
SURFACES = ("page", "panel")
TEXTS = ("text", "quiet", "link", "current", "fail", "warn", "pass")
SHAPES = ("reference", "current", "fail", "warn", "pass", "quiet")


def variables(colours: dict[str, str]) -> str:
    """Write a theme as CSS variables.

    Parameters
    ----------
    colours : dict of str to str
        Names and colours.

    Returns
    -------
    str
        Declarations.
    """
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())
