"""Training with PyTorch: fused operators, embedding tables, losses, optimizers, batches and models.

This file holds only names: a name is fetched from its module when it is first used, and torch is
loaded by those modules alone that are built on it.
"""

from __future__ import annotations

from importlib import import_module

__all__ = [  # noqa: RUF022 - in the order of sorted()
    "Adagrad",
    "AdamW",
    "ArrowBatches",
    "DCNv2",
    "DLRM",
    "DeepFM",
    "DynamicTable",
    "EmbeddingTables",
    "Epoch",
    "FM",
    "FwFM",
    "HashedFactorizationMachine",
    "HashedLogisticRegression",
    "Lion",
    "MLP",
    "NormActivation",
    "OPS",
    "Op",
    "ResNet",
    "RowOptimizer",
    "SGD",
    "TabularModel",
    "TensorBatch",
    "Training",
    "WideAndDeep",
    "asymmetric_loss",
    "binary_cross_entropy",
    "bpr_loss",
    "cross_interaction",
    "dot_interaction",
    "factorization_machine",
    "field_weighted_fm",
    "fit",
    "focal_loss",
    "huber_loss",
    "in_batch_softmax_loss",
    "lambda_rank_loss",
    "layer_norm",
    "linear_cross_entropy",
    "list_mle_loss",
    "list_net_loss",
    "pairwise_loss",
    "quantile_loss",
    "sampled_softmax_loss",
    "softmax_cross_entropy",
    "tensorflow_dataset",
    "tweedie_loss",
    "use_backend",
]

_HOMES = {
    "Adagrad": "mainspring.train.ops.optimizers",
    "AdamW": "mainspring.train.ops.optimizers",
    "ArrowBatches": "mainspring.train.batches",
    "DCNv2": "mainspring.train.models.interacting",
    "DLRM": "mainspring.train.models.interacting",
    "DeepFM": "mainspring.train.models.interacting",
    "DynamicTable": "mainspring.train.ops.dynamic_table",
    "EmbeddingTables": "mainspring.train.ops.embedding",
    "Epoch": "mainspring.train.training",
    "FM": "mainspring.train.models.interacting",
    "FwFM": "mainspring.train.models.interacting",
    "HashedFactorizationMachine": "mainspring.train.hashed_models",
    "HashedLogisticRegression": "mainspring.train.hashed_models",
    "Lion": "mainspring.train.ops.optimizers",
    "MLP": "mainspring.train.models.deep",
    "NormActivation": "mainspring.train.ops.normalization",
    "OPS": "mainspring.train.ops.op_list",
    "Op": "mainspring.train.ops.op_list",
    "ResNet": "mainspring.train.models.deep",
    "RowOptimizer": "mainspring.train.ops.row_optimizer",
    "SGD": "mainspring.train.ops.optimizers",
    "TabularModel": "mainspring.train.models.tabular",
    "TensorBatch": "mainspring.train.windows",
    "Training": "mainspring.train.training",
    "WideAndDeep": "mainspring.train.models.deep",
    "asymmetric_loss": "mainspring.train.ops.binary_losses",
    "binary_cross_entropy": "mainspring.train.ops.binary_losses",
    "bpr_loss": "mainspring.train.ops.ranking_losses",
    "cross_interaction": "mainspring.train.ops.interactions",
    "dot_interaction": "mainspring.train.ops.interactions",
    "factorization_machine": "mainspring.train.ops.interactions",
    "field_weighted_fm": "mainspring.train.ops.interactions",
    "fit": "mainspring.train.fit_loop",
    "focal_loss": "mainspring.train.ops.binary_losses",
    "huber_loss": "mainspring.train.ops.number_losses",
    "in_batch_softmax_loss": "mainspring.train.ops.retrieval_losses",
    "lambda_rank_loss": "mainspring.train.ops.ranking_losses",
    "layer_norm": "mainspring.train.ops.normalization",
    "linear_cross_entropy": "mainspring.train.ops.retrieval_losses",
    "list_mle_loss": "mainspring.train.ops.ranking_losses",
    "list_net_loss": "mainspring.train.ops.ranking_losses",
    "pairwise_loss": "mainspring.train.ops.ranking_losses",
    "quantile_loss": "mainspring.train.ops.number_losses",
    "sampled_softmax_loss": "mainspring.train.ops.retrieval_losses",
    "softmax_cross_entropy": "mainspring.train.ops.softmax_losses",
    "tensorflow_dataset": "mainspring.train.tensorflow_batches",
    "tweedie_loss": "mainspring.train.ops.number_losses",
    "use_backend": "mainspring.train.ops.backend",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mainspring.train' has no attribute {name!r}")
    try:
        module = import_module(home)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        from mainspring.errors import MissingExtraError

        raise MissingExtraError(
            f"mainspring.train.{name} needs torch, which is not installed. Run: "
            "pip install 'mainspring[torch]'",
            hint="pip install 'mainspring[torch]'",
        ) from error
    value = getattr(module, name)
    globals()[name] = value  # the next use costs a dictionary look-up
    return value


def __dir__() -> list[str]:
    return list(__all__)
