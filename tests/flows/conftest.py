"""Flows share one server per version and end; each case has databases of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

from servers import SharedServers  # noqa: E402  (after the path is set)


@pytest.fixture(scope="session")
def servers() -> Iterator[SharedServers]:
    running = SharedServers()
    yield running
    running.close()
