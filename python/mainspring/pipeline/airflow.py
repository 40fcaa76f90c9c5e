"""A pipeline as a DAG of Airflow: a task for each step, and only keys between them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mainspring.errors import MissingExtraError

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline

__all__ = ["airflow_dag"]


def airflow_dag(pipeline: Pipeline, **options: Any) -> Any:
    """Return a pipeline as a DAG of Airflow.

    Parameters
    ----------
    pipeline : Pipeline
        Its retries and their backoff become those of the tasks, its parameters those of the DAG.
    **options
        Of ``airflow.sdk.DAG``: ``schedule``, ``start_date``, ``tags``, ... Default: ``dag_id`` is
        the pipeline's name and nothing is scheduled.

    Returns
    -------
    airflow.sdk.DAG
        To be named at the top of a file in Airflow's folder of DAGs.

    Raises
    ------
    MissingExtraError
        When Airflow is not installed.

    Notes
    -----
    Every task returns the key of its step's result, the same key as in a run anywhere else; the
    result itself stays in the pipeline's store, which all workers have to reach.

    Examples
    --------
    >>> dag = airflow_dag(pipeline, schedule="@daily")             # doctest: +SKIP
    """
    try:
        from airflow.sdk import DAG, get_current_context, task
    except ImportError as error:
        raise MissingExtraError(
            "airflow_dag needs Airflow 3, which is not installed. "
            "Run: pip install 'mainspring[airflow]'",
            hint="pip install 'mainspring[airflow]'",
        ) from error

    def run(name: str, upstream: dict[str, str]) -> str:
        given = get_current_context()["params"]
        values = pipeline.checked({one: given[one] for one in pipeline.parameters})
        outcome = pipeline.attempt(pipeline[name], upstream, values)
        told = "; ".join([outcome.state, *outcome.reasons])
        logging.getLogger("airflow.task").info("step %s: %s", name, told)
        return str(outcome.key)

    defaults = {"dag_id": pipeline.name, "schedule": None, "params": pipeline.parameters}
    with DAG(**{**defaults, **options}) as dag:
        made: dict[str, Any] = {}
        for step in pipeline.steps:
            one = task(
                run,
                task_id=step.name,
                doc=step.description,
                retries=step.retries,
                retry_delay=timedelta(seconds=step.backoff_seconds),
                retry_exponential_backoff=2.0,
                max_retry_delay=timedelta(minutes=1),
            )
            made[step.name] = one(step.name, {name: made[name] for name in step.dependencies})
    return dag
