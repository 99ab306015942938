"""Flows share one server per version and end; each case has databases of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

from servers import Server, new_server  # noqa: E402  (after the path is set)


class Servers:
    """Started when first asked for."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], Server] = {}

    def get(self, version: str, identity: str) -> Server:
        if (version, identity) not in self._running:
            self._running[version, identity] = new_server(version, identity=identity).start()
        return self._running[version, identity]

    def close(self) -> None:
        for server in self._running.values():
            server.close()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    running = Servers()
    yield running
    running.close()
