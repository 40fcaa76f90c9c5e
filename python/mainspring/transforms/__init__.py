"""Transforms: what turns the columns of a table into the features of a model.

``col`` begins an expression, the operators are its methods, and a ``Preprocessor`` fits and applies
expressions. Each operator is a class here and a struct in the engine; the two are compared when
this package is imported.
"""

from __future__ import annotations

from mainspring.transforms import operator_methods as _operator_methods
from mainspring.transforms import transform as _transform
from mainspring.transforms.categorical import Hash, OneHot, Ordinal, TargetMean
from mainspring.transforms.cross import Cross
from mainspring.transforms.datetime import Datetime
from mainspring.transforms.expression import Expression, col
from mainspring.transforms.missing_flag import MissingFlag
from mainspring.transforms.numeric import (
    Bucketize,
    Clip,
    Identity,
    Impute,
    Log1p,
    MinMax,
    QuantileBucketize,
    Standardize,
)
from mainspring.transforms.preprocessor import Preprocessor
from mainspring.transforms.transform import Transform, operator_classes

__all__ = [
    "Bucketize",
    "Clip",
    "Cross",
    "Datetime",
    "Expression",
    "Hash",
    "Identity",
    "Impute",
    "Log1p",
    "MinMax",
    "MissingFlag",
    "OneHot",
    "Ordinal",
    "Preprocessor",
    "QuantileBucketize",
    "Standardize",
    "TargetMean",
    "Transform",
    "col",
    "operator_classes",
]

_transform.check_complete()
_operator_methods.add_operator_methods()
