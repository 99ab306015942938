"""A server that runs tasks, without a face: tests start, kill and start it again, and its workers live on."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from processes import wait_until
from worker import ROOT, binary

DRIVER = ROOT / "build/godwit_task_workers_driver"


class Supervisor:
    """One life of tests/faults/task_workers_driver.cpp on a data folder."""

    def __init__(
        self, folder: Path, hung_after_ms: int = 30000, failpoint: str = "", stop_max_ms: int = 240000
    ) -> None:
        env = {**os.environ, **({"GODWIT_FAILPOINT": failpoint} if failpoint else {})}
        driver = Path(os.environ.get("GODWIT_BIN") or DRIVER).parent / DRIVER.name
        self._errors = (folder / "driver.err").open("ab")
        self._process = subprocess.Popen(
            [driver, folder, binary(), str(hung_after_ms), str(stop_max_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=env,
            start_new_session=True,
        )
        self.reports: list[dict[str, Any]] = []
        self._answers: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            with self._changed:
                if "report" in said:
                    self.reports.append(said["report"])
                else:
                    self._answers[said["answer"]] = said
                self._changed.notify_all()

    def ask(self, what: str, timeout_s: float = 30, **more: Any) -> dict[str, Any]:
        number = next(self._numbers)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, "number": number, **more}) + "\n")
        self._process.stdin.flush()
        with self._changed:
            assert self._changed.wait_for(lambda: number in self._answers, timeout_s), f"no answer to {what}"
            return self._answers[number]

    def do(self, what: str, **more: Any) -> dict[str, Any]:
        answer = self.ask(what, **more)
        assert answer["error"] is None, answer
        return answer

    def last(self, task_id: str) -> dict[str, Any]:
        with self._changed:
            return next((report for report in reversed(self.reports) if report["task"] == task_id), {})

    def states(self, task_id: str) -> list[str]:
        """Each status the task had, in order."""
        with self._changed:
            told = [report["state"] for report in self.reports if report["task"] == task_id]
        return [state for state, _ in itertools.groupby(told)]

    def wait_for(self, task_id: str, *states: str, timeout_s: float = 60) -> dict[str, Any]:
        try:
            wait_until(lambda: self.last(task_id).get("state") in states, timeout_s, f"state {states}")
        except Exception as late:
            raise AssertionError(f"{late}; reports: {self.reports[-5:]}") from late
        return self.last(task_id)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self._reader.join(10)
        self._errors.close()

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()


class SupervisedTask:
    """A task's job and what its worker leaves; `supervisor` may be another one after each kill."""

    def __init__(self, source_uri: str, target_uri: str, settings: dict[str, Any], task_id: str, **more: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="godwit-server-"))
        self.task_id = task_id
        self.state_dir = self.folder / "tasks" / task_id
        self.run = self.fresh_run = 0
        self.job: dict[str, Any] = {
            "task": task_id,
            "server": "pool",
            "type": "full-load-and-cdc",
            "source": source_uri,
            "target": target_uri,
            "mappings": "",
            "settings": json.dumps(settings),
            "start_position": "",
            "stop_position": "",
            "state_dir": str(self.state_dir),
            **more,
        }
        self.supervisor = Supervisor(self.folder)

    def __enter__(self) -> SupervisedTask:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.close()
        for _ in range(2):
            if pid := self.worker_pid():
                os.kill(pid, signal.SIGKILL)
                time.sleep(0.2)
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def worker_pid(self) -> int:
        """Of the worker that lives; 0: none."""
        lock = self.state_dir / "worker.lock"
        text = lock.read_text().strip() if lock.exists() else ""
        if not text:
            return 0
        command = Path(f"/proc/{text}/cmdline")
        return int(text) if command.exists() and b"godwit" in command.read_bytes() else 0

    def start(self, kind: str = "fresh", **more: Any) -> None:
        self.run += 1
        if kind != "resume":
            self.fresh_run = self.run
        self.job.update(more)
        self.supervisor.do("start", job={**self.job, "run": self.run, "fresh_run": self.fresh_run, "start": kind})

    def another_server(self, take_up: bool = True, **more: Any) -> None:
        """The server before was killed; this one takes up what ran."""
        self.supervisor = Supervisor(self.folder, **more)
        self.supervisor.do("job", job={**self.job, "run": self.run, "fresh_run": self.fresh_run, "start": "resume"})
        if take_up:
            self.supervisor.do("take_up", runs=[[self.task_id, self.run]])

    def wait_for(self, *states: str, timeout_s: float = 60) -> dict[str, Any]:
        return self.supervisor.wait_for(self.task_id, *states, timeout_s=timeout_s)

    def statistics(self) -> dict[str, Any]:
        answer = self.supervisor.do("statistics", task=self.task_id, state_dir=str(self.state_dir))
        return {"live": answer["live"], **(answer["statistics"] or {})}

    def table(self, name: str) -> dict[str, Any]:
        return next((t for t in self.statistics().get("tables", []) if t["name"] == name), {})

    def log(self) -> str:
        path = self.state_dir / "task.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> dict[str, Any]:
        self.supervisor.do("stop", task=self.task_id)
        return self.wait_for("stopped", "failed")

    def reload(self, *tables: tuple[str, str]) -> dict[str, Any]:
        return self.supervisor.ask("reload", task=self.task_id, tables=[list(table) for table in tables])
