"""The site builds without a warning, needs no network, and has a place for everything public."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import mainspring as ms
from mainspring import _engine
from mainspring.cli import COMMANDS
from tests.docs.site import Page

ROOT = Path(__file__).resolve().parents[2]
# What a user of each operator must be told, and where it applies.
TOLD = ("Formula", "Missing", "Infinity", "Memory")
# Packages whose names are for those who use the command line or change the code.
INNER = ("cli", "kernels", "html")
PACKAGES = [
    import_module(f"mainspring.{found.name}")
    for found in iter_modules([str(Path(str(ms.__file__)).parent)])
    if not found.name.startswith("_") and found.name not in INNER
]
PUBLIC = [
    *(("mainspring", name) for name in ms.__all__),
    *((package.__name__, name) for package in PACKAGES for name in package.__all__),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; warnings are errors."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html")}


def test_links_when_followed_lead_to_a_page_and_a_place_on_it(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target = page.target(link)
            if target is None:
                continue
            file, anchor = target
            found = file in pages or file.is_file()
            if not found or (anchor and file in pages and anchor not in pages[file].anchors):
                broken.append(f"{path.name}: {link}")
    assert broken == []
    assert len(pages) > 40


def test_pages_when_shown_load_nothing_from_elsewhere(pages: dict[Path, Page]) -> None:
    outside = [
        f"{path.name}: {load}"
        for path, page in pages.items()
        for load in page.loads
        if page.target(load) is None
    ]
    assert outside == []
    for style in {page.path.parent for page in pages.values()}:
        for css in style.glob("_static/**/*.css"):
            assert not re.search(r"(@import|url\()\s*[\"']?https?:", css.read_text("utf-8")), css


@pytest.mark.parametrize(("package", "name"), PUBLIC)
def test_public_name_has_its_place(package: str, name: str, pages: dict[Path, Page]) -> None:
    # What the top package shows is not shown a second time.
    home = "mainspring" if name in ms.__all__ and package != "mainspring.runtime" else package
    assert any(f"{home}.{name}" in page.anchors for page in pages.values())


@pytest.mark.parametrize("row", _engine.operators(), ids=lambda row: row["name"])
def test_operator_page_tells_all_that_a_user_must_know(
    row: dict[str, object], site: Path, pages: dict[Path, Page]
) -> None:
    path = site / "reference" / "operators" / f"{row['name']}.html"
    index = pages[site / "reference" / "operators" / "index.html"]
    assert f"{row['name']}.html" in index.links
    text = path.read_text(encoding="utf-8")
    told = [*TOLD, *(["Merging"] if row["learns"] else [])]
    assert [word for word in told if f"<dt>{word}</dt>" not in text] == []
    for section in ("parameters", "example", "behaviour"):
        if section != "parameters" or row["params"]:
            assert section in pages[path].anchors
    for param in row["params"]:  # type: ignore[attr-defined]
        assert param["name"] in text


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("drift", [row["name"] for row in _engine.drift_statistics() + _engine.drift_limits()]),
        ("checks", [row["name"] for row in _engine.checks() + _engine.check_limits()]),
        ("command-line", list(COMMANDS)),
    ],
)
def test_reference_page_names_everything_listed(page: str, names: list[str], site: Path) -> None:
    text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
    assert [name for name in names if f">{name}<" not in text] == []


@pytest.mark.parametrize(
    ("page", "row"),
    [("drift", row) for row in _engine.drift_statistics()]
    + [("checks", row) for row in _engine.checks()],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_measure_tells_how_it_is_computed(
    page: str, row: dict[str, str], site: Path, pages: dict[Path, Page]
) -> None:
    path = site / "reference" / f"{page}.html"
    assert f"measure-{row['name'].replace('_', '-')}" in pages[path].anchors
    wanted = ("formula", "missing", *(("sketch", "source") if page == "drift" else ()))
    assert [term for term in wanted if len(row[term]) < 8] == []
    assert html.escape(row["formula"], quote=False) in path.read_text(encoding="utf-8")


def test_picture_of_the_flow_is_part_of_the_first_page(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert '<svg viewBox="0 0 840 268" role="img"' in text
    assert 'class="bundle"' in text


def test_pages_say_nothing_of_how_they_were_made() -> None:
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        # Nor do they name the folder of this checkout, or anything outside of it.
        out = rf"(?:\.\./){{{len(path.relative_to(ROOT).parts)},}}"
        here = rf"{re.escape(str(ROOT.parent))}/"
        text = path.read_text("utf-8")
        found = re.findall(rf"{out}|{here}|issue #?\d|sessions?\b(?!\()", text)
        assert found == [], path.name
