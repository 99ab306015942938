"""`godwit serve` as tests use it: started on a free port with a folder of its own, asked, stopped, killed, started again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from processes import Ended, Late, Process
from worker import binary

REGION = "us-east-1"


@dataclass(frozen=True)
class Key:
    """An access key, as `godwit keys create --output json` shows it."""

    id: str
    secret: str
    role: str


def godwit(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One run of the binary to its end."""
    command = [str(binary()), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


class GodwitServer:
    """One data folder and the server on it. start() again goes on with the same folder."""

    def __init__(self, *arguments: str, folder: Path | None = None) -> None:
        self._own = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="godwit-server-"))
        self.data = self.folder / "data"
        self._arguments = arguments
        self._process: Process | None = None
        self._keys: dict[str, Key] = {}
        self.url = ""

    def __enter__(self) -> GodwitServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process(self) -> Process:
        assert self._process is not None, "the server was not started"
        return self._process

    def start(self, *arguments: str, timeout_s: float = 20) -> GodwitServer:
        """Returns when it listens; --ready-fd says so, with the address."""
        reading, writing = os.pipe()
        given = ["--data-dir", str(self.data), "--listen", "127.0.0.1:0", *self._arguments, *arguments]
        command = [str(binary()), "serve", *given, "--ready-fd", str(writing)]
        with open(self.folder / "stdout", "ab") as stdout, open(self.folder / "stderr", "ab") as stderr:
            self._process = Process(command, stdout=stdout, stderr=stderr, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading, "rb") as ready:
            self.url = ready.readline().decode().strip()  # the end of the file, where it never listened
        if not self.url:
            ended = self._process.wait(timeout_s)
            raise RuntimeError(f"godwit serve did not start: exit {ended.code}\n{self.said()}")
        return self

    def stop(self, timeout_s: float = 30) -> Ended:
        self.process.send(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> Ended:
        return self.process.kill()

    def close(self) -> None:
        if self._process is not None and self._process.running():
            try:
                self.stop(10)
            except Late:
                self.kill()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def said(self) -> str:
        return "".join(
            (self.folder / name).read_text(errors="replace")
            for name in ("stdout", "stderr")
            if (self.folder / name).exists()
        )

    def log(self) -> str:
        return (self.data / "server.log").read_text(errors="replace")

    # --- keys and clients ---

    def new_key(self, role: str = "admin", name: str = "") -> Key:
        named = ["--name", name] if name else []
        done = godwit("keys", "create", "--data-dir", self.data, "--role", role, *named, "--output", "json")
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        return Key(made["AccessKeyId"], made["SecretAccessKey"], made["Role"])

    def key(self, role: str = "admin") -> Key:
        """The same key each time."""
        if role not in self._keys:
            self._keys[role] = self.new_key(role)
        return self._keys[role]

    def client(self, service: str = "dms", role: str = "admin", key: Key | None = None, **config: Any) -> Any:
        """A boto3 client that tries once."""
        import boto3
        from botocore.config import Config

        key = key or self.key(role)
        options: dict[str, Any] = {"retries": {"total_max_attempts": 1}, **config}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            config=Config(**options),
        )

    def environment(self, role: str = "admin") -> dict[str, str]:
        """For the AWS CLI and other SDKs, which get --endpoint-url besides."""
        key = self.key(role)
        return {
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PAGER": "",
        }
