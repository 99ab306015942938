"""Servers and workers are killed while tasks run: tasks go on, nothing is lost or doubled, statistics continue."""

from __future__ import annotations

import itertools
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from clients import Boto3
from conftest import checked
from godwit_server import GodwitServer, godwit
from runbook import Runbook
from servers import SharedServers
from service_model import ServiceModel
from shops import Shop, assert_continue, is_alive, worker_of

SEEN_WITHIN_S = 5

_numbers = itertools.count(1)


class Site:
    """A server of the test's own with one user's work on it; the address of each of its lives is another one."""

    def __init__(self, server: GodwitServer, servers: SharedServers, model: ServiceModel) -> None:
        self.server, self._servers, self._model = server, servers, model
        self.shops: list[Shop] = []
        self.book = Runbook(self._client(), "life").begin()

    def _client(self) -> Boto3:
        return Boto3(checked(self.server.client(), self._model))

    def add(self, version: str, kind: str = "full-load-and-cdc", **more: Any) -> Shop:
        shop = Shop(self._servers, version, f"life_{next(_numbers)}_{os.getpid()}")
        self.shops.append(shop.begin(self.book, kind, **more))
        return shop

    def start_again(self) -> None:
        self.server.start()
        self.book.client = self._client()

    def workers(self) -> dict[str, int]:
        return {shop.task: worker_of(self.server, shop.task) for shop in self.shops}

    def elapsed_ms(self) -> list[int]:
        return [self.book.describe(shop.task)["ReplicationTaskStats"]["ElapsedTimeMillis"] for shop in self.shops]

    def statuses(self) -> set[str]:
        return {self.book.status(shop.task) for shop in self.shops}

    def until_running(self) -> None:
        for shop in self.shops:
            self.book.until_status(shop.task, "running")
        for shop in self.shops:
            Runbook.until(lambda shop=shop: worker_of(self.server, shop.task) != 0, 30, "a worker")  # type: ignore[misc]

    def close(self) -> None:
        for shop in self.shops:
            for server in (shop.source, shop.target):
                server.drop_database(shop.database)


@pytest.fixture
def site(own_server: GodwitServer, servers: SharedServers, model: ServiceModel) -> Iterator[Site]:
    made = Site(own_server.start(), servers, model)
    yield made
    for pid in made.workers().values():
        if pid:
            os.kill(pid, signal.SIGKILL)
    made.close()


def three_running(site: Site) -> None:
    for version in ("15", "15", "mariadb"):
        site.add(version)
    for shop in site.shops:
        site.book.start(shop.task)
    site.until_running()


def writing(site: Site) -> ExitStack:
    stack = ExitStack()
    for shop in site.shops:
        stack.enter_context(shop.writers())
    return stack


def assert_all_equal(site: Site) -> None:
    for shop in site.shops:
        shop.catch_up()
        shop.assert_equal()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_three_tasks_go_on_in_their_workers_when_the_server_ends(site: Site, end: signal.Signals) -> None:
    three_running(site)
    with writing(site):
        for pause_s in (0.0, 1.5, 3.0):  # during the load, near its end, and afterwards
            time.sleep(pause_s)
            before = [shop.counts(site.book) for shop in site.shops]
            ran_ms = site.elapsed_ms()
            workers = site.workers()
            assert all(workers.values())
            site.server.process.send(end)
            ended = site.server.process.wait(20)
            assert ended.code == (-9 if end == signal.SIGKILL else 0)
            # Without a server the workers move rows.
            marks = [shop.mark() for shop in site.shops]
            for shop, mark in zip(site.shops, marks, strict=True):
                until_there(shop, mark)
            site.start_again()
            assert site.statuses() == {"running"}
            assert site.workers() == workers
            assert all(now_ms >= then_ms for then_ms, now_ms in zip(ran_ms, site.elapsed_ms(), strict=True))
            for shop, counts in zip(site.shops, before, strict=True):
                assert_continue(counts, shop.counts(site.book))
                assert "LastFailureMessage" not in site.book.describe(shop.task)
    assert_all_equal(site)
    for shop in site.shops:
        assert_counted(site, shop)
    for shop in site.shops:  # a worker that was found obeys
        site.book.stop(shop.task)
        assert site.book.describe(shop.task)["StopReason"] == "Stop Reason NORMAL"
    for shop in site.shops:
        shop.assert_equal()


def until_there(shop: Shop, mark: str) -> None:
    """During the load the table may not be there yet."""

    def has_by_now() -> bool:
        there = shop.on_target("SELECT to_regclass('{schema}.parents') IS NOT NULL")[0][0]
        return bool(there) and shop.has(mark)

    Runbook.until(has_by_now, 60, "a row that came without a server")


