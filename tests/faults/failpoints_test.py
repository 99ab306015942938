"""kill -9 at every named place: the next run goes on, nothing is lost or doubled, no finished work is done again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from conftest import SETTINGS, Pair, across
from mysql_server import MySqlServer
from worker import Task, failpoint_names

SPOOL = [name for name in failpoint_names() if name.startswith("spool-")]
# Passed only after a lost snapshot: lost_snapshot_test.py.
MERGE = [name for name in failpoint_names() if name.startswith("merge-")]
# Passed only where rows name large objects: large_objects_test.py.
LARGE = [name for name in failpoint_names() if name.startswith("large-")]
# These are passed by structure changes only: structure_test.py kills there.
STRUCTURE = [name for name in failpoint_names() if name.startswith("structure-")]
RELOAD = [name for name in failpoint_names() if name.startswith("reload-")]  # worker_test.py
OTHERS = [name for name in failpoint_names() if name not in SPOOL + MERGE + LARGE + STRUCTURE + RELOAD]
LOAD = [name for name in OTHERS if name.startswith("slice-")]
WINDOW = [name for name in OTHERS if name.startswith("window-")]

POSTGRES = ("15", "15")
FAMILIES = [("mariadb", "15"), ("mysql8", "15"), ("15", "mariadb"), ("mariadb", "mariadb")]
MORE_FAMILIES = (("15", "mysql8"), ("mysql8", "mysql8"), ("mysql57", "mariadb"))

# As little memory as may be asked for, so that changes go to disk.
SPOOLING = {**SETTINGS, "Godwit": {"SliceMB": 1, "MemoryMB": 64}}


def die_at(pair: Pair, task: Task, failpoint: str) -> tuple[dict[Any, Any], int]:
    """Runs until the failpoint kills the worker; answers the ledger and the position it left."""
    outcome = task.migrate(failpoint=f"{failpoint}=kill", timeout_s=90)
    assert outcome.code == -9, f"{failpoint} was never passed: {outcome}"
    return pair.ledger(), pair.position()


def assert_nothing_was_done_again(pair: Pair, ledger: dict[Any, Any], position: int) -> None:
    after = pair.ledger()
    again = {slice_: (line, after.get(slice_)) for slice_, line in ledger.items() if after.get(slice_) != line}
    if isinstance(pair.source, MySqlServer):
        again = {slice_: lines for slice_, lines in again.items() if stays_without_its_snapshot(pair, ledger, slice_)}
    assert not again, f"finished slices were loaded again: {again}"
    assert pair.position() >= position, "the target went back in the log"
    snapshots = {line[2] for line in after.values()}
    if not isinstance(pair.source, MySqlServer):
        assert len(snapshots) == 1, f"the keeper's snapshot was not joined again: {snapshots}"


def stays_without_its_snapshot(pair: Pair, ledger: dict[Any, Any], slice_: tuple[str, str, int]) -> bool:
    """No session of MySQL outlives the worker that opened it, so what is not loaded yet comes from a later snapshot.

    Tables tied together by cascades, of which the log tells nothing, come again together. Of the others finished
    slices stay, on PostgreSQL; on MariaDB and MySQL those of tables that are loaded whole.
    """
    if slice_[1] in ("parents", "children"):
        return False
    if not isinstance(pair.target, MySqlServer):
        return True
    of_table = [number for _, table, number in ledger if table == slice_[1]]
    return len(of_table) == sum(1 for _, table, _ in pair.ledger() if table == slice_[1])


@across(POSTGRES, thorough=(*FAMILIES, *MORE_FAMILIES))
@pytest.mark.parametrize("failpoint", OTHERS)
def test_resumes_after_a_kill_at(failpoint: str, pair: Pair) -> None:
    task = pair.task()
    with pair.writers():
        ledger, position = die_at(pair, task, failpoint)
        outcome = task.catch_up()
        assert outcome.code == 0, outcome
        assert_nothing_was_done_again(pair, ledger, position)
    pair.assert_ends_equal(task)


@pytest.mark.parametrize("failpoint", SPOOL)
def test_resumes_after_a_kill_while_changes_go_to_disk_at(failpoint: str, pair: Pair) -> None:
    task = pair.task(settings=SPOOLING)
    assert task.catch_up().code == 0
    fill_the_spool(pair)
    ledger, position = die_at(pair, task, failpoint)
    assert position, "the position stays"
    pair.assert_ends_equal(task)
    assert pair.ledger() in ({}, ledger), "nothing was loaded again"


def fill_the_spool(pair: Pair) -> None:
    """Some 150 MB of changes in one transaction, which no memory budget of 64 MB holds."""
    pair.on_source("INSERT INTO documents SELECT g, 0, repeat(md5(g::text), 256) FROM generate_series(1001, 19000) g")


@across(POSTGRES, thorough=(*FAMILIES, *MORE_FAMILIES))
@pytest.mark.parametrize("failpoint", [*LOAD, *WINDOW])
@pytest.mark.parametrize("passes", [2, 3])
def test_resumes_after_a_kill_at_a_later_pass_of(failpoint: str, passes: int, pair: Pair) -> None:
    task = pair.task()
    with pair.writers():
        die_at(pair, task, f"{failpoint}@{passes}")
    pair.assert_ends_equal(task)


def in_order_of_life(name: str) -> tuple[bool, bool]:
    """Foreign keys come before the first window."""
    return name.startswith("window-"), name == "foreign-keys"


@across(POSTGRES, *FAMILIES)
def test_resumes_after_a_kill_at_one_failpoint_after_the_other(pair: Pair) -> None:
    task = pair.task()
    with pair.writers():
        ledger: dict[Any, Any] = {}
        position = 0
        for failpoint in sorted(OTHERS, key=in_order_of_life):
            before, at = ledger, position
            ledger, position = die_at(pair, task, failpoint)
            if ledger:
                assert_nothing_was_done_again(pair, before, at)
    pair.assert_ends_equal(task)


def kill_at_random(pair: Pair, task: Task, kills: int, longest_s: float, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        run = task.start()
        ended = run.process.wait_or_none(chance.uniform(0.1, longest_s))
        assert ended is None, f"the worker ended by itself: {run.wait(1)}"
        run.kill()


def test_resumes_after_kills_at_random_moments(pair: Pair) -> None:
    task = pair.task()
    with pair.writers():
        kill_at_random(pair, task, kills=6, longest_s=2.5, seed=20)
    pair.assert_ends_equal(task)


@pytest.mark.thorough
@across(POSTGRES, *FAMILIES)
@pytest.mark.parametrize("seed", range(10))
def test_resumes_after_twenty_kills_at_random_moments(seed: int, pair: Pair) -> None:
    task = pair.task()
    with pair.writers(8):
        kill_at_random(pair, task, kills=20, longest_s=3, seed=seed)
    pair.assert_ends_equal(task)
