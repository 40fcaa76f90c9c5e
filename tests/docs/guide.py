"""Runs a guide as its reader would: code and commands from top to bottom, in one folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Block", "Reader", "blocks_of", "shows"]

_FENCE = re.compile(r"^```([^\n`]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"^:caption: (\S+)\n+", re.MULTILINE)
# Ports of the pages; each becomes one that is free.
_PORTS = ("8080", "8081")
_SECONDS = 120.0


@dataclass(frozen=True)
class Block:
    """A fence of a page: its language, the file that it is to be, and what is in it."""

    language: str
    file: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """Return the fences of a page, in order."""
    found = []
    for language, text in _FENCE.findall(page):
        caption = _CAPTION.search(text)
        body = re.sub(r"\A(:\w+: .*\n)+\n*", "", text)
        name = language.removeprefix("{code-block} ").strip()
        found.append(Block(name, caption[1] if caption else "", body))
    return found


def shows(output: str, expected: str) -> bool:
    """Say whether an output has these lines one after another; ``...`` stands for anything."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in expected.splitlines()
    ]
    return re.search("^" + "".join(lines), output + "\n", re.MULTILINE) is not None


class Reader:
    """Somebody who does what a page says."""

    def __init__(self, folder: Path, names: dict[str, Any]) -> None:
        self.folder = folder
        self.names = {**names, "__name__": "__main__"}
        self.output = ""
        self._shells: list[subprocess.Popen[bytes]] = []
        self._ports = {port: str(_free_port()) for port in _PORTS}

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for shell in self._shells:  # with the servers that they have left behind
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)

    def do(self, block: Block) -> None:
        """Run code, write a file, or look whether what is shown has come."""
        text = block.text
        for port, free in self._ports.items():
            text = text.replace(port, free)
        if block.file:
            (self.folder / block.file).write_text(text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(text, "guide", "exec"), self.names)
        elif block.language == "sh":
            self._shell(text)
        elif block.language == "text":
            assert shows(self.output, text), f"{self.output!r} does not show {text!r}"
        elif block.language != "console":  # for another machine: not to be run
            raise ValueError(f"A guide has no blocks of {block.language!r}.")

    def _shell(self, text: str) -> None:
        """Run commands as bash does; what is to be installed is there."""
        commands = "\n".join(line for line in text.splitlines() if not line.startswith("pip "))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # A function of bash: an editable install need not have the script.
        start = f'mainspring() {{ "{sys.executable}" -m mainspring "$@"; }}\nset -euo pipefail\n'
        log = self.folder / f".shell-{len(self._shells)}"
        with log.open("wb") as output:
            shell = subprocess.Popen(
                ["bash", "-c", start + commands],
                cwd=self.folder,
                env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._shells.append(shell)
        code = shell.wait(_SECONDS)
        for line in commands.splitlines():
            if line.rstrip().endswith(" &"):
                found = re.search(r"--port (\d+)", line)
                assert found is not None, line
                _wait_for(int(found[1]), log)
        self.output = log.read_text("utf-8")
        assert code == 0, f"{commands}\nended with {code}:\n{self.output}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    """Wait until a server of the page answers."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing answers on port {port}:\n{log.read_text('utf-8')}")
