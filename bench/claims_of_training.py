"""What is claimed about fused operators for training."""

from __future__ import annotations

from bench.goal import Claim, Goal

__all__ = ["TRAINING_CLAIMS"]


def _ratio(text: str, case: str, at_least: float) -> Goal:
    return Goal(f"{text}: at least {at_least:g} times as fast", case, "torch", at_least=at_least)


TRAINING_CLAIMS = (
    Claim(
        "train_ops",
        "Fused operators for training",
        "Forward, backward and update of what a recommender is made of, on the CPU: eager torch "
        "and torch.compile do the same in the same process. Row-wise Adagrad, which torch has not, "
        "stands beside torch's Adagrad of sparse gradients, which keeps a state for each element.",
        (
            _ratio(
                "Lookup, backward and row-wise Adagrad as torch's bags and sparse Adagrad",
                "26 tables, popular ids, float32",
                10,
            ),
            _ratio("The same with rows of bfloat16", "26 tables, popular ids, bfloat16", 20),
            _ratio("The same with rows of float16", "26 tables, popular ids, float16", 20),
            _ratio(
                "Dot interaction as eager torch",
                "dot interaction, 4,096 x 27 x 64, forward and backward, beside eager",
                4,
            ),
            _ratio(
                "Dot interaction as torch.compile",
                "dot interaction, 4,096 x 27 x 64, forward and backward, beside torch.compile",
                4,
            ),
            _ratio(
                "Factorization machine as torch.compile",
                "factorization machine, 4,096 x 27 x 64, forward and backward, beside torch.c",
                2,
            ),
            _ratio(
                "Softmax cross-entropy in place as torch.compile",
                "softmax cross-entropy, 512 x 100,000, in place, beside torch.compile",
                9,
            ),
            _ratio(
                "Weighted log loss as torch.compile",
                "weighted log loss of 4,000,000 logits, forward and backward, beside torch.c",
                4,
            ),
            _ratio(
                "Focal loss as torch.compile",
                "focal loss of 4,000,000 logits, forward and backward, beside torch.compile",
                6,
            ),
            _ratio(
                "Clip, AdamW and zero as torch's fused AdamW",
                "clip, AdamW and zero of 20 million parameters",
                1.5,
            ),
            _ratio("A step of DLRM as eager torch", "a step of DLRM, batch 4,096", 2),
            Goal(
                "Overhead of a call in at most 8 us",
                "a call of dot_interaction on a row",
                at_most=8.0,
                unit="us",
            ),
        ),
    ),
    Claim(
        "train_tables",
        "Embedding tables, layers and states",
        "Tables beside FBGEMM's on the CPU, where it is installed: it is built for one version of "
        "torch each. Factorization machines of looked-up rows that never write a vector, beside "
        "the same tables with torch's expression; layer normalization with its activation; and "
        "what shorter states of AdamW save.",
        (
            Goal(
                "Tables beside FBGEMM's: at least 1.5 times as fast",
                "26 tables, popular ids, float32: lookup, backward, row-wise Adagrad",
                "fbgemm-gpu-cpu",
                at_least=1.5,
            ),
            _ratio(
                "Pairs of looked-up rows as vectors and torch's expression",
                "factorization machine of the rows of 26 tables, popular ids",
                2,
            ),
        ),
    ),
    Claim(
        "first_step",
        "Before the first step",
        "CPU time of `from mainspring import train` and the first step of embedding tables and a "
        "dot interaction, less that of the second step; torch was imported before.",
        (
            Goal(
                "From the import to the end of the first step at most 50 ms of ours",
                "import of mainspring.train, and the first step",
                at_most=50.0,
                unit="ms",
            ),
        ),
    ),
)
