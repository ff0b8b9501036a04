"""The pinned solc, kept running between inputs where it can be."""

from __future__ import annotations

import queue
import subprocess
import threading
from pathlib import Path

from mutation.processes import check_going, forget, kill, run, start

#: Seconds for one input.
TIME_LIMIT = 600
#: Inputs after which a running compiler is replaced: the memory of WebAssembly only grows.
LIFETIME = 40


class Failed(Exception):
    """The compiler itself failed."""


class _Service:
    """A compiler that answers one line of standard-json with another."""

    def __init__(self, command: list[str], root: Path) -> None:
        self._process = start(command, folder=root, errors=subprocess.DEVNULL)
        self.asked = 0

    def ask(self, question: str) -> str:
        """Return the answer; empty where the compiler ended or took too long."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.asked += 1
        timer = threading.Timer(TIME_LIMIT, kill, [self._process])
        timer.start()
        try:
            self._process.stdin.write(f"{question}\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()
        except BrokenPipeError:
            return ""
        finally:
            timer.cancel()

    def close(self) -> None:
        """End it."""
        kill(self._process)
        try:
            self._process.communicate()
        except BrokenPipeError:
            self._process.wait()
        forget(self._process)


class Solc:
    """Answers standard-json from several threads.

    The pinned npm build takes lines, which spares a third of the time; a native solc is quick to
    start and is run for each input.
    """

    def __init__(self, root: Path) -> None:
        """Take the compiler from the tools of the tree at `root`, where imports are looked up."""
        self._root = root
        self._tool = str(root / ".venv" / "tools" / "solc")
        self._idle: queue.LifoQueue[_Service] = queue.LifoQueue()
        self._takes_lines = True

    def ask(self, question: str) -> str:
        """Return the compiler's answer to one input.

        Raises:
            Failed: it gave none.
        """
        if self._takes_lines:
            answer = self._ask_service(question)
            check_going()
            if answer:
                return answer
        output = run(
            [self._tool, "--standard-json"], folder=self._root, seconds=TIME_LIMIT, text=question
        )
        if output.code != 0 or not output.out:
            raise Failed(f"solc exits {output.code}: {output.err.strip()[-300:]}")
        return output.out

    def close(self) -> None:
        """End the compilers that still run."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _ask_service(self, question: str) -> str:
        try:
            service = self._idle.get_nowait()
        except queue.Empty:
            service = _Service([self._tool, "--standard-json-lines"], self._root)
        answer = service.ask(question)
        if answer and service.asked < LIFETIME:
            self._idle.put(service)
            return answer
        service.close()
        if not answer and service.asked == 1:
            self._takes_lines = False
        return answer
