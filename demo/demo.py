#!/usr/bin/env python3
"""A shop moves to another server while its customers go on shopping, and its mover is killed on the way.

Two throwaway PostgreSQL servers, four writers that never pause, one `kill -9`. Ends 0 only if both sides are equal.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/servers"))

import compare  # noqa: E402  (after the path is set)
from processes import wait_until  # noqa: E402
from servers import PostgresServer  # noqa: E402
from worker import Outcome, Task, binary  # noqa: E402
from writers import Writers  # noqa: E402

SETTINGS = {"FullLoadSettings": {"MaxFullLoadSubTasks": 2}, "Godwit": {"SliceMB": 4}}
DATABASE = "shop"


# --- the application ---


def order(cursor: Any, chance: Random) -> None:
    cursor.execute(
        "INSERT INTO shop.orders (customer) SELECT id FROM shop.customers WHERE id >= %s LIMIT 1 RETURNING id",
        (chance.randint(1, 19000),),
    )
    for (number,) in cursor.fetchall():
        cursor.execute(
            "INSERT INTO shop.order_lines SELECT %s, l, %s + l, l FROM generate_series(1, 3) l",
            (number, chance.randint(1, 990)),
        )


def pay(cursor: Any, chance: Random) -> None:
    cursor.execute("UPDATE shop.orders SET state = 'paid' WHERE id = %s", (chance.randint(1, 200000),))


def look(cursor: Any, chance: Random) -> None:
    cursor.execute("INSERT INTO shop.visits (customer, page) VALUES (%s, %s)", (chance.randint(1, 20000), "/new"))


def reprice(cursor: Any, chance: Random) -> None:
    """The picture beside the price stays as it is, and so is not in the log."""
    cursor.execute("UPDATE shop.products SET price = price * 1.01 WHERE id = %s", (chance.randint(1, 1000),))


def leave(cursor: Any, chance: Random) -> None:
    """Takes the customer's orders, and their lines, along by cascade."""
    cursor.execute("DELETE FROM shop.customers WHERE id = %s", (chance.randint(1, 20000),))


WORKS = [(5, order), (5, pay), (8, look), (2, reprice), (1, leave)]


# --- the story ---


class Story:
    """Lines with the time beside them."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        print(f"{time.monotonic() - self._start:6.1f} s  {text}", flush=True)

    def detail(self, text: str) -> None:
        print(f"          {text}", flush=True)


def totals(sums: dict[str, compare.TableSum]) -> str:
    return f"{len(sums)} tables, {sum(table.rows for table in sums.values()):,} rows"


def explain_failure(story: Story, what: str, outcome: Outcome) -> int:
    story.tell(f"{what} ended with status {outcome.code}, which it should not:")
    print(outcome)
    return 1


def load_and_kill(story: Story, task: Task, target: PostgresServer) -> None:
    run = task.start("--output", "json")
    done = "SELECT count(*) FROM godwit_load_slices"

    def slices() -> int:
        there = target.value("SELECT to_regclass('godwit_load_slices') IS NOT NULL", DATABASE)
        return int(target.value(done, DATABASE)) if there else 0

    wait_until(lambda: slices() >= 3 or not run.process.running(), 60, "the first slices", 0.01)
    if not run.process.running():
        raise SystemExit(str(run.wait(1)))
    run.kill()
    rows = target.value("SELECT sum(target_count) FROM godwit_load_slices", DATABASE)
    story.tell(
        f"kill -9: the worker is gone after {slices()} slices and {rows:,} rows. What it finished is on the target,"
    )
    story.detail("in the same transactions as the rows themselves. The shop noticed nothing.")


def summary_of(outcome: Outcome) -> dict[str, Any]:
    return next((event for event in reversed(outcome.events) if event.get("event") == "summary"), {})


def resume(story: Story, task: Task) -> Outcome:
    outcome = task.catch_up("--output", "json", timeout_s=300)
    if outcome.code == 0:
        summary = summary_of(outcome)
        story.tell(
            f"The same command again: it took up where the dead worker stopped, and caught up in "
            f"{outcome.ended.wall_s:.1f} s."
        )
        story.detail(
            f"{summary['read_rows']:,} rows read, {summary['applied_rows']:,} applied, "
            f"{summary['parked_rows']:,} parked; peak memory {outcome.ended.peak_rss_mb:.0f} MB."
        )
    return outcome


def judge(story: Story, source_uri: str, target_uri: str) -> bool:
    sums = compare.checksums(source_uri)
    for name, table in sums.items():
        story.detail(f"{name:20} {table.rows:>9,} rows  md5 {table.md5}")
    wrong = [
        *compare.table_differences(source_uri, target_uri),
        *compare.object_differences(source_uri, target_uri),
        *compare.sequence_differences(source_uri, target_uri),
    ]
    left = compare.leftovers(source_uri)
    for line in [*wrong, *(f"left behind on the source: {name}" for name in left)]:
        story.detail(line)
    if wrong or left:
        story.tell("Source and target are NOT equal.")
        return False
    story.tell(f"Source and target are equal: {totals(sums)}, every index, key and sequence.")
    story.detail("Nothing of Godwit is left on the source.")
    return True


def migrate(story: Story, source: PostgresServer, target: PostgresServer, task: Task) -> int:
    with Writers(task.source_uri, WORKS) as writers:
        story.tell("Four writers order, pay, look, reprice and leave, and will not pause. The migration starts:")
        story.detail("godwit migrate --source postgresql://…/shop --target postgresql://…/shop")
        load_and_kill(story, task, target)
        outcome = resume(story, task)
        if outcome.code != 0:
            return explain_failure(story, "The resumed run", outcome)
        lasted = writers.committed
    story.tell(f"The switch: the shop pauses, having committed {lasted:,} transactions during all this.")
    outcome = task.catch_up("--finish", "--output", "json")
    if outcome.code != 0:
        return explain_failure(story, "The last run", outcome)
    story.tell(f"The rest is drained and the source cleaned up; the pause lasted {outcome.ended.wall_s:.1f} s.")
    return 0 if judge(story, task.source_uri, task.target_uri) else 1


def main() -> int:
    binary()
    story = Story()
    print(
        "Godwit moves databases without stopping them. Two servers are started and a shop is filled …\n", flush=True
    )
    with PostgresServer("15") as source, PostgresServer("15", identity="target") as target:
        source_uri, target_uri = source.create_database(DATABASE), target.create_database(DATABASE)
        source.psql((Path(__file__).parent / "schema.sql").read_text(), DATABASE)
        story.tell(f"Two PostgreSQL 15 servers run; one holds a shop: {totals(compare.checksums(source_uri))},")
        story.detail("with foreign keys, sequences, JSON, pictures of 2 MB, and a table without any key.")
        with Task(source_uri, target_uri, settings=SETTINGS) as task:
            return migrate(story, source, target, task)


if __name__ == "__main__":
    sys.exit(main())
