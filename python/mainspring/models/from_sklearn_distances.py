"""scikit-learn's estimators that compare distances: GaussianNB and KMeans, as one layer each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.class_labels import class_labels
from mainspring.models.feature_names import estimator_names
from mainspring.models.layers import LayerChain
from mainspring.models.sklearn_names import sklearn_name

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing scikit-learn.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for GaussianNB, KMeans and MiniBatchKMeans.
    """
    return sklearn_name(model) in ("GaussianNB", "KMeans", "MiniBatchKMeans")


def read(model: Any) -> ModelImage:
    """Read an estimator that compares distances.

    Parameters
    ----------
    model : GaussianNB, KMeans or MiniBatchKMeans
        Fitted.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors. Raw scores are the
        joint log likelihoods of a GaussianNB, and minus the squared distances of KMeans.
    """
    name = sklearn_name(model)
    if not hasattr(model, "n_features_in_"):
        raise errors.NotFittedError(
            f"The {name} has not been fitted; expected a fitted one. Call fit first.",
            expected="a fitted estimator",
            got=name,
            hint="Call fit first.",
        )
    if name == "GaussianNB":
        labels = class_labels(model.classes_, name)
        centers = np.asarray(model.theta_, np.float64)
        variances = np.asarray(model.var_, np.float64)
        bias = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * variances).sum(axis=1)
        weights = 0.5 / variances
    else:
        centers = np.asarray(model.cluster_centers_, np.float64)
        labels = list(range(len(centers)))
        weights, bias = np.ones_like(centers), np.zeros(len(centers))
    if len(labels) < 2:
        what = "class" if name == "GaussianNB" else "cluster"
        raise errors.UnsupportedError(
            f"The {name} was fitted on one {what}; expected two or more.",
            expected=f"two or more {what}es" if what == "class" else "two or more clusters",
            got=f"one {what}",
        )
    chain = LayerChain("float64")
    chain.add("distance", np.concatenate([centers, weights]), bias)
    names = estimator_names(model)
    count = f"{len(labels)} {'classes' if name == 'GaussianNB' else 'clusters'}"
    link = "softmax" if name == "GaussianNB" else "identity"
    description = f"scikit-learn {name}, {len(names)} features, {count}"
    image = chain.image(names, description, link=link, num_classes=len(labels))
    return image.with_labels(labels, "raw", 0.0)