def assert_counted(site: Site, shop: Shop) -> None:
    """Every row of the source is one that was loaded or inserted, less those deleted: nothing is counted twice."""

    def agrees() -> bool:
        row = site.book.statistics(shop.task)[shop.schema, "accounts"]
        return bool(row["FullLoadRows"] + row["AppliedInserts"] - row["AppliedDeletes"] == 40000)

    Runbook.until(agrees, 15, "the counts of accounts to be those of its rows")
    stats = site.book.describe(shop.task)["ReplicationTaskStats"]
    assert stats["TablesErrored"] == 0 and stats["FullLoadProgressPercent"] == 100, stats


def message_of(site: Site, shop: Shop) -> str:
    return str(site.book.describe(shop.task).get("LastFailureMessage", ""))


@pytest.mark.parametrize("version", ["15", "mariadb"])
def test_a_killed_worker_is_shown_within_5_seconds_and_started_again(site: Site, version: str) -> None:
    shop = site.add(version)
    site.book.start(shop.task)
    site.until_running()
    with writing(site):
        for pause_s in (0.3, 3.0):
            time.sleep(pause_s)
            before = shop.counts(site.book)
            pid = site.workers()[shop.task]
            said = message_of(site, shop)
            os.kill(pid, signal.SIGKILL)

            def is_shown(said: str = said) -> bool:
                task = site.book.describe(shop.task)
                return bool(task["Status"] == "starting" or task.get("LastFailureMessage", "") != said)

            Runbook.until(is_shown, SEEN_WITHIN_S, "the death to be shown")
            assert "was killed by signal 9" in message_of(site, shop)
            site.until_running()
            Runbook.until(lambda: "It was started again (attempt" in message_of(site, shop), 30, "the new worker")
            assert site.workers()[shop.task] not in (0, pid)
            assert_continue(before, shop.counts(site.book))
    assert_all_equal(site)
    # Another server tells the same, and a clean stop leaves nothing of it to look after.
    told = site.book.describe(shop.task)["LastFailureMessage"]
    site.server.kill()
    site.start_again()
    Runbook.until(lambda: site.book.describe(shop.task).get("LastFailureMessage") == told, 10, "what became of it")
    site.book.stop(shop.task)
    stopped = site.book.describe(shop.task)
    assert stopped["StopReason"] == "Stop Reason NORMAL" and "LastFailureMessage" not in stopped, stopped


@pytest.mark.parametrize("version", ["15", "mariadb"])
def test_a_source_that_is_gone_is_told_while_the_task_runs_until_it_is_back(site: Site, version: str) -> None:
    shop = site.add(version)
    site.book.start(shop.task)
    site.book.until_loaded(shop.task)
    shop.catch_up()
    shop.source.stop("immediate")
    try:

        def tells() -> bool:
            task = site.book.describe(shop.task)
            assert task["Status"] == "running", task
            return "The task cannot go on just now" in task.get("LastFailureMessage", "")

        Runbook.until(tells, 15, "the lost source to be told")
        message = site.book.describe(shop.task)["LastFailureMessage"]
        assert "(attempt " in message and "\n" not in message and ".." not in message and "?." not in message, message
    finally:
        shop.source.start()
    shop.catch_up()
    Runbook.until(lambda: "LastFailureMessage" not in site.book.describe(shop.task), 20, "the message to go")
    shop.assert_equal()
    site.book.stop(shop.task)


def test_a_stop_while_the_source_is_gone_says_what_it_leaves(site: Site) -> None:
    shop = site.add("15")
    site.book.start(shop.task)
    site.book.until_loaded(shop.task)
    shop.source.stop("immediate")
    try:
        Runbook.until(lambda: "LastFailureMessage" in site.book.describe(shop.task), 15, "the lost source to be told")
        site.book.stop(shop.task)
    finally:
        shop.source.start()
    stopped = site.book.describe(shop.task)
    assert stopped["StopReason"] == "Stop Reason NORMAL", stopped
    assert "not by a clean stop" in stopped["LastFailureMessage"], stopped
    site.book.start(shop.task, "resume-processing")
    site.until_running()
    shop.catch_up()
    site.book.stop(shop.task)
    assert "LastFailureMessage" not in site.book.describe(shop.task)


