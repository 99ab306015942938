"""sysbench's oltp tests against any of the servers: tables, a load of a given length, one that goes on until told."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Sequence

from mysql_server import MySqlServer
from processes import Process
from servers import Server


def end_options(server: Server, database: str) -> list[str]:
    driver, user = ("mysql", "root") if isinstance(server, MySqlServer) else ("pgsql", "postgres")
    options = {"host": "127.0.0.1", "port": server.port, "user": user, "db": database}
    return [f"--db-driver={driver}", *(f"--{driver}-{name}={value}" for name, value in options.items())]


class Sysbench:
    """Tables sbtest1, sbtest2 … of one database."""

    def __init__(self, server: Server, database: str, *, tables: int, rows: int) -> None:
        self._options = [*end_options(server, database), f"--tables={tables}", f"--table-size={rows}"]

    def command(self, what: str, *more: str, test: str = "oltp_read_write") -> list[str | Path]:
        return ["sysbench", test, *self._options, *more, what]

    def prepare(self) -> None:
        self._done(self.command("prepare"))

    def run_events(self, events: int, threads: int, test: str = "oltp_read_write") -> None:
        """Exactly so many transactions."""
        self._done(self.command("run", f"--threads={threads}", f"--events={events}", "--time=0", test=test))

    @staticmethod
    def _done(command: Sequence[str | Path]) -> None:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}:\n{(done.stdout + done.stderr)[-2000:]}")


class Load:
    """oltp_read_write until the with block ends. sysbench gives up when its server restarts: then it is begun again."""

    def __init__(self, bench: Sysbench, threads: int = 8) -> None:
        self._command = bench.command("run", f"--threads={threads}", "--time=3600")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._failure = ""

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None and self._failure:
            raise RuntimeError(f"sysbench could not go on:\n{self._failure}")

    def _live(self) -> None:
        in_vain = 0  # beginnings that came to nothing, one after the other
        while not self._stop.is_set():
            with tempfile.TemporaryFile() as output:
                process = Process(self._command, stdout=output, stderr=subprocess.STDOUT)
                while process.wait_or_none(0.1) is None:
                    if self._stop.is_set():
                        process.kill()
                        return
                output.seek(0)
                said = output.read().decode(errors="replace")[-2000:]
            in_vain = in_vain + 1 if process.wait(1).wall_s < 1 else 0
            if in_vain == 100:  # far longer than a restart takes
                self._failure = said
                return
            self._stop.wait(0.2)
