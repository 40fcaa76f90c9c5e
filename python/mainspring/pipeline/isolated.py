"""A step in a process of its own: it can be stopped, and its crash is nobody else's."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.errors import ParameterError, StepError
from mainspring.pipeline.attempt import Outcome, Setting, attempt, look_up

if TYPE_CHECKING:
    from mainspring.pipeline.pipeline import Pipeline
    from mainspring.pipeline.step import Step

__all__ = ["answer", "attempt_isolated"]


def attempt_isolated(
    pipeline: Pipeline,
    step: Step,
    upstream: Mapping[str, str],
    setting: Setting,
    *,
    force: bool,
) -> Outcome:
    """Try a step once, in a fresh Python that loads the pipeline's file.

    The process leads a group of its own and has this one's environment and working folder. It ends
    when this process ends. Only a key comes back: data goes through the store.

    Parameters
    ----------
    pipeline : Pipeline
        Stands in a file.
    step : Step
        One of its steps.
    upstream : mapping of str to str
        The key of each of its dependencies.
    setting : Setting
        Where it runs.
    force : bool
        Run it even where its result is there.

    Returns
    -------
    Outcome
        What became of it.

    Raises
    ------
    StepError
        When it failed, took too long, or the process died.
    ParameterError
        When the pipeline does not stand in a file.
    """
    if pipeline.file is None:
        raise ParameterError(
            f"Step {step.name!r} has a timeout or is isolated, so it runs in a process of its own, "
            "which has to load the pipeline from a file. Put the pipeline into a file.",
            expected="a pipeline made in a file",
            got="a notebook or a shell",
        )
    _, key, found = look_up(step, upstream, setting)
    if found is not None and not force:
        return found  # without a process
    request = {
        "file": str(pipeline.file),
        "pipeline": pipeline.name,
        "step": step.name,
        "upstream": dict(upstream),
        "values": dict(setting.values),
        "store": str(setting.store.folder),
        "force": force,
    }
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "mainspring.pipeline.child", str(writer)]
    path = os.pathsep.join(part for part in sys.path if part)
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        pass_fds=[writer],
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    os.close(writer)
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()  # and stays open: its end tells the child that we are gone
        said = _listen(reader, step)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()  # type: ignore[union-attr]
        setting.store.clear(key)
    return _outcome(said, step, process.returncode)


def answer(request: Mapping[str, Any], say: Any) -> None:
    """Do in the child what the parent asked for.

    Parameters
    ----------
    request : mapping
        What :func:`attempt_isolated` sent.
    say : callable
        Takes lines for the parent: "started", then the outcome or the error.
    """
    from mainspring.pipeline.loading import load_pipeline
    from mainspring.pipeline.store import Store

    try:
        pipeline = load_pipeline(request["file"], request["pipeline"])
        setting = Setting(pipeline.name, Store(request["store"]), request["values"], pipeline.path)
        outcome = attempt(
            pipeline[request["step"]],
            request["upstream"],
            setting,
            force=request["force"],
            on_start=lambda: say({"started": True}),
        )
    except Exception as error:
        import traceback

        cause = error.__cause__ or error
        say(
            {
                "error": type(error).__name__,
                "message": str(error),
                "trace": "".join(traceback.format_exception(cause)),
            }
        )
    else:
        say({name: getattr(outcome, name) for name in _FIELDS})


def _listen(reader: int, step: Step) -> list[dict[str, Any]]:
    """Read what the child says until it ends, or until the step has taken too long."""
    text, deadline = b"", None
    while True:
        wait = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        if not select.select([reader], [], [], wait)[0]:
            raise StepError(
                f"Step {step.name!r} took longer than {step.timeout_seconds:g} s and was stopped. "
                "Make timeout_seconds longer, or the step shorter.",
                step=step.name,
                expected=f"at most {step.timeout_seconds:g} s",
                hint="timeout_seconds=",
            )
        block = os.read(reader, 65536)
        if not block:
            return [json.loads(line) for line in text.splitlines()]
        text += block
        if deadline is None and step.timeout_seconds is not None and b"started" in text:
            deadline = time.monotonic() + step.timeout_seconds


def _outcome(said: list[dict[str, Any]], step: Step, code: int) -> Outcome:
    last = said[-1] if said else {}
    if "key" in last:
        return Outcome(**{**last, "reasons": tuple(last["reasons"])})
    if "error" in last:
        kind = getattr(errors, last["error"], StepError)
        trace = StepError(f"in the process of step {step.name!r}:\n{last['trace']}")
        raise kind(last["message"]) from trace
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    raise StepError(
        f"Step {step.name!r}: its process died ({how}) before the step returned.",
        step=step.name,
        got=how,
    )


_FIELDS = ("key", "state", "reasons", "seconds", "content")
