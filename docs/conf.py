"""How Sphinx builds these pages, from the installed package: see CONTRIBUTING.md."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import mainspring

# Signatures and docstrings need no torch, which is too large to be installed for pages.
autodoc_mock_imports = [] if find_spec("torch") else ["torch"]

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "mainspring"
author = "the mainspring authors"
release = version = mainspring.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
extensions += ["notebook_pages", "reference_pages"]
exclude_patterns = ["extensions", "examples"]

# Every reference to a name of ours must lead somewhere. Types of other packages are words here:
# the pages are built and read without a network, so there is nothing to link them to.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!mainspring\.).*")]

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the docstrings say what is taken, in words
autodoc_class_signature = "mixed"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # types are prose: "float32 of shape (num_rows, num_features)"
napoleon_custom_sections = [("Attributes", "params_style")]
add_module_names = False
smartquotes_action = "D"  # dashes alone: values in docstrings are to be copied
python_display_short_literal_types = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3


def _colors(accent: str) -> dict[str, str]:
    names = ("color-brand-primary", "color-brand-content", "color-api-name")
    return {**dict.fromkeys(names, accent), "color-api-pre-name": accent}


highlight_language = "none"  # of fences that name none

html_theme = "furo"
html_title = f"mainspring {release}"
html_static_path = ["static"]
html_css_files = ["mainspring.css"]
pygments_dark_style = "github-dark"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": _colors("#0b6e63"),
    "dark_css_variables": {**_colors("#5cc8b8"), "color-code-background": "#1c1e21"},
}
