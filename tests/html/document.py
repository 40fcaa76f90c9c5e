"""A strict reader of pages: what a lenient browser would repair is an error here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset(["br", "hr", "meta"])
ADDRESS = ("src", "srcset", "href", "action", "data", "poster", "background", "xlink:href")


@dataclass
class Element:
    """An element with its attributes, its text (children's too) and the elements around it."""

    tag: str
    attributes: dict[str, str | None]
    inside: tuple[str, ...]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> list[Element]:
        """Return the elements of a tag below this one, in their order."""
        found = []
        for child in self.children:
            if child.tag == tag:
                found.append(child)
            found += child.all(tag)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, ())
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attrs), tuple(item.tag for item in self.open[1:]))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")


def read(text: str) -> Element:
    """Return the root of a page or fragment; every tag must be closed in its order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [reader.root], "tags are left open"
    return reader.root


def everything(root: Element) -> list[Element]:
    """Return all elements."""
    found = []
    for child in root.children:
        found.append(child)
        found += everything(child)
    return found


def complaints(root: Element) -> list[str]:
    """Return what keeps parts of a page from some readers, and what asks for other files."""
    elements = everything(root)
    said = []
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    said += [f"id {id_} is not unique" for id_ in set(ids) if ids.count(id_) > 1]
    for element in elements:
        said += _complaints_of(element, set(ids))
    levels = [int(element.tag[1]) for element in elements if re.fullmatch("h[1-6]", element.tag)]
    for before, now in pairwise(levels):
        if now > before + 1:
            said.append(f"h{now} after h{before}")
    for style in root.all("style"):
        if re.search(r"url\(|@import|@font-face|https?:", style.text):
            said.append("a style asks for a file")
    for script in root.all("script"):
        if re.search(r"fetch|XMLHttp|import\(|https?:|eval|innerHTML", script.text):
            said.append("a script asks for a file")
    return said


def _complaints_of(element: Element, ids: set[str | None]) -> list[str]:
    said = []
    for name, value in element.attributes.items():
        if name.startswith("on"):
            said.append(f"{element.tag} has {name}")
        if name in ADDRESS and not (value or "").startswith("#"):
            said.append(f"{element.tag} asks for {value}")
        if name == "href" and (value or "")[1:] not in ids:
            said.append(f"{value} leads nowhere")
    if element.tag == "svg" and element.attributes.get("aria-hidden") != "true":
        first = element.children[0]
        if element.attributes.get("role") != "img" or first.tag != "title" or not first.text:
            said.append("an image without role or title")
    if element.tag == "table":
        if element.children[0].tag != "caption" or not element.children[0].text:
            said.append("a table without a caption")
        said += ["a header without scope" for th in element.all("th") if not th.attributes["scope"]]
        widths = {len(row.children) for row in element.all("tr")}
        if len(widths) > 1:
            said.append(f"rows of {sorted(widths)} cells")
    if element.tag == "details" and element.children[0].tag != "summary":
        said.append("details without a summary")
    if element.tag in ("link", "iframe", "img", "object", "embed", "base", "form"):
        said.append(f"a {element.tag}")
    return said
