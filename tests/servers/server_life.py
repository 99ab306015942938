"""What servers of every family share: their folder, their start and end, copies of their data."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Callable, Self

from processes import Process, wait_until
from workplace import free_port, own, unprivileged_user, workplace


class ServerLife:
    """A family's server says how it is started, whether it answers, and how it is stopped."""

    PORT_TAKEN = ""  # what it logs when somebody else was faster

    version: str
    port: int

    def _settle(self, name: str, make: Callable[[Path], None]) -> None:
        """Its folder, with a copy of the template of that name."""
        self.port = 0
        self._process: Process | None = None
        self.folder = workplace.folder()
        self.data = self.folder / "data"
        template = workplace.template(name, make)
        self.folder.mkdir()
        shutil.copytree(template, self.data)
        workplace.live.add(self)

    def __enter__(self) -> Self:
        return self if self._process else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Self:
        for attempt in range(3):  # the free port may be taken by somebody else before the server binds it
            self.port = self.port or free_port()
            command = self._command()
            with (self.folder / "log").open("ab") as log:
                self._process = Process(command, stdout=log, stderr=log, user=unprivileged_user())
            wait_until(lambda: self._answers() or not self._alive(), 60, f"{self._title()} to start", 0.02)
            if self._alive():
                return self
            if self.PORT_TAKEN not in self.log() or attempt == 2:
                break
            self.port = 0
        raise RuntimeError(f"{self._title()} did not start:\n{self.log()[-3000:]}")

    def stop(self, mode: str = "fast") -> None:
        raise NotImplementedError

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        self.stop("immediate")
        workplace.live.discard(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    def save_data(self) -> Path:
        """A copy of the stopped server's data folder, for restore_data()."""
        assert self._process is None, "stop the server first"
        copy = self.folder / "saved"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.data, copy)
        return copy

    def restore_data(self, copy: Path) -> None:
        assert self._process is None, "stop the server first"
        shutil.rmtree(self.data)
        shutil.copytree(copy, self.data)
        own(self.data)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _alive(self) -> bool:
        return self._process is not None and self._process.running()

    def _title(self) -> str:
        return self.version

    def _command(self) -> list[str | Path]:
        """The server's command line; its settings are written by then."""
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError
