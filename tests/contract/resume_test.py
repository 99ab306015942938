"""A task that ran before and is resumed where its record is not: it starts nothing, and says what is missing."""

from __future__ import annotations

import itertools
import json
import os
from typing import Iterator

import pytest
from clients import Boto3
from conftest import checked
from godwit_server import GodwitServer
from runbook import Runbook
from servers import SharedServers
from service_model import ServiceModel
from shops import Shop

# A reload without a record does not know which rows of the target are the task's.
PREPARED = {"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}

_numbers = itertools.count(1)


@pytest.fixture
def book(own_server: GodwitServer, model: ServiceModel) -> Runbook:
    return Runbook(Boto3(checked(own_server.start().client(), model)), "resume").begin()


@pytest.fixture
def stopped(book: Runbook, servers: SharedServers) -> Iterator[Shop]:
    """It has loaded and followed, and was stopped."""
    shop = Shop(servers, "15", f"resume_{next(_numbers)}_{os.getpid()}").begin(book, settings=PREPARED)
    book.start(shop.task)
    book.until_loaded(shop.task)
    shop.catch_up()
    book.stop(shop.task)
    yield shop
    book.end()
    for server in (shop.source, shop.target):
        server.drop_database(shop.database)


def refused_to_resume(book: Runbook, shop: Shop) -> str:
    """Answers the row that was written meanwhile."""
    mark = shop.mark()
    came_to = book.describe(shop.task)["RecoveryCheckpoint"]
    book.start(shop.task, "resume-processing")
    failed = book.until_status(shop.task, "failed")
    said = failed["LastFailureMessage"]
    assert "holds no record (godwit_task)" in said and came_to in said, said
    assert "StartReplicationTaskType=reload-target" in said and "--restart" not in said, said
    assert not shop.has(mark)
    return mark


def test_without_the_record_nothing_starts_and_a_reload_brings_every_row(book: Runbook, stopped: Shop) -> None:
    stopped.target.psql("DROP TABLE godwit_task", stopped.database)  # type: ignore[union-attr]
    refused_to_resume(book, stopped)
    book.start(stopped.task, "reload-target")
    book.until_loaded(stopped.task)
    stopped.catch_up()
    stopped.assert_equal()


def test_with_another_control_schema_nothing_starts_and_the_former_one_goes_on(book: Runbook, stopped: Shop) -> None:
    def control_schema(name: str) -> None:
        settings = {"ControlTablesSettings": {"ControlSchema": name}}
        book.modify(stopped.task, ReplicationTaskSettings=json.dumps(settings))

    control_schema("elsewhere")
    mark = refused_to_resume(book, stopped)
    control_schema("")
    book.start(stopped.task, "resume-processing")
    Runbook.until(lambda: stopped.has(mark), 60, "the row that was written meanwhile")
    stopped.catch_up()
    stopped.assert_equal()
