"""Story 3: two tasks over disjoint tables of one source stop at the same commit time, at one place of the log."""

from __future__ import annotations

import datetime
import threading
import time

import pytest

from conftest import Pair
from worker import Outcome, Task

SCHEMA = """
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (id int PRIMARY KEY, parent int NOT NULL REFERENCES parent, v text);
CREATE TABLE aside (id int PRIMARY KEY)
"""


def only(*tables: str) -> dict[str, object]:
    return {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": str(number),
                "rule-name": str(number),
                "object-locator": {"schema-name": "public", "table-name": table},
                "rule-action": "explicit",
            }
            for number, table in enumerate(tables, 1)
        ]
    }


class Application:
    """Commits to both tasks' tables at once, to one alone, and to none of them."""

    def __init__(self, pair: Pair, first: int) -> None:
        self._pair, self._next, self._stop = pair, first, threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(3)]

    def __enter__(self) -> Application:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            key = self._next + number * 100000 + turn
            self._pair.on_source(
                (
                    f"BEGIN; INSERT INTO parent VALUES ({key}, 'p'); INSERT INTO child VALUES ({key}, {key}, 'c'); COMMIT",
                    f"INSERT INTO parent VALUES ({key}, 'alone')",
                    f"INSERT INTO aside VALUES ({key})",
                )[turn % 3]
            )


def stop_time(seconds: float) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("commit_time:%Y-%m-%dT%H:%M:%S")


def checkpoint(outcome: Outcome) -> str:
    return str(outcome.events[-1]["checkpoint"])


def stop_both_at(parents: Task, children: Task, goal: str) -> list[Outcome]:
    runs = [parents.start("--cdc-stop-position", goal, "--output", "json")]
    time.sleep(0.3)  # started by hand, one after the other
    runs.append(children.start("--cdc-stop-position", goal, "--output", "json"))
    return [run.wait(60) for run in runs]


@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.thorough)])
def test_two_tasks_with_one_commit_time_stop_at_one_consistent_place(rounds: int, pair: Pair) -> None:
    pair.on_source(SCHEMA)
    parents = pair.task(task_id="parents", mappings=only("parent"))
    children = pair.task(task_id="children", mappings=only("child"))
    for task in (parents, children):
        assert task.catch_up().code == 0
    for turn in range(rounds):
        with Application(pair, (turn + 1) * 1000000):
            outcomes = stop_both_at(parents, children, stop_time(2))
        for outcome in outcomes:
            assert outcome.code == 0, outcome
            assert "STOPPED_AT_COMMIT_TIME" in outcome.events[-1]["stop_reason"], outcome
        assert checkpoint(outcomes[0]) == checkpoint(outcomes[1]), "\n".join(map(str, outcomes))
        orphans = pair.on_target("SELECT count(*) FROM child c LEFT JOIN parent p ON p.id = c.parent WHERE p.id IS NULL")
        halves = pair.on_target("SELECT count(*) FROM parent p LEFT JOIN child c ON c.parent = p.id WHERE p.v = 'p' AND c.id IS NULL")
        assert (orphans, halves) == ([(0,)], [(0,)])
        assert pair.on_target("SELECT count(*) > 0 FROM child") == [(True,)]
    pair.on_target("ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent")
    for task in (parents, children):
        outcome = task.catch_up("--finish")
        assert outcome.code == 0, outcome
    for table in ("parent", "child"):
        assert pair.on_source(f"SELECT * FROM {table} ORDER BY id") == pair.on_target(f"SELECT * FROM {table} ORDER BY id")


def test_an_idle_source_stops_both_at_one_place(pair: Pair) -> None:
    pair.on_source(SCHEMA)
    tasks = [pair.task(task_id="one", mappings=only("parent")), pair.task(task_id="two", mappings=only("child"))]
    for task in tasks:
        assert task.catch_up().code == 0
    pair.on_source("INSERT INTO parent VALUES (1, 'p')")
    outcomes = stop_both_at(*tasks, stop_time(2))
    assert [outcome.code for outcome in outcomes] == [0, 0], outcomes
    assert checkpoint(outcomes[0]) == checkpoint(outcomes[1])


STEP_BYTES = 64 << 20  # of the log, that are looked through at a time
PAGE_BYTES, PAGE_HEAD_BYTES = 8192, 24


def write_log_up_to(pair: Pair, end: int) -> None:
    """Messages, so that the next record begins some bytes before `end`."""

    def place() -> int:
        return int(pair.on_source("SELECT pg_current_wal_insert_lsn() - '0/0'")[0][0])

    def message(size: int) -> None:
        pair.on_source(f"SELECT pg_logical_emit_message(false, 'fill', repeat('x', {size}))")

    before = place()
    message(8)
    overhead = place() - before - 8
    while end - place() > 4096:
        message(min(1 << 20, (end - place()) * 9 // 10 - 1024))
    here, wanted = place(), end - 24
    pages = wanted // PAGE_BYTES - here // PAGE_BYTES
    message(wanted - here - overhead - pages * PAGE_HEAD_BYTES)


def test_a_commit_that_straddles_two_steps_of_the_search_is_seen(pair: Pair) -> None:
    pair.on_source("CREATE TABLE mark (id int PRIMARY KEY)")
    task = pair.task(task_id="straddle", mappings=only("mark"))
    assert task.catch_up().code == 0
    goal = stop_time(1)
    with pair.source.connect(pair.database) as late, late.cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO mark VALUES (1)")
        time.sleep(2)
        write_log_up_to(pair, pair.position() + STEP_BYTES)
        cursor.execute("COMMIT")
    pair.on_source("INSERT INTO mark VALUES (2)")
    outcome = task.migrate("--cdc-stop-position", goal, "--output", "json")
    assert outcome.code == 0, outcome
    assert "STOPPED_AT_COMMIT_TIME" in outcome.events[-1]["stop_reason"], outcome
    assert pair.on_target("SELECT id FROM mark") == []
