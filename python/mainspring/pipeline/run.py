"""The local runner: steps in parallel where they do not need each other, with retries."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mainspring.errors import ParameterError, StepError
from mainspring.pipeline.plan import chosen_steps
from mainspring.pipeline.progress_view import ProgressView
from mainspring.pipeline.run_record import RunRecord

if TYPE_CHECKING:
    from mainspring.pipeline.attempt import Outcome
    from mainspring.pipeline.pipeline import Pipeline
    from mainspring.pipeline.step import Step

__all__ = ["MAX_BACKOFF_SECONDS", "Run", "run_pipeline"]

MAX_BACKOFF_SECONDS = 60.0


@dataclass(frozen=True)
class Run:
    """What became of the steps of a run.

    Attributes
    ----------
    pipeline : Pipeline
        What ran.
    number : int
        Of the run, in its store.
    parameters : dict
        The values of all parameters.
    outcomes : dict of str to Outcome
        ``key``, ``state``, ``reasons``, ``seconds`` and ``content`` of each step that has a result.
    """

    pipeline: Pipeline
    number: int
    parameters: dict[str, Any]
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @property
    def keys(self) -> dict[str, str]:
        """The key of each step's result."""
        return {name: outcome.key for name, outcome in self.outcomes.items()}

    @property
    def states(self) -> dict[str, str]:
        """What became of each step: "ran" or "cached"."""
        return {name: outcome.state for name, outcome in self.outcomes.items()}

    @property
    def reasons(self) -> dict[str, tuple[str, ...]]:
        """Why each step ran; empty where it did not."""
        return {name: outcome.reasons for name, outcome in self.outcomes.items()}

    def __getitem__(self, name: str) -> Any:
        """Return the result of a step."""
        if name not in self.outcomes:
            raise ParameterError(
                f"This run has no result of a step {name!r}. It has: {', '.join(self.outcomes)}.",
                expected=", ".join(self.outcomes),
                got=name,
            )
        return self.pipeline.load(self.outcomes[name].key)

    def __repr__(self) -> str:
        ran = sum(outcome.state == "ran" for outcome in self.outcomes.values())
        counts = f"{ran} ran, {len(self.outcomes) - ran} cached"
        return f"Run({self.number} of {self.pipeline.name!r}: {counts})"

    def __str__(self) -> str:
        width = max((len(name) for name in self.outcomes), default=0)
        lines = [
            f"{name:{width}}  {one.state:6}  {one.seconds:8.3f} s  {'; '.join(one.reasons)}"
            for name, one in self.outcomes.items()
        ]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        from mainspring.pipeline.picture import cell_picture

        return cell_picture(self.pipeline, self.states)


class _Observer(Protocol):
    def start(self, name: str) -> None: ...
    def retry(self, name: str, error: Exception, seconds: float) -> None: ...
    def end(self, name: str, outcome: Outcome) -> None: ...
    def fail(self, name: str, error: BaseException) -> None: ...


