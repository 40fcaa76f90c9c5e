"""Examples in docstrings run, and show what they say they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import mainspring as ms

# An editable install has the top folder in the package's path, too.
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(Path(ms.__file__).parent)], "mainspring.")
    if not module.name.rpartition(".")[2].startswith("_")
    and not module.name.startswith(("mainspring.cli", "mainspring.kernels"))
)


def test_modules_with_examples_are_found() -> None:
    assert {"mainspring.predictor", "mainspring.profiles.table_profile"} <= set(MODULES)


@pytest.mark.parametrize("name", ["mainspring", *MODULES])
def test_examples_of_a_module_show_what_they_say(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "mainspring.mlflow.pyfunc_model":
        pytest.importorskip("mlflow")
    num_threads = ms.build_info()["num_threads"]
    if name.startswith("mainspring.train.") or name == "mainspring.models.weights":
        # Most of training is built on torch; the weights of the example come from it.
        pytest.importorskip("torch")
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
    ms.set_num_threads(num_threads)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", [name for name in ms.__all__ if not name.endswith(("Error", "Report", "__"))]
)
def test_public_name_has_an_example(name: str) -> None:
    assert ">>>" in (getattr(ms, name).__doc__ or "")
