"""One server for all contract tests of a pytest worker, and clients whose every reply is held against the model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "servers"))

from workplace import cache_folder  # noqa: E402  (after the path is set)

# The newest boto3, where ./dev setup put it; the AWS CLI keeps to Debian's.
NEWEST = cache_folder() / "boto3"
if NEWEST.is_dir():
    sys.path.insert(0, str(NEWEST))

from called import Gathering, answered  # noqa: E402
from godwit_server import GodwitServer, Key  # noqa: E402
from servers import SharedServers  # noqa: E402
from service_model import ServiceModel  # noqa: E402


class WrongReply(AssertionError):
    """A reply that the service model does not allow."""


def checked(client: Any, model: ServiceModel) -> Any:
    """The client, whose calls fail with WrongReply when a reply is not of the model's shape."""

    def hold_against_model(response_dict: dict[str, Any] | None, event_name: str, **_: Any) -> None:
        if response_dict is None:
            return
        operation = event_name.rsplit(".", 1)[-1]
        if response_dict["status_code"] == 200:
            answered.add(operation)
        found = model.of_reply(
            operation, response_dict["status_code"], response_dict["headers"], response_dict["body"]
        )
        if found:
            raise WrongReply(f"{operation}: " + "; ".join(found))

    client.meta.events.register("response-received.database-migration-service", hold_against_model)
    return client


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Gathering())


@pytest.fixture(scope="session")
def model() -> ServiceModel:
    return ServiceModel()


@pytest.fixture(scope="session")
def server() -> Iterator[GodwitServer]:
    """Shared: tests of one resource use identifiers of their own."""
    with GodwitServer() as running:
        yield running


@pytest.fixture(scope="session")
def servers() -> Iterator[SharedServers]:
    """Of databases: ends of tasks; each test has databases of its own on them."""
    shared = SharedServers()
    yield shared
    shared.close()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[GodwitServer]:
    """A server of the test's own, not yet started."""
    made = GodwitServer(folder=tmp_path)
    yield made
    made.close()


@pytest.fixture
def checked_client(server: GodwitServer, model: ServiceModel) -> Callable[..., Any]:
    """checked_client(role="admin", key=…): a boto3 client of DMS on the shared server."""

    def make(role: str = "admin", key: Key | None = None, on: GodwitServer | None = None, **config: Any) -> Any:
        return checked((on or server).client("dms", role, key, **config), model)

    return make


@pytest.fixture
def dms(checked_client: Callable[..., Any]) -> Any:
    return checked_client()
