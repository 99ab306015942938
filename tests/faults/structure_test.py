"""Structure changes between changes of rows, and the worker killed at any moment: each is carried out once, in its place."""

from __future__ import annotations

import random

import pytest

from conftest import Pair

PREPARE = """
CREATE TABLE ledger (id bigserial PRIMARY KEY, account int NOT NULL, amount numeric(12, 2), note text);
INSERT INTO ledger (account, amount, note) SELECT g % 50, g, 'note ' || g FROM generate_series(1, 2000) g;
CREATE TABLE steady (id int PRIMARY KEY, v text);
INSERT INTO steady SELECT g, 'v' FROM generate_series(1, 100) g
"""

# Each line is one transaction; changes of rows stand before, between and behind structure changes.
STEPS = [
    "UPDATE ledger SET amount = amount + 1 WHERE account < 5",
    "ALTER TABLE ledger ADD COLUMN tag text DEFAULT 'none'; UPDATE ledger SET tag = 'first' WHERE account = 1",
    "INSERT INTO ledger (account, amount, tag) SELECT 7, g, 'new' FROM generate_series(1, 300) g",
    "UPDATE steady SET v = 'w' WHERE id < 10; ALTER TABLE ledger RENAME COLUMN note TO remark; "
    "UPDATE ledger SET remark = 'r' WHERE account = 2; ALTER TABLE ledger DROP COLUMN tag; DELETE FROM ledger WHERE account = 3",
    "DO $$ BEGIN ALTER TABLE ledger ADD COLUMN state int; UPDATE ledger SET state = account WHERE account < 20; END $$",
    "ALTER TABLE ledger ALTER COLUMN account TYPE bigint",
    "UPDATE ledger SET amount = -amount WHERE account = 9",
    "CREATE TABLE late (id int PRIMARY KEY, v text); INSERT INTO late SELECT g, 'l' FROM generate_series(1, 200) g",
    "ALTER TABLE late ADD COLUMN w int DEFAULT 4; DELETE FROM late WHERE id % 3 = 0",
    "ALTER TABLE steady RENAME TO firm; UPDATE firm SET v = 'x' WHERE id > 90",
    "INSERT INTO firm SELECT g, 'y' FROM generate_series(101, 150) g; ALTER TABLE firm RENAME TO steady",
    "CREATE TABLE passing (id int PRIMARY KEY); INSERT INTO passing VALUES (1); DROP TABLE passing",
    "UPDATE ledger SET state = 99 WHERE account = 4",
]


def run_steps(pair: Pair) -> None:
    for step in STEPS:
        pair.on_source(step)


@pytest.mark.parametrize("failpoint", ["structure-change", "structure-changed", "window-committed"])
@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_kill_around_a_structure_change_neither_loses_nor_repeats_it(failpoint: str, nth: int, pair: Pair) -> None:
    pair.on_source(PREPARE)
    task = pair.task()
    assert task.catch_up().code == 0
    run_steps(pair)
    killed = task.migrate("--cdc-stop-position", "caught-up", failpoint=f"{failpoint}@{nth}=kill", timeout_s=90)
    assert killed.code == -9, killed
    outcome = task.catch_up()
    assert outcome.code == 0, outcome
    pair.assert_ends_equal(task)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kills_at_random_moments_end_equal(seed: int, pair: Pair) -> None:
    pair.on_source(PREPARE)
    task = pair.task()
    assert task.catch_up().code == 0
    moments = random.Random(seed)
    run_steps(pair)
    for _ in range(8):
        run = task.start("--cdc-stop-position", "caught-up")
        run.process.wait_or_none(moments.uniform(0.1, 1.2))
        run.kill()
    outcome = task.catch_up()
    assert outcome.code == 0, outcome
    pair.assert_ends_equal(task)


def test_structure_changes_while_tables_load_end_equal(pair: Pair) -> None:
    pair.on_source(PREPARE)
    task = pair.task()
    killed = task.migrate("--cdc-stop-position", "caught-up", failpoint="slice-before-commit=kill", timeout_s=90)
    assert killed.code == -9, killed
    run_steps(pair)
    outcome = task.catch_up()
    assert outcome.code == 0, outcome
    pair.assert_ends_equal(task)
