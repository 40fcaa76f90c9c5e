"""The runtime and the C interface as one source file, with no more in it than a bundle needs.

A microcontroller's build takes a file more easily than a library. Every source of the runtime
becomes a stretch of one translation unit: headers first, each once; names that two sources keep to
themselves get the source's name behind them, because in one unit they would be the same name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["amalgamate", "models_of", "steps_of"]

# What the library for devices has none of: kernels for blocks of rows, explanations, numbers as
# text, and those of one instruction set.
_LEFT_OUT = re.compile(
    r"/((sliced|quick|bit_walk|explain|write)_[a-z0-9]+|explain|quadrature|early_exit|\w+_avx(2|512))"
    r"\.cpp$"
)
_KERNELS = "runtime/core/kernels_baseline.cpp"
_BLOCKS = "forest/sliced_baseline.cpp"
_ALWAYS = ("runtime/steps/plan.cpp", "runtime/steps/step_list.cpp", "runtime/models/model_list.cpp")
_EDGE = ("mainspring.cpp", "columns.cpp", "request.cpp", "explain.cpp", "counters.cpp")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"[^\n]*\n', re.MULTILINE)
# Loops unrolled for speed, and what their vectors may assume: here size counts.
_UNROLL = re.compile(r"^[ \t]*#pragma GCC (?:unroll|ivdep)[^\n]*\n", re.MULTILINE)
# Where the time of a prediction goes; all else runs once for a tile, a column or a bundle.
_HOT = re.compile(
    r"runtime/(core/kernels|models/(forest/(forest|slot|sliced)|network/interact)|predictor/predict)"
)
_PUSH_SIZE = "#pragma clang attribute push(__attribute__((minsize)), apply_to = function)\n"
_KERNEL = re.compile(r"(?<= \.)(\w+) = \1(?=[,}])")
_DEFINED = re.compile(r"\bconst (?:Step|Model) (k\w+?)(?:Step|Model)\s*=")

_OTHER_KERNELS = """
namespace mainspring {
// One instruction set: the compiler's.
const Kernels* kernels_avx2() noexcept { return nullptr; }
const Kernels* kernels_avx512() noexcept { return nullptr; }
}  // namespace mainspring
"""

_OTHER_BLOCKS = """
namespace mainspring {
PredictSliced sliced_avx2() noexcept { return nullptr; }
PredictSliced sliced_avx512() noexcept { return nullptr; }
}  // namespace mainspring
"""

_FIRST = """\
// The bits of the results need sums as they are written: no fused or reordered arithmetic.
#if defined(__FAST_MATH__)
#error "mainspring needs exact arithmetic: compile without -ffast-math"
#endif
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"  // kernels that nothing here calls
#endif
#define MAINSPRING_SMALL 1
"""


def steps_of(source: Path) -> dict[str, str]:
    """Return the name of each step, in the order of codes, and the constant that it is.

    Parameters
    ----------
    source : Path
        The folder of sources: ``runtime`` and ``edge``.

    Returns
    -------
    dict of str to str
        ``{"load": "kLoadStep", ...}``.
    """
    return _listed(source / "runtime" / "steps" / "step_list.cpp", "Step")


def models_of(source: Path) -> dict[str, str]:
    """Return the name of each kind of model, and the constant that it is.

    Parameters
    ----------
    source : Path
        The folder of sources.

    Returns
    -------
    dict of str to str
        ``{"forest": "kForestModel", ...}``.
    """
    return _listed(source / "runtime" / "models" / "model_list.cpp", "Model")


def amalgamate(
    source: Path,
    *,
    steps: Collection[str] | None = None,
    models: Collection[str] | None = None,
    tile_rows: int = 512,
    arrow: bool = True,
    by_heat: bool = False,
    blocks: bool = False,
) -> str:
    """Return one C++20 source file that has the C interface and what it needs.

    Parameters
    ----------
    source : Path
        The folder of sources: ``runtime`` and ``edge``.
    steps, models : collection of str, optional
        Names from :func:`steps_of` and :func:`models_of`; by default all of them. A bundle that has
        others is refused when it is opened.
    tile_rows : int, default 512
        Rows that run at once, a multiple of 64 up to 512: a row of scratch each. Changes no bit.
    arrow : bool, default True
        Take batches of Arrow; without them a request with one gives MAINSPRING_UNSUPPORTED_TYPE.
    by_heat : bool, default False
        Tell clang to compile for size whatever is no model's loop, however the rest is compiled.
    blocks : bool, default False
        Send batches through a forest's bit-sliced program where a bundle has one.

    Returns
    -------
    str
        The text.
    """
    sources = _Sources(source, steps, models, blocks=blocks)
    parts = [_FIRST]
    if blocks:
        parts.append("#define MAINSPRING_BLOCKS 1\n")
    if sources.is_selection:
        parts.append("#define MAINSPRING_SELECTION 1\n")
    if not arrow:
        parts.append("#define MAINSPRING_NO_ARROW 1\n")
    headers: dict[str, str] = {}
    for name in sources.needed:
        sources.collect_headers(name, headers)
    for name, text in headers.items():
        if name == "runtime/core/tile.hpp":
            text = _with_tile_rows(text, tile_rows)
        text = text.replace("#pragma once\n", "")
        parts.append(_stretch(name, text, is_cold=by_heat and not _HOT.search(name)))
    twice = _names_used_twice(sources)
    words = {name: set(re.findall(r"\w+", _plain(text))) for name, text in headers.items()}
    for name in sources.needed:
        text = sources.text(name)
        own: dict[str, str] = {}
        sources.collect_headers(name, own)
        # In its own file a name of another file's header was no other name.
        foreign = set[str]().union(*(words[header] for header in headers if header not in own))
        foreign -= set[str]().union(*(words[header] for header in own))
        for local in sorted(_local_names(text) & (twice | foreign)):
            stem = Path(name).stem
            text = re.sub(rf"(?<!\.)(?<!->)\b{local}\b", f"{local}_of_{stem}", text)
        parts.append(_stretch(name, text, is_cold=by_heat and not _HOT.search(name)))
    parts.append(_OTHER_KERNELS)
    if blocks and "runtime/models/forest/sliced.hpp" in headers:
        parts.append(_OTHER_BLOCKS)
    return "\n".join(parts)


def _listed(path: Path, kind: str) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    found = re.findall(rf"&k(\w+?){kind}\b", text)
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): f"k{name}{kind}" for name in found}


class _Sources:
    """The files that a selection of steps and models needs, and their texts."""

    def __init__(
        self,
        root: Path,
        steps: Collection[str] | None,
        models: Collection[str] | None,
        *,
        blocks: bool,
    ) -> None:
        self._root = root
        self._texts: dict[str, str] = {}
        self._dropped = {
            constant
            for listed, wanted in ((steps_of(root), steps), (models_of(root), models))
            for name, constant in listed.items()
            if wanted is not None and name not in wanted
        }
        files = sorted(path.relative_to(root).as_posix() for path in root.glob("runtime/**/*.cpp"))
        self._files = [
            name
            for name in files
            if not _LEFT_OUT.search(name) or (blocks and name.endswith(_BLOCKS))
        ]
        self.is_selection = bool(self._dropped)
        self.needed = self._closure()

    def text(self, name: str) -> str:
        """Return a file's text, with parts included where they stand and no other includes."""
        if name not in self._texts:
            text = (self._root / name).read_text(encoding="utf-8")
            if name in _ALWAYS:
                # A step's code is its place in the list, so what is left out leaves a hole.
                for constant in self._dropped:
                    if constant.endswith("Step"):
                        text = re.sub(rf"&{constant}\b", "nullptr", text)
                    else:
                        text = re.sub(rf"&{constant}\b(, )?", "", text)
                text = text.replace(", }", "}")
            if name == _KERNELS:
                text = self._part_of_kernels(_INCLUDE.sub(self._part, text))
            self._texts[name] = _UNROLL.sub("", _INCLUDE.sub(self._part, text))
        return self._texts[name]

    def _part_of_kernels(self, text: str) -> str:
        """Leave a hole in the table of kernels where nothing calls one."""
        others = "".join(_plain(self.text(name)) for name in self.needed if name != _KERNELS)
        called = set(re.findall(r"(?:\.|->)(\w+)", others))
        return _KERNEL.sub(
            lambda kernel: kernel[0] if kernel[1] in called else f"{kernel[1]} = nullptr", text
        )

    def collect_headers(self, name: str, into: dict[str, str]) -> None:
        """Add the headers that a file needs, those that they need first."""
        for header in self._headers(name):
            if header not in into:
                self.collect_headers(header, into)
                into[header] = self.text(header)

    def _part(self, match: re.Match[str]) -> str:
        return self.text(match[1]) if match[1].endswith(".inc") else ""

    def _headers(self, name: str) -> Iterator[str]:
        text = (self._root / name).read_text(encoding="utf-8")
        for included in _INCLUDE.findall(text):
            if included.endswith(".inc"):
                yield from self._headers(included)
            else:
                yield included if included.startswith("runtime/") else f"edge/{included}"

    def _closure(self) -> list[str]:
        needed = dict.fromkeys([f"edge/{name}" for name in _EDGE])
        needed.update(dict.fromkeys(_ALWAYS))
        needed[_KERNELS] = None
        needed["runtime/core/cpu_features.cpp"] = None
        for name in self._files:
            if self._is_wanted(name):
                needed[name] = None
        seen: set[str] = set()
        while len(seen) < len(needed):
            for name in [name for name in needed if name not in seen]:
                seen.add(name)
                headers: dict[str, str] = {}
                self.collect_headers(name, headers)
                for header in headers:
                    needed.update(dict.fromkeys(self._behind(header)))
        return list(needed)

    def _is_wanted(self, name: str) -> bool:
        text = (self._root / name).read_text(encoding="utf-8")
        defined = {match[0].split()[2] for match in _DEFINED.finditer(text)}
        return bool(defined) and not defined & self._dropped

    def _behind(self, header: str) -> list[str]:
        """Return what defines the functions that a header declares."""
        folder = header.rpartition("/")[0]
        if folder in ("runtime/core", "runtime/steps"):
            own = header.removesuffix(".hpp") + ".cpp"
            return [own] if own in self._files else []
        return [
            name
            for name in self._files
            if name.rpartition("/")[0] == folder and not name.endswith("model_list.cpp")
        ]


