"""What foreign keys delete and set to null under load is in no binlog of MariaDB or MySQL; the target ends equal all the same."""

from __future__ import annotations

import random
import threading
from typing import Iterator

import MySQLdb
import pytest

import compare
from conftest import SETTINGS, each_pair
from mysql_server import MySqlServer
from processes import wait_until
from servers import Server, new_server
from worker import Task, without_engine

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(20));
CREATE TABLE orders (id int PRIMARY KEY, customer int, note varchar(40), KEY (customer),
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE items (id int PRIMARY KEY, order_id int, n int, KEY (order_id),
  CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE);
CREATE TABLE visits (id int PRIMARY KEY, customer int, n int, KEY (customer),
  CONSTRAINT by_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE SET NULL);
INSERT INTO customers SELECT n, concat('c', n) FROM (SELECT @n := @n + 1 AS n FROM information_schema.collations a,
  information_schema.collations b, (SELECT @n := 0) AS start LIMIT 500) AS numbers;
INSERT INTO orders SELECT id, id, 'first' FROM customers;
INSERT INTO items SELECT id, id, 1 FROM orders;
INSERT INTO visits SELECT id, id, 1 FROM customers;"""


class Shoppers:
    """Threads that add, change and delete customers with all that hangs on them."""

    def __init__(self, server: MySqlServer, clients: int = 4) -> None:
        self._server = server
        self._stop = threading.Event()
        self._failures: list[str] = []
        self._threads = [threading.Thread(target=self._live, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Shoppers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self._failures, self._failures[0]

    def _live(self, number: int) -> None:
        chance, fresh = random.Random(number), 1000 + number * 1_000_000
        connection = self._server.connect("fault")
        connection.autocommit(False)
        while not self._stop.is_set():
            fresh += 1
            try:
                self._transaction(connection.cursor(), chance, fresh)
                connection.commit()
            except MySQLdb.Error as error:
                if error.args[0] not in (1205, 1213, 1452, 1451):  # waits, deadlocks, and whose customer has gone
                    self._failures.append(str(error))
                    return
                connection.rollback()
        connection.close()

    @staticmethod
    def _transaction(cursor: MySQLdb.cursors.Cursor, chance: random.Random, fresh: int) -> None:
        known = chance.randint(1, 500)
        if chance.random() < 0.3:
            cursor.execute(f"DELETE FROM customers WHERE id = {known}")
            cursor.execute(f"INSERT IGNORE INTO customers VALUES ({known}, 'again')")
        cursor.execute(f"INSERT INTO orders VALUES ({fresh}, {known}, 'new')")
        cursor.execute(f"INSERT INTO items VALUES ({fresh}, {fresh}, 1)")
        cursor.execute(f"INSERT INTO visits VALUES ({fresh}, {known}, 1)")
        cursor.execute(f"UPDATE visits SET n = n + 1 WHERE customer = {chance.randint(1, 500)}")
        if chance.random() < 0.2:
            cursor.execute(f"UPDATE orders SET note = 'changed' WHERE customer = {known}")
        if chance.random() < 0.2:
            cursor.execute(f"DELETE FROM orders WHERE id = {known}")


PAIRS = [("mariadb", "15"), ("mysql8", "15"), ("mariadb", "mariadb")]


@pytest.fixture(params=each_pair(PAIRS))
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[MySqlServer, Server]]:
    if reason := without_engine("mysql"):
        pytest.skip(reason)
    source_version, target_version = request.param
    with new_server(source_version).start() as source, new_server(target_version, identity="target").start() as target:
        assert isinstance(source, MySqlServer)
        for server in (source, target):
            server.create_database("fault")
        source.script(SCHEMA, "fault")
        yield source, target


def assert_equal(source: Server, target: Server) -> None:
    differences = compare.table_differences(source.uri("fault"), target.uri("fault"))
    assert not differences, "\n".join(differences)


def test_cascades_under_load_and_kills_end_equal(ends: tuple[MySqlServer, Server]) -> None:
    source, target = ends
    with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS) as task:
        with Shoppers(source):
            for wait_s in (1.0, 2.5, 2.5):
                run = task.start()
                run.process.wait_or_none(wait_s)
                assert run.process.running(), run.wait(1)
                run.kill()
        outcome = task.catch_up("--finish", timeout_s=300)
        assert outcome.code == 0, outcome
    assert_equal(source, target)


def test_keys_act_from_the_first_change_behind_a_later_snapshot(ends: tuple[MySqlServer, Server]) -> None:
    """The backlog begins before the snapshot that the load ended with, and goes on behind it."""
    source, target = ends
    with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS) as task:
        outcome = task.migrate(failpoint="slice-before-commit=kill")
        assert outcome.code == -9, outcome
        source.script("DELETE FROM customers WHERE id <= 10; INSERT INTO customers VALUES (10, 'again')", "fault")
        outcome = task.migrate(failpoint="load-done=kill")
        assert outcome.code == -9 and "Reloading table" in outcome.log, outcome
        source.script("DELETE FROM customers WHERE id <= 20; UPDATE visits SET n = 2 WHERE customer IS NULL", "fault")
        outcome = task.catch_up()
        assert outcome.code == 0, outcome
    assert_equal(source, target)


DIARY = "CREATE TABLE diary (id int PRIMARY KEY, line varchar(40)); INSERT INTO diary SELECT id, name FROM customers"


def diary_last() -> dict[str, object]:
    """Every table of the schema; the one without keys is loaded when all others are."""
    tied = ("customers", "orders", "items", "visits")
    names = [("%", 1), *((name, 9) for name in tied)]
    return {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": str(number),
                "rule-name": str(number),
                "object-locator": {"schema-name": "fault", "table-name": name},
                "rule-action": "include",
                "load-order": order,
            }
            for number, (name, order) in enumerate(names, 1)
        ]
    }


@pytest.mark.parametrize("kills", [(), ("load-done", "foreign-keys@2", "window-committed")], ids=["at-once", "killed"])
def test_keys_act_between_their_tables_snapshot_and_a_later_one(
    ends: tuple[MySqlServer, Server], kills: tuple[str, ...]
) -> None:
    """The tied tables are loaded again before another table is, and the backlog begins before either snapshot."""
    source, target = ends
    source.script(DIARY, "fault")
    settings = {**SETTINGS, "FullLoadSettings": {"MaxFullLoadSubTasks": 1}}
    with Task(source.uri("fault"), target.uri("fault"), settings=settings, mappings=diary_last()) as task:
        outcome = task.migrate(failpoint="slice-before-commit=kill")
        assert outcome.code == -9, outcome
        source.script("DELETE FROM customers WHERE id <= 10; INSERT INTO customers VALUES (10, 'again')", "fault")
        outcome = task.migrate(failpoint="slice-before-commit@5=kill")
        assert outcome.code == -9, outcome
        source.script(
            "DELETE FROM customers WHERE id <= 20; INSERT INTO customers VALUES (20, 'again');"
            "UPDATE visits SET n = 2 WHERE customer IS NULL; DELETE FROM visits WHERE customer = 30;"
            "UPDATE customers SET id = 1000 WHERE id = 30;"
            "DELETE FROM orders WHERE id = 40; DELETE FROM diary WHERE id <= 20",
            "fault",
        )
        for kill in kills:
            outcome = task.migrate(failpoint=f"{kill}=kill")
            assert outcome.code == -9, outcome
            source.script(
                "DELETE FROM customers WHERE id = (SELECT n FROM (SELECT min(id) AS n FROM customers) AS c)", "fault"
            )
        outcome = task.catch_up()
        assert outcome.code == 0, outcome
        assert (reloads(outcome.log, "customers"), reloads(outcome.log, "diary")) == (1, 2), outcome
    assert_equal(source, target)


def reloads(log: str, table: str) -> int:
    return sum("Reloading table" in line and table in line for line in log.splitlines())


KEY_CHANGES = {
    "dropped": "ALTER TABLE visits DROP FOREIGN KEY by_customer",
    "added": "ALTER TABLE diary ADD CONSTRAINT of_line FOREIGN KEY (id) REFERENCES customers (id) ON DELETE CASCADE",
}


@pytest.mark.parametrize("change", KEY_CHANGES.values(), ids=KEY_CHANGES)
def test_a_key_that_comes_or_goes_while_tables_are_followed_suspends_them(
    ends: tuple[MySqlServer, Server], change: str
) -> None:
    """Keys are not replicated: what they do on one end alone must not come to pass unnoticed."""
    source, target = ends
    source.script(DIARY, "fault")
    with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS) as task:
        assert task.catch_up().code == 0
        run = task.start()
        wait_until(lambda: run.log().count("Replication has started") == 2, 30, "the task to follow")
        source.script("DELETE FROM diary WHERE id = 1; DELETE FROM customers WHERE id = 1", "fault")
        left = "SELECT count(*) FROM fault.customers"
        wait_until(lambda: target.query(left, "fault") == [(499,)], 30, "the changes before it to arrive")
        source.script(f"{change}; DELETE FROM customers WHERE id = 2", "fault")
        wait_until(lambda: "suspended" in run.log(), 30, "the tables to be suspended")
        outcome = run.stop()
        assert outcome.code == 3, outcome
    counts = "SELECT (SELECT count(*) FROM fault.customers), (SELECT count(*) FROM fault.visits WHERE customer = 2)"
    assert target.query(counts, "fault") == [(499, 1)]


KILLS = ["structure-change", "structure-committed", "structure-changed", "window-committed", "structure-changed@2"]


def test_keys_of_then_act_though_the_catalog_is_ahead(ends: tuple[MySqlServer, Server]) -> None:
    """Tables and columns are renamed in a backlog between cascades, and workers die in it."""
    source, target = ends
    with Task(source.uri("fault"), target.uri("fault"), settings=SETTINGS) as task:
        assert task.catch_up().code == 0
        source.script(
            "DELETE FROM customers WHERE id <= 10; RENAME TABLE items TO articles;"
            "DELETE FROM customers WHERE id <= 20; ALTER TABLE orders CHANGE customer buyer int;"
            "DELETE FROM visits WHERE customer = 30; UPDATE customers SET id = 1000 WHERE id = 30;"
            "RENAME TABLE orders TO purchases, visits TO calls;"
            "DELETE FROM purchases WHERE id <= 40; ALTER TABLE customers RENAME TO buyers;"
            "DELETE FROM buyers WHERE id <= 50; UPDATE calls SET n = 2 WHERE customer IS NULL",
            "fault",
        )
        for kill in KILLS:
            outcome = task.migrate("--cdc-stop-position", "caught-up", failpoint=f"{kill}=kill")
            assert outcome.code in (-9, 0), outcome
        outcome = task.catch_up()
        assert outcome.code == 0, outcome
    assert_equal(source, target)
