"""Finds the pipeline in a file of Python: for the command line, and for processes of steps."""

from __future__ import annotations

import hashlib
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType

from mainspring.errors import FileError, ParameterError
from mainspring.pipeline.pipeline import Pipeline

__all__ = ["load_pipeline"]


class _TextLoader(SourceFileLoader):
    """Compiles what the file says now.

    Python's kept bytecode of a text that was as long and as old to the second would be run under
    the key of the new text, and its result kept as the new one's.
    """

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def load_pipeline(path: str, name: str | None = None) -> Pipeline:
    """Run a file of Python and return the pipeline that it makes.

    Parameters
    ----------
    path : str
        The file; what stands under ``if __name__ == "__main__"`` does not run. Its folder is where
        its imports are looked for first.
    name : str, optional
        Which pipeline, where it makes several.

    Returns
    -------
    Pipeline
        A variable at the top of the file.

    Raises
    ------
    FileError
        When the file cannot be read.
    ParameterError
        When it makes no pipeline, or several and none is named.
    """
    file = Path(path).resolve()
    if file.is_dir():
        raise FileError(f"{path} cannot be read: it is a folder. Name the file of the pipeline.")
    if not file.is_file():
        raise FileError(f"{path} cannot be read: there is no such file.")
    # The same name in every process that loads it, for classes that are pickled.
    module_name = f"pipeline_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}_{file.stem}"
    spec = spec_from_file_location(module_name, file, loader=_TextLoader(module_name, str(file)))
    if spec is None or spec.loader is None:
        raise FileError(f"{path} cannot be read as Python.")
    module = module_from_spec(spec)
    sys.modules[module_name] = module
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    spec.loader.exec_module(module)
    found: dict[int, Pipeline] = {
        id(value): value for value in vars(module).values() if isinstance(value, Pipeline)
    }
    fitting = [one for one in found.values() if name in (None, one.name)]
    if len(fitting) != 1:
        there = ", ".join(repr(one.name) for one in found.values()) or "none"
        wanted = "one pipeline" if name is None else f"one pipeline {name!r}"
        raise ParameterError(
            f"{path}: expected {wanted} among the variables at the top of the file, found {there}."
            + (" Say which." if len(fitting) > 1 and name is None else ""),
            expected=wanted,
            got=there,
        )
    return fitting[0]
