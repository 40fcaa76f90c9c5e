"""Streaming detectors: values in as they come, in batches; positions of drift out."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mainspring import _engine
from mainspring._names import did_you_mean
from mainspring.errors import ParameterError

__all__ = [
    "Adwin",
    "Cusum",
    "Ddm",
    "Detector",
    "Eddm",
    "Ewma",
    "HddmA",
    "HddmW",
    "Kswin",
    "PageHinkley",
]

Positions = npt.NDArray[np.int64]


class Detector:
    """What all streaming detectors do.

    After drift a detector begins anew with the next value. Batches do not matter: any way of
    cutting the same values gives the same positions. NaN is missing: it has a position and nothing
    else. Not safe for use from two threads at once, if the order of batches is to be known.

    Parameters
    ----------
    **params : float
        As the detector's class names them.

    Raises
    ------
    ParameterError
        When there is no such parameter, or its value is out of range.
    """

    _name: ClassVar[str] = ""

    def __init__(self, **params: float) -> None:
        if not self._name:
            raise ParameterError("Detector has no method of its own: use Adwin, Ddm and so on.")
        self._params = _checked(self._name, params)
        self._native = _engine.Detector(self._name, self._params)
        self._warnings: Positions = np.empty(0, np.int64)

    @property
    def params(self) -> dict[str, float]:
        """Every parameter, as set or by default."""
        return dict(self._params)

    @property
    def num_values(self) -> int:
        """Values seen so far, missing ones included."""
        return int(self._native.num_values)

    @property
    def warnings(self) -> Positions:
        """Positions of warnings in the last update."""
        return self._warnings

    def update(self, values: npt.ArrayLike) -> Positions:
        """See values.

        Parameters
        ----------
        values : array_like
            One number or many, in order.

        Returns
        -------
        numpy.ndarray of int64
            Positions of drift, counted from 0 over all values ever seen; empty where there is none.

        Raises
        ------
        DataError
            When a value is infinite, or outside 0 to 1 where errors are expected. No value of the
            batch was seen then.
        """
        given = np.ascontiguousarray(np.atleast_1d(np.asarray(values)), dtype=np.float64)
        drifts, warnings = self._native.update(given.ravel())
        self._warnings = np.frombuffer(warnings, np.int64)
        return np.frombuffer(drifts, np.int64)

    def to_bytes(self) -> bytes:
        """Return the state.

        Returns
        -------
        bytes
            For :meth:`from_bytes` of a detector with the same parameters.
        """
        return bytes(self._native.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes, **params: float) -> Detector:
        """Go on where another detector stopped.

        Parameters
        ----------
        data : bytes
            What :meth:`to_bytes` returned; nothing in it is trusted.
        **params : float
            Those of the other detector.

        Returns
        -------
        Detector
            Its further positions are those that the other one would have found.

        Raises
        ------
        BundleCorruptError
            When the bytes are cut, changed or of another detector.
        """
        made = cls(**params)
        made._native.restore(bytes(data))
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored, (type(self), self.to_bytes(), self.params))

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value:g}" for name, value in self._params.items())
        return f"{type(self).__name__}({params})"


def _restored(kind: type[Detector], data: bytes, params: dict[str, float]) -> Detector:
    return kind.from_bytes(data, **params)


@functools.cache
def _params_of(name: str) -> dict[str, dict[str, Any]]:
    row = next(row for row in _engine.detectors() if row["name"] == name)
    return {param["name"]: param for param in row["params"]}


def _checked(name: str, given: dict[str, float]) -> dict[str, float]:
    known = _params_of(name)
    values = {key: float(param["default"]) for key, param in known.items()}
    for key, value in given.items():
        if key not in known:
            hint = did_you_mean(key, known)
            raise ParameterError(
                f"{name}: there is no parameter '{key}'; there are {', '.join(known)}.{hint}",
                expected=", ".join(known),
                got=key,
            )
        param = known[key]
        number = isinstance(value, (int, float)) and not (param["whole"] and value != int(value))
        if not number or not param["smallest"] <= value <= param["largest"]:
            kind = "a whole number" if param["whole"] else "a number"
            raise ParameterError(
                f"{name}: '{key}' must be {kind} from {param['smallest']:g} to "
                f"{param['largest']:g}, got {value!r}.",
                expected=f"{param['smallest']:g} to {param['largest']:g}",
                got=repr(value),
            )
        values[key] = float(value)
    return values


class Adwin(Detector):
    """ADWIN (Bifet and Gavalda 2007): a window that drops what no longer fits.

    Parameters: ``delta`` 0.002, ``clock`` 32, ``buckets`` 5, ``min_part`` 5, ``min_values`` 10 and
    ``restart`` 0: 1 begins with an empty window after drift, as river does.

    Examples
    --------
    >>> import numpy as np, mainspring as ms
    >>> values = np.repeat([0.0, 1.0], 500) + np.random.default_rng(0).normal(0, 0.1, 1000)
    >>> ms.drift.Adwin().update(values)[:1]
    array([511])
    """

    _name = "adwin"


class Ddm(Detector):
    """DDM (Gama et al. 2004): the error rate rises above its lowest.

    Parameters: ``min_values`` 30, ``warning`` 2 and ``drift`` 3 standard deviations. Values are
    errors: 1 where a prediction was wrong.
    """

    _name = "ddm"


class Eddm(Detector):
    """EDDM (Baena-Garcia et al. 2006): errors come closer together.

    Parameters: ``min_values`` 30, ``warning`` 0.95 and ``drift`` 0.9 of the widest distance. Values
    are errors: 1 where a prediction was wrong.
    """

    _name = "eddm"


class HddmA(Detector):
    """HDDM-A (Frias-Blanco et al. 2015): means held against Hoeffding's inequality.

    Parameters: ``drift`` 0.001 and ``warning`` 0.005, levels; ``two_sided`` 0. Values are errors or
    anything else from 0 to 1.
    """

    _name = "hddm_a"


class HddmW(Detector):
    """HDDM-W (Frias-Blanco et al. 2015): weighted means held against McDiarmid's inequality.

    Parameters: ``drift`` 0.001 and ``warning`` 0.005, levels; ``weight`` 0.05 of the newest value;
    ``two_sided`` 0. Values are errors or anything else from 0 to 1.
    """

    _name = "hddm_w"


class PageHinkley(Detector):
    """Page-Hinkley (Page 1954): cumulated deviations from the running mean.

    Parameters: ``min_values`` 30, ``delta`` 0.005, ``threshold`` 50, ``alpha`` 0.9999, ``up`` 1 and
    ``down`` 1.
    """

    _name = "page_hinkley"


class Cusum(Detector):
    """CUSUM (Page 1954): sums of deviations that never fall below zero.

    Parameters: ``min_values`` 30, ``delta`` 0.005, ``threshold`` 50, ``up`` 1 and ``down`` 1.
    """

    _name = "cusum"


class Kswin(Detector):
    """KSWIN (Raab et al. 2020): the newest values against a sample of older ones.

    Parameters: ``alpha`` 0.005, ``window`` 100, ``recent`` 30, at most half of the window, and
    ``seed`` 0.
    """

    _name = "kswin"

    def __init__(self, **params: float) -> None:
        checked = _checked(self._name, params)
        if 2 * checked["recent"] > checked["window"]:
            raise ParameterError(
                f"kswin: 'recent' must be at most half of 'window', got {checked['recent']:g} of "
                f"{checked['window']:g}.",
                expected="recent <= window / 2",
                got=f"{checked['recent']:g}",
            )
        super().__init__(**params)


class Ewma(Detector):
    """EWMA control chart (Roberts 1959): a moving average against its own limits.

    Parameters: ``min_values`` 100, from which mean and deviation are learnt, ``weight`` 0.1 and
    ``limit`` 4 standard deviations.
    """

    _name = "ewma"