def run_pipeline(
    pipeline: Pipeline,
    parameters: Mapping[str, Any] | None = None,
    *,
    only: str | Iterable[str] | None = None,
    start: str | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> Run:
    """Run the steps of a pipeline on this machine.

    Parameters
    ----------
    pipeline : Pipeline
        What runs.
    parameters : mapping, optional
        Values in the place of defaults.
    only : str or iterable of str, optional
        Run these steps and what they need.
    start : str, optional
        Run this step and all that need it even where their results are there.
    workers : int, optional
        Steps at a time; by default the cores that this process may use, at most 8. With 1 steps run
        in the calling thread.
    progress : bool, optional
        Whether to show how far it is, on standard error; by default where that is a terminal.

    Returns
    -------
    Run
        With the results.

    Raises
    ------
    StepError
        When a step failed after its last try. Steps that were running end first, nothing else
        begins, and what they made is kept: the next run goes on from there.
    ParameterError
        When the pipeline, a parameter or an option is wrong; nothing has run then.
    """
    values = pipeline.checked(parameters)
    steps, forced = chosen_steps(pipeline.steps, only, start)
    if workers is None:
        workers = min(len(os.sched_getaffinity(0)), 8)
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ParameterError(
            f"workers must be 1 or more, got {workers!r}.", expected="1 or more", got=repr(workers)
        )
    clock = time.monotonic()
    record = RunRecord(pipeline.store.folder, {"pipeline": pipeline.name, "parameters": values})
    with record, ProgressView(len(steps), shown=progress) as view:
        run = Run(pipeline, record.number, values)
        end = "failed"
        try:
            _Runner(run, steps, forced, workers, view, record).go()
            order = {step.name: run.outcomes[step.name] for step in steps}
            run.outcomes.clear()
            run.outcomes.update(order)
            end = "done"
        except KeyboardInterrupt:
            end = "interrupted"
            raise
        finally:
            record.write({"end": end, "seconds": round(time.monotonic() - clock, 6)})
    return run


class _Runner:
    """Keeps account of which step may begin."""

    def __init__(
        self,
        run: Run,
        steps: list[Step],
        forced: set[str],
        workers: int,
        view: _Observer,
        record: RunRecord,
    ) -> None:
        self._run = run
        self._forced = forced
        self._workers = workers
        self._view = view
        self._record = record
        self._waiting = {step.name: step for step in steps}
        self._ended: queue.SimpleQueue[tuple[Step, Outcome | BaseException]] = queue.SimpleQueue()
        self._stop = threading.Event()

    def go(self) -> None:
        """Run all steps, or raise what the first that failed raised."""
        running = 0
        failure: BaseException | None = None
        try:
            while self._waiting or running:
                while failure is None and running < self._workers and (step := self._next()):
                    running += 1
                    self._begin(step)
                if not running:
                    break
                step, outcome = self._ended.get()
                running -= 1
                if isinstance(outcome, BaseException):
                    self._stop.set()
                    failure = failure or outcome
                    self._failed(step, outcome)
                else:
                    self._run.outcomes[step.name] = outcome
                    self._view.end(step.name, outcome)
                    self._record.write(_line(step.name, outcome))
        finally:
            self._stop.set()  # no further try begins
        if failure is not None:
            raise failure

    def _next(self) -> Step | None:
        done = self._run.outcomes
        for name, step in self._waiting.items():
            if all(needed in done for needed in step.dependencies):
                return self._waiting.pop(name)
        return None

    def _begin(self, step: Step) -> None:
        upstream = {name: self._run.outcomes[name].key for name in step.dependencies}
        self._view.start(step.name)
        if self._workers == 1:
            self._work(step, upstream)
        else:  # a daemon: Ctrl-C ends the process without waiting for a step
            thread = threading.Thread(
                target=self._work, args=(step, upstream), name=f"step-{step.name}", daemon=True
            )
            thread.start()

    def _work(self, step: Step, upstream: dict[str, str]) -> None:
        try:
            self._ended.put((step, self._tries(step, upstream)))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._ended.put((step, error))

    def _tries(self, step: Step, upstream: dict[str, str]) -> Outcome:
        force = step.name in self._forced
        wait = step.backoff_seconds
        for left in range(step.retries, -1, -1):
            result = self._try(step, upstream, force)
            if not isinstance(result, StepError):
                return result
            wait = min(wait, MAX_BACKOFF_SECONDS)
            if not left or self._stop.is_set():
                raise result
            self._view.retry(step.name, result, wait)
            self._record.write({"retry": step.name, "error": str(result), "wait": wait})
            if self._stop.wait(wait):
                raise result
            wait *= 2
        raise AssertionError  # the last try returns or raises

    def _try(self, step: Step, upstream: dict[str, str], force: bool) -> Outcome | StepError:
        """Return what is worth another try; anything else is as wrong the next time."""
        pipeline, values = self._run.pipeline, self._run.parameters
        try:
            return pipeline.attempt(step, upstream, values, force=force)
        except StepError as error:
            return error

    def _failed(self, step: Step, error: BaseException) -> None:
        self._view.fail(step.name, error)
        self._record.write({"step": step.name, "state": "failed", "error": str(error)})


def _line(name: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "step": name,
        "state": outcome.state,
        "key": outcome.key,
        "reasons": outcome.reasons,
        "seconds": round(outcome.seconds, 6),
    }
