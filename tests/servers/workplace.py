"""Where throwaway servers live: the folder of this process, templates that servers are copied from, and their end."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Callable, Protocol, Sequence


def cache_folder() -> Path:
    """Where ./dev setup puts what apt does not have. root's own home is closed to the servers' user, so not there."""
    if named := os.environ.get("GODWIT_CACHE"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/cache/godwit")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "godwit"


def unprivileged_user() -> str | None:
    """Servers refuse to run as root: then they run, of either family, as the user PostgreSQL's package creates."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise SystemExit(
            "There is no user 'postgres' to run servers as. Run ./dev setup, which installs it."
        ) from None


def run_as_user(command: Sequence[str | Path], feed: str = "") -> None:
    user = unprivileged_user()
    done = subprocess.run(
        [str(part) for part in command],
        input=feed,
        capture_output=True,
        text=True,
        cwd="/",  # the caller's folder may be closed to the servers' user
        check=False,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def own(folder: Path) -> None:
    """Hands a folder and all in it to the servers' user."""
    if user := unprivileged_user():
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(Path(parent) / name, account.pw_uid, account.pw_gid, follow_symlinks=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Closable(Protocol):
    def close(self) -> None: ...


class Workplace:
    """The folder of this process, its templates, and what is removed at exit."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._templates: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._count = 0
        self.live: set[Closable] = set()

    def root(self) -> Path:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="godwit-servers-"))
            self._root.chmod(0o755)
            if user := unprivileged_user():
                shutil.chown(self._root, user, user)
            atexit.register(self.clear)
            # pytest-xdist may run tests beside the main thread, where no handler can be set.
            in_main_thread = threading.current_thread() is threading.main_thread()
            if in_main_thread and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self._root

    def folder(self) -> Path:
        with self._lock:
            self._count += 1
            return self.root() / f"{self._count}"

    def template(self, name: str, make: Callable[[Path], None]) -> Path:
        """A data folder fresh from its server's initialisation, made once a process under each name, copied per server."""
        with self._lock:
            if name not in self._templates:
                data = self.root() / f"template-{name}"
                make(data)
                self._templates[name] = data
            return self._templates[name]

    def clear(self) -> None:
        for server in list(self.live):
            server.close()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def leave_behind(self) -> None:
        """Forget everything but the templates, which go: the servers go on after this process."""
        for template in self.root().glob("template-*"):
            shutil.rmtree(template)
        self._templates.clear()
        self.live.clear()
        self._root = None


workplace = Workplace()