def _with_tile_rows(text: str, tile_rows: int) -> str:
    """Change the rows of a tile; their validity keeps its 64 bytes, so that slots stay aligned."""
    for old, new in (
        ("kTileRows = 512;", f"kTileRows = {tile_rows};"),
        ("kSlotValidityBytes = kValidityWords * sizeof(uint64_t);", "kSlotValidityBytes = 64;"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def _stretch(name: str, text: str, *, is_cold: bool) -> str:
    if is_cold:
        text = f"{_PUSH_SIZE}{text}\n#pragma clang attribute pop\n"
    return f"// ---- {name}\n{text}"


def _names_used_twice(sources: _Sources) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in sources.needed:
        names = _local_names(sources.text(name))
        twice |= names & seen
        seen |= names
    return twice


def _plain(text: str) -> str:
    """Return code without comments, strings, characters and the preprocessor's lines."""
    plain = re.sub(r"//[^\n]*", "", text)
    plain = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "", plain)  # separators of digits
    plain = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', plain)
    plain = re.sub(r"'(?:\\.|[^'\\\n])+'", "'x'", plain)
    return re.sub(r"^\s*#(?:[^\n\\]|\\\n)*", "", plain, flags=re.MULTILINE)


def _local_names(text: str) -> set[str]:
    """Names that a file keeps to itself: those of its namespaces without a name."""
    plain = _plain(text)
    names: set[str] = set()
    for match in re.finditer(r"\bnamespace\s*\{", plain):
        names.update(filter(None, map(_declared_name, _declarations(plain, match.end()))))
    return names


def _declarations(text: str, at: int) -> Iterator[str]:
    """Yield what stands before the brace or semicolon of each declaration of a block."""
    depth, begin = 1, at
    for match in re.compile(r"[{};]").finditer(text, at):
        if match[0] == "{":
            if depth == 1:
                yield text[begin : match.start()]
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return
        elif depth == 1:
            yield text[begin : match.start()]
        if depth == 1:
            begin = match.end()


def _declared_name(declaration: str) -> str | None:
    text = re.sub(r"\[\[.*?\]\]|__attribute__\s*\(\(.*?\)\)\)?", " ", declaration, flags=re.DOTALL)
    text = text.strip()
    while text.startswith("template"):
        text = _behind_brackets(text).strip()
    kind = re.match(
        r"(?:struct|class|union|enum(?:\s+class)?)\s+(?:alignas\([^)]*\)\s*)?(\w+)", text
    )
    alias = re.match(r"using\s+(\w+)\s*=", text)
    if found := kind or alias:
        return str(found[1])
    if text.startswith("typedef"):
        return str(re.findall(r"\w+", text)[-1])
    if not text or text.startswith(("using", "static_assert", "}")):
        return None
    for _ in range(3):
        text = re.sub(r"<[^<>]*>", "", text)
    words = re.findall(r"\w+", re.split(r"[(=\[]", text, maxsplit=1)[0])
    return str(words[-1]) if len(words) > 1 else None


def _behind_brackets(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if depth == 0 and character == ">":
            return text[at + 1 :]
    return ""
