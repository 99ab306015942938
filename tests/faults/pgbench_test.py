"""The whole of it at once: pgbench through the load and a minute of replication, with everything done against it."""

from __future__ import annotations

import random
import subprocess
import threading

import psycopg2
import pytest

from conftest import SETTINGS, Pair
from processes import Process
from servers import client


class RowLocker:
    """A session on the target that holds row locks now and then."""

    def __init__(self, pair: Pair) -> None:
        self._pair, self._stop = pair, threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self) -> RowLocker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _live(self) -> None:
        chance = random.Random(7)
        while not self._stop.wait(0.5):
            if not self._pair.has_on_target("pgbench_accounts"):
                continue
            connection = self._pair.target.connect(self._pair.database)
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
                try:
                    cursor.execute(
                        f"BEGIN; SELECT * FROM pgbench_accounts WHERE aid % 1000 = {chance.randint(0, 999)} FOR UPDATE"
                    )
                    self._stop.wait(1)
                except psycopg2.Error:  # the lock was not to be had, or the table was being made: another time
                    pass
            connection.close()


def run_against(pair: Pair, *, scale: int, seconds: int, kills: int) -> None:
    ends = ["-h", str(pair.source.folder), "-p", str(pair.source.port), "-U", "postgres", pair.database]
    subprocess.run([client("pgbench"), "-i", "-q", "-s", str(scale), *ends], check=True, capture_output=True)
    task = pair.task(settings={**SETTINGS, "Godwit": {"SliceMB": 2}})
    chance = random.Random(8)
    bench = Process(
        [client("pgbench"), "-n", "-c", "8", "-T", str(seconds), *ends],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with RowLocker(pair), pair.writers(2):
        # The first two die in the load for sure, and a table is rewritten before the next takes over.
        for number, rewrite in enumerate(("ALTER TABLE seats ALTER place TYPE bigint", "VACUUM FULL accounts")):
            task.migrate(failpoint=f"slice-before-commit@{3 + number}=kill")
            pair.on_source(rewrite)
        for _ in range(kills - 2):
            run = task.start()
            run.process.wait_or_none(chance.uniform(0.2, 1.8 * seconds / kills))
            assert run.process.running(), run.wait(1)
            run.kill()
        assert bench.wait(seconds * 3).code == 0
    pair.assert_ends_equal(task)


def test_pgbench_with_kills_locks_and_rewrites_ends_equal(pair: Pair) -> None:
    run_against(pair, scale=3, seconds=15, kills=5)


@pytest.mark.thorough
def test_a_minute_of_pgbench_with_twenty_kills_ends_equal(pair: Pair) -> None:
    run_against(pair, scale=20, seconds=75, kills=20)
