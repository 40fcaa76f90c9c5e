"""The code of every model that :func:`mainspring.mlflow.log_model` logs: it opens the bundle.

MLflow copies this file beside the bundle and runs it when the model is loaded (models from code).
"""

from __future__ import annotations

from typing import Any

import mlflow.models
import mlflow.pyfunc

import mainspring
from mainspring.models.output_kinds import check_kind, method_of

__all__ = ["BundleModel"]


class BundleModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A predictor as MLflow calls one."""

    def load_context(self, context: Any) -> None:
        """Open the bundle.

        Parameters
        ----------
        context : mlflow.pyfunc.PythonModelContext
            With the path of the bundle.
        """
        self.predictor = mainspring.load(context.artifacts["bundle"])

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Predict rows.

        Parameters
        ----------
        context : mlflow.pyfunc.PythonModelContext
            Not used.
        model_input : pandas.DataFrame
            The columns of the signature.
        params : dict, optional
            ``kind``: "predict" (the default), "proba" or "raw".

        Returns
        -------
        numpy.ndarray
            As :meth:`mainspring.Predictor.predict`, ``predict_proba`` and ``predict_raw`` give it.

        Raises
        ------
        ParameterError
            When ``kind`` is another word.
        """
        kind = (params or {}).get("kind", "predict")
        check_kind(kind)
        return getattr(self.predictor, method_of(kind))(model_input)


mlflow.models.set_model(BundleModel())
