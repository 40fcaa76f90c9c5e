"""The package of training without torch: its names, its list of operators, the page's table."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mainspring import train
from mainspring.train.ops.op_list import OPS
from tests.train import op_table

WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from mainspring import train; "


def test_names_are_sorted_and_each_has_a_home() -> None:
    assert list(train.__all__) == sorted(train.__all__)
    assert set(train.__all__) == set(train._HOMES)
    assert dir(train) == train.__all__


def test_package_when_imported_loads_no_torch() -> None:
    code = (
        "import sys; from mainspring import train; import mainspring.train.ops.op_list; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_name_when_torch_is_missing_is_an_error_that_names_the_extra() -> None:
    code = WITHOUT_TORCH + (
        "from mainspring.errors import MissingExtraError\n"
        "try:\n    train.dot_interaction\n"
        "except MissingExtraError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'mainspring[torch]'" in done.stdout


def test_name_when_unknown_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match=r"'mainspring\.train' has no attribute 'nothing'"):
        train.nothing  # noqa: B018


def test_table_of_the_page_is_the_list_of_operators() -> None:
    text = op_table.PAGE.read_text(encoding="utf-8")
    assert op_table.with_table(text) == text, "run python -m tests.train.op_table"


def test_operators_when_listed_all_have_the_reference() -> None:
    for op in OPS:
        assert "float64" in op.backends["eager"] or op.kind in ("embedding", "optimizer"), op.name
        assert set(op.backends) <= set(op_table.ORDER)
