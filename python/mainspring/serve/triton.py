"""Triton's extensions of its protocol: configuration, statistics, and what is not here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring.serve.hosted_model import HostedModel

__all__ = ["EXTENSIONS", "NOT_HERE", "model_config", "model_stats"]

EXTENSIONS = [
    "binary_tensor_data",
    "model_configuration",
    "model_repository",
    "model_repository(unload_dependents)",
    "schedule_policy",
    "statistics",
]

_SHARED = "Shared memory is not part of this server; send the data in the body."
_TRACE = "Trace settings are not part of this server; send a traceparent header."
_LOGGING = "The log is set where the server is started, not from outside."
# Paths of Triton that answer with an error that says why.
NOT_HERE = {
    **{
        f"/v2/{kind}sharedmemory/{tail}": _SHARED
        for kind in ("system", "cuda")
        for tail in (
            "status",
            "unregister",
            "region/{region}/status",
            "region/{region}/register",
            "region/{region}/unregister",
        )
    },
    "/v2/trace/setting": _TRACE,
    "/v2/models/{model}/trace/setting": _TRACE,
    "/v2/logging": _LOGGING,
}


def model_config(model: HostedModel, max_rows: int) -> dict[str, Any]:
    """Describe a model as Triton's configuration extension does.

    Parameters
    ----------
    model : HostedModel
        What to describe.
    max_rows : int
        A request with more rows is refused.

    Returns
    -------
    dict
        With ``max_batch_size``, so that ``dims`` leave the rows out.
    """
    about = model.metadata()

    def tensor(described: dict[str, Any]) -> dict[str, Any]:
        datatype = described["datatype"]
        return {
            "name": described["name"],
            "data_type": "TYPE_STRING" if datatype == "BYTES" else f"TYPE_{datatype}",
            "dims": [1] if len(described["shape"]) == 1 else [-1],
        }

    return {
        "name": model.name,
        "platform": about["platform"],
        "backend": "mainspring",
        "version_policy": {"latest": {"num_versions": 2}},
        "max_batch_size": max_rows,
        "input": [tensor(described) for described in about["inputs"]],
        "output": [tensor(described) for described in about["outputs"]],
    }


def model_stats(model: HostedModel) -> dict[str, Any]:
    """Count a model's requests as Triton's statistics extension does.

    Parameters
    ----------
    model : HostedModel
        What to count for.

    Returns
    -------
    dict
        Over all protocols and workers. Nothing waits in a queue of the model's own, and no answer
        is cached.
    """
    counts = list(model.native.counters.values())
    good = sum(one["requests"]["ok"] for one in counts)
    all_ = sum(sum(one["requests"].values()) for one in counts)
    nanos = round(sum(one["latency_seconds"] for one in counts) * 1e9)
    phases = {
        name: round(sum(one["phase_seconds"][name] for one in counts) * 1e9)
        for name in ("parse", "predict", "write")
    }
    rows = sum(one["rows"] for one in counts)

    def duration(count: int, ns: int) -> dict[str, int]:
        return {"count": count, "ns": ns}

    return {
        "name": model.name,
        "version": model.version,
        "last_inference": 0,
        "inference_count": rows,
        "execution_count": good,
        "inference_stats": {
            "success": duration(good, nanos),
            "fail": duration(all_ - good, 0),
            "queue": duration(good, 0),
            "compute_input": duration(good, phases["parse"]),
            "compute_infer": duration(good, phases["predict"]),
            "compute_output": duration(good, phases["write"]),
            "cache_hit": duration(0, 0),
            "cache_miss": duration(0, 0),
        },
        "batch_stats": [],
    }
