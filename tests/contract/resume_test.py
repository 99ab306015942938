"""A task that ran before and is resumed where its record is not: it starts nothing, and says what is missing."""

from __future__ import annotations

import itertools
import json
import os
from typing import Any, Iterator

import pytest
from clients import Boto3
from conftest import checked
from godwit_server import GodwitServer
from runbook import Runbook
from servers import PostgresServer, SharedServers
from service_model import ServiceModel
from shops import Shop

# A reload without a record does not know which rows of the target are the task's.
PREPARED = {"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}
# A slot that was made anew would stand elsewhere.
SLOTS = """SELECT slot_name::text, confirmed_flush_lsn::text FROM pg_replication_slots
WHERE database = current_database() AND slot_name LIKE 'godwit%'"""

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


def set_control_schema(book: Runbook, shop: Shop, name: str) -> None:
    settings = {**PREPARED, "ControlTablesSettings": {"ControlSchema": name}}
    book.modify(shop.task, ReplicationTaskSettings=json.dumps(settings))


def slots(shop: Shop) -> list[tuple[Any, ...]]:
    assert isinstance(shop.source, PostgresServer)
    return shop.source.query(SLOTS, shop.database)


def refused_to_resume(book: Runbook, shop: Shop, why: str = "holds no record (godwit_task)") -> str:
    """Answers the row that was written meanwhile."""
    mark = shop.mark()
    came_to = book.describe(shop.task)["RecoveryCheckpoint"]
    book.start(shop.task, "resume-processing")
    failed = book.until_status(shop.task, "failed")
    said = failed["LastFailureMessage"]
    assert why in said and came_to in said, said
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
    set_control_schema(book, stopped, "elsewhere")
    mark = refused_to_resume(book, stopped)
    set_control_schema(book, stopped, "")
    book.start(stopped.task, "resume-processing")
    Runbook.until(lambda: stopped.has(mark), 60, "the row that was written meanwhile")
    stopped.catch_up()
    stopped.assert_equal()


def test_with_the_record_of_an_earlier_start_nothing_starts_and_the_last_one_goes_on(
    book: Runbook, stopped: Shop
) -> None:
    """The first start's record stands where the ControlSchema was before, and again is."""
    set_control_schema(book, stopped, "elsewhere")
    book.start(stopped.task, "reload-target")
    book.until_loaded(stopped.task)
    stopped.catch_up()
    book.stop(stopped.task)
    made = slots(stopped)
    records = "SELECT document FROM public.godwit_task"
    before = stopped.on_target(records)
    set_control_schema(book, stopped, "")
    mark = refused_to_resume(book, stopped, "is of an earlier start of the task")
    assert len(made) == 1 and slots(stopped) == made
    assert len(before) == 1 and stopped.on_target(records) == before
    set_control_schema(book, stopped, "elsewhere")
    book.start(stopped.task, "resume-processing")
    Runbook.until(lambda: stopped.has(mark), 60, "the row that was written meanwhile")
    stopped.catch_up()
    stopped.assert_equal()
