"""What the extras of this package want, and which of it is installed: read from its metadata."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, requires, version

__all__ = ["Extra", "Requirement", "installed_extras"]

# Those of people who change mainspring, not of those who use it.
_DEVELOPMENT = ("bench", "docs", "test")
_REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[\w,. -]+\])?\s*([^;]*)(?:;(.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")
_CONDITION = re.compile(r"""(sys_platform|python_version)\s*(==|!=|>=|<=|<|>)\s*['"]([^'"]+)['"]""")


@dataclass(frozen=True)
class Requirement:
    """A package that an extra wants.

    Attributes
    ----------
    package : str
        Its name.
    wanted : str
        The versions that will do, as ``>=0.40``; empty where any will.
    installed : str or None
        The version that is here.
    """

    package: str
    wanted: str
    installed: str | None

    @property
    def fits(self) -> bool:
        """Whether a version that will do is here."""
        return self.installed is not None and _fits(self.installed, self.wanted)


@dataclass(frozen=True)
class Extra:
    """An extra and what it wants.

    Attributes
    ----------
    name : str
        As in ``pip install 'mainspring[name]'``.
    requirements : list of Requirement
        What it wants on this system.
    """

    name: str
    requirements: list[Requirement] = field(default_factory=list)

    @property
    def state(self) -> str:
        """``installed``, ``missing``, or ``wrong version`` where a version is of no use."""
        wrong = [one for one in self.requirements if one.installed is not None and not one.fits]
        if wrong:
            return "wrong version"
        return "installed" if all(one.fits for one in self.requirements) else "missing"


def installed_extras() -> list[Extra]:
    """Read the extras of the installed package, and look for what they want.

    Returns
    -------
    list of Extra
        By name; the extras for development are left out.
    """
    extras: dict[str, Extra] = {}
    for line in requires("mainspring") or []:
        found = _REQUIREMENT.match(line.strip())
        name = _EXTRA.search(line)
        if found is None or name is None or name[1] in _DEVELOPMENT:
            continue
        package, wanted, condition = found[1], found[2].strip(" ()"), found[3] or ""
        extra = extras.setdefault(name[1], Extra(name[1]))
        if _applies(condition):
            extra.requirements.append(Requirement(package, wanted, _version(package)))
    return [extras[name] for name in sorted(extras)]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _applies(condition: str) -> bool:
    here = {"sys_platform": sys.platform, "python_version": "{}.{}".format(*sys.version_info)}
    for name, sign, value in _CONDITION.findall(condition):
        if name == "sys_platform":
            if (here[name] == value) != (sign == "=="):
                return False
        elif not _fits(here[name], sign + value):
            return False
    return True


def _fits(installed: str, wanted: str) -> bool:
    for part in filter(None, re.split(r"\s*,\s*", wanted)):
        found = re.match(r"(==|!=|>=|<=|~=|<|>)\s*(.+)", part)
        if found is None:
            continue
        sign, have, want = found[1], _numbers(installed), _numbers(found[2])
        length = max(len(have), len(want))
        have, want = have + (0,) * (length - len(have)), want + (0,) * (length - len(want))
        holds = {
            "==": have == want,
            "!=": have != want,
            ">=": have >= want,
            "~=": have >= want,
            "<=": have <= want,
            "<": have < want,
            ">": have > want,
        }
        if not holds[sign]:
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    """Return the release numbers of a version: what comes behind them does not decide here."""
    found = re.match(r"\d+(?:\.\d+)*", text.strip())
    return tuple(int(part) for part in found[0].split(".")) if found else ()
