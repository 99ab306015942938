"""memory: the worker's peak for a 5 GB table, and for one transaction of 5 million rows."""

from __future__ import annotations

from typing import Any

import measure
from servers import PostgresServer
from worker import Outcome, Task

PEAK_MB_MAX = 300
TABLE_ROWS = 5_000_000  # of about 1 KB
TRANSACTION_ROWS = 5_000_000


def only(table: str) -> dict[str, Any]:
    return {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": 1,
                "rule-name": "only",
                "rule-action": "explicit",
                "object-locator": {"schema-name": "public", "table-name": table},
            }
        ]
    }


def tell(what: str, outcome: Outcome) -> bool:
    if outcome.code != 0:
        raise measure.CommandFailed(str(outcome))
    small = outcome.ended.peak_rss_mb < PEAK_MB_MAX
    print(
        f"  {what:44} {outcome.ended.wall_s:8.1f} s {outcome.ended.cpu_s:8.1f} s CPU "
        f"{outcome.ended.peak_rss_mb:6.0f} MB peak  {'below' if small else 'ABOVE'} {PEAK_MB_MAX} MB",
        flush=True,
    )
    return small


def load_big_table(source: PostgresServer, target: PostgresServer, rows: int) -> bool:
    source.psql("CREATE TABLE wide (id bigint PRIMARY KEY, filler text)", "bench")
    source.query(f"INSERT INTO wide SELECT g, repeat(md5(g::text), 31) FROM generate_series(1, {rows}) g", "bench")
    with Task(source.uri("bench"), target.uri("bench"), task_id="wide", mappings=only("wide")) as task:
        size = source.value("SELECT pg_size_pretty(pg_table_size('wide'))", "bench")
        return tell(f"a table of {size}", task.migrate("--type", "full-load", timeout_s=3600))


def apply_big_transaction(source: PostgresServer, target: PostgresServer, rows: int) -> bool:
    source.psql("CREATE TABLE many (id bigint PRIMARY KEY, a int, b text)", "bench")
    with Task(source.uri("bench"), target.uri("bench"), task_id="many", mappings=only("many")) as task:
        if task.catch_up().code != 0:
            raise measure.CommandFailed("the load before the benchmark failed")
        source.query(f"INSERT INTO many SELECT g, g % 7, md5(g::text) FROM generate_series(1, {rows}) g", "bench")
        return tell(f"a transaction of {rows:,} rows", task.catch_up(timeout_s=3600))


def main(fraction: float) -> int:
    with PostgresServer().start() as source, PostgresServer(identity="target").start() as target:
        for server in (source, target):
            server.create_database("bench")
        small = [
            load_big_table(source, target, int(TABLE_ROWS * fraction)),
            apply_big_transaction(source, target, int(TRANSACTION_ROWS * fraction)),
        ]
    return 0 if all(small) else 1
