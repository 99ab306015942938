"""The godwit binary as tests use it: one task between two ends, run, killed, resumed, asked what it said."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from processes import Ended, Process

ROOT = Path(__file__).resolve().parents[2]


def binary() -> Path:
    path = Path(os.environ.get("GODWIT_BIN") or ROOT / "build/godwit")
    if not path.exists():
        raise SystemExit(f"{path} is not there. Run ./dev build, or name another binary in GODWIT_BIN.")
    return path


@functools.cache
def without_engine(scheme: str) -> str:
    """Why tests with such an end are skipped: the binary was built without the engine. Empty: it has it."""
    ends = ["--source", f"{scheme}://nobody@127.0.0.1:9/none", "--target", f"{scheme}://nobody@127.0.0.1:9/other"]
    with tempfile.TemporaryDirectory(prefix="godwit-probe-") as folder:
        done = subprocess.run(
            [binary(), "migrate", *ends, "--state-dir", folder], capture_output=True, text=True, check=False, timeout=60
        )
    said = next((line for line in done.stderr.splitlines() if "no engine serves" in line), "")
    return said and f"{binary()} was built without it: {said}"


def failpoint_names() -> list[str]:
    """Every name in src/base/failpoint.h."""
    words = (ROOT / "src/base/failpoint.h").read_text().split("std::string_view ")[1:]
    return [word.split('"')[1] for word in words if ' = "' in word.split(";")[0]]


@dataclass
class Outcome:
    """How a run of the binary ended, and all it said."""

    ended: Ended
    stdout: str
    stderr: str
    log: str  # the task's log file, of this run and those before

    @property
    def code(self) -> int:
        return self.ended.code

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of --output json."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    def __str__(self) -> str:
        tail = "\n".join(self.log.splitlines()[-40:])
        return f"exit {self.code} after {self.ended.wall_s:.1f} s\n{self.output}\n--- end of task.log\n{tail}"


class Run:
    """One running godwit."""

    def __init__(self, process: Process, folder: Path, log: Path) -> None:
        self.process, self._folder, self._log = process, folder, log

    def said(self) -> str:
        return self._text("stdout") + self._text("stderr")

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def wait(self, timeout_s: float = 300) -> Outcome:
        ended = self.process.wait(timeout_s)
        return Outcome(ended, self._text("stdout"), self._text("stderr"), self.log())

    def stop(self, timeout_s: float = 60) -> Outcome:
        """As a user does: SIGTERM, then the clean end."""
        self.process.send(signal.SIGTERM)
        return self.wait(timeout_s)

    def kill(self) -> Outcome:
        self.process.send(signal.SIGKILL)
        return self.wait(10)

    def _text(self, name: str) -> str:
        return (self._folder / name).read_text(errors="replace")


@dataclass
class Task:
    """One task; migrate() again resumes it. Documents are given as JSON text by file."""

    source_uri: str
    target_uri: str
    task_id: str = "godwit"
    settings: dict[str, Any] | str | None = None
    mappings: dict[str, Any] | str | None = None
    state_dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="godwit-task-")))

    def __post_init__(self) -> None:
        self._runs: list[Run] = []
        self._scratch = Path(tempfile.mkdtemp(prefix="godwit-run-"))

    def forget_state(self) -> None:
        """As if the task went on from another host."""
        shutil.rmtree(self.state_dir)
        self.state_dir.mkdir()

    def __enter__(self) -> Task:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(
        self,
        *arguments: str,
        failpoint: str = "",
        failpoint_file: Path | None = None,
    ) -> Run:
        """`godwit migrate` in the background; its ends and documents are the task's where `arguments` name no others."""
        given = {
            "--source": self.source_uri,
            "--target": self.target_uri,
            "--task-id": self.task_id,
            "--state-dir": str(self.state_dir),
            "--task-settings": self._document("settings", self.settings),
            "--table-mappings": self._document("mappings", self.mappings),
        }
        words = ["migrate"]
        for option, value in given.items():
            if value and option not in arguments:
                words += [option, value]
        return self.run(*words, *arguments, failpoint=failpoint, failpoint_file=failpoint_file)

    def run(self, *words: str, failpoint: str = "", failpoint_file: Path | None = None) -> Run:
        """`godwit WORDS…` in the background."""
        env = {"GODWIT_FAILPOINT": failpoint} if failpoint else {}
        if failpoint_file is not None:
            env["GODWIT_FAILPOINT_FILE"] = str(failpoint_file)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._scratch))
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = Process([binary(), *words], stdout=out, stderr=err, env=env)
        run = Run(process, folder, self.state_dir / self.task_id / "task.log")
        self._runs.append(run)
        return run

    def migrate(self, *arguments: str, timeout_s: float = 300, failpoint: str = "") -> Outcome:
        return self.start(*arguments, failpoint=failpoint).wait(timeout_s)

    def catch_up(self, *arguments: str, timeout_s: float = 300, failpoint: str = "") -> Outcome:
        return self.migrate("--cdc-stop-position", "caught-up", *arguments, timeout_s=timeout_s, failpoint=failpoint)

    def drop(self, timeout_s: float = 60) -> Outcome:
        ends = ("--source", self.source_uri, "--target", self.target_uri)
        return self.run("drop", "--task-id", self.task_id, *ends).wait(timeout_s)

    def close(self) -> None:
        for run in self._runs:
            if run.process.running():
                run.kill()
        for folder in (self.state_dir, self._scratch):
            shutil.rmtree(folder, ignore_errors=True)

    def _document(self, name: str, document: dict[str, Any] | str | None) -> str:
        """The file that holds the document; empty when there is none."""
        if document is None:
            return ""
        path = self._scratch / f"{name}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)
