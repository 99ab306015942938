"""Structure changes between changes of rows where statements of a family commit by themselves, and the worker killed
at any moment: each is carried out once, in its place."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Iterator

import pytest

import compare
from conftest import SETTINGS, each_pair
from mysql_server import MySqlServer
from processes import wait_until
from servers import Server, new_server
from worker import Task, without_engine

PAIRS = [("mariadb", "15"), ("15", "mariadb"), ("mariadb", "mariadb")]
DATABASE = "fault"

PREPARE = [
    "CREATE TABLE ledger (id int PRIMARY KEY, account int NOT NULL, amount decimal(12, 2), note varchar(40))",
    "CREATE TABLE steady (id int PRIMARY KEY, v varchar(20))",
    "CREATE TABLE one (id int PRIMARY KEY, v int)",
    "CREATE TABLE two (id int PRIMARY KEY, v int)",
    *(f"INSERT INTO ledger VALUES ({n}, {n % 50}, {n}, 'note {n}')" for n in range(1, 201)),
    *(f"INSERT INTO steady VALUES ({n}, 'v')" for n in range(1, 101)),
    "INSERT INTO one VALUES (1, 1)",
    "INSERT INTO two VALUES (2, 2)",
]

# Every server knows these; what only some know stands below.
STEPS = [
    "UPDATE ledger SET amount = amount + 1 WHERE account < 5",
    "ALTER TABLE ledger ADD COLUMN tag varchar(10) DEFAULT 'none'",
    "UPDATE ledger SET tag = 'first' WHERE account = 1",
    "INSERT INTO ledger VALUES (1001, 7, 1, 'n', 'new')",
    "ALTER TABLE ledger RENAME COLUMN note TO remark",
    "UPDATE ledger SET remark = 'r' WHERE account = 2",
    "ALTER TABLE ledger DROP COLUMN tag",
    "DELETE FROM ledger WHERE account = 3",
    "ALTER TABLE ledger ADD COLUMN tag int NOT NULL DEFAULT 4",
    "UPDATE ledger SET tag = account WHERE account < 20",
    "CREATE TABLE late (id int PRIMARY KEY, v varchar(9))",
    "INSERT INTO late VALUES (1, 'l'), (2, 'l'), (3, 'l')",
    "ALTER TABLE late ADD COLUMN w int DEFAULT 4",
    "DELETE FROM late WHERE id = 2",
    "ALTER TABLE steady RENAME TO firm",
    "UPDATE firm SET v = 'x' WHERE id > 90",
    "ALTER TABLE firm RENAME TO steady",
    "INSERT INTO steady VALUES (900, 'y')",
    "CREATE TABLE passing (id int PRIMARY KEY)",
    "INSERT INTO passing VALUES (1)",
    "DROP TABLE passing, one",
    "UPDATE two SET v = 3",
    "UPDATE ledger SET tag = 99 WHERE account = 4",
]
OF_THE_FAMILY = [
    "ALTER TABLE two ADD COLUMN w int FIRST, CHANGE v u bigint, ADD v varchar(5) DEFAULT 'd'",
    "INSERT INTO two VALUES (8, 5, 5000000000, 'e')",
    "ALTER TABLE two DROP COLUMN w, CHANGE u w bigint",
    "RENAME TABLE two TO tmp, steady TO two, tmp TO three",
    "INSERT INTO three VALUES (6, 6, 'f')",
    "UPDATE two SET v = 'swapped' WHERE id = 5",
]


@pytest.fixture(autouse=True)
def engine_is_there() -> None:
    if reason := without_engine("mysql"):
        pytest.skip(reason)


@pytest.fixture(params=each_pair(PAIRS))
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server, list[str]]]:
    source_version, target_version = request.param
    with new_server(source_version).start() as source, new_server(target_version, identity="target").start() as target:
        for server in (source, target):
            server.create_database(DATABASE)
        for statement in PREPARE:
            source.query(statement, DATABASE)
        steps = STEPS + OF_THE_FAMILY if source_version == "mariadb" else STEPS
        yield source, target, steps


def assert_equal(source: Server, target: Server) -> None:
    differences = compare.table_differences(source.uri(DATABASE), target.uri(DATABASE))
    assert not differences, "\n".join(differences)


# "structure-committed" is passed where the target's statements commit by themselves.
@pytest.mark.parametrize("failpoint", ["structure-change", "structure-committed", "structure-changed", "window-committed"])
def test_a_kill_around_each_structure_change_neither_loses_nor_repeats_it(
    failpoint: str, ends: tuple[Server, Server, list[str]]
) -> None:
    source, target, steps = ends
    if failpoint == "structure-committed" and not isinstance(target, MySqlServer):
        pytest.skip("the target's statements are part of its transaction")
    with Task(source.uri(DATABASE), target.uri(DATABASE), settings=SETTINGS) as task:
        assert task.catch_up().code == 0
        for step in steps:
            source.query(step, DATABASE)
        kills = 0
        for _ in range(40):  # each run dies at the first that is left, then at the second
            nth = 1 + kills % 2
            outcome = task.migrate("--cdc-stop-position", "caught-up", failpoint=f"{failpoint}@{nth}=kill", timeout_s=90)
            if outcome.code != -9:
                break
            kills += 1
            if failpoint != "window-committed":  # one that is killed before it commits would never go on
                outcome = task.migrate(
                    "--cdc-stop-position", "caught-up", failpoint="window-committed@2=kill", timeout_s=90
                )
                if outcome.code != -9:
                    break
        assert kills > 2
        outcome = task.catch_up()
        assert outcome.code == 0, str(outcome)
    assert_equal(source, target)


def test_a_kill_between_a_rename_or_a_drop_and_the_position_suspends_nothing(
    ends: tuple[Server, Server, list[str]]
) -> None:
    source, target, _ = ends
    if not isinstance(target, MySqlServer):
        pytest.skip("the target's statements are part of its transaction")
    with Task(source.uri(DATABASE), target.uri(DATABASE), settings=SETTINGS) as task:
        assert task.catch_up().code == 0
        for step in ("ALTER TABLE steady RENAME TO firm", "DROP TABLE one"):
            source.query(step, DATABASE)
            source.query("INSERT INTO ledger SELECT max(id) + 1, 1, 1, 'n' FROM ledger", DATABASE)
            # The second worker dies before it meets the change again.
            for failpoint in ("structure-committed", "before-catch-up", "structure-change"):
                outcome = task.migrate("--cdc-stop-position", "caught-up", failpoint=f"{failpoint}=kill", timeout_s=90)
                assert outcome.code == -9, f"{failpoint} was never passed: {outcome}"
            outcome = task.catch_up()
            assert outcome.code == 0, str(outcome)
            assert "suspended" not in outcome.output, str(outcome)
        source.query("INSERT INTO firm VALUES (901, 'y')", DATABASE)
        assert task.catch_up().code == 0
    assert_equal(source, target)


def test_kills_at_random_moments_end_equal(ends: tuple[Server, Server, list[str]]) -> None:
    source, target, steps = ends
    moments = random.Random(5)
    with Task(source.uri(DATABASE), target.uri(DATABASE), settings=SETTINGS) as task:
        assert task.catch_up().code == 0
        for step in steps:
            source.query(step, DATABASE)
        for _ in range(10):
            run = task.start("--cdc-stop-position", "caught-up")
            run.process.wait_or_none(moments.uniform(0.1, 0.8))
            run.kill()
        outcome = task.catch_up()
        assert outcome.code == 0, str(outcome)
    assert_equal(source, target)


def test_structure_changes_while_tables_load_end_equal(ends: tuple[Server, Server, list[str]]) -> None:
    source, target, steps = ends
    with Task(source.uri(DATABASE), target.uri(DATABASE), settings=SETTINGS) as task:
        killed = task.migrate("--cdc-stop-position", "caught-up", failpoint="slice-before-commit=kill", timeout_s=90)
        assert killed.code == -9, killed
        for step in steps:
            source.query(step, DATABASE)
        outcome = task.catch_up()
        assert outcome.code in (0, 3), str(outcome)  # a table that is gone by then is told
        outcome = task.catch_up()
    assert outcome.code in (0, 3), str(outcome)
    assert_equal(source, target)


RENAMINGS = {
    "swapped": "ALTER TABLE wide RENAME COLUMN a TO b, RENAME COLUMN b TO a",
    "taken over": "ALTER TABLE wide RENAME COLUMN a TO former, ADD COLUMN a int DEFAULT 0",
}


@pytest.mark.parametrize("source_version", ["mariadb", "mysql8"])
@pytest.mark.parametrize("renaming", RENAMINGS)
def test_names_of_columns_may_be(renaming: str, source_version: str, tmp_path: Path) -> None:
    """Between two slices, and no row is written for it: what was read before it and behind it go by one definition."""
    settings = {**SETTINGS, "FullLoadSettings": {"MaxFullLoadSubTasks": 1}, "Godwit": {"SliceMB": 1}}
    with new_server(source_version).start() as source, new_server("15", identity="target").start() as target:
        for server in (source, target):
            server.create_database(DATABASE)
        source.query("CREATE TABLE wide (id int PRIMARY KEY, a int, b int, pad varchar(255))", DATABASE)
        source.query("INSERT INTO wide VALUES (1, 1, -1, repeat('x', 255))", DATABASE)
        for doubled in (2**n for n in range(14)):
            source.query(f"INSERT INTO wide SELECT id + {doubled}, a + {doubled}, b - {doubled}, pad FROM wide", DATABASE)
        source.query("ANALYZE TABLE wide", DATABASE)
        with Task(source.uri(DATABASE), target.uri(DATABASE), settings=settings) as task:
            go_on = tmp_path / "go-on"
            run = task.start("--cdc-stop-position", "caught-up", failpoint="slice-before-commit=pause", failpoint_file=go_on)
            reading = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'ALTER%' AND state LIKE '%metadata%'"
            renames = threading.Thread(target=lambda: source.query(RENAMINGS[renaming], DATABASE))
            in_slice = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'godwit%' AND state LIKE 'idle in%'"
            wait_until(lambda: bool(target.query(in_slice, DATABASE)[0][0]) or not run.process.running(), 60, "a slice")
            renames.start()
            wait_until(lambda: bool(source.query(reading, DATABASE)[0][0]) or not renames.is_alive(), 30, "the lock's wait")
            go_on.touch()
            outcome = run.wait(120)
            renames.join()
            assert outcome.code == 0, str(outcome)
            assert task.catch_up().code == 0
        assert_equal(source, target)
