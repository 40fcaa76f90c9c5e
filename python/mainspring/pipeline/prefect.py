"""A pipeline as a flow of Prefect: a task for each step, and only keys between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.errors import MissingExtraError

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline
    from mainspring.pipeline.step import Step

__all__ = ["prefect_flow"]


def prefect_flow(pipeline: Pipeline, **options: Any) -> Any:
    """Return a pipeline as a flow of Prefect.

    Parameters
    ----------
    pipeline : Pipeline
        Its retries and their backoff become those of the tasks.
    **options
        Of ``prefect.flow``: ``log_prints``, ``task_runner``, ... Default: ``name`` is the
        pipeline's.

    Returns
    -------
    prefect.Flow
        Called with ``parameters``, a dict of values in the place of defaults, it returns the key
        of each step's result by the step's name.

    Raises
    ------
    MissingExtraError
        When Prefect is not installed.

    Notes
    -----
    Keys are the same as in a run anywhere else; results stay in the pipeline's store, so Prefect
    caches nothing itself. Steps that do not need each other run at once.

    Examples
    --------
    >>> prefect_flow(pipeline)(parameters={"rounds": 50})          # doctest: +SKIP
    """
    try:
        from prefect import flow, get_run_logger, task
        from prefect.cache_policies import NO_CACHE
    except ImportError as error:
        raise MissingExtraError(
            "prefect_flow needs Prefect 3, which is not installed. "
            "Run: pip install 'mainspring[prefect]'",
            hint="pip install 'mainspring[prefect]'",
        ) from error

    def run(name: str, upstream: dict[str, str], parameters: dict[str, Any] | None) -> str:
        outcome = pipeline.attempt(pipeline[name], upstream, pipeline.checked(parameters))
        told = "; ".join([outcome.state, *outcome.reasons])
        get_run_logger().info("step %s: %s", name, told)
        return str(outcome.key)

    def run_all(parameters: dict[str, Any] | None = None) -> dict[str, str]:
        futures: dict[str, Any] = {}
        for step in pipeline.steps:
            upstream = {name: futures[name] for name in step.dependencies}
            futures[step.name] = tasks[step.name].submit(step.name, upstream, parameters)
        return {name: future.result() for name, future in futures.items()}

    def task_of(step: Step) -> Any:
        waits = [min(60.0, step.backoff_seconds * 2**retry) for retry in range(step.retries)]
        retrying = {"retries": step.retries, "retry_delay_seconds": waits} if waits else {}
        return task(
            run, name=step.name, description=step.description, cache_policy=NO_CACHE, **retrying
        )

    tasks = {step.name: task_of(step) for step in pipeline.steps}
    return flow(run_all, **{"name": pipeline.name, **options})
