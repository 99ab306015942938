"""Child processes whose end is waited for by a file descriptor, with what they cost."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Callable, Mapping, Sequence


class Late(Exception):
    """Something did not happen within its time."""


@dataclass(frozen=True)
class Ended:
    """How a process ended. CPU seconds and peak memory include the children it waited for."""

    code: int  # negative: the signal that ended it
    wall_s: float
    cpu_s: float
    peak_rss_mb: float  # never below what the starting Python itself held: Linux hands that down through fork


class Process:
    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        stdout: IO[bytes] | int | None = None,
        stderr: IO[bytes] | int | None = None,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.started = time.monotonic()
        self._popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # the terminal's Ctrl-C is for the tests, not for the servers they still need
            pass_fds=pass_fds,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        self._descriptor = os.pidfd_open(self._popen.pid)
        self._ended: Ended | None = None

    @property
    def pid(self) -> int:
        return int(self._popen.pid)

    def running(self) -> bool:
        return not self._poll(0)

    def send(self, number: signal.Signals) -> None:
        if self._ended is None:
            os.kill(self.pid, number)

    def wait(self, timeout_s: float) -> Ended:
        if self._ended is None:
            if not self._poll(timeout_s):
                raise Late(f"process {self.pid} still runs after {timeout_s:g} s")
            _, status, usage = os.wait4(self.pid, 0)
            os.close(self._descriptor)
            code = os.waitstatus_to_exitcode(status)
            self._popen.returncode = code
            self._ended = Ended(
                code, time.monotonic() - self.started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
            )
        return self._ended

    def wait_or_none(self, timeout_s: float) -> Ended | None:
        """How it ended, if it does within the time."""
        return self.wait(1) if self._poll(timeout_s) else None

    def kill(self) -> Ended:
        self.send(signal.SIGKILL)
        return self.wait(10)

    def _poll(self, timeout_s: float) -> bool:
        if self._ended is not None:
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str, every_s: float = 0.05) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {timeout_s:g} s")
        time.sleep(every_s)
