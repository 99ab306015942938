"""The whole of it at once between families: sysbench through load and replication, with everything done against it."""

from __future__ import annotations

import random
import threading
from typing import Iterator

import pytest

import compare
from conftest import SETTINGS, each_pair
from mysql_server import MySqlServer
from processes import wait_until
from servers import Server, new_server
from sysbench import Load, Sysbench
from worker import Task, without_engine

FOLLOWS = "Reading the source's log"
PAIRS = [("mariadb", "15"), ("mysql8", "15"), ("15", "mariadb"), ("mariadb", "mariadb")]
DATABASE = "fault"


@pytest.fixture(autouse=True)
def engine_is_there() -> None:
    if reason := without_engine("mysql"):
        pytest.skip(reason)


class Rotation:
    """The source begins a new log file every few seconds."""

    def __init__(self, source: Server, every_s: float) -> None:
        self._source, self._every_s = source, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self) -> Rotation:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _live(self) -> None:
        sql = "FLUSH BINARY LOGS" if isinstance(self._source, MySqlServer) else "SELECT pg_switch_wal()"
        while not self._stop.wait(self._every_s):
            try:
                self._source.query(sql)
            except Exception:  # the server restarts, in the words of either driver: another time
                pass


@pytest.fixture(params=each_pair(PAIRS))
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    source_version, target_version = request.param
    with new_server(source_version, durable=True).start() as source, new_server(
        target_version, identity="target", durable=True
    ).start() as target:
        for server in (source, target):
            server.create_database(DATABASE)
        yield source, target


def run_against(source: Server, target: Server, *, rows: int, seconds: float, kills: int) -> None:
    bench = Sysbench(source, DATABASE, tables=4, rows=rows)
    bench.prepare()
    chance = random.Random(9)
    uris = source.uri(DATABASE), target.uri(DATABASE)
    with Task(*uris, settings=SETTINGS) as task:
        with Load(bench), Rotation(source, 3):
            for number in range(2):  # these die in the load for sure
                outcome = task.migrate(failpoint=f"slice-before-commit@{2 + number}=kill", timeout_s=180)
                assert outcome.code == -9, outcome
            run = task.start()
            wait_until(lambda: "Replication has started" in run.log(), 300, "the load to end")
            followed_before = 0  # a task's runs share its log
            for number in range(kills - 2):
                if number == (kills - 2) // 2:
                    # A worker's first connection is tried once.
                    wait_until(lambda: run.log().count(FOLLOWS) > followed_before, 60, "the worker to follow")
                    source.restart()
                run.process.wait_or_none(chance.uniform(0.2, 1.8) * seconds / (kills - 2))
                assert run.process.running(), run.wait(1)
                run.kill()
                followed_before = run.log().count(FOLLOWS)
                run = task.start()
            run.kill()
        outcome = task.catch_up("--finish", timeout_s=600)
        assert outcome.code == 0, outcome
    differences = compare.table_differences(*uris)
    assert not differences, "\n".join(differences)
    left = compare.leftovers(uris[0])
    assert not left, left


def test_sysbench_with_kills_rotated_logs_and_a_restart_ends_equal(ends: tuple[Server, Server]) -> None:
    run_against(*ends, rows=10_000, seconds=15, kills=5)


@pytest.mark.thorough
def test_two_minutes_of_sysbench_with_twenty_kills_end_equal(ends: tuple[Server, Server]) -> None:
    run_against(*ends, rows=100_000, seconds=120, kills=20)
