"""An oracle that lets a wrong answer pass is no oracle: every comparison must be able to fail."""

from __future__ import annotations

import numpy as np

from tests.generic.case import Case
from tests.generic.columns import eleven_rows
from tests.generic.operators import by_case
from tests.repo.mutants import mutants_of
from tests.tolerances import differences


@by_case
def test_oracle_when_an_operator_is_changed_bites(case: Case) -> None:
    columns = eleven_rows(case)
    target = list(np.arange(11.0))
    table = case.table(columns)
    got = case.preprocessor().fit(table, np.array(target)).transform(table)
    expected = case.expected(columns, columns, target)
    assert differences(case.op, got, expected).size == 0
    mutants = mutants_of(got, columns[0])
    assert {"zeros", "one_ulp", "shifted", "swapped"} <= mutants.keys()
    passed = [name for name, mutant in mutants.items() if not found_out(case, mutant, expected)]
    assert passed == []


def found_out(case: Case, mutant: np.ndarray, expected: np.ndarray) -> bool:
    return differences(case.op, mutant, expected).size > 0
