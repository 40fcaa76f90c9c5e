"""Transforms: what turns the columns of a table into the features of a model.

``col`` begins an expression, the operators are its methods, and a ``Preprocessor`` fits and applies
expressions. Each operator is a class here and a struct in the engine; the two are compared when
this package is imported.
"""

from __future__ import annotations

from mainspring.transforms import (
    arithmetic,
    by_target,
    calendar,
    categorical,
    cleaning,
    cross,
    datetime,
    group_stats,
    lists,
    missing_flag,
    ngrams,
    numeric,
    parsing,
    scaling,
    shaping,
    text,
)
from mainspring.transforms import operator_methods as _operator_methods
from mainspring.transforms import transform as _transform
from mainspring.transforms.arithmetic import *
from mainspring.transforms.by_target import *
from mainspring.transforms.calendar import *
from mainspring.transforms.categorical import *
from mainspring.transforms.cleaning import *
from mainspring.transforms.cross import *
from mainspring.transforms.csr_matrix import CsrMatrix
from mainspring.transforms.datetime import *
from mainspring.transforms.expression import Expression, col
from mainspring.transforms.group_stats import *
from mainspring.transforms.importers import from_sklearn
from mainspring.transforms.lists import *
from mainspring.transforms.missing_flag import *
from mainspring.transforms.ngrams import *
from mainspring.transforms.numeric import *
from mainspring.transforms.parsing import *
from mainspring.transforms.preprocessor import Preprocessor
from mainspring.transforms.scaling import *
from mainspring.transforms.shaping import *
from mainspring.transforms.tensors import Jagged, Tensors
from mainspring.transforms.text import *
from mainspring.transforms.transform import Transform, operator_classes

# The families list their own operators, so that a new one is named in one place.
__all__ = [
    "CsrMatrix",
    "Expression",
    "Jagged",
    "Preprocessor",
    "Tensors",
    "Transform",
    "col",
    "from_sklearn",
    "operator_classes",
]
__all__ += arithmetic.__all__
__all__ += by_target.__all__
__all__ += calendar.__all__
__all__ += categorical.__all__
__all__ += cleaning.__all__
__all__ += cross.__all__
__all__ += datetime.__all__
__all__ += group_stats.__all__
__all__ += lists.__all__
__all__ += missing_flag.__all__
__all__ += ngrams.__all__
__all__ += numeric.__all__
__all__ += parsing.__all__
__all__ += scaling.__all__
__all__ += shaping.__all__
__all__ += text.__all__

_transform.check_complete()
_operator_methods.add_operator_methods()
