"""A pipeline as assets of Dagster: one for each step, whose data version is its key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mainspring.errors import MissingExtraError

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline
    from mainspring.pipeline.step import Step

__all__ = ["dagster_assets"]


def dagster_assets(pipeline: Pipeline, parameters: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the steps of a pipeline as assets of Dagster.

    Parameters
    ----------
    pipeline : Pipeline
        Its retries and their backoff become those of the assets; its name is their group.
    parameters : mapping, optional
        Values in the place of defaults.

    Returns
    -------
    list of dagster.AssetsDefinition
        In the order of the steps. In names, what is no letter, digit or ``_`` becomes ``_``.

    Raises
    ------
    MissingExtraError
        When Dagster is not installed.

    Notes
    -----
    What an asset hands on, and its data version, is the key of its step's result, the same as in a
    run anywhere else; the result stays in the pipeline's store. Metadata say why a step ran.

    Examples
    --------
    >>> defs = dagster.Definitions(assets=dagster_assets(pipeline))  # doctest: +SKIP
    """
    try:
        from dagster import AssetIn, Backoff, DataVersion, Output, RetryPolicy, asset
    except ImportError as error:
        raise MissingExtraError(
            "dagster_assets needs Dagster, which is not installed. "
            "Run: pip install 'mainspring[dagster]'",
            hint="pip install 'mainspring[dagster]'",
        ) from error
    values = pipeline.checked(parameters)

    def asset_of(step: Step) -> Any:
        def run(**keys):  # type: ignore[no-untyped-def]  # Dagster reads types
            upstream = {name: keys[_word(name)] for name in step.dependencies}
            outcome = pipeline.attempt(step, upstream, values)
            return Output(
                outcome.key,
                data_version=DataVersion(outcome.key),
                metadata={"state": outcome.state, "reasons": list(outcome.reasons)},
            )

        return asset(
            name=_word(step.name),
            ins={_word(name): AssetIn(_word(name)) for name in step.dependencies},
            group_name=_word(pipeline.name),
            description=step.description,
            retry_policy=RetryPolicy(step.retries, step.backoff_seconds, Backoff.EXPONENTIAL),
        )(run)

    return [asset_of(step) for step in pipeline.steps]


def _word(name: str) -> str:
    return re.sub(r"\W", "_", name)