def test_a_worker_killed_in_a_full_load_comes_to_its_end(site: Site) -> None:
    shop = site.add("15", "full-load")
    site.book.start(shop.task)
    Runbook.until(lambda: site.workers()[shop.task] != 0, 30, "a worker")
    os.kill(site.workers()[shop.task], signal.SIGKILL)
    done = site.book.until_status(shop.task, "stopped")
    assert done["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED", done
    shop.assert_equal()


def test_a_worker_that_dies_again_and_again_fails_its_task(site: Site) -> None:
    errors = {"RecoverableErrorCount": 1, "RecoverableErrorInterval": 1}
    shop = site.add("15", settings={"ErrorBehavior": errors})
    site.book.start(shop.task)
    site.until_running()
    end = time.monotonic() + 60
    while (status := site.book.status(shop.task)) != "failed":
        assert time.monotonic() < end, site.book.describe(shop.task)
        if (pid := site.workers()[shop.task]) and is_alive(pid):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        assert status in ("starting", "running"), status
    failed = site.book.describe(shop.task)
    assert failed["StopReason"] == "Stop Reason RECOVERABLE_ERROR", failed
    assert failed["LastFailureMessage"]
    events = site.book.call("DescribeEvents", SourceType="replication-task", EventCategories=["failure"])["Events"]
    assert ["RECOVERABLE_ERROR" in event["Message"] for event in events] == [True], events
    # It goes on where it stood, once somebody asks for it.
    site.book.start(shop.task, "resume-processing")
    site.until_running()
    assert_all_equal(site)


def kill_everything(site: Site) -> None:
    """As a reset of the machine does: first the server, so that it sees no worker die."""
    workers = site.workers()
    site.server.kill()
    for pid in workers.values():
        os.kill(pid, signal.SIGKILL)
    Runbook.until(lambda: not any(is_alive(pid) for pid in workers.values()), 10, "the workers' end")


def test_after_a_reset_of_the_machine_all_tasks_resume(site: Site) -> None:
    three_running(site)
    with writing(site):
        for pause_s in (0.5, 4.0):
            time.sleep(pause_s)
            before = [shop.counts(site.book) for shop in site.shops]
            kill_everything(site)
            site.start_again()
            assert site.statuses() <= {"starting", "running"}
            site.until_running()
            for shop, counts in zip(site.shops, before, strict=True):
                assert_continue(counts, shop.counts(site.book))
    assert_all_equal(site)
    for shop in site.shops:
        assert "LastFailureMessage" not in site.book.describe(shop.task)
        site.book.stop(shop.task)


def test_a_task_that_ended_while_no_server_ran_is_shown_as_ended(site: Site) -> None:
    shop = site.add("15", "full-load")
    site.book.start(shop.task)
    Runbook.until(lambda: site.workers()[shop.task] != 0, 30, "a worker")
    pid = site.workers()[shop.task]
    site.server.kill()
    Runbook.until(lambda: not is_alive(pid), 60, "the load's end without a server")
    site.start_again()
    done = site.book.until_status(shop.task, "stopped", 30)
    assert done["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert done["ReplicationTaskStats"]["TablesLoaded"] == 9
    shop.assert_equal()


def test_a_stop_that_the_server_did_not_live_to_see_is_carried_out(site: Site) -> None:
    shop = site.add("15")
    site.book.start(shop.task)
    site.until_running()
    site.book.call("StopReplicationTask", ReplicationTaskArn=shop.task)
    site.server.kill()
    site.start_again()
    assert site.book.until_status(shop.task, "stopped", 60)["StopReason"] == "Stop Reason NORMAL"


def test_one_server_at_a_time_works_in_a_folder_wherever_its_store_is(site: Site, tmp_path: Path) -> None:
    shop = site.add("15")
    site.book.start(shop.task)
    site.until_running()
    second = godwit(
        "serve", "--data-dir", site.server.data, "--store", f"sqlite:{tmp_path}/other.db", "--listen", "127.0.0.1:0"
    )
    assert second.returncode == 2 and "another godwit serve is at work in it" in second.stderr, second
    assert not (tmp_path / "other.db").exists()
    site.book.stop(shop.task)  # its worker still has its server
    assert site.book.describe(shop.task)["StopReason"] == "Stop Reason NORMAL"


def test_a_worker_killed_in_its_stop_is_started_once_more_and_ends_cleanly(site: Site) -> None:
    shop = site.add("15")
    site.book.start(shop.task)
    site.until_running()
    site.book.until_loaded(shop.task)
    pid = site.workers()[shop.task]
    os.kill(pid, signal.SIGSTOP)  # so that it does not come to its stop before it dies
    site.book.call("StopReplicationTask", ReplicationTaskArn=shop.task)
    os.kill(pid, signal.SIGKILL)
    done = site.book.until_status(shop.task, "stopped", 60)
    assert done["StopReason"] == "Stop Reason NORMAL", done
    assert "LastFailureMessage" not in done, done
    shop.assert_equal()
