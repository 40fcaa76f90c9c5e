"""Every exception that mainspring raises.

::

    MainspringError
    ├── SchemaError (ValueError)             a column is missing, or of a wrong type
    ├── DataError (ValueError)               a value cannot be taken
    ├── ParameterError (ValueError)          a parameter, an option or a call is wrong
    ├── NotFittedError (ValueError, AttributeError)
    ├── FileError (OSError)                  the operating system refused
    ├── StepError (RuntimeError)             a step of a pipeline failed, or took too long
    ├── BundleError (ValueError)
    │   ├── BundleVersionError               written by a later format
    │   └── BundleCorruptError               truncated, changed, or not a bundle
    ├── UnsupportedError (NotImplementedError)  refused by name, never approximated
    ├── DeviceError (RuntimeError)           a GPU failed, or has too little memory
    └── MissingExtraError (ImportError)      an optional package is not installed
    ApproximationWarning (UserWarning)       what was learnt is near, but not exact

Each has the attributes ``column``, ``row``, ``expected``, ``got`` and ``hint`` (``None`` where they
do not apply); the message says what, where, expected, got and the fix, in this order.
"""

from __future__ import annotations

__all__ = [
    "ApproximationWarning",
    "BundleCorruptError",
    "BundleError",
    "BundleVersionError",
    "DataError",
    "DeviceError",
    "FileError",
    "MainspringError",
    "MissingExtraError",
    "NotFittedError",
    "ParameterError",
    "SchemaError",
    "StepError",
    "UnsupportedError",
]


class MainspringError(Exception):
    """Base of every error that mainspring raises.

    Parameters
    ----------
    message : str
        The whole sentence for people.
    column : str, optional
        Name of the column the error speaks of.
    row : int, optional
        Row of the input, from 0.
    expected, got, hint : str, optional
        What was wanted, what came, and the fix.
    """

    def __init__(
        self,
        message: str,
        *,
        column: str | None = None,
        row: int | None = None,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.column = column
        self.row = row
        self.expected = expected
        self.got = got
        self.hint = hint


class SchemaError(MainspringError, ValueError):
    """A column is missing, or has a type that cannot be taken."""


class DataError(MainspringError, ValueError):
    """A value cannot be taken."""


class ParameterError(MainspringError, ValueError):
    """A parameter, an option or a call is wrong."""


class NotFittedError(MainspringError, ValueError, AttributeError):
    """The object must be fitted first."""


class FileError(MainspringError, OSError):
    """The operating system refused to read or write a file."""


class StepError(MainspringError, RuntimeError):
    """A step of a pipeline failed, was too slow, or its process died.

    What the step itself raised is the ``__cause__``, where it ran in this process.

    Parameters
    ----------
    message : str
        The whole sentence for people.
    step : str, optional
        The step's name.
    **details : str or None
        Of :class:`MainspringError`.
    """

    def __init__(self, message: str, *, step: str | None = None, **details: str | None) -> None:
        super().__init__(message, **details)  # type: ignore[arg-type]
        self.step = step


class BundleError(MainspringError, ValueError):
    """A bundle cannot be read."""


class BundleVersionError(BundleError):
    """The bundle was written by a later format than this version reads."""


class BundleCorruptError(BundleError):
    """The bytes are truncated, changed, or not a bundle."""


class UnsupportedError(MainspringError, NotImplementedError):
    """A model, type or option that is refused by name, never approximated."""


class DeviceError(MainspringError, RuntimeError):
    """A GPU failed, or has too little memory for what was asked."""


class MissingExtraError(MainspringError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


class ApproximationWarning(UserWarning):
    """What was learnt is within a stated error of the exact result; the message says why.

    Examples
    --------
    >>> import warnings
    >>> import pyarrow as pa
    >>> import mainspring as ms
    >>> prep = ms.Preprocessor(ms.col("user").ordinal(), max_keys=2)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", ms.ApproximationWarning)
    ...     _ = prep.fit(pa.table({"user": ["ann", "ann", "bob", "cem"]}))
    >>> str(caught[0].message).partition(" than ")[0]
    "Column 'user' has more distinct values"
    """
