"""Where the C interface lies, for builds of programs that embed the engine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from mainspring import errors

__all__ = ["get_cmake_dir", "get_include", "get_library_dir"]


def get_include() -> str:
    """Return the folder of ``mainspring.h``.

    Returns
    -------
    str
        For the compiler's ``-I``.

    Raises
    ------
    UnsupportedError
        When the package was built without the C interface.

    Examples
    --------
    >>> import mainspring as ms
    >>> from pathlib import Path
    >>> Path(ms.get_include(), "mainspring.h").is_file()
    True
    """
    return str(_folder())


def get_library_dir() -> str:
    """Return the folder of ``libmainspring.so`` and ``libmainspring_edge.so``.

    Returns
    -------
    str
        For the linker's ``-L`` and ``-Wl,-rpath,``; its folder ``pkgconfig`` is for
        ``PKG_CONFIG_PATH``.

    Raises
    ------
    UnsupportedError
        When the package was built without the C interface.

    Examples
    --------
    >>> import mainspring as ms
    >>> from pathlib import Path
    >>> Path(ms.get_library_dir(), "libmainspring.so").is_file()
    True
    """
    return str(_folder())


def get_cmake_dir() -> str:
    """Return the folder that ``find_package(mainspring)`` has to know.

    Returns
    -------
    str
        For CMake's ``-Dmainspring_DIR=``.

    Raises
    ------
    UnsupportedError
        When the package was built without the C interface.

    Examples
    --------
    >>> import mainspring as ms
    >>> from pathlib import Path
    >>> Path(ms.get_cmake_dir(), "mainspring-config.cmake").is_file()
    True
    """
    return str(_folder() / "cmake")


def _folder() -> Path:
    # Beside the engine, which an editable install keeps apart from the Python files.
    engine = find_spec("mainspring._engine")
    folder = Path(str(engine and engine.origin)).parent / "edge"
    if not (folder / "mainspring.h").is_file():
        raise errors.UnsupportedError(
            f"The C interface is not in {folder}: mainspring was built without it. Install it "
            "again, without MAINSPRING_EDGE=OFF.",
            expected="mainspring.h beside the engine",
            got=f"none in {folder}",
            hint="Install it again, without MAINSPRING_EDGE=OFF.",
        )
    return folder
